"""People who click on every link and send every form that the pages show them.

Whoever is shown a way must be able to go it: no page that is rendered leads to a refusal, to
nothing, or to an error. What a form changes is taken back, so that the next one finds all there.
"""

import itertools
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from django.core.cache import cache

from organizations import testing
from tests.doors.support import Browser, page, signed_in
from tests.doors.test_access_table import APPS, world  # noqa: F401

pytestmark = [pytest.mark.table, pytest.mark.usefixtures("modelled")]

PEOPLE = ("owner", "admin", "keeper", "member", "invited", "former", "nobody")
#: The fewest pages and forms that each of them has to find.
LEAST = {
    "owner": (40, 30), "admin": (40, 30), "keeper": (15, 8), "member": (12, 6),
    "invited": (4, 4), "former": (3, 2), "nobody": (3, 3),
}  # fmt: skip
#: What is typed into a field of this name; others go by their type.
TYPED = {"confirm_name": "Acme", "addresses": "Guest <{address}>", "slug": ""}


@dataclass
class Form:
    """A form of a page: where it goes, what stands in it, and the buttons that send it."""

    action: str
    method: str
    values: dict = field(default_factory=dict)
    buttons: list = field(default_factory=list)


class Reader(HTMLParser):
    """Collects the links and forms of a page."""

    def __init__(self, html, numbers):
        super().__init__()
        self.links, self.forms = [], []
        self._form = self._select = None
        self._numbers = numbers
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        elif tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is None:
            return
        elif tag == "button" and given.get("type", "submit") == "submit":
            self._form.buttons.append((given.get("name"), given.get("value", "")))
        elif tag == "select":
            self._select = given["name"]
            self._form.values.setdefault(self._select, "")
        elif tag == "option":
            value = given.get("value", "")
            if "selected" in given or (value and not self._form.values[self._select]):
                self._form.values[self._select] = value
        elif tag in {"input", "textarea"} and given.get("name"):
            self._fill(tag, given)

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None

    def _fill(self, tag, given):
        kind = given.get("type", "text") if tag == "input" else "textarea"
        name, values = given["name"], self._form.values
        address = f"guest{next(self._numbers)}@example.com"
        if kind in {"submit", "button", "image"}:
            self._form.buttons.append((name, given.get("value", "")))
        elif kind == "radio":
            if "checked" in given or name not in values:
                values[name] = given.get("value", "on")
        elif kind == "checkbox":
            if "checked" in given or "required" in given:
                values.setdefault(name, [])
                values[name].append(given.get("value", "on"))
        elif kind == "file":
            return
        elif name in TYPED and not given.get("value"):
            values[name] = TYPED[name].format(address=address)
        elif given.get("value") or kind == "hidden":
            values[name] = given.get("value", "")
        elif kind == "email":
            values[name] = address
        elif "required" in given:
            values[name] = given.get("min") or f"Words {next(self._numbers)}"


class Walk:
    """One person's walk through the site; ``wrong`` is what led nowhere."""

    def __init__(self, make_browser, undo, start):
        self.make_browser, self.undo = make_browser, undo
        self.browser = make_browser()
        self.todo, self.seen, self.sent, self.wrong = [*start], set(), set(), []
        self.numbers = itertools.count()

    def go(self):
        while self.todo:
            url = self.todo.pop()
            if url not in self.seen:
                self.seen.add(url)
                self.open(url)
        return self

    def open(self, url):
        response = self.browser.get(url)
        if response.status_code in {301, 302}:
            self.note(url, response["Location"])
        elif response.status_code != 200:
            self.wrong.append(("GET", url, response.status_code))
        elif response.get("Content-Type", "").startswith("text/html"):
            reader = Reader(response.content.decode(), self.numbers)
            for link in reader.links:
                self.note(url, link)
            for form in reader.forms:
                self.send(url, form)

    def note(self, url, link):
        parts = urlsplit(urljoin(url, link))
        if (
            not parts.netloc
            and parts.scheme in {"", "http"}
            and parts.path.startswith("/accounts/")
        ):
            self.todo.append(f"{parts.path}?{parts.query}" if parts.query else parts.path)

    def send(self, url, form):
        target = urljoin(url, form.action)
        for name, value in form.buttons or [(None, "")]:
            data = {**form.values, **({name: value} if name else {})}
            shape = (form.method, target, *sorted(data), value)
            if shape in self.sent:
                continue
            self.sent.add(shape)
            with self.undo():
                cache.clear()
                browser = self.make_browser(like=self.browser)
                response = getattr(browser, form.method)(target, data, follow=True)
                # 410 is the page that says what became of an invitation that was declined.
                if response.status_code not in {200, 410}:
                    chain = [where for where, _status in response.redirect_chain]
                    self.wrong.append((form.method, target, data, response.status_code, chain))


@pytest.fixture
def walk(world, undo):  # noqa: F811
    world.people["keeper"] = testing.make_user("keeper")
    row = testing.make_member(world.acme, world.people["keeper"])
    if "roles" in APPS:
        APPS["roles"].services.assign(row, world.role, actor=None)
    people = {**world.people, "invited": world.people["outsider"], "nobody": None}

    def start(name):
        def make_browser(like=None):
            if like is None:
                return signed_in(people[name])
            browser = Browser()
            browser.cookies = like.cookies.copy()
            return browser

        first = [page("organization_list"), page("organization_signup")]
        if name in {"owner", "admin", "keeper", "member"}:
            first += [page("organization_detail", world.acme)]
        if name in {"invited", "nobody"}:
            first += [page("invitations_open", token=world.offer.secret)]
        return Walk(make_browser, undo, first).go()

    return start


@pytest.mark.parametrize("person", PEOPLE)
def test_every_link_and_every_form_leads_somewhere(person, walk):
    found = walk(person)
    assert found.wrong == []
    pages, forms = LEAST[person]
    assert len(found.seen) >= pages, sorted(found.seen)
    assert len(found.sent) >= forms, sorted(map(str, found.sent))
