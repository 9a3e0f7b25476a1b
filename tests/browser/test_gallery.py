"""Every page of the package in a real browser: light and dark, both directions, wide and narrow.

Each of the eight views of a page is asked for accessibility (axe-core), for a message in the
console under the strict content security policy, and for what is wider than the screen; each
document for its validity (the Nu HTML checker). Pictures of all views are taken and listed.
``ORGKIT_GALLERY`` names a folder that keeps them (``make gallery``).
"""

import html
import json
import os
import re
import subprocess
from collections import Counter
from itertools import chain
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from django.conf import settings
from django.urls import include, path
from django.urls.resolvers import RegexPattern, URLResolver

from organizations import auth_urls
from tests.browser.pages import OTHERS, PAGES, rows
from tests.doors.support import MODELLED, names_of, urls_with

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
CHECKERS = Path(os.environ.get("ORGKIT_CHECKERS") or ROOT / ".checkers")
LANGUAGES = {"ltr": "en", "rtl": "ar"}
SCHEMES = ("light", "dark")
WIDTHS = (1100, 360)
#: The narrowest screen of WCAG 2.2, which also is 400 % of one that is 1280 pixels wide.
NARROWEST = 320
#: The views in one direction; with the other one they are eight.
VIEWS = {(scheme, width) for scheme in SCHEMES for width in WIDTHS}
#: What a browser may do on these pages at most.
POLICY = {
    "default-src": {"'none'"},
    "script-src": {"'self'"},
    "style-src": {"'self'"},
    "img-src": {"'self'"},
    "connect-src": {"'self'"},
    "frame-src": {"'self'"},
    "form-action": {"'self'"},
    "base-uri": {"'none'"},
    "frame-ancestors": {"'none'", "'self'"},
}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]

#: The one rule that the pages break by intent: parts of a table name the role that they have
#: anyway, because on narrow screens the stylesheet gives them a ``display`` of its own, for
#: which browsers have forgotten that it is a table.
ROLE_OF_TABLE = re.compile(
    r"The “(table|row|rowgroup|cell|columnheader|rowheader)” role is unnecessary"
    r"|The “role” attribute must not be used on a “(tr|td|th|thead|tbody)” element which has a"
)

RUN_AXE = """async (tags) => (await axe.run(document, {
    // A mail in its frame is not a page, and can run no script that would answer.
    runOnly: {type: "tag", values: tags}, resultTypes: ["violations"], iframes: false,
})).violations.map(({id, help, nodes}) =>
    ({id, help, nodes: nodes.slice(0, 3).map((node) => node.html.slice(0, 200))}))"""
SEND = """(fields) => {
    const forms = [...document.querySelectorAll("main form")].filter((f) => f.method === "post");
    const field = fields.length && document.querySelector(`main [name="${fields[0][0]}"]`);
    const form = field ? field.form : forms.at(-1);
    for (const [name, value] of fields) {
        for (const input of form.querySelectorAll(`[name="${name}"]`)) {
            if (["checkbox", "radio"].includes(input.type))
                input.checked = input.checked || value === "on" || input.value === value;
            else input.value = value;
        }
    }
    form.noValidate = true;
    form.requestSubmit([...form.querySelectorAll("button[type=submit]")].at(-1));
}"""
WIDER = """() => {
    const {scrollWidth} = document.scrollingElement;
    if (scrollWidth <= innerWidth) return null;
    const out = [...document.querySelectorAll("body *")].filter(
        (each) => each.getBoundingClientRect().right > innerWidth + 1
            || each.getBoundingClientRect().left < -1);
    return `${scrollWidth} > ${innerWidth}: ` + out.slice(-1).map((e) => e.outerHTML.slice(0, 120));
}"""


def resolver():
    """Return the package's URLs as the demo mounts them."""
    patterns = [
        path("orgs/", include(urls_with(MODELLED))),
        path("accounts/", include(auth_urls.urlpatterns)),
    ]
    return URLResolver(RegexPattern(r"^/"), patterns)


@pytest.fixture(scope="module")
def axe():
    return (CHECKERS / "axe-core" / "axe.min.js").read_text()


class Visitor:
    """A browser in one language, in which different people are signed in."""

    def __init__(self, chromium, gallery, way, axe):
        self.gallery, self.way, self.axe = gallery, way, axe
        self.context = chromium.new_context(locale=LANGUAGES[way], reduced_motion="reduce")
        self.context.set_default_timeout(15_000)
        self.page = self.context.new_page()
        self.said = []
        self.page.on(
            "console", lambda message: self.said.append((message.text, message.location["url"]))
        )
        self.page.on("pageerror", lambda error: self.said.append((str(error), "")))

    def become(self, person):
        """Sign in as a person; ``nobody`` is a visitor without any cookie."""
        self.context.clear_cookies()
        if person != "nobody":
            key = self.gallery.sessions[person]
            cookie = {"name": settings.SESSION_COOKIE_NAME, "value": key, "url": self.gallery.url}
            self.context.add_cookies([cookie])

    def open(self, path_, typed):
        """Open a page, type and send what is to be typed, and return the last answer."""
        answer = self.page.goto(self.gallery.url + path_)
        values, _space, times = typed.partition(" x")
        fields = [] if values == "!" else parse_qsl(values, keep_blank_values=True)
        if times:
            token = self.page.locator("[name=csrfmiddlewaretoken]").first.input_value()
            form = {**dict(fields), "csrfmiddlewaretoken": token}
            for _number in range(int(times)):
                self.context.request.post(self.page.url, form=form, max_redirects=0)
        if typed:
            with self.page.expect_navigation() as navigation:
                self.page.evaluate(SEND, fields)
            answer = navigation.value
        return answer

    def violations(self):
        if not self.page.evaluate("typeof axe === 'object'"):
            self.page.evaluate(self.axe)
        return self.page.evaluate(RUN_AXE, TAGS)


class Show:
    """What was seen, what is wrong with it, and the documents that wait for the validator."""

    def __init__(self, folder, way):
        self.folder, self.way = folder, way
        self.seen, self.wrong, self.documents = [], [], {}
        self.roles_of_tables = 0

    def fail(self, where, what):
        self.wrong.append(f"{where}: {what}")

    def visit(self, visitor, row):
        name, person, path_, typed, state = row
        where = f"{name} ({person}, {state}) {visitor.way}"
        visitor.become(person)
        visitor.said.clear()
        answer = visitor.open(
            path_.format(**visitor.gallery.places), typed.format(**visitor.gallery.places)
        )
        page = visitor.page
        found = NAMES.resolve(page.url.removeprefix(visitor.gallery.url).partition("?")[0])
        expected = int(state[:3]) if state[:3].isdigit() else 200
        if found.url_name != name or answer.status != expected:
            return self.fail(where, f"shows {found.url_name} with status {answer.status}")
        document = page.evaluate("document.documentElement.dir")
        if document != visitor.way:
            self.fail(where, f"is a page with dir={document}")
        self.check_policy(where, answer)
        self.documents[where] = answer.text()
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            for width in WIDTHS if scheme == "light" else reversed(WIDTHS):
                page.set_viewport_size({"width": width, "height": 800})
                self.look(visitor, f"{where} {scheme} {width}", row, scheme, width)
        page.set_viewport_size({"width": NARROWEST, "height": 800})
        if wide := page.evaluate(WIDER):
            self.fail(f"{where} at {NARROWEST}", wide)
        for said, about in visitor.said:
            if "/favicon.ico" in about:  # the browser asks for it by itself
                continue
            # It notes a page that answers with an error, even if it is meant to.
            if not (f"status of {expected}" in said and about == answer.url):
                self.fail(where, f"the console says {said} {about}")

    def check_policy(self, where, answer):
        sent = answer.headers.get("content-security-policy", "")
        parts = {part.split()[0]: set(part.split()[1:]) for part in sent.split(";") if part.strip()}
        if parts.get("default-src") != {"'none'"} or not all(
            values <= POLICY.get(name, set()) for name, values in parts.items()
        ):
            self.fail(where, f"the policy is {sent!r}")

    def look(self, visitor, where, row, scheme, width):
        name, person, _path, _typed, state = row
        for violation in visitor.violations():
            self.fail(where, json.dumps(violation, ensure_ascii=False))
        if wide := visitor.page.evaluate(WIDER):
            self.fail(where, wide)
        words = re.sub(r"\W+", "-", f"{name} {person} {state} {visitor.way} {scheme} {width}")
        picture = f"{words}.png"
        visitor.page.screenshot(path=self.folder / picture, full_page=True)
        self.seen.append(
            {
                "name": name, "person": person, "state": state, "direction": visitor.way,
                "scheme": scheme, "width": width, "picture": picture,
            }
        )  # fmt: skip

    def validate(self):
        """Ask the validator about all documents at once."""
        folder = self.folder / f"documents-{self.way}"
        folder.mkdir()
        files = {}
        for number, (where, text) in enumerate(self.documents.items()):
            file = folder / f"{number}.html"
            file.write_text(text, encoding="utf-8")
            files[file.as_uri()] = where
        jar = CHECKERS / "vnu-jar" / "build" / "dist" / "vnu.jar"
        run = subprocess.run(
            ["java", "-jar", str(jar), "--format", "json", "--exit-zero-always", str(folder)],
            stderr=subprocess.PIPE,
            check=True,
        )
        for said in json.loads(run.stderr)["messages"]:
            if ROLE_OF_TABLE.search(said["message"]):
                self.roles_of_tables += 1
                continue
            where = files.get(said["url"].replace("file:/", "file:///", 1)) or files[said["url"]]
            self.fail(where, f"{said['type']}: {said['message']} {said.get('extract', '')!r}")

    def write_index(self):
        """List the pictures of this direction, and those of the other one if they are there."""
        (self.folder / f"index-{self.way}.json").write_text(json.dumps(self.seen, indent=1))
        lists = [json.loads(file.read_text()) for file in self.folder.glob("index-*.json")]
        pages = {}
        for each in chain.from_iterable(lists):
            pages.setdefault((each["name"], each["person"], each["state"]), []).append(each)
        lines = ["<!doctype html>", "<meta charset=utf-8>", "<title>Gallery</title>"]
        lines.append(
            "<style>figure {display: inline-block; margin: .5rem} img {width: 12rem}</style>"
        )
        for title, pictures in pages.items():
            lines.append(f"<h2>{html.escape(' | '.join(title))}</h2>")
            for each in pictures:
                words = f"{each['direction']} {each['scheme']} {each['width']}"
                lines.append(
                    f"<figure><a href='{each['picture']}'><img loading=lazy alt='{words}' "
                    f"src='{each['picture']}'></a><figcaption>{words}</figcaption></figure>"
                )
        (self.folder / "index.html").write_text("\n".join(lines), encoding="utf-8")


NAMES = resolver()


@pytest.fixture
def folder(tmp_path):
    kept = os.environ.get("ORGKIT_GALLERY")
    if not kept:
        return tmp_path
    Path(kept).mkdir(parents=True, exist_ok=True)
    return Path(kept).resolve()


@pytest.mark.parametrize("way", LANGUAGES)
def test_every_page_in_every_view(way, chromium, gallery, axe, folder, capsys):
    show = Show(folder, way)
    visitor = Visitor(chromium, gallery, way, axe)
    for row in rows(PAGES):
        show.visit(visitor, row)
    visitor.context.close()
    show.validate()
    show.write_index()

    pages = {(each["name"], each["person"], each["state"]) for each in show.seen}
    with capsys.disabled():
        print(
            f"\ngallery, {way}: {len(pages)} pages x {len(VIEWS)} views, {len(show.seen)} in all; "
            f"{len(show.documents)} documents, in which {show.roles_of_tables} parts of tables "
            "say that they are such"
        )
    assert not show.wrong, "\n".join([f"{len(show.wrong)} findings", *show.wrong])
    views = {}
    for each in show.seen:
        views.setdefault(each["name"], set()).add((each["scheme"], each["width"]))
    unseen = set(names_of(NAMES.url_patterns)) - {row[0] for row in rows(OTHERS)} - set(views)
    assert not unseen, "pages of which there is no picture"
    assert {name for name, seen in views.items() if seen != VIEWS} == set()


def test_what_has_no_picture_is_nothing_to_look_at(chromium, gallery):
    for name, person, request, answer, why in rows(OTHERS):
        method, path_ = request.format(**gallery.places).split()
        assert NAMES.resolve(path_).url_name == name, why
        context = chromium.new_context()
        headers = {"Referer": gallery.url}
        if person != "nobody":
            headers["Cookie"] = f"{settings.SESSION_COOKIE_NAME}={gallery.sessions[person]}"
        if method == "POST":
            headers["Cookie"] = "csrftoken=" + "a" * 32
            headers["X-CSRFToken"] = "a" * 32
        found = context.request.fetch(
            gallery.url + path_, method=method, headers=headers, max_redirects=0
        )
        status, _space, rest = answer.format(**gallery.places).partition(" ")
        assert found.status == int(status), (name, found.status)
        if status == "302":
            assert found.headers["location"] == rest
        elif rest:
            assert found.headers["content-type"].startswith(rest)
        context.close()


def test_a_url_stands_in_one_table_only():
    pages, others = ({row[0] for row in rows(text)} for text in (PAGES, OTHERS))
    assert pages & others == set()
    assert Counter(tuple(row) for row in rows(PAGES)).most_common(1)[0][1] == 1
    assert pages | others == set(names_of(NAMES.url_patterns))
