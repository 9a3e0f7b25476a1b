import logging

import pytest
from django.core import mail as outbox
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage
from django.db import transaction
from django.template import TemplateDoesNotExist

from organizations import mail

NASTY = [
    "Acme\r\nBcc: eve@example.com",
    "Acme\nBcc: eve@example.com",
    "Acme\x0bBcc: eve@example.com",
    "Acme\u2028Bcc: eve@example.com",
    "Acme\x85Bcc: eve@example.com",
    "Acme\x00Bcc: eve@example.com",
    '"x" <eve@example.com>, Acme',
    "=?utf-8?q?Acme=0ABcc:?=",
    "Acme 🚀 شركة",
]


class Person:
    """As much of a user as a mail needs."""

    def __init__(self, email="ada@example.com", name="Ada Lovelace"):
        self.email, self.name = email, name

    def get_full_name(self):
        return self.name

    @staticmethod
    def get_email_field_name():
        return "email"

    def __str__(self):
        return "ada"

    def __repr__(self):
        return f"Person({self.email!r}, {self.name!r})"


class Organization:
    def __init__(self, name):
        self.name = name

    def __str__(self):
        return self.name


@pytest.fixture
def templates(settings, tmp_path):
    """A folder of the project's own templates, before those of the package."""
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    folder = tmp_path / "organizations" / "email"
    folder.mkdir(parents=True)
    return folder


def make(kind="modeled_invitation", *, organization="Acme", sender=None, **options):
    context = {
        "organization": Organization(organization),
        "url": "https://app.example.com/x/",
        "recipient": "eve@example.com",
        "site_name": "app.example.com",
        "expires_at": None,
        "domain": mail.LinkBase.parse("https://app.example.com"),
    }
    return mail.message(
        "eve@example.com",
        f"organizations/email/{kind}_subject.txt",
        f"organizations/email/{kind}_body.html",
        context,
        sender=sender,
        **options,
    )


# Headers


@pytest.mark.parametrize("name", NASTY)
def test_name_cannot_add_a_header_or_a_recipient(name):
    made = make(organization=name, sender=Person(name=name))
    made.send()
    (sent,) = outbox.outbox
    assert sent.recipients() == ["eve@example.com"]
    message = sent.message()
    assert message["Bcc"] is None
    assert message["To"] == "eve@example.com"
    assert len(sent.subject.splitlines()) == 1


@pytest.mark.parametrize("name", NASTY)
def test_site_alone_is_the_sender(name):
    made = make(sender=Person(name=name))
    assert made.from_email == "Orgkit Tests <tests@example.com>"


@pytest.mark.parametrize(
    ("sender", "reply_to"),
    [
        (None, None),
        (Person(), "ada@example.com"),
        (Person(email=""), None),
        (Person(email=None), None),
        (Person(email="ada@example.com\nBcc: eve@example.com"), None),
        (Person(email="ada@example.com, eve@example.com"), None),
        (Person(email="Ada <ada@example.com>"), None),
        (Person(email="not an address"), None),
    ],
    ids=repr,
)
def test_answer_goes_to_whoever_wrote(sender, reply_to):
    assert make(sender=sender).extra_headers.get("Reply-To") == reply_to


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("plain", "plain"),
        ("  two \n lines ", "two lines"),
        ("a\r\n\tb", "a b"),
        ("a\u2028b\u2029c\x0bd\x0ce\x85f", "a b c d e f"),
        ("\x00\x1b[31mred", "[31mred"),
        ("abc\u202edef", "abc def"),
        ("", ""),
        ("\n", ""),
        ("شركة 🚀", "شركة 🚀"),
    ],
)
def test_one_line(text, line):
    assert mail.one_line(text) == line


# Parts


def test_message_has_text_and_html():
    made = make()
    assert "https://app.example.com/x/" in made.body
    assert "<html" not in made.body
    ((html, kind),) = made.alternatives
    assert kind == "text/html"
    assert "https://app.example.com/x/" in html


@pytest.mark.parametrize(
    "kind",
    [
        "activation",
        "invitation",
        "notification",
        "reminder",
        "modeled_invitation",
        "modeled_reminder",
        "account_exists",
        "request_received",
    ],
)
def test_every_kind_can_be_made_with_and_without_a_sender(kind):
    for sender in (None, Person()):
        made = make(kind, sender=sender, organization="A & B <i>")
        assert made.subject
        assert "&amp;" not in made.body + made.subject
        assert made.body.endswith("\n")
        assert "<i>" not in made.alternatives[0][0]


def test_text_of_the_project_goes_without_the_html_of_the_package(templates):
    (templates / "modeled_invitation_body.html").write_text("Our own text: {{ url }}")
    made = make()
    assert made.body == "Our own text: https://app.example.com/x/\n"
    assert not made.alternatives


def test_text_and_html_of_the_project_go_together(templates):
    (templates / "modeled_invitation_body.html").write_text("Text")
    (templates / "modeled_invitation_rich.html").write_text("<p>HTML</p>")
    made = make()
    assert made.body == "Text\n"
    assert [part[0] for part in made.alternatives] == ["<p>HTML</p>"]


def test_text_without_html_beside_it_is_sent_alone(templates):
    (templates / "own_subject.txt").write_text("Subject\nof two lines")
    (templates / "own_body.html").write_text("Text")
    made = make("own")
    assert (made.subject, made.body) == ("Subject of two lines", "Text\n")
    assert not made.alternatives


def test_message_class_of_the_project_is_used():
    made = make(message_class=EmailMessage)
    assert type(made) is EmailMessage


def test_missing_template_is_loud():
    with pytest.raises(TemplateDoesNotExist):
        make("no_such_kind")


@pytest.mark.parametrize(
    ("user", "name"),
    [
        (None, ""),
        (Person(), "Ada Lovelace"),
        (Person(name="  "), "ada@example.com"),
        (Person(name=""), "ada@example.com"),
        (Person(name=None), "ada@example.com"),
        (Person(name="", email=""), "ada"),
        (Person(name="", email=None), "ada"),
    ],
    ids=repr,
)
def test_display_name(user, name):
    assert mail.display_name(user) == name


# Links


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://app.example.com", "https://app.example.com/a/"),
        ("https://app.example.com/", "https://app.example.com/a/"),
        ("http://localhost:8000", "http://localhost:8000/a/"),
    ],
)
def test_link_base(text, url, settings):
    settings.ORGANIZATIONS = {"LINK_BASE": text}
    assert mail.configured_base().url("/a/") == url


def test_missing_link_base_says_what_to_write():
    with pytest.raises(ImproperlyConfigured, match=r"ORGANIZATIONS = \{'LINK_BASE': "):
        mail.configured_base()


# When it leaves


@pytest.mark.django_db
def test_mail_waits_for_the_commit(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        mail.after_commit(make().send)
        assert not outbox.outbox
    assert len(outbox.outbox) == 1


@pytest.mark.django_db(transaction=True)
def test_mail_is_not_sent_for_what_was_undone():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        mail.after_commit(make().send)
        raise ZeroDivisionError
    assert not outbox.outbox


@pytest.mark.django_db(transaction=True)
def test_dead_mail_server_is_logged_and_hurts_nobody(caplog):
    reached = []

    def fail():
        raise OSError("connection refused")

    with caplog.at_level(logging.ERROR, "organizations.mail"), transaction.atomic():
        mail.after_commit(fail)
        mail.after_commit(lambda: reached.append("the next mail"))
    assert reached == ["the next mail"]
    (record,) = caplog.records
    assert "could not be sent" in record.getMessage()
    assert record.exc_info[0] is OSError
