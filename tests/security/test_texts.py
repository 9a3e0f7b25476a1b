"""Attacks by text: header injection, markup on pages and in mails, links in names."""

import email
import email.policy
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import product

import pytest
from django.core import mail
from django.template.loader import render_to_string

from organizations import samples, testing
from organizations.models import Organization
from organizations.services import members
from tests.doors.support import Browser, invite, page, pending_member, signed_in, words_of

pytestmark = pytest.mark.table

MARKUP = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"><svg onload=alert(1)>",
    "'--></title></textarea><b>x",
    "{{ 77345112|add:77345112 }}{% now 'Y' %}",
    "&lt;b&gt; &amp;",
    "javascript:alert(1)",
]  # fmt: skip


class Tags(HTMLParser):
    """Collects what a browser would take for an element or an attribute."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, tuple(name for name, _value in attrs)))


def tags_of(html):
    parser = Tags()
    parser.feed(html)
    return parser.found


def assert_no_markup_of_ours(html):
    """Nothing that the names bring along has become an element or an attribute."""
    ours = render_to_string("organizations/elements/script.html")
    for tag, names in tags_of(html.replace(ours, "")):
        assert tag not in {"script", "img", "b"}, tag
        assert not [name for name in names if name.startswith("on")], names
    assert not re.search(r'(?:href|src|action)="\s*javascript:', html)
    assert "{{" not in html or "{{ 77345112|add:77345112 }}" in html
    # The sum is long: a short one stands in a random link or token now and then.
    assert "154690224" not in html


@pytest.fixture
def marked(request, world):
    """The world with hostile names in every column that pages show."""
    text = request.param
    Organization.objects.filter(pk=world.acme.pk).update(name=text)
    world.acme.refresh_from_db()
    for name, user in world.people.items():
        user.first_name, user.last_name = text, name
        user.save()
    pending_member(world.acme, "second@example.com")
    world.products = world.acme.products.create(name=text)
    return world


@pytest.mark.parametrize("marked", MARKUP, indirect=True, ids=lambda text: text[:14])
def test_names_are_text_on_every_page(marked, backend):
    world = marked
    organization = {"organization_pk": world.acme.pk}
    about = {**organization, "user_pk": world.people["member"].pk}
    offer = {**organization, "invitation_pk": world.offer.pk}
    owner = world.browser("owner")
    pages = [
        *((owner, name, organization) for name in (
            "organization_detail", "organization_edit", "organization_delete",
            "organization_leave", "organization_transfer", "organization_user_list",
            "organization_user_add",
        )),
        *((owner, f"organization_user_{name}", about) for name in ("detail", "edit", "delete")),
        (owner, "organization_user_remind", {**organization, "user_pk": world.pending.pk}),
        (owner, "organization_user_remind", about),
        (owner, "organization_invitation_revoke", offer),
        (owner, "organization_list", {}),
        (owner, "password_change", {}),
        (world.browser("member"), "organization_edit", organization),
        (world.browser("member"), "organization_leave", organization),
        (world.browser("outsider"), "organization_list", {}),
        (Browser(), "registration_register", {"user_id": world.pending.pk, "token": world.token}),
    ]  # fmt: skip
    if backend == "modelled":
        visitor = world.browser("outsider")
        visitor.get(page("invitations_open", token=world.offer.secret))
        stranger = world.browser("foreigner")
        stranger.get(page("invitations_open", token=world.offer.secret))
        pages += [
            (visitor, "invitations_accept", {}),
            (stranger, "invitations_accept", {}),
            (visitor, "invitations_register", {"guid": world.offer.guid}),
        ]
    for browser, name, kwargs in pages:
        response = browser.get(page(name, **kwargs))
        assert response.status_code in {200, 403, 410}, name
        assert_no_markup_of_ours(response.content.decode())


@pytest.mark.parametrize("marked", MARKUP, indirect=True, ids=lambda text: text[:14])
def test_names_are_text_in_messages_and_searches(marked):
    world = marked
    browser = world.browser("owner")
    response = browser.post(
        page("organization_delete", world.acme), {"confirm_name": "<script>wrong</script>"}
    )
    assert_no_markup_of_ours(response.content.decode())
    response = browser.get(
        page("organization_user_list", world.acme), {"q": world.acme.name, "page": "1"}
    )
    assert_no_markup_of_ours(response.content.decode())
    response = browser.post(
        page("organization_delete", world.acme), {"confirm_name": world.acme.name}, follow=True
    )
    assert "is deleted" in words_of(response)
    assert_no_markup_of_ours(response.content.decode())


@pytest.mark.parametrize("marked", MARKUP, indirect=True, ids=lambda text: text[:14])
def test_names_are_text_in_the_admin(marked):
    browser = marked.browser("superuser")
    for model in ("organization", "organizationuser", "organizationowner"):
        html = browser.get(f"/admin/organizations/{model}/").content.decode()
        assert "<img src=x" not in html
        assert "<script>alert" not in html
        assert "<svg onload" not in html


def send_every_mail(world, backend):
    """Cause one mail of every kind that names the organization or the sender."""
    admin = world.browser("admin")
    add = page("organization_user_add", world.acme)
    admin.post(add, {"email": "new@example.com"})
    admin.post(add, {"email": "foreigner@example.com"})
    admin.post(page("organization_user_remind", world.acme, user_pk=world.pending.pk))
    if backend == "modelled":
        about = {"invitation_pk": world.offer.pk}
        admin.post(page("organization_invitation_resend", world.acme, **about))


@pytest.mark.parametrize("marked", MARKUP, indirect=True, ids=lambda text: text[:14])
def test_names_are_text_in_html_mails(marked, backend):
    send_every_mail(marked, backend)
    assert len(mail.outbox) >= 3
    for message in mail.outbox:
        ((html, _kind),) = message.alternatives
        assert_no_markup_of_ours(html)
        assert "{{" not in message.subject or "{{ 77345112|add:77345112 }}" in message.subject


# P27

INJECTIONS = [
    "Acme\r\nBcc: victim@example.com",
    "Acme\nBcc: victim@example.com\n\nOther text",
    "Acme\rSubject: other",
    "Acme\x0bBcc: victim@example.com",
    "Acme\u2028Bcc: victim@example.com",
    "Acme\x85Bcc: victim@example.com",
    "=?utf-8?q?=0D=0ABcc=3A_victim=40example.com?=",
    '"Acme" <victim@example.com>,',
    "x" * 200,
    "ö" * 200,
]  # fmt: skip


@pytest.mark.parametrize("text", INJECTIONS, ids=ascii)
@pytest.mark.parametrize("where", ["organization", "person"])
def test_no_name_adds_a_header_or_a_recipient(where, text, backend, world):
    """Names that are in the tables already, whatever door brought them in."""
    if where == "organization":
        Organization.objects.filter(pk=world.acme.pk).update(name=text)
    else:
        type(world.people["admin"]).objects.filter(pk=world.people["admin"].pk).update(
            first_name=text[:150], last_name="A"
        )
    send_every_mail(world, backend)
    assert len(mail.outbox) >= 3
    for message in mail.outbox:
        assert len(message.subject.splitlines()) == 1
        assert len(message.recipients()) == 1
        raw = message.message().as_bytes()
        parsed = email.message_from_bytes(raw, policy=email.policy.default)
        assert parsed.get_all("Bcc") is None
        assert parsed.get_all("Cc") is None
        assert len(parsed.get_all("Subject")) == 1
        assert [address.addr_spec for address in parsed["To"].addresses] == message.to
        assert [address.addr_spec for address in parsed["From"].addresses] == ["tests@example.com"]
        assert "victim" not in str(parsed["To"]) + str(parsed["From"]) + str(parsed["Reply-To"])


@pytest.mark.parametrize(
    "address",
    ["admin@example.com\nBcc: victim@example.com", "a@example.com, victim@example.com",
     '"x" <victim@example.com>', "not an address", "", "admin@example.com\x00"],
    ids=ascii,
)  # fmt: skip
def test_a_sender_with_a_crooked_address_gets_no_reply_to(address, world):
    user = world.people["admin"]
    message = message_from(user, address)
    assert "Reply-To" not in message.extra_headers
    assert message.message()["Bcc"] is None


def message_from(user, address):
    from organizations.backends.defaults import InvitationBackend

    user.email = address
    backend = InvitationBackend()
    to = testing.make_user("reader")
    return backend.email_message(
        to, backend.notification_subject, backend.notification_body, user,
        domain={"name": "Example", "domain": "example.com"}, url="https://example.com/",
    )  # fmt: skip


# P29

LINK = re.compile(r"(?:https?:)?//|\bwww\.|[\w-]+\.(?:example|com|org)\b", re.IGNORECASE)


@pytest.mark.parametrize(
    "text",
    ["Win a prize at http://evil.com/x", "www.evil.com", "evil.com", "HTTPS://EVIL.ORG now",
     "//evil.com", "ada@example.com: pay at evil.com", "a.b.evil.com/path?x=1"],
)  # fmt: skip
@pytest.mark.parametrize("where", ["organization", "person"])
def test_names_bring_no_links_into_mails(where, text, backend, world):
    if where == "organization":
        Organization.objects.filter(pk=world.acme.pk).update(name=text)
    else:
        user = world.people["admin"]
        user.first_name, user.last_name = text, ""
        user.save()
    send_every_mail(world, backend)
    assert len(mail.outbox) >= 3
    for message in mail.outbox:
        ours = re.compile(r"http://testserver/\S*|testserver|[\w.]+@example\.com(?! ?:)")
        assert not LINK.search(ours.sub("", message.subject)), message.subject
        assert not LINK.search(ours.sub("", message.body)), message.body
        ((html, _kind),) = message.alternatives
        assert set(re.findall(r'href="(https?://[^/"]+)', html)) == {"http://testserver"}


NAMES = [
    "Win a prize at http://evil.com/x", "www.evil.com", "evil.example/pay", "HTTPS://EVIL.ORG now",
    "//evil.com", "a.b.evil.com/path?x=1", "moc.\u202egnp.live",
    "\u2067abc\u2069 \u200f", "x " * 4000, *MARKUP, *INJECTIONS,
]  # fmt: skip


#: What people's words are called in the contexts of the samples.
WORDS = ("role", "owner_name", "person_name", "old_name", "new_name")


def test_names_do_no_harm_in_any_kind_of_mail(settings, monkeypatch):
    """As the staff's page renders them: every kind, with names from the corpus everywhere."""
    settings.ORGANIZATIONS = {"LINK_BASE": "https://ours.test"}
    person = samples._person
    seen = set()
    for kind, text in product(samples.samples(), NAMES):
        # A person's own account name stands in a mail about signing in as it has to be typed.
        monkeypatch.setattr(
            samples, "_person", lambda *names, text=text: person_called(text, person(*names))
        )
        usual = kind.context()
        seen |= set(usual)
        theirs = {"organization": Organization(name=text)}
        theirs |= {word: text for word in WORDS if word in usual}
        if usual.get("invitation"):
            usual["invitation"].note = text
        message = samples.render(
            replace(kind, context=lambda usual=usual, theirs=theirs: {**usual, **theirs}),
            language="en",
        )
        assert_harmless(message, f"{kind.name}: {text!a}")
    assert seen >= set(WORDS) | {"invitation"}


def person_called(text, user):
    user.first_name = user.last_name = text
    user.username = "robin"
    return user


def assert_harmless(message, where):
    ((html, _kind),) = message.alternatives
    assert len(message.subject.splitlines()) == 1, where
    assert_no_markup_of_ours(html)
    raw = email.message_from_bytes(message.message().as_bytes(), policy=email.policy.default)
    assert {"bcc", "cc"}.isdisjoint(name.lower() for name in raw), where
    assert len(raw.get_all("Subject")) == 1, where
    assert [address.addr_spec for address in raw["To"].addresses] == ["robin@example.com"], where
    assert str(raw["From"]) == "Orgkit Tests <tests@example.com>", where
    assert raw["Reply-To"] in {None, "sam@example.com"}, where
    assert {link.partition("/")[0] for link in re.findall(r'href="https?://([^"]+)', html)} == {
        "ours.test"
    }, where
    for words in (message.subject, message.body):
        ours = re.sub(r"https://ours\.test/\S*|robin@example\.com", "", words)
        assert not LINK.search(ours), f"{where}: {words}"
    for words in (message.subject, message.body, html):
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", words), f"{where}: {words!a}"


def test_the_secret_link_stands_in_the_mail_as_it_is(modelled, world):
    world.browser("admin").post(
        page("organization_user_add", world.acme), {"email": "new@example.com"}
    )
    (link,) = testing.links_in_mail()
    ((html, _kind),) = mail.outbox[-1].alternatives
    assert f'href="{link}"' in html


def test_the_sender_is_never_in_the_from_header(world):
    ada = testing.make_user("ada", first_name="Security", last_name="Team")
    members.add(world.acme, ada, is_admin=True)
    signed_in(ada).post(page("organization_user_add", world.acme), {"email": "new@example.com"})
    assert mail.outbox[0].from_email == "Orgkit Tests <tests@example.com>"


def test_marks_that_turn_the_text_around_are_refused_in_slugs_and_names(world):
    browser = world.browser("owner")
    for values in ({"name": "abc\u202etxt", "slug": "fine"}, {"name": "Fine", "slug": "a\u202eb"}):
        response = browser.post(page("organization_edit", world.acme), values)
        assert response.status_code == 200
        assert response.context["form"].errors
    assert invite(world.acme, "x@example.com", by=world.people["owner"]).pk
