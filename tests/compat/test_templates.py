"""Section 9: templates by their names, what their contexts hold, and the tags."""

import pytest
from django.core import mail
from django.template import Context, Template, engines
from django.template.loader import get_template
from django.urls import reverse

from organizations.backends import invitation_backend, registration_backend

from .conftest import make_person

PAGES = (
    *("organization_list", "organization_detail", "organization_form"),
    *("organization_confirm_delete", "organization_users", "organizationuser_list"),
    *("organizationuser_detail", "organizationuser_form", "organizationuser_remind"),
    *("organizationuser_confirm_delete", "login", "register_form", "register_success"),
    *("invitation_join", "signup_form"),
)
MAILS = (
    *("activation", "invitation", "notification", "reminder"),
    *("modeled_invitation", "modeled_reminder"),
)
NAMES = [
    "organizations_base.html",
    *(f"organizations/{page}.html" for page in PAGES),
    *(f"organizations/email/{kind}_subject.txt" for kind in MAILS),
    *(f"organizations/email/{kind}_body.html" for kind in MAILS),
]


@pytest.mark.parametrize("name", NAMES, ids=lambda name: f"9-{name}")
def test_9_template_is_there(name):
    assert "organizations" in get_template(name).origin.name


@pytest.mark.parametrize("page", [each for each in PAGES if each != "organization_users"])
def test_9_pages_fill_the_block_content_of_the_base(page, tmp_path, settings, rf, acme, ada):
    (tmp_path / "organizations_base.html").write_text("BASE {% block content %}{% endblock %} END")
    (engine,) = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [str(tmp_path)]}]
    request = rf.get("/")
    request.user = ada
    template = engines["django"].get_template(f"organizations/{page}.html")
    member = acme.organization_users.get()
    offer = acme.organization_invites.create(invited_by=ada, invitee_identifier="x@example.com")
    text = template.render(
        {"organization": acme, "organization_user": member, "invitation": offer}, request
    )
    assert text.startswith("BASE ") and text.rstrip().endswith("END")
    assert len(text.split()) > 2


#: URL name -> names that the context has
CONTEXTS = {
    "organization_list": {"organizations"},
    "organization_add": {"form"},
    "organization_detail": {"organization", "organization_users"},
    "organization_edit": {"organization", "form"},
    "organization_delete": {"organization"},
    "organization_user_list": {"organization", "organization_users"},
    "organization_user_add": {"organization", "form"},
    "organization_user_detail": {"organization", "organization_user"},
    "organization_user_edit": {"organization", "organization_user", "form"},
    "organization_user_delete": {"organization", "organization_user"},
    "organization_user_remind": {"organization", "organization_user"},
}


@pytest.mark.parametrize("name", CONTEXTS, ids=lambda name: f"9-{name}")
def test_9_context_of_a_page(name, acme, ada, client):
    person = make_person("new", is_active=False)
    member = acme.add_user(person)
    client.force_login(ada)
    keywords = {"organization_pk": acme.pk} if "organization" in CONTEXTS[name] else {}
    if "organization_user" in CONTEXTS[name]:
        keywords["user_pk"] = person.pk
    context = client.get(reverse(name, kwargs=keywords)).context
    found = {each: context[each] for each in CONTEXTS[name]}
    wanted = {"organization": acme, "organization_user": member}
    for each, value in found.items():
        assert wanted.get(each, value) == value
    if "organizations" in found:
        assert list(found["organizations"]) == [acme]
    if "organization_users" in found:
        assert {each.user for each in found["organization_users"]} == {ada, person}
    if "form" in found:
        assert found["form"].fields


def test_9_context_of_the_join_page(settings, acme, ada, bo, client):
    settings.ROOT_URLCONF = "tests.doors.urls_modelled"
    settings.ORGANIZATIONS = {
        "INVITATION_BACKEND": "organizations.backends.modeled.ModelInvitation"
    }
    from organizations.services import addresses

    addresses.verify(bo, "bo@example.com")
    offer = acme.organization_invites.create(invited_by=ada, invitee_identifier="bo@example.com")
    client.force_login(bo)
    page = client.get(offer.get_absolute_url())
    assert "organizations/invitation_join.html" in [each.name for each in page.templates]
    assert page.context["invitation"] == offer


def test_9_context_of_the_registration_pages(rf, client, ada):
    person = invitation_backend().invite_by_email("new@example.com", ada, request=rf.get("/"))
    token = invitation_backend().get_token(person)
    page = client.get(reverse("invitations_register", args=[person.pk, token]))
    assert "organizations/register_form.html" in [each.name for each in page.templates]
    assert page.context["form"].instance == person
    page = client.get(reverse("registration_success"))
    assert "organizations/register_success.html" in [each.name for each in page.templates]


#: kind -> how to send it: backend, method
SENDING = {
    "activation": (registration_backend, "send_activation"),
    "invitation": (invitation_backend, "send_invitation"),
    "notification": (invitation_backend, "send_notification"),
    "reminder": (invitation_backend, "send_reminder"),
}
WORDS = "{{ domain.name }}|{{ domain.domain }}|{{ organization.name }}|{{ sender }}|{{ user }}"


@pytest.mark.parametrize("kind", SENDING, ids=lambda kind: f"9-{kind}")
@pytest.mark.parametrize("domain", ["object", "dict"])
def test_9_context_of_a_mail(kind, domain, tmp_path, settings, acme, ada, bo):
    folder = tmp_path / "organizations" / "email"
    folder.mkdir(parents=True)
    (folder / f"{kind}_subject.txt").write_text("\nYour {{ organization }}\n")
    (folder / f"{kind}_body.html").write_text(f"{WORDS}|{{{{ token }}}}")
    (engine,) = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [str(tmp_path)]}]
    make_backend, method = SENDING[kind]
    backend = make_backend()
    if kind != "notification":
        bo.is_active = False
        bo.set_unusable_password()
        bo.save()

    class Site:
        name, domain = "The Site", "site.example.org"

    site = Site() if domain == "object" else {"name": "The Site", "domain": "site.example.org"}
    assert getattr(backend, method)(bo, ada, domain=site, organization=acme) == 1
    (sent,) = mail.outbox
    *words, token = sent.body.strip().split("|")
    assert words == ["The Site", "site.example.org", "Acme", "ada", "bo"]
    assert bool(token) is (kind != "notification")
    assert (sent.subject, sent.to) == ("Your Acme", ["bo@example.com"])
    # The project has words of its own and no HTML beside them: there is none.
    assert not getattr(sent, "alternatives", [])


# Tags


def render(text, **context):
    return Template("{% load org_tags %}" + text).render(Context(context))


def test_9_tag_organization_users(acme, bo):
    acme.add_user(bo)
    text = render("{% organization_users acme %}", acme=acme)
    assert "Ada Lovelace" in text
    assert "bo" in text


@pytest.mark.parametrize(
    ("name", "is_admin", "is_owner"),
    [("ada", True, True), ("bo", True, False), ("cy", False, False), ("di", False, False)],
)
def test_9_filters(name, is_admin, is_owner, acme):
    acme.add_user(make_person("bo"), is_admin=True)
    acme.add_user(make_person("cy"))
    make_person("di")
    user = type(acme.users.first()).objects.get(username=name)
    text = render("{{ acme|is_admin:user }} {{ acme|is_owner:user }}", acme=acme, user=user)
    assert text == f"{is_admin} {is_owner}"
