"""Any text in any field of any page: a message or a page, never an error."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from organizations.models import Organization
from tests.doors.support import Browser, invite, page

pytestmark = pytest.mark.table

#: Texts that have broken other programs.
NASTY = [
    *("", " ", "\x00", "a\x00b", "\r\n", "\u202egnp.exe", "\u2066x\u2069", "\u200b", "\ufeff"),
    *("\ud800", "\udfff\ud800", "\ufffe", "\U0010ffff", "a\u0300" * 100, "👩‍👩‍👧‍👦", "ﷺ" * 50),
    *("' OR 1=1 --", '"; DROP TABLE x; --', "<script>alert(1)</script>", "{{ 7|add:7 }}", "%s%n"),
    *("../../etc/passwd", "null", "None", "NaN", "-1", "0", "1e309", str(2**63), str(10**40)),
    *("x" * 200, "x" * 201, "ﬃ" * 190, "İ" * 150, "ß" * 200, "on", "true", "[]", "{}", "\\"),
    *("a@example.com", "A@EXAMPLE.COM", "a@" + "ü" * 40 + ".com", "x" * 250 + "@example.com"),
    *(
        "a@example.com\nBcc: b@example.com",
        "a@b@example.com",
        "\u0430@example.com",
        "acme",
        "login",
    ),
]

texts = st.one_of(
    st.sampled_from(NASTY),
    st.text(alphabet=st.characters(), max_size=300),
    st.text(alphabet=st.characters(categories=("Cc", "Cf", "Cs", "Co", "Mn", "Zs", "Zl", "Zp"))),
    st.emails(),
    st.binary(max_size=60),
)

ORGANIZATION = ["organization_edit", "organization_delete", "organization_transfer",
                "organization_leave", "organization_user_add"]  # fmt: skip
MEMBER = ["organization_user_edit", "organization_user_delete", "organization_user_remind"]
OFFER = ["organization_invitation_resend", "organization_invitation_revoke"]
FIELDS = {
    "organization_add": ("name", "slug"),
    "organization_signup": ("name", "slug", "email"),
    "registration_create": ("name", "slug", "email"),
    "registration_register": ("username", "first_name", "last_name", "password1", "password2"),
    "invitations_accept": ("action", "username", "first_name", "password1", "password2"),
    "organization_edit": ("name", "slug"),
    "organization_delete": ("confirm_name",),
    "organization_transfer": ("new_owner", "confirm_name"),
    "organization_leave": (),
    "organization_user_add": ("email", "is_admin"),
    "organization_user_edit": ("is_admin",),
    "organization_user_delete": ("form",),
    "organization_user_remind": ("form",),
    "organization_invitation_resend": ("form",),
    "organization_invitation_revoke": ("form",),
    "organization_invitation_answer": ("action",),
    "login": ("username", "password", "next"),
    "password_change": ("old_password", "new_password1", "new_password2"),
    "password_reset": ("email",),
}


def encoded(value):
    """Return a value as a browser, or a worse program, would send it."""
    if isinstance(value, bytes):
        return value
    return value.encode("utf-8", "surrogatepass")


def urlencoded(values):
    return b"&".join(
        name.encode() + b"=" + b"".join(b"%%%02x" % byte for byte in encoded(value))
        for name, value in values.items()
    )


def browser_and_url(world, name):
    offer = {"invitation_pk": world.offer.pk}
    if name in ORGANIZATION:
        return world.browser("owner"), page(name, world.acme)
    if name in MEMBER:
        member = world.pending if name.endswith("remind") else world.people["member"]
        return world.browser("owner"), page(name, world.acme, user_pk=member.pk)
    if name in OFFER:
        return world.browser("owner"), page(name, world.acme, **offer)
    if name == "organization_invitation_answer":
        return world.browser("outsider"), page(name, **offer)
    if name == "registration_register":
        return Browser(), page(name, user_id=world.pending.pk, token=world.token)
    if name == "invitations_accept":
        browser = Browser()
        browser.get(page("invitations_open", token=world.newcomer.secret))
        return browser, page(name)
    if name in {"organization_add", "password_change"}:
        return world.browser("outsider"), page(name)
    return Browser(), page(name)


def check(world, undo, name, values):
    """Send one form and look at the pages that show what it has written."""
    with undo():
        browser, url = browser_and_url(world, name)
        kind = "application/x-www-form-urlencoded"
        response = browser.post(url, urlencoded(values), content_type=kind)
        assert response.status_code < 500
        if response.status_code != 302:
            return
        if response["Location"].startswith("/"):
            assert browser.get(response["Location"]).status_code < 500
        owner = world.browser("owner")
        assert owner.get(page("organization_list")).status_code == 200
        if Organization.objects.filter(pk=world.acme.pk, slug="acme").exists():
            assert owner.get(page("organization_user_list", world.acme)).status_code == 200


def add_newcomer(world):
    world.newcomer = invite(world.acme, "newcomer@example.com", by=world.people["admin"])
    return world


def fuzz(examples):
    return settings(
        max_examples=examples,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )


@pytest.mark.parametrize("name", FIELDS)
def test_nasty_texts_in_each_field(name, modelled, world, undo):
    """Every text of the list once, in one field after the other."""
    add_newcomer(world)
    fields = FIELDS[name] or ("form",)
    usual = {"name": "New", "email": "n@example.com", "confirm_name": "Acme"}
    chosen = NASTY if "email" in fields or "name" in fields else NASTY[::3]
    for number, text in enumerate(chosen):
        values = {field: usual[field] for field in fields if field in usual}
        values[fields[number % len(fields)]] = text
        check(world, undo, name, values)


@pytest.mark.parametrize("name", [name for name in FIELDS if FIELDS[name]])
@fuzz(6)
@given(data=st.data())
def test_any_text_in_any_field(name, modelled, world, undo, data):
    add_newcomer(world) if not hasattr(world, "newcomer") else None
    values = {field: data.draw(texts, label=field) for field in FIELDS[name]}
    check(world, undo, name, values)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in FIELDS if FIELDS[name]])
@fuzz(100)
@given(data=st.data())
def test_any_text_in_any_field_at_length(name, modelled, world, undo, data):
    add_newcomer(world) if not hasattr(world, "newcomer") else None
    values = {field: data.draw(texts, label=field) for field in FIELDS[name]}
    check(world, undo, name, values)


@fuzz(20)
@given(query=texts, number=texts)
def test_any_text_in_the_query_of_a_list(modelled, world, query, number):
    browser = world.browser("owner")
    for url in (page("organization_user_list", world.acme), page("organization_list")):
        raw = urlencoded({"q": query, "page": number, "invitations": number}).decode()
        assert browser.get(f"{url}?{raw}").status_code in {200, 404}


@fuzz(25)
@given(part=texts, other=texts)
def test_any_text_in_a_path(modelled, world, part, other):
    browser = world.browser("owner")
    first = urlencoded({"": part}).decode()[1:]
    second = urlencoded({"": other}).decode()[1:]
    for url in (
        f"/accounts/{first}/",
        f"/accounts/{first}/people/{second}/",
        f"/accounts/acme/people/{second}/edit/",
        f"/accounts/acme/invitations/{second}/revoke/",
        f"/accounts/invitations/open/{second}/",
        f"/accounts/invitations/{second}/",
        f"/accounts/register/{first}-{second}/",
        f"/accounts/reset/{first}/{second}/",
    ):
        assert browser.get(url).status_code < 500, url
