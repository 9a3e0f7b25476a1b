"""Attacks by forged requests: redirects, hosts, extra fields, guessing who is known."""

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse
from django.utils import timezone

from organizations import testing
from organizations.models import (
    Organization,
    OrganizationInvitation,
    OrganizationOwner,
    OrganizationUser,
)
from organizations.services import members, registration
from tests.doors.support import (
    PASSWORD,
    PERSON,
    Browser,
    all_rows,
    page,
    signed_in,
    text_of,
    words_of,
)

# P08

ELSEWHERE = [
    *("https://evil.example", "http://evil.example/x", "//evil.example", "///evil.example"),
    *("https:evil.example", "https:/evil.example", "/\\evil.example", "\\\\evil.example"),
    *("\t//evil.example", "/\t/evil.example", " //evil.example", "\x00//evil.example"),
    *("http://testserver@evil.example", "http://testserver.evil.example"),
    *("javascript:alert(1)", "data:text/html,x", "ftp://testserver/", "//[::1", "http:///evil"),
    "http://testserver\\@evil.example",
]  # fmt: skip


@pytest.mark.parametrize("target", ELSEWHERE, ids=ascii)
def test_signing_in_leads_to_no_other_site(target, db):
    testing.make_user("ada", password=PASSWORD)
    credentials = {"username": "ada", "password": PASSWORD}
    home = page("organization_list")
    for response in (
        Browser().post(page("login"), {**credentials, "next": target}),
        Browser().post(page("login") + f"?next={target}", credentials),
        signed_in(get_user_model().objects.get()).get(page("login"), {"next": target}),
    ):
        location = response["Location"]
        assert location == home or (location.startswith("/") and location[1:2] not in {"/", "\\"})


@pytest.mark.parametrize("target", ELSEWHERE, ids=ascii)
def test_signing_out_leads_to_no_other_site(target, db):
    browser = signed_in(testing.make_user("ada"))
    response = browser.post(page("logout"), {"next": target})
    assert "evil" not in response.get("Location", "")
    assert response.status_code == 200 or response["Location"].startswith("/accounts/")


def test_a_path_of_very_many_letters_is_only_a_path(db):
    browser = signed_in(testing.make_user("ada"))
    assert browser.get(page("login"), {"next": "/" + "x" * 100_000}).status_code == 302


def test_the_login_link_of_our_pages_stays_here(db):
    response = Browser().get("/accounts/acme/?next=https://evil.example")
    assert response["Location"].startswith("/accounts/login/?next=/accounts/acme/")


# P09

HOSTILE = {
    "host": {"HTTP_HOST": "evil.example"},
    "forwarded": {"HTTP_X_FORWARDED_HOST": "evil.example"},
    "both": {"HTTP_HOST": "evil.example", "HTTP_X_FORWARDED_HOST": "evil.example"},
    "port": {"HTTP_HOST": "testserver:80@evil.example"},
    "scheme": {"HTTP_X_FORWARDED_PROTO": "javascript"},
    "other": {"HTTP_X_HOST": "evil.example", "HTTP_FORWARDED": "host=evil.example"},
}


def mailing_requests(world):
    """Yield (browser, URL, data) of every page that sends a mail with a link."""
    yield Browser(), page("organization_signup"), {"name": "New", "email": "new@example.com"}
    yield Browser(), page("registration_create"), {"name": "New", "email": "new@example.com"}
    yield Browser(), page("organization_signup"), {"name": "X", "email": "owner@example.com"}
    admin = world.browser("admin")
    yield admin, page("organization_user_add", world.acme), {"email": "new@example.com"}
    yield admin, page("organization_user_add", world.acme), {"email": "foreigner@example.com"}
    yield (
        admin,
        page("organization_user_remind", world.acme, user_pk=world.pending.pk),
        {},
    )
    yield (
        admin,
        page("organization_invitation_resend", world.acme, invitation_pk=world.offer.pk),
        {},
    )
    member = world.acme.organization_users.get(user=world.people["member"])
    yield (
        world.browser("owner"),
        page("organization_transfer", world.acme),
        {"new_owner": member.pk, "confirm_name": "Acme"},
    )
    yield Browser(), page("password_reset"), {"email": "with-password@example.com"}


@pytest.fixture
def reset_target(db):
    return testing.make_user("with-password", password=PASSWORD)


def mailed():
    """Return everything in the outbox, headers and all."""
    return "\n".join(message.message().as_string() for message in mail.outbox) + "\n".join(
        message.body for message in mail.outbox
    )


@pytest.mark.parametrize("headers", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("forwarding", [False, True])
def test_forged_headers_do_not_get_into_mails(
    headers, forwarding, backend, world, settings, reset_target, undo
):
    settings.USE_X_FORWARDED_HOST = forwarding
    for browser, url, data in mailing_requests(world):
        with undo():
            browser.post(url, data, **headers)
            assert "evil" not in mailed(), url


@pytest.mark.parametrize("headers", HOSTILE.values(), ids=HOSTILE)
def test_with_a_link_base_every_host_may_be_allowed(
    headers, backend, world, settings, reset_target, undo
):
    settings.ORGANIZATIONS = {**settings.ORGANIZATIONS, "LINK_BASE": "https://app.example.com"}
    settings.ALLOWED_HOSTS = ["*"]
    settings.USE_X_FORWARDED_HOST = True
    sent = 0
    for browser, url, data in mailing_requests(world):
        mail.outbox.clear()
        with undo():
            browser.post(url, data, **headers)
        for message in mail.outbox:
            assert "https://app.example.com/accounts/" in message.body, url
            sent += 1
        assert "evil" not in mailed(), url
    # Without rows there is nothing to send again; a host that is none is refused at once.
    assert sent == (0 if headers is HOSTILE["port"] else {"default": 8, "modelled": 9}[backend])


def test_without_any_trusted_name_no_link_is_mailed(backend, world, settings, reset_target, undo):
    settings.ALLOWED_HOSTS = ["*"]
    for browser, url, data in mailing_requests(world):
        if backend == "default" and "resend" in url:
            continue  # not there without rows
        with undo():
            before = all_rows()
            with pytest.raises(ImproperlyConfigured, match="LINK_BASE"):
                browser.post(url, data, HTTP_HOST="evil.example")
            assert all_rows() == before, url
    assert mail.outbox == []


# P16, P17

OWNER_VERBS = {
    "remove": ("organization_user_delete", {}),
    "demote": ("organization_user_edit", {}),
    "leave": ("organization_leave", {}),
}


@pytest.mark.parametrize("person", ["member", "admin", "owner", "foreigner", "superuser"])
@pytest.mark.parametrize("verb", OWNER_VERBS)
def test_no_page_takes_the_owner_away(verb, person, backend, world):
    name, data = OWNER_VERBS[verb]
    about = {} if verb == "leave" else {"user_pk": world.people["owner"].pk}
    response = world.browser(person).post(page(name, world.acme, **about), data)
    assert response.status_code in {200, 302, 403, 404, 409}
    row = OrganizationOwner.objects.select_related("organization_user").get(organization=world.acme)
    assert row.organization_user.user == world.people["owner"]
    assert row.organization_user.is_admin


# P20

FORBIDDEN = {
    "owner": "1", "organization": "2", "user": "2", "is_active": "on", "is_staff": "on",
    "is_superuser": "on", "id": "777", "pk": "777", "status": "accepted", "invited_by": "2",
    "invitee": "2", "created": "2001-01-01", "verified": "on", "token_digest": "x", "guid": "x",
    "open_key": "x", "role": "owner", "last_login": "2001-01-01", "password": "x", "groups": "1",
    "users": "1", "email_verified": "1", "send_count": "99", "expires_at": "2099-01-01",
}  # fmt: skip


def snapshot(but=()):
    """Return all rows without times, tokens and ids of what is new."""
    fields = {
        Organization: ("name", "slug", "is_active"),
        OrganizationUser: ("organization__name", "user__email", "is_admin"),
        OrganizationOwner: ("organization__name", "organization_user__user__email"),
        OrganizationInvitation: ("organization__name", "invitee_identifier", "is_admin", "status",
                                 "invited_by__username", "invitee", "send_count"),
        get_user_model(): ("email", "is_active", "is_staff", "is_superuser", "first_name"),
    }  # fmt: skip
    return {m.__name__: sorted(map(str, m.objects.values_list(*f))) for m, f in fields.items()}


def forms_of(world):
    """Yield (browser, URL, data) of every form that writes."""
    member = world.people["member"]
    new_owner = world.acme.organization_users.get(user=world.people["admin"])
    owner, admin = world.browser("owner"), world.browser("admin")
    about = {"user_pk": member.pk}
    offer = {"invitation_pk": world.offer.pk}
    pending = {"user_id": world.pending.pk, "token": world.token}
    yield world.browser("outsider"), page("organization_add"), {"name": "New"}
    yield Browser(), page("organization_signup"), {"name": "New", "email": "n@example.com"}
    yield Browser(), page("registration_create"), {"name": "New", "email": "n@example.com"}
    yield Browser(), page("registration_register", **pending), PERSON
    yield admin, page("organization_edit", world.acme), {"name": "Acme", "slug": "acme-2"}
    yield (
        owner,
        page("organization_transfer", world.acme),
        {"new_owner": new_owner.pk, "confirm_name": "Acme"},
    )
    yield owner, page("organization_delete", world.acme), {"confirm_name": "Acme"}
    yield world.browser("member"), page("organization_leave", world.acme), {}
    yield admin, page("organization_user_add", world.acme), {"email": "n@example.com"}
    yield admin, page("organization_user_edit", world.acme, **about), {"is_admin": "on"}
    yield admin, page("organization_user_delete", world.acme, **about), {}
    yield admin, page("organization_invitation_resend", world.acme, **offer), {}
    yield admin, page("organization_invitation_revoke", world.acme, **offer), {}
    yield (
        world.browser("outsider"),
        page("organization_invitation_answer", **offer),
        {"action": "accept"},
    )


def test_fields_that_a_form_does_not_have_are_never_written(backend, world, undo):
    for browser, url, data in forms_of(world):
        with undo():
            browser.post(url, data)
            honest = snapshot()
        with undo():
            extra = {k: v for k, v in FORBIDDEN.items() if k not in data}
            browser.post(url, {**extra, **data})
            assert snapshot() == honest, url


@pytest.mark.parametrize("value", ["owner", "OWNER", "0", "null", "[]", "true,owner"])
def test_a_role_is_a_tick_and_nothing_else(value, backend, world):
    world.browser("admin").post(
        page("organization_user_add", world.acme),
        {"email": "new@example.com", "is_admin": value, "role": value, "standing": value},
    )
    assert world.acme.owner.organization_user.user == world.people["owner"]


# P21


def addresses_of_every_kind():
    """Make one account of each kind and return {kind: address}."""
    testing.make_user("known", password=PASSWORD)
    registration.pending_user("pending@example.com")
    gone = testing.make_user("gone", password=PASSWORD)
    gone.last_login = timezone.now()
    gone.is_active = False
    gone.save()
    testing.make_user("one", email="shared@example.com", verified=False)
    testing.make_user("two", email="shared@example.com", verified=False)
    return {
        "unknown": "nobody@example.com",
        **{k: f"{k}@example.com" for k in ("known", "pending", "gone", "shared")},
    }


@pytest.mark.parametrize("name", ["organization_signup", "registration_create"])
@pytest.mark.parametrize(
    "values",
    [{"name": "New"}, {"name": "New", "slug": "fresh"}, {"name": "New", "slug": "taken"},
     {"name": "New", "slug": "login"}, {"name": "New", "slug": "ADMIN"}, {"name": ""},
     {"name": "a\nb"}, {"name": "x" * 201}],
    ids=str,
)  # fmt: skip
def test_sign_up_answers_alike_whoever_has_the_address(name, values, backend, undo):
    testing.make_organization("Taken", owner="ada")
    answers, mails = {}, {}
    for kind, address in addresses_of_every_kind().items():
        mail.outbox.clear()
        with undo():
            browser = Browser()
            response = browser.post(page(name), {**values, "email": address})
            text = text_of(response)
            if response.status_code == 302:
                text += text_of(browser.get(response["Location"]))
            headers = {k: v for k, v in response.items() if k != "Content-Length"}
            answers[kind] = (response.status_code, text.replace(address, "ADDRESS"), str(headers))
            mails[kind] = [message.to for message in mail.outbox]
    assert len(set(answers.values())) == 1
    assert {len(each) for each in mails.values()} == {len(mails["unknown"])}
    assert all(to == [f"{kind}@example.com"] for kind, each in mails.items() for to in each if
               kind != "unknown")  # fmt: skip


def test_an_admin_learns_no_name_by_inviting(modelled, world):
    stranger = testing.make_user("stranger", first_name="Secret", last_name="Name")
    browser = world.browser("admin")
    for address in (stranger.email, "nobody@example.com"):
        response = browser.post(
            page("organization_user_add", world.acme), {"email": address}, follow=True
        )
        assert "is on its way" in words_of(response)
        assert "Secret" not in response.content.decode()


# P24


@pytest.mark.parametrize("way", ["page", "leave", "verb", "queryset"])
def test_a_removed_member_is_out_on_the_next_request(way, backend, world):
    browser = world.browser("member")
    member = world.people["member"]
    pages = [
        page("organization_detail", world.acme),
        page("organization_user_list", world.acme),
        page("organization_user_detail", world.acme, user_pk=member.pk),
        page("organization_leave", world.acme),
    ]
    assert [browser.get(url).status_code for url in pages] == [200] * 4
    match way:
        case "page":
            url = page("organization_user_delete", world.acme, user_pk=member.pk)
            world.browser("admin").post(url)
        case "leave":
            browser.post(page("organization_leave", world.acme))
        case "verb":
            members.remove(world.acme, member)
        case "queryset":
            OrganizationUser.objects.filter(user=member).delete()
    assert [browser.get(url).status_code for url in pages] == [404] * 4
    assert "acme" not in text_of(browser.get(page("organization_list")))


def test_a_demoted_admin_is_one_no_more_on_the_next_request(world):
    browser = world.browser("admin")
    url = page("organization_user_add", world.acme)
    assert browser.get(url).status_code == 200
    OrganizationUser.objects.filter(user=world.people["admin"]).update(is_admin=False)
    assert browser.get(url).status_code == 403
    assert browser.post(url, {"email": "new@example.com"}).status_code == 403


# P32

KEEP_INACTIVE = ["django.contrib.auth.backends.AllowAllUsersModelBackend"]


@pytest.mark.parametrize("backends", [None, KEEP_INACTIVE], ids=["usual", "lets them in"])
def test_a_deactivated_person_is_refused_everywhere(backends, backend, world, settings):
    """Even where the project's authentication keeps the sessions of such accounts."""
    user = world.people["outsider"]
    members.add(world.acme, user, is_admin=True)
    if backends:
        settings.AUTHENTICATION_BACKENDS = backends
    browser = signed_in(user)
    user.is_active = False
    user.save()
    before = all_rows()
    about = {"user_pk": world.people["member"].pk}
    for name, kwargs, data in [
        ("organization_list", {}, None),
        ("organization_add", {}, {"name": "New"}),
        ("organization_detail", {"organization_pk": "acme"}, None),
        ("organization_edit", {"organization_pk": "acme"}, {"name": "X", "slug": "x"}),
        ("organization_user_list", {"organization_pk": "acme"}, None),
        ("organization_user_add", {"organization_pk": "acme"}, {"email": "n@example.com"}),
        ("organization_user_edit", {"organization_pk": "acme", **about}, {"is_admin": "on"}),
        ("organization_user_delete", {"organization_pk": "acme", **about}, {}),
        ("organization_leave", {"organization_pk": "acme"}, {}),
        ("organization_invitation_answer", {"invitation_pk": world.offer.pk}, {"action": "accept"}),
    ]:
        url = reverse(name, kwargs=kwargs)
        response = browser.get(url) if data is None else browser.post(url, data)
        assert response.status_code in {302, 404}, name
        if response.status_code == 302:
            assert response["Location"].startswith(page("login"))
            assert browser.get(response["Location"]).status_code == 200, "not in a circle"
    assert all_rows() == before


def test_an_owner_cannot_be_switched_off(world):
    from organizations.exceptions import OwnershipRequired

    owner = world.people["owner"]
    owner.is_active = False
    with pytest.raises(OwnershipRequired):
        owner.save()


def test_a_user_name_taken_in_the_same_instant_is_an_error_of_the_form(db, client, monkeypatch):
    """Between the form's look and the insert somebody else may have been quicker."""
    from organizations import testing
    from organizations.backends.forms import UserRegistrationForm
    from organizations.services import registration

    testing.make_user("quick")
    slow = registration.pending_user("slow@example.com")
    token = registration_token(slow)
    monkeypatch.setattr(UserRegistrationForm, "clean_username", lambda form: "quick")
    monkeypatch.setattr(
        UserRegistrationForm,
        "_post_clean",
        lambda form: setattr(form.instance, "username", "quick"),
    )

    page = client.post(
        f"/accounts/register/{slow.pk}-{token}/",
        {"username": "quick", "password1": "plum-tree-77-x", "password2": "plum-tree-77-x"},
    )

    slow.refresh_from_db()
    assert page.status_code == 200
    assert "has just taken this name" in page.content.decode()
    assert not slow.is_active


def registration_token(user):
    from organizations import tokens

    return tokens.make_account_token(user)
