"""A project of clinics: no page, mail, form or error says "organization" any more."""

import re
from io import StringIO

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from django.apps import apps
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.urls import URLPattern, URLResolver, reverse
from django.utils import translation

from organizations import auth_urls, exceptions, permissions, samples, testing, urls
from organizations.models import (
    Organization,
    OrganizationInvitation,
    OrganizationOwner,
    OrganizationUser,
)
from organizations.words import gettext
from tests.doors.support import BACKENDS, signed_in
from tests.doors.test_access_table import pages, world  # noqa: F401
from tests.doors.test_raw_english import PEOPLE, Texts

pytestmark = pytest.mark.sqlite  # words are the same on either database

#: language: (one, many, our word)
CLINICS = {
    "en": ("clinic", "clinics", r"organi[sz]ation"),
    "de": ("Praxis", "Praxen", r"organisation"),
    "fr": ("clinique", "cliniques", r"organisation"),
    "es": ("clínica", "clínicas", r"organizaci"),
    "pt-br": ("clínica", "clínicas", r"organiza[cç]"),
    "ja": ("医院", "医院", r"組織"),
    "ar": ("عيادة", "عيادات", r"مؤسس"),
}
CLINIC = {"NAME": {code: words[:2] for code, words in CLINICS.items()}}


@pytest.fixture(autouse=True)
def english_again():
    """A page that was asked for leaves its language to whoever comes next."""
    translation.activate("en")
    yield
    translation.deactivate()


def left_over(language, text):
    """Return each place of a text that has our word, with what is around it."""
    found = re.finditer(CLINICS[language][2], text, re.IGNORECASE)
    return {text[max(0, match.start() - 30) : match.end() + 30] for match in found}


def read(html):
    """Return what somebody reads or hears in a page, without names."""
    parser = Texts()
    parser.feed(html)
    return " ".join([*parser.words, *parser.attributes])


@pytest.mark.parametrize(
    ("backend", "language"),
    [("default", "en"), *(("modelled", language) for language in CLINICS)],
)
def test_no_page_says_our_word(backend, language, world, settings):  # noqa: F811
    settings.ORGANIZATIONS = {**BACKENDS[backend], **CLINIC}
    translation.activate(language)
    seen, found = "", set()
    for name, _person, answer in pages(world, backend, PEOPLE):
        text = read(answer.content.decode())
        found |= {(name, each) for each in left_over(language, text)}
        seen += text
    assert not found, "\n" + "\n".join(map(str, sorted(found)))
    assert seen.count(CLINICS[language][0]) > 20


@pytest.mark.parametrize("language", CLINICS)
def test_no_mail_says_our_word(language, settings):
    settings.ORGANIZATIONS = CLINIC
    seen, found = "", set()
    for sample in samples.samples():
        message = samples.render(sample, language=language)
        ((html, _kind),) = message.alternatives
        text = " ".join([message.subject, message.body, html])
        text = re.sub(r"https?://[^\s\"<]+", "", text)
        found |= {(sample.name, each) for each in left_over(language, text)}
        seen += text
    assert not found
    assert CLINICS[language][0] in seen


def test_no_page_of_the_admin_says_our_word(world, settings):  # noqa: F811
    settings.ORGANIZATIONS = {**BACKENDS["modelled"], **CLINIC}
    browser = signed_in(world.people["superuser"])
    addresses = [reverse("admin:index")]
    no_form_to_add = {"organizationinvitation"}
    for model in admin.site._registry:
        if model.__module__.startswith("organizations"):
            key = f"admin:{model._meta.app_label}_{model._meta.model_name}"
            addresses.append(reverse(f"{key}_changelist"))
            if model._meta.model_name not in no_form_to_add:
                addresses.append(reverse(f"{key}_add"))
            if row := model._default_manager.first():
                addresses.append(reverse(f"{key}_change", args=[row.pk]))
    seen, found = "", set()
    for address in addresses:
        answer = browser.get(address)
        if answer.status_code == 200:
            text = re.sub(r"organizations[._]\w+", "", read(answer.content.decode()))  # keys
            found |= {(address, each) for each in left_over("en", text)}
            seen += text
    assert not found, "\n" + "\n".join(map(str, sorted(found)))
    assert "Clinics" in seen


def test_errors_permissions_and_models_say_it(settings):
    settings.ORGANIZATIONS = CLINIC
    texts = [str(Organization._meta.verbose_name), str(Organization._meta.verbose_name_plural)]
    assert texts == ["clinic", "clinics"]
    texts.append(str(apps.get_app_config("organizations").verbose_name))
    for each in permissions.declared():
        if each.name.startswith("organizations."):
            texts += [str(each.label), str(each.group), str(each.help)]
    for name in exceptions.__all__:
        texts.append(str(getattr(exceptions, name).message))
    assert left_over("en", " ".join(texts)) == set()
    assert " ".join(texts).count("clinic") > 10


def test_the_name_of_an_organization_is_never_changed(db, settings):
    settings.ORGANIZATIONS = {**BACKENDS["modelled"], **CLINIC}
    peace = testing.make_organization("Organization for Peace", owner="ada", members=["bo"])
    browser = signed_in(get_user_model().objects.get(username="ada"))
    for name in ("detail", "edit", "delete", "transfer"):
        html = browser.get(reverse(f"organization_{name}", args=[peace.pk])).content.decode()
        assert "Organization for Peace" in html
        assert "linic for Peace" not in html
    answer = browser.get(reverse("organization_leave", args=[peace.pk]))
    assert "clinic" in answer.content.decode()


def test_names_that_django_reads_off_our_classes_are_translated_too(settings):
    field = OrganizationUser._meta.get_field("organization")
    invitation = OrganizationInvitation._meta
    with translation.override("de"):
        assert str(field.verbose_name) == "Organisation"
    settings.ORGANIZATIONS = CLINIC
    assert str(field.verbose_name) == "clinic"
    assert str(invitation.verbose_name) == "clinic invitation"
    assert str(invitation.verbose_name_plural) == "clinic invitations"
    assert invitation.verbose_name_raw == "organization invitation"
    assert str(OrganizationOwner._meta.get_field("organization_user").verbose_name) == "clinic user"


def test_migrations_do_not_depend_on_the_word(db, settings):
    labels = [app.label for app in apps.get_app_configs() if app.name.startswith("organizations")]
    settings.ORGANIZATIONS = CLINIC
    written = StringIO()
    with translation.override("en"):
        call_command("makemigrations", *labels, check_changes=True, dry_run=True, stdout=written)
    assert "No changes detected" in written.getvalue()
    assert Organization._meta.verbose_name_raw == "organization"


def test_a_text_of_the_projects_own_comes_first_and_is_complete(settings, tmp_path):
    """The way out where a word is of another gender: the project states such texts itself."""
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    own = Catalog(locale="de")
    own.add("Leave organization", "Verein verlassen")
    own.add("Delete organization", "Den Verein „Organisation“ löschen")
    with (folder / "django.mo").open("wb") as file:
        write_mo(file, own)
    settings.LOCALE_PATHS = [tmp_path]
    settings.ORGANIZATIONS = {"NAME": {"de": ("Verein", "Vereine")}}
    with translation.override("de"):
        assert gettext("Leave organization") == "Verein verlassen"
        assert gettext("Your organizations") == "Ihre Vereine"
        # Our word in it is taken for our word.
        assert gettext("Delete organization") == "Den Verein „Verein“ löschen"


def routes(patterns):
    for each in patterns:
        if isinstance(each, URLResolver):
            yield str(each.pattern)
            yield from routes(each.url_patterns)
        elif isinstance(each, URLPattern):
            yield str(each.pattern)


def test_no_path_of_ours_holds_our_word():
    ours = [*routes(urls.urlpatterns), *routes(auth_urls.urlpatterns)]
    assert len(ours) > 40
    assert not [route for route in ours if "organization" in re.sub(r"<[^>]*>", "", route)]
