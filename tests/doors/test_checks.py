"""Each check is provoked once; a project that has done everything hears nothing."""

import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

import django
import pytest
from django.conf import global_settings
from django.core.checks import run_checks
from django.urls import include, path

from organizations import checks, families
from organizations.models import Organization
from tests.doors.support import MODELLED

ROOT = Path(__file__).parents[2]
GOOD = {**MODELLED, "LINK_BASE": "https://app.example.com"}


# Django 6.1 asks the database what it can do before the fields of models are checked.
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def good_project(settings):
    settings.ORGANIZATIONS = GOOD
    settings.ROOT_URLCONF = "tests.doors.urls_modelled"


def heard():
    return [message for message in run_checks() if not message.is_silenced()]


def found():
    return {message.id.removeprefix("organizations."): message for message in heard()}


def test_a_good_project_hears_nothing():
    assert heard() == []


def templates(settings, **changes):
    (engine,) = settings.TEMPLATES
    options = {**engine["OPTIONS"], **changes.pop("OPTIONS", {})}
    settings.TEMPLATES = [{**engine, **changes, "OPTIONS": options}]


def no_app_folders(settings):
    # Django's admin asks for templates of its own, so only the id counts.
    templates(settings, APP_DIRS=False)


class NoPages:
    urlpatterns: list = []


class NoLogin:
    urlpatterns = [path("orgs/", include("organizations.urls"))]


def a_page(request):
    """Stand for a page of the project."""


class Hidden:
    urlpatterns = [
        path("accounts/", include("organizations.urls")),
        path("accounts/", include("organizations.auth_urls")),
        path("accounts/blog/", a_page),
        path("accounts/", include([path("news/", a_page), path("<int:number>/", a_page)])),
        path("accounts/blog/archive/", a_page),
        path("elsewhere/", a_page),
    ]


def change(name, value):
    return lambda settings: setattr(settings, name, value)


def change_key(**values):
    return lambda settings: setattr(settings, "ORGANIZATIONS", {**GOOD, **values})


def any_host(settings):
    settings.ORGANIZATIONS = MODELLED
    settings.ALLOWED_HOSTS = ["*"]


SMTP = "django.core.mail.backends.smtp.EmailBackend"


def mailer(backend, **options):
    def provoke(settings):
        if hasattr(settings, "MAILERS"):
            settings.MAILERS = {"default": {"BACKEND": backend, "OPTIONS": options}}
        else:
            settings.EMAIL_BACKEND = backend

    return provoke


def no_processors(settings):
    templates(settings, OPTIONS={"context_processors": []})


OURS = "organizations.middleware.OrganizationMiddleware"
BY_SESSION = "organizations.resolvers.from_session"


def ours_first(settings):
    settings.MIDDLEWARE = [OURS, *settings.MIDDLEWARE]


def resolvers(*names, without=""):
    def provoke(settings):
        order = [each for each in settings.MIDDLEWARE if not without or without not in each]
        settings.MIDDLEWARE = [*order, OURS]
        settings.ORGANIZATIONS = {**GOOD, "ORGANIZATION_RESOLVERS": list(names)}

    return provoke


def test_what_the_organization_of_a_request_needs(settings):
    good = list(settings.MIDDLEWARE)
    for provoke, says in (
        (resolvers("organizations.resolvers.from_host"), "needs the host"),
        (resolvers(BY_SESSION, without="SessionMiddleware"), "needs sessions"),
    ):
        settings.MIDDLEWARE = good
        provoke(settings)
        assert says in found()["E013"].msg
    settings.MIDDLEWARE = good
    change_key(ORGANIZATION_RESOLVERS=[BY_SESSION])(settings)
    assert "not in MIDDLEWARE" in found()["E012"].msg
    settings.MIDDLEWARE = [*good, OURS]
    assert not found()
    # The project's own base template shows the switcher.
    templates(settings, DIRS=[Path(__file__).parent / "templates"])
    change_key(BASE_TEMPLATE="with_switcher.html")(settings)
    assert not found()
    settings.MIDDLEWARE = good
    assert OURS in found()["W015"].hint


def nothing_chosen(settings):
    settings.ORGANIZATIONS = {"LINK_BASE": "https://app.example.com"}


def without_middleware(settings):
    settings.MIDDLEWARE = [each for each in settings.MIDDLEWARE if "messages" not in each]


def word_for_english(settings):
    settings.LANGUAGES = [(code, code) for code in ("en", "en-gb", "de", "pt-br", "pt", "it")]
    settings.ORGANIZATIONS = {**GOOD, "NAME": ("clinic", "clinics")}


PROVOKED = {
    "E002": (change_key(INVITATION_LIFETME=3), "INVITATION_LIFETIME", None),
    "E003": (change_key(INVITATION_BACKEND="no.such.Backend"), "no.such.Backend", None),
    "W011": (any_host, "ALLOWED_HOSTS", "LINK_BASE"),
    "W001": (change("ROOT_URLCONF", NoPages), "not included", 'include("organizations.urls")'),
    "W002": (change("ROOT_URLCONF", NoLogin), "LOGIN_URL", "organizations.auth_urls"),
    "W010": (change("LOGIN_REDIRECT_URL", "/no/page/"), "find nothing", "organization_list"),
    "W003": (change("ROOT_URLCONF", Hidden), "blog/, news/", "RESERVED_SLUGS"),
    "W004": (without_middleware, "MessageMiddleware", "MIDDLEWARE +="),
    "E012": (ours_first, "stands before", OURS),
    "E013": (resolvers("no.such.resolver"), "no.such.resolver", "from_session"),
    "W005": (no_processors, "request", "processors.request"),
    "E008": (no_app_folders, "not found", '"APP_DIRS": True'),
    "W017": (word_for_english, "has no word for de, pt-br:", '{"de": ("one", "many")'),
    "W006": (mailer("django.core.mail.backends.console.EmailBackend"), "never arrive", "smtp"),
    "W007": (change("DEFAULT_FROM_EMAIL", "webmaster@localhost"), "refuse", "DEFAULT_FROM_EMAIL ="),
    "W014": (mailer(SMTP), "hangs holds the request", "EMAIL_TIMEOUT = 10"),
    "W008": (nothing_chosen, "without asking", "ModelInvitation"),
}  # fmt: skip


@pytest.mark.parametrize("check", PROVOKED)
def test_a_check_says_what_is_wrong_and_what_to_paste(check, settings):
    provoke, says, hint = PROVOKED[check]
    provoke(settings)
    message = found()[check]
    assert says in message.msg
    assert hint is None or hint in message.hint


#: Optional apps and our pages read the settings before any check can: there the same sentence
#: ends a traceback.
WRONG = """\
from tests.settings import *

INSTALLED_APPS = [
    app for app in INSTALLED_APPS if not app.startswith(("organizations.", "tests."))
]
ROOT_URLCONF = "wrong"
urlpatterns = []
ORGANIZATIONS = {"INVITATION_LIFETME": 3}
"""


@pytest.mark.sqlite
def test_a_misspelled_key_is_told_by_the_command_itself(tmp_path):
    # A process of its own: Django reads the names of models once, and keeps them.
    (tmp_path / "wrong.py").write_text(WRONG)
    done = subprocess.run(
        [sys.executable, "-m", "django", "check", "--settings=wrong"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(tmp_path)])},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stdout
    assert "(organizations.E002) ORGANIZATIONS has no key 'INVITATION_LIFETME'" in done.stdout


@pytest.mark.parametrize(
    ("template", "says"),
    [("no/such.html", "not found"), ("organizations/elements/icon.html", "no block named")],
)
def test_the_base_template_is_checked(template, says, settings):
    settings.ORGANIZATIONS = {**GOOD, "BASE_TEMPLATE": template}
    message = found()["E009"]
    assert says in message.msg
    assert template in message.msg


def test_a_good_base_template_is_silent(settings):
    settings.ORGANIZATIONS = {**GOOD, "BASE_TEMPLATE": "organizations/layout.html"}
    assert found() == {}


def test_an_incomplete_family_is_named_with_the_lines_to_add(monkeypatch):
    monkeypatch.setattr(families, "incomplete", lambda: [(Organization, ["owner"])])
    message = found()["E001"]
    assert "organizations.Organization" in message.msg
    assert "class OrganizationOwner(AbstractOrganizationOwner): ..." in message.hint


def test_two_distributions_with_the_same_package_are_an_error(monkeypatch):
    both = {"organizations": ["django-orgkit", "django-organizations"]}
    monkeypatch.setattr(checks, "packages_distributions", lambda: both)
    message = found()["E004"]
    assert "django-organizations, django-orgkit" in message.msg
    assert message.hint.startswith("pip uninstall django-organizations")


def test_one_distribution_with_many_files_is_one(monkeypatch):
    many = {"organizations": ["django-orgkit", "django-orgkit"]}
    monkeypatch.setattr(checks, "packages_distributions", lambda: many)
    assert found() == {}
    assert importlib.metadata.version("django-orgkit")


def test_a_user_model_without_an_address_is_an_error(monkeypatch):
    monkeypatch.setattr(
        Organization, "get_email_field_name", classmethod(lambda cls: "mail"), raising=False
    )
    monkeypatch.setattr(checks, "get_user_model", lambda: Organization)
    assert "EMAIL_FIELD" in found()["W012"].hint


@pytest.mark.parametrize("check", ["W011", "W006", "W007", "W014"])
def test_a_developers_machine_is_left_alone(check, settings):
    settings.DEBUG = True
    PROVOKED[check][0](settings)
    assert check not in found()


def older_settings(settings, timeout):
    """As in projects before Django 6.1, which have no MAILERS."""
    settings.MAILERS = {}
    settings.EMAIL_BACKEND = SMTP
    settings.EMAIL_TIMEOUT = timeout


@pytest.mark.parametrize(
    ("timeout", "ids"), [(None, {"W014"}), (10, set())], ids=["without", "with"]
)
def test_the_timeout_of_a_mail_server_is_read_in_both_ways(timeout, ids, settings):
    mailer(SMTP, host="smtp.example.com", timeout=timeout)(settings)
    assert set(found()) == ids
    if django.VERSION < (6, 1):
        older_settings(settings, timeout)
        assert set(found()) == ids


def test_where_a_worker_sends_no_request_is_held(settings):
    mailer(SMTP)(settings)
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    assert "W014" not in found()


@pytest.mark.parametrize(
    "hosts", [["app.example.com"], [".example.com"], []], ids=["one", "all below", "none"]
)
def test_named_hosts_need_no_link_base(hosts, settings):
    settings.ORGANIZATIONS = MODELLED
    settings.ALLOWED_HOSTS = hosts
    assert found() == {}


def test_the_default_backend_may_be_chosen_in_so_many_words(settings):
    path = "organizations.backends.defaults.InvitationBackend"
    settings.ORGANIZATIONS = {**GOOD, "INVITATION_BACKEND": path}
    assert found() == {}


def test_a_reserved_word_is_hidden_from_nobody(settings):
    settings.ROOT_URLCONF = Hidden
    settings.ORGANIZATIONS = {**GOOD, "RESERVED_SLUGS": ["blog", "news"]}
    assert found() == {}


def test_only_the_languages_of_the_site_want_a_word(settings):
    settings.ORGANIZATIONS = {**GOOD, "NAME": ("clinic", "clinics")}
    settings.LANGUAGES = global_settings.LANGUAGES
    assert found() == {}
    settings.LANGUAGE_CODE = "de-at"
    assert "for de-at:" in found()["W017"].msg
    settings.ORGANIZATIONS = {**GOOD, "NAME": {"de": ("Praxis", "Praxen")}}
    assert found() == {}
    settings.USE_I18N = False
    assert "for en:" in found()["W017"].msg


def test_the_ids_are_told_once():
    assert len(set(PROVOKED)) == len(PROVOKED)
    assert len(checks.ALL_CHECKS) == len(set(checks.ALL_CHECKS))
