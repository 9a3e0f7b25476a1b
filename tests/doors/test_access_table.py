"""Who may open which page: every URL x every kind of person x GET and POST.

The URLs come from the resolver, so a page that nobody has entered here fails the test.
"""

import uuid
from importlib import import_module
from importlib.util import find_spec

import pytest
from django.conf import settings as django_settings
from django.test import override_settings
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from organizations import auth_urls
from organizations.services import handover
from tests.doors.support import (
    BACKENDS,
    PASSWORD,
    PEOPLE,
    PERSON,
    all_rows,
    names_of,
    taken_back,
    text_of,
    urls_with,
)

# One row per URL and method; "login" is a redirect to the login page.
#                              anonymous outsider member admin owner former deactivated
#                              foreigner superuser restricted
TABLE = """
organization_list                GET   login 200 200 200 200 200 login 200 200 200
organization_list                POST  login 405 405 405 405 405 login 405 405 405
organization_add                 GET   login 200 200 200 200 200 login 200 200 200
organization_add                 POST  login 302 302 302 302 302 login 302 302 302
organization_restore             GET   login 404 404 404 404 404 login 404 404 404
organization_restore             POST  login 404 404 404 404 404 login 404 404 404
organization_confirm             GET   login 200 200 200 200 200 login 200 200 200
organization_confirm             POST  login 200 200 200 200 200 login 200 200 200
organization_signup              GET   200   302 302 302 302 302 200   302 302 302
organization_signup              POST  302   302 302 302 302 302 302   302 302 302
organization_signup_done         GET   200   200 200 200 200 200 200   200 200 200
organization_signup_done         POST  405   405 405 405 405 405 405   405 405 405
registration_create              GET   200   302 302 302 302 302 200   302 302 302
registration_create              POST  200   302 302 302 302 302 200   302 302 302
registration_success             GET   200   200 200 200 200 200 200   200 200 200
registration_success             POST  200   200 200 200 200 200 200   200 200 200
registration_register            GET   200   200 200 200 200 200 200   200 200 200
registration_register            POST  302   302 302 302 302 302 302   302 302 302
organization_inbox               POST  login 405 405 405 405 405 login 405 405 405
organization_invitation_answer   GET   login 405 405 405 405 405 login 405 405 405
organization_invitation_answer   POST  login 302 404 404 404 404 login 404 404 404
organization_mails               GET   login 404 404 404 404 404 login 404 200 200
organization_mails               POST  login 404 404 404 404 404 login 404 405 405
organization_mail_preview        GET   login 404 404 404 404 404 login 404 200 200
organization_mail_preview        POST  login 404 404 404 404 404 login 404 405 405
organization_detail              GET   login 404 200 200 200 404 login 404 200 404
organization_detail              POST  login 404 405 405 405 404 login 404 405 404
organization_edit                GET   login 404 403 200 200 404 login 404 200 404
organization_edit                POST  login 404 403 302 302 404 login 404 302 404
organization_accent              GET   login 404 200 200 200 404 login 404 200 404
organization_accent              POST  login 404 405 405 405 404 login 404 405 404
organization_delete              GET   login 404 403 403 200 404 login 404 200 404
organization_delete              POST  login 404 403 403 302 404 login 404 302 404
organization_switch              GET   login 404 302 302 302 404 login 404 302 404
organization_switch              POST  login 404 302 302 302 404 login 404 302 404
organization_leave               GET   login 404 200 200 200 404 login 404 404 404
organization_leave               POST  login 404 302 302 409 404 login 404 404 404
organization_choose              POST  login 405 405 405 405 405 login 405 405 405
organization_transfer            GET   login 404 403 403 200 404 login 404 200 404
organization_transfer            POST  login 404 403 403 302 404 login 404 302 404
organization_handover_answer     GET   login 404 200 404 302 404 login 404 404 404
organization_handover_answer     POST  login 404 302 404 302 404 login 404 404 404
organization_user_list           GET   login 404 200 200 200 404 login 404 200 404
organization_user_list           POST  login 404 405 405 405 404 login 404 405 404
organization_user_add            GET   login 404 403 200 200 404 login 404 200 404
organization_user_add            POST  login 404 403 302 302 404 login 404 302 404
organization_user_detail         GET   login 404 200 200 200 404 login 404 200 404
organization_user_detail         POST  login 404 405 405 405 404 login 404 405 404
organization_user_access         GET   login 404 200 200 200 404 login 404 200 404
organization_user_access         POST  login 404 405 405 405 404 login 404 405 404
organization_user_edit           GET   login 404 403 200 200 404 login 404 200 404
organization_user_edit           POST  login 404 403 200 200 404 login 404 200 404
organization_user_delete         GET   login 404 403 200 200 404 login 404 200 404
organization_user_delete         POST  login 404 403 302 302 404 login 404 302 404
organization_user_suspend        GET   login 404 403 200 200 404 login 404 200 404
organization_user_suspend        POST  login 404 403 200 200 404 login 404 200 404
organization_user_reinstate      GET   login 404 403 200 200 404 login 404 200 404
organization_user_reinstate      POST  login 404 403 200 200 404 login 404 200 404
organization_user_remind         GET   login 404 403 200 200 404 login 404 200 404
organization_user_remind         POST  login 404 403 302 302 404 login 404 302 404
organization_invitation_resend   GET   login 404 403 405 405 404 login 404 405 404
organization_invitation_revoke   GET   login 404 403 200 200 404 login 404 200 404
organization_invitation_revoke   POST  login 404 403 302 302 404 login 404 302 404
login                            GET   200   302 302 302 302 302 200   302 302 302
login                            POST  200   302 302 302 302 302 200   302 302 302
logout                           GET   405   405 405 405 405 405 405   405 405 405
logout                           POST  200   200 200 200 200 200 200   200 200 200
password_change                  GET   login 200 200 200 200 200 login 200 200 200
password_change                  POST  login 200 200 200 200 200 login 200 200 200
password_change_done             GET   login 200 200 200 200 200 login 200 200 200
password_change_done             POST  login 405 405 405 405 405 login 405 405 405
password_reset                   GET   200   200 200 200 200 200 200   200 200 200
password_reset                   POST  302   302 302 302 302 302 302   302 302 302
password_reset_done              GET   200   200 200 200 200 200 200   200 200 200
password_reset_done              POST  405   405 405 405 405 405 405   405 405 405
password_reset_confirm           GET   200   200 200 200 200 200 200   200 200 200
password_reset_confirm           POST  200   200 200 200 200 200 200   200 200 200
password_reset_complete          GET   200   200 200 200 200 200 200   200 200 200
password_reset_complete          POST  405   405 405 405 405 405 405   405 405 405
"""
# Only with rows can an invitation be sent again; an account's link is nobody's in particular.
TABLES = {
    "default": """
organization_choose              GET   login 200 302 302 302 200 login 302 200 200
organization_join                GET   login 404 404 404 404 404 login 404 404 404
organization_join                POST  login 404 404 404 404 404 login 404 404 404
organization_joining             GET   login 404 403 404 404 404 login 404 404 404
organization_joining             POST  login 404 403 404 404 404 login 404 404 404
organization_user_propose        GET   login 404 404 404 404 404 login 404 404 404
organization_user_propose        POST  login 404 404 404 404 404 login 404 404 404
organization_invitation_resend   POST  login 404 403 404 404 404 login 404 404 404
organization_inbox               GET   login 404 404 404 404 404 login 404 404 404
organization_invitations         GET   login 404 403 404 404 404 login 404 404 404
organization_invitations         POST  login 404 403 404 404 404 login 404 404 404
organization_link_add            GET   login 404 403 404 404 404 login 404 404 404
organization_link_add            POST  login 404 403 404 404 404 login 404 404 404
organization_link_shown          GET   login 404 403 404 404 404 login 404 404 404
organization_link_shown          POST  login 404 403 404 404 404 login 404 404 404
organization_invitation_approve  GET   login 404 403 404 404 404 login 404 404 404
organization_invitation_approve  POST  login 404 403 404 404 404 login 404 404 404
organization_invitation_decline  GET   login 404 403 404 404 404 login 404 404 404
organization_invitation_decline  POST  login 404 403 404 404 404 login 404 404 404
organization_bulk                GET   login 404 403 404 404 404 login 404 404 404
organization_bulk                POST  login 404 403 404 404 404 login 404 404 404
organization_bulk_detail         GET   login 404 403 404 404 404 login 404 404 404
organization_bulk_detail         POST  login 404 403 404 404 404 login 404 404 404
organization_bulk_columns        GET   login 404 403 404 404 404 login 404 404 404
organization_bulk_columns        POST  login 404 403 404 404 404 login 404 404 404
organization_bulk_results        GET   login 404 403 404 404 404 login 404 404 404
organization_bulk_results        POST  login 404 403 404 404 404 login 404 404 404
invitations_register             GET   200   200 200 200 200 200 200   200 200 200
invitations_register             POST  302   302 302 302 302 302 302   302 302 302
""",
    "modelled": """
organization_choose              GET   login 200 200 302 302 200 login 302 200 200
organization_join                GET   login 404 302 302 302 404 login 404 404 404
organization_join                POST  login 404 302 302 302 404 login 404 404 404
organization_joining             GET   login 404 403 200 200 404 login 404 200 404
organization_joining             POST  login 404 403 302 302 404 login 404 302 404
organization_user_propose        GET   login 404 200 302 302 404 login 404 302 404
organization_user_propose        POST  login 404 302 302 302 404 login 404 302 404
organization_invitation_resend   POST  login 404 403 302 302 404 login 404 302 404
organization_inbox               GET   login 200 200 200 200 200 login 200 200 200
organization_invitations         GET   login 404 403 200 200 404 login 404 200 404
organization_invitations         POST  login 404 403 405 405 404 login 404 405 404
organization_link_add            GET   login 404 403 200 200 404 login 404 200 404
organization_link_add            POST  login 404 403 302 302 404 login 404 302 404
organization_link_shown          GET   login 404 403 302 302 404 login 404 302 404
organization_link_shown          POST  login 404 403 405 405 404 login 404 405 404
organization_invitation_approve  GET   login 404 403 200 200 404 login 404 200 404
organization_invitation_approve  POST  login 404 403 302 302 404 login 404 302 404
organization_invitation_decline  GET   login 404 403 200 200 404 login 404 200 404
organization_invitation_decline  POST  login 404 403 302 302 404 login 404 302 404
organization_bulk                GET   login 404 403 200 200 404 login 404 200 404
organization_bulk                POST  login 404 403 302 302 404 login 404 302 404
organization_bulk_detail         GET   login 404 403 200 200 404 login 404 200 404
organization_bulk_detail         POST  login 404 403 302 302 404 login 404 302 404
organization_bulk_columns        GET   login 404 403 200 200 404 login 404 200 404
organization_bulk_columns        POST  login 404 403 302 302 404 login 404 302 404
organization_bulk_results        GET   login 404 403 200 200 404 login 404 200 404
organization_bulk_results        POST  login 404 403 405 405 404 login 404 405 404
invitations_register             GET   login 200 404 404 404 404 login 404 404 404
invitations_register             POST  login 302 404 404 404 404 login 404 404 404
invitations_open                 GET   302   302 302 302 302 302 302   302 302 302
invitations_open                 POST  405   405 405 405 405 405 405   405 405 405
invitations_accept               GET   404   404 404 404 404 404 404   404 404 404
invitations_accept               POST  404   404 404 404 404 404 404   404 404 404
""",
}


# Each optional app has its rows beside its own tests, in a module with
#   TABLE                   rows as above
#   prepare(world)          adds what its pages show to the first organization
#   arguments(world, name)  the keywords of a URL besides ``organization_pk``
#   data_for(world, name)   what a person would type, all of it valid
APPS = {
    wing: import_module(f"tests.{wing}.access_rows")
    for wing in ("roles", "teams")
    if find_spec(f"tests.{wing}") and find_spec(f"tests.{wing}.access_rows")
}
APP_OF = {
    line.split()[0]: module
    for module in APPS.values()
    for line in filter(None, module.TABLE.splitlines())
}


@pytest.fixture
def world(world):
    row = world.acme.organization_users.get(user=world.people["member"])
    handover.offer(world.acme, row, actor=world.people["owner"], now=timezone.now())
    for module in APPS.values():
        module.prepare(world)
    return world


def rows_of(backend):
    """Return {(URL name, method): {person: expected}}."""
    text = "".join([TABLE, TABLES[backend], *(module.TABLE for module in APPS.values())])
    lines = filter(None, text.splitlines())
    found = {}
    for name, method, *cells in map(str.split, lines):
        assert (name, method) not in found, f"{name} {method} stands twice"
        found[name, method] = dict(zip(PEOPLE, cells, strict=True))
    return found


def arguments(world, name, backend):
    """Return the keywords of a URL about the first organization."""
    if name in APP_OF:
        return {"organization_pk": world.acme.pk, **APP_OF[name].arguments(world, name)}
    if name in {"organization_invitation_answer"}:
        return {"invitation_pk": world.offer.pk}
    if name == "registration_register" or (name, backend) == ("invitations_register", "default"):
        return {"user_id": world.pending.pk, "token": world.token}
    if name == "invitations_register":
        return {"guid": world.offer.guid}
    if name == "invitations_open":
        return {"token": world.offer.secret}
    if name == "password_reset_confirm":
        return {"uidb64": "MQ", "token": "nonsense"}
    if name == "organization_mail_preview":
        return {"kind": "modeled_invitation"}
    kwargs = {}
    if name in ORGANIZATION_PAGES:
        kwargs["organization_pk"] = world.acme.pk
    if name in MEMBER_PAGES:
        about = world.pending if name == "organization_user_remind" else world.people["member"]
        kwargs["user_pk"] = about.pk
    if name in INVITATION_PAGES:
        decided = name.endswith(("approve", "decline"))
        kwargs["invitation_pk"] = (world.proposal if decided else world.offer).pk
    if name in BULK_PAGES:
        about = world.table if name == "organization_bulk_columns" else world.listed
        kwargs["bulk_pk"] = about.pk
    return kwargs


MEMBER_PAGES = {
    f"organization_user_{page}"
    for page in ("access", "detail", "edit", "delete", "remind", "suspend", "reinstate")
}
INVITATION_PAGES = {
    f"organization_invitation_{page}" for page in ("resend", "revoke", "approve", "decline")
}
BULK_PAGES = {f"organization_bulk_{page}" for page in ("detail", "columns", "results")}
ORGANIZATION_PAGES = {
    *MEMBER_PAGES,
    *INVITATION_PAGES,
    *BULK_PAGES,
    "organization_bulk",
    *(
        f"organization_{page}"
        for page in ("detail", "edit", "accent", "delete", "leave", "transfer", "switch")
    ),
    "organization_restore",
    *("organization_user_list", "organization_user_add", "organization_user_propose"),
    *("organization_join", "organization_joining", "organization_handover_answer"),
    *("organization_invitations", "organization_link_add", "organization_link_shown"),
}


def data_for(world, name):
    """Return what a person would type into the form of a page, all of it valid."""
    if name in APP_OF:
        return APP_OF[name].data_for(world, name)
    new_owner = world.acme.organization_users.get(user=world.people["admin"])
    return {
        "organization_add": {"name": "Another"},
        "organization_signup": {"name": "Another", "email": "somebody-new@example.com"},
        "registration_create": {"name": "Another", "email": "somebody-new@example.com"},
        "organization_edit": {"name": "Acme II", "slug": "acme-two"},
        "organization_delete": {"confirm_name": "Acme"},
        "organization_transfer": {"confirm_name": "Acme", "new_owner": new_owner.pk},
        "organization_handover_answer": {"confirm_name": "Acme"},
        "organization_bulk": {"addresses": "somebody-new@example.com"},
        "organization_bulk_detail": {"action": "continue", "done": "0"},
        "organization_bulk_columns": {"column_0": "address"},
        "organization_user_add": {"email": "somebody-new@example.com"},
        "organization_link_add": {"who": "one", "days": "3"},
        "organization_user_propose": {"email": "somebody-new@example.com"},
        "organization_joining": {"invitation_days": "14", "accepts_requests": "on"},
        "organization_user_edit": {"is_admin": "on"},
        "registration_register": PERSON,
        "invitations_register": PERSON,
        "password_reset": {"email": "nobody@example.com"},
        "login": {"username": "nobody", "password": PASSWORD},
    }.get(name, {})


def answer_of(response):
    if response.status_code == 302 and response["Location"].startswith(
        reverse(django_settings.LOGIN_URL) + "?"
    ):
        return "login"
    return str(response.status_code)


def ask(world, person, method, url, data=None, **options):
    """Send a request as a person."""
    browser = world.browser(person, **options)
    chosen = dict(django_settings.ORGANIZATIONS)
    if person == "restricted":
        chosen["SUPERUSERS_HAVE_ACCESS"] = False
    with override_settings(ORGANIZATIONS=chosen):
        return browser.generic(method, url) if data is None else browser.post(url, data)


def addresses(world, backend, method="GET"):
    """Yield (URL name, URL) for every URL of the table that the settings have."""
    for name, each in rows_of(backend):
        if each != method:
            continue
        try:
            url = reverse(name, kwargs=arguments(world, name, backend) or None)
        except NoReverseMatch:
            continue
        yield name, url


def pages(world, backend, people, **options):
    """Yield (URL name, person, answer) for every page, as each of the people gets it."""
    for name, url in addresses(world, backend):
        for person in people:
            with taken_back():
                answer = ask(world, person, "GET", url, **options)
            if "html" in answer.get("Content-Type", "") and answer.content:
                yield name, person, answer


@pytest.mark.parametrize("backend_name", BACKENDS)
def test_every_url_is_declared(backend_name):
    names = {
        *names_of(urls_with(BACKENDS[backend_name])),
        *names_of(auth_urls.urlpatterns),
    }
    declared = {name for name, _method in rows_of(backend_name)}
    assert names == declared
    assert {(name, method) for name in names for method in ("GET", "POST")} == set(
        rows_of(backend_name)
    )


def cases():
    return [
        pytest.param(backend, name, id=f"{backend}-{name}")
        for backend in BACKENDS
        for name in dict.fromkeys(name for name, _method in rows_of(backend))
    ]


@pytest.mark.table
@pytest.mark.parametrize(("backend", "name"), cases(), indirect=["backend"])
def test_each_kind_of_person_gets_the_declared_answer(backend, name, world, undo):
    url = reverse(name, kwargs=arguments(world, name, backend))
    for method in ("GET", "POST"):
        data = data_for(world, name) if method == "POST" else None
        found = {}
        for person in PEOPLE:
            with taken_back():
                found[person] = answer_of(ask(world, person, method, url, data))
        assert found == rows_of(backend)[name, method], method


@pytest.mark.table
@pytest.mark.parametrize("name", sorted({*ORGANIZATION_PAGES, *APP_OF}))
def test_a_foreign_organization_is_not_told_from_an_unknown_one(name, backend, world, undo):
    kwargs = arguments(world, name, backend)
    data = data_for(world, name)
    for person in ("outsider", "foreigner"):
        unknown = reverse(name, kwargs={**kwargs, "organization_pk": 999999})
        for method in ("GET", "POST"):
            with taken_back():
                expected = ask(world, person, method, unknown, data if method == "POST" else None)
            assert expected.status_code == 404
            for key in (world.acme.pk, world.acme.slug, "no-such-slug", "-1"):
                url = reverse(name, kwargs={**kwargs, "organization_pk": key})
                with taken_back():
                    response = ask(world, person, method, url, data if method == "POST" else None)
                assert response.status_code == 404, (person, method, url)
                assert text_of(response) == text_of(expected), (person, method, url)


def keyword_and_foreign(world, name):
    """Return the keyword of what a page is about, and a row of the other organization."""
    if name in MEMBER_PAGES:
        return "user_pk", world.people["foreigner"]
    if name in BULK_PAGES:
        return "bulk_pk", world.foreign_list
    return "invitation_pk", world.foreign_offer


@pytest.mark.table
@pytest.mark.parametrize("name", sorted(MEMBER_PAGES | INVITATION_PAGES | BULK_PAGES))
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_ids_of_another_organization_are_not_found_in_this_one(name, method, backend, world, undo):
    keyword, theirs = keyword_and_foreign(world, name)
    kwargs = arguments(world, name, backend)
    data = data_for(world, name) if method == "POST" else None
    mixes = [
        # ours in the path, with something of theirs, of nobody's, and no key at all
        (world.acme.pk, theirs.pk),
        (world.acme.slug, theirs.pk),
        (world.acme.pk, 999999),
        *((world.acme.pk, key) for key in ("0", "-1", "null", "x", 10**30, str(uuid.uuid4()))),
        # theirs in the path
        (world.zenith.pk, kwargs[keyword]),
        (world.zenith.slug, theirs.pk),
    ]
    before = all_rows()
    method_is_known = rows_of(backend)[name, method]["owner"] != "405"
    answers = set()
    for organization, key in mixes:
        url = reverse(name, kwargs={"organization_pk": organization, keyword: key})
        with undo():
            response = ask(world, "owner", method, url, data)
            assert all_rows() == before, url
        if method_is_known or organization in (world.zenith.pk, world.zenith.slug):
            assert response.status_code == 404, url
            answers.add(text_of(response))
    assert len(answers) == 1, "the pages tell one from another"


@pytest.mark.table
@pytest.mark.parametrize("person", PEOPLE)
def test_safe_methods_change_nothing(person, backend, world):
    """Mail scanners follow every link, with cookies or without."""
    before = all_rows()
    visited = []
    for name in sorted({name for name, _method in rows_of(backend)}):
        url = reverse(name, kwargs=arguments(world, name, backend))
        for method in ("GET", "HEAD", "OPTIONS") if person in {"anonymous", "owner"} else ["GET"]:
            response = ask(world, person, method, url)
            assert response.status_code < 500, (method, url)
        visited.append(name)
    assert all_rows() == before, visited


@pytest.mark.parametrize("person", ["anonymous", "owner"])
def test_every_post_without_a_csrf_token_is_refused(person, backend, world):
    before = all_rows()
    for name in sorted({name for name, _method in rows_of(backend)}):
        url = reverse(name, kwargs=arguments(world, name, backend))
        response = ask(world, person, "POST", url, data_for(world, name), enforce_csrf_checks=True)
        assert response.status_code == 403, name
    assert all_rows() == before


@pytest.mark.table
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_other_methods_change_nothing(method, backend, world):
    before = all_rows()
    for name in sorted({name for name, _method in rows_of(backend)}):
        url = reverse(name, kwargs=arguments(world, name, backend))
        assert ask(world, "owner", method, url).status_code < 500, name
    assert all_rows() == before
