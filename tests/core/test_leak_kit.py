"""The parts of the leak kit: values that can be told apart, forms, and what an answer says."""

import pytest
from django.http import HttpResponse, StreamingHttpResponse

from organizations.testing._answers import Answer, forms_in
from organizations.testing._filler import Marks, owned_models
from organizations.testing._routes import malformed, unknown
from tests.app.models import Product

pytestmark = pytest.mark.sqlite  # nothing here asks a database


def test_values_of_an_organization_are_found_however_a_page_writes_them():
    ours, theirs = Marks(), Marks()
    text, number = ours.text("name", 40), ours.number(9)
    for page in (
        f"<b>{text}</b>",
        f"<b>{text.upper()}</b>",
        f"total {number}",
        f"{number:,}",
        f"{number:,}".replace(",", "."),
        f"{number:,}".replace(",", "\xa0"),
    ):
        assert ours.found_in(page)
        assert not theirs.found_in(page)
        assert not ours.found_in(page, except_for=f"{text} {number}")
    assert not ours.found_in(f"1{number}2 zq")
    short = {ours.text("code", 4) for _ in range(3)}
    assert len(short) == 3 and max(map(len, short)) <= 4


def test_models_that_lead_to_an_organization_are_known():
    assert owned_models()[Product].name == "account"


def test_forms_hold_what_a_browser_would_send():
    page = """
    <form method="get"><input name="q"></form>
    <form method="post" action="/here/">
      <input name="name"><input name="kept" value="as it is"><input type="hidden" name="none">
      <input type="email" name="mail"><input type="date" name="day">
      <input type="checkbox" name="yes"><input type="radio" name="way" value="a">
      <input type="radio" name="way" value="b" checked>
      <select name="kind"><option value="">-</option><option value="1">1</option></select>
      <select name="chosen"><option value="1">1</option>
        <option value="2" selected>2</option></select>
      <textarea name="text"></textarea><textarea id="editor"></textarea>
      <textarea name="words">some</textarea>
      <button name="step" value="save">Save</button>
    </form>
    """
    [(action, fields)] = forms_in(page)
    assert action == "/here/"
    assert fields == {
        "name": "kit",
        "kept": "as it is",
        "none": "",
        "mail": "kit@example.com",
        "day": "2026-01-02",
        "yes": "on",
        "way": "b",
        "kind": "1",
        "chosen": "2",
        "text": "kit",
        "words": "some",
        "step": "save",
    }


def answer(text, **options):
    return Answer.of(HttpResponse(text, **options))


def test_what_differs_with_each_request_is_not_compared():
    for one, two in (
        (f'<input value="{"a" * 64}">', f'<input value="{"b" * 64}">'),
        ('<script nonce="abc">', '<script nonce="xyz">'),
        ('<a href="/rows/17/">row</a>', '<a href="/rows/29/">row</a>'),
        ('{"id":17,"name":"a"}', '{"id": 29,"name":"a"}'.replace(": ", ":")),
        ("2\xa0minutes ago, 10:59", "3\xa0minutes ago, 11:01"),
    ):
        assert answer(one).masked() == answer(two).masked(), one
    for one, two in (("17 rows", "29 rows"), ("a, b", "b, a")):
        assert answer(one).masked() != answer(two).masked()
    assert (
        answer("", headers={"X-Total": "1"}).masked()
        != answer("", headers={"X-Total": "2"}).masked()
    )
    for text, same in (("no {} at /x/{}/, 7 high", True), ("1{}", False)):
        seven, eight = (answer(text.replace("{}", key)) for key in "78")
        assert (seven.at("/x/7/", 7, 8) == eight.at("/x/8/", 7, 8)) is same


def test_answers_that_are_streamed_are_read(settings):
    async def later():
        yield b"a"
        yield b"b"

    def failing():
        yield b"a"
        raise ZeroDivisionError

    assert Answer.of(StreamingHttpResponse(iter([b"a", b"b"]))).text.endswith("ab")
    assert Answer.of(StreamingHttpResponse(later())).text.endswith("ab")
    failed = Answer.of(StreamingHttpResponse(failing()))
    assert failed.status == 500
    assert failed.error == "ZeroDivisionError()"


def test_who_is_sent_to_sign_in_is_refused(settings):
    settings.LOGIN_URL = "/accounts/login/"
    for status in (401, 403, 404, 405, 410):
        assert answer("", status=status).is_refused
    for target, refused in (("/accounts/login/?next=/x/", True), ("/elsewhere/", False)):
        assert answer("", status=302, headers={"Location": target}).is_refused is refused
    assert not answer("").is_refused


def test_keys_that_nothing_has():
    assert unknown(7) > 1_000_000
    assert isinstance(unknown("acme"), str)
    nines = "9" * 40
    for url, asked in (
        ("/orgs/7/rows/", f"/orgs/{nines}/rows/"),
        ("/orgs/7/", f"/orgs/{nines}/"),
        ("/orgs/7", f"/orgs/{nines}"),
        ("/7/rows/7/", f"/7/rows/{nines}/"),
    ):
        assert next(malformed(url, 7)) == asked
        assert len([*malformed(url, 7)]) == 4
    assert not [*malformed("/orgs/", 7)]
