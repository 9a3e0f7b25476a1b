"""The pages of many invitations: list, columns, a look, step by step, results as a file."""

import csv
import io

import pytest
from django.core import mail as outbox
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings

from organizations.models import BulkInvitation, OrganizationInvitation
from organizations.services import bulk_jobs
from organizations.views.bulk import plain_cell
from tests.doors.support import MODELLED, page, words_of

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.doors.urls_modelled")]


@pytest.fixture(autouse=True)
def _modelled():
    with override_settings(ORGANIZATIONS={**MODELLED, "SEATS": 60, "MAX_OPEN_INVITATIONS": None}):
        yield


@pytest.fixture
def ada(world):
    return world.browser("admin")


@pytest.fixture
def start(world):
    return page("organization_bulk", world.acme)


def invited():
    return set(OrganizationInvitation.objects.values_list("invitee_identifier", flat=True))


def test_from_a_paste_to_the_results(world, ada, start):
    before = invited()
    text = "Bo <bo@new.example>\nnonsense, BO@new.example\nmember@example.com; =cmd@new.example"
    looked = ada.post(start, {"addresses": text, "is_admin": "on"}, follow=True)
    words = words_of(looked)
    for expected in [
        "Nobody is invited yet.",
        "Will be invited. 2 lines",
        "bo@new.example Bo Will be invited. Line 1",
        "Invite 2 people",
        "This is no e-mail address. 1 line",
        "The address stands in the list before. 1",
        "This person is a member of the organization already. 1",
    ]:
        assert expected in words
    assert invited() == before
    assert not outbox.outbox

    url = looked.redirect_chain[-1][0]
    done = ada.post(url, {"action": "continue", "done": "0"}, follow=True)
    for expected in [
        "2 people are invited.",
        "Invited. 2",
        "nonsense This is no e-mail address. Line 2",
        "bo@new.example The address stands in the list before. Line 2",
        "bo@new.example Bo Invited. Line 1",
    ]:
        assert expected in words_of(done)
    assert invited() - before == {"bo@new.example", "=cmd@new.example"}
    assert OrganizationInvitation.objects.get(invitee_identifier="bo@new.example").is_admin
    assert len(outbox.outbox) == 2
    again = ada.get(start)
    assert url in again.content.decode() and "· done" in words_of(again)

    again = ada.post(url, {"action": "continue", "done": "0"}, follow=True)
    assert again.status_code == 200
    assert len(outbox.outbox) == 2

    results = ada.get(f"{url}results.csv")
    assert results["Content-Type"] == "text/csv; charset=utf-8"
    assert results["Content-Disposition"].startswith("attachment")
    rows = list(csv.reader(io.StringIO(results.content.decode("utf-8-sig"))))
    assert [row[:4] for row in rows[1:]] == [
        ["1", "bo@new.example", "Bo", "invited"],
        ["2", "nonsense", "", "not_an_address"],
        ["2", "bo@new.example", "", "duplicate"],
        ["3", "member@example.com", "", "already_member"],
        ["3", "'=cmd@new.example", "", "invited"],
    ]


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", " =1", "\r=1"])
def test_no_cell_is_a_formula(text):
    assert plain_cell(text) == f"'{text}"
    assert plain_cell(f"x{text}") == f"x{text}"


def test_from_a_file_to_the_results(world, ada, start):
    before = invited()
    file = SimpleUploadedFile("people.csv", b"\xef\xbb\xbfWho;Mail;Role\nBo;bo@new.example;admin\n")
    asked = ada.post(start, {"file": file}, follow=True)
    assert "What the columns hold" in words_of(asked)
    assert "For example: bo@new.example" in words_of(asked)
    url = asked.redirect_chain[-1][0]
    form = {"column_0": "name", "column_1": "", "column_2": "standing"}
    refused = ada.post(url, form)
    assert "Choose the column that holds the e-mail addresses." in words_of(refused)
    twice = ada.post(url, {**form, "column_1": "address", "column_0": "address"})
    assert "Two columns cannot hold the same." in words_of(twice)
    looked = ada.post(url, {**form, "column_1": "address"}, follow=True)
    assert "Invite 1 person" in words_of(looked)
    assert ada.get(url).status_code == 404, "the columns are chosen"
    ada.post(looked.redirect_chain[-1][0], {"action": "continue", "done": "0"})
    assert invited() - before == {"bo@new.example"}
    assert OrganizationInvitation.objects.get(invitee_identifier="bo@new.example").is_admin


def test_a_long_list_goes_step_by_step(world, ada, start, monkeypatch):
    monkeypatch.setitem(bulk_jobs.work.__wrapped__.__kwdefaults__, "most", 20)
    text = "\n".join(f"p{n}@new.example" for n in range(60))
    looked = ada.post(start, {"addresses": text}, follow=True)
    assert "All seats of this organization are taken." in words_of(looked)
    url = looked.redirect_chain[-1][0]
    first = ada.post(url, {"action": "continue", "done": "0"}, follow=True)
    assert "20 of 60 lines are done." in words_of(first)
    assert '<progress id="org-done" value="20" max="60">' in first.content.decode()
    # somebody else who may invite goes on
    world.browser("owner").post(url, {"action": "continue", "done": "20"})
    last = ada.post(url, {"action": "continue", "done": "40"}, follow=True)
    assert "Results" in words_of(last)
    assert "<progress" not in last.content.decode()
    job = BulkInvitation.objects.latest("pk")
    codes = [each["code"] for each in job.results]
    assert codes == sorted(codes)
    assert 0 < codes.count("seats_full") < 20
    assert len(outbox.outbox) == codes.count("invited")


@pytest.mark.parametrize("done", ["", "x", "-1", "1", "9" * 30, "²"])
def test_a_step_that_was_not_looked_at_is_not_done(done, world, ada):
    before = invited()
    url = page("organization_bulk_detail", world.acme, bulk_pk=world.listed.pk)
    assert ada.post(url, {"action": "continue", "done": done}).status_code == 302
    assert invited() == before


def test_a_list_can_be_discarded(world, ada):
    url = page("organization_bulk_detail", world.acme, bulk_pk=world.listed.pk)
    ada.post(url, {"action": "discard"})
    assert ada.get(url).status_code == 404
    assert ada.post(url, {"action": "continue", "done": "0"}).status_code == 404
    assert "listed@example.com" not in invited()


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ({}, "Paste addresses or choose a file."),
        ({"addresses": "x@y.org", "file": "a\nx@y.org"}, "Paste addresses or choose a file."),
        ({"addresses": "a\n" * 20_001}, "too long"),
        ({"file": "a," * 200}, "cannot be read"),
        ({"addresses": "x@y.org\0"}, "Null characters are not allowed."),
    ],
)
def test_what_cannot_be_read_is_said_beside_the_field(data, complaint, world, ada, start):
    if "file" in data:
        data = {**data, "file": SimpleUploadedFile("x.csv", data["file"].encode())}
    count = BulkInvitation.objects.count()
    assert complaint in words_of(ada.post(start, data))
    assert BulkInvitation.objects.count() == count


def test_words_of_a_list_are_text_on_the_pages(world, ada, start):
    text = '"<script>alert(1)</script>" <bo@new.example>\n<img src=x onerror=alert(1)>'
    looked = ada.post(start, {"addresses": text}, follow=True).content.decode()
    assert "<script>alert" not in looked
    assert "<img" not in looked
    file = SimpleUploadedFile("people.csv", text.replace('"', "").encode())
    asked = ada.post(start, {"file": file}, follow=True).content.decode()
    assert "For example: &lt;img" in asked
    assert "<img" not in asked
    assert "<script>alert" not in asked


def test_pages_cost_the_same_for_long_lists(world, ada, start, django_assert_max_num_queries):
    text = "\n".join(f"p{n}@new.example" for n in range(300))
    url = ada.post(start, {"addresses": text})["Location"]
    with django_assert_max_num_queries(16):
        looked = ada.get(url)
    assert looked.content.decode().count("@new.example") == 200
    # Three of them are for what offers carry: roles and teams.
    with django_assert_max_num_queries(13):
        ada.get(start)


def test_the_way_there_is_on_the_page_that_invites_one(world, ada, start):
    assert start in ada.get(page("organization_user_add", world.acme)).content.decode()
