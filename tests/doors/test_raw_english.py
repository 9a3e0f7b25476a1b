"""No page has a text that cannot be translated: in a language that puts each into brackets."""

import gettext
import re
from html.parser import HTMLParser
from pathlib import Path

import django
import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from django.utils import translation

from organizations import permissions
from tests.doors.support import BACKENDS, all_rows
from tests.doors.test_access_table import pages, world  # noqa: F401
from tools.catalogues import texts

pytestmark = pytest.mark.sqlite  # words are the same on either database

PEOPLE = ["anonymous", "outsider", "member", "owner"]
#: Attributes that are read out or shown.
SHOWN = {"aria-label", "title", "placeholder", "alt", "data-label"}
_BRACKETS = re.compile(r"⟦[^⟦⟧]*⟧")
_WORD = re.compile(r"[A-Za-z]{2,}")


@pytest.fixture(scope="module")
def pseudo(tmp_path_factory):
    """A folder with the catalogue of a language in brackets, Django's own texts too."""
    found = Catalog(locale="en")
    for one, plural, context in texts():
        strings = f"⟦{one}⟧" if plural is None else (f"⟦{one}⟧", f"⟦{plural}⟧")
        found.add(one if plural is None else (one, plural), strings, context=context)
    for path in Path(django.__file__).parent.glob("**/locale/de/LC_MESSAGES/django.mo"):
        with path.open("rb") as file:
            known = gettext.GNUTranslations(file)._catalog
        for key in known:
            text = key[0] if isinstance(key, tuple) else key
            if text and not isinstance(key, tuple):
                *context, text = text.split("\x04")
                found.add(text, f"⟦{text}⟧", context=context[0] if context else None)
    folder = tmp_path_factory.mktemp("locale")
    Path(folder, "en", "LC_MESSAGES").mkdir(parents=True)
    with Path(folder, "en", "LC_MESSAGES", "django.mo").open("wb") as file:
        write_mo(file, found)
    return folder


class Texts(HTMLParser):
    """What somebody reads or hears, without names, which stand in <bdi>."""

    def __init__(self):
        super().__init__()
        self.words, self.attributes, self._silent = [], [], 0

    def handle_starttag(self, tag, attrs):
        self._silent += tag in {"bdi", "script", "style", "code", "time"}
        given = dict(attrs)
        self.attributes += [given[name] or "" for name in SHOWN & given.keys()]
        if tag == "input" and given.get("type") == "submit":
            self.attributes.append(given.get("value") or "")

    def handle_endtag(self, tag):
        self._silent -= tag in {"bdi", "script", "style", "code", "time"}

    def handle_data(self, data):
        if not self._silent:
            self.words.append(data)


def raw(html, known):
    """Yield the words that stand in no brackets, with what is around them."""
    parser = Texts()
    parser.feed(html)
    for text in (" ".join(parser.words), *parser.attributes):
        before = None
        while before != text:
            before, text = text, _BRACKETS.sub(" ", text)
        for match in _WORD.finditer(text):
            if match[0].lower() not in known:
                around = text[max(0, match.start() - 30) : match.end() + 30]
                yield match[0], " ".join(around.split())


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_text_of_every_page_can_be_translated(backend, world, pseudo, settings):  # noqa: F811
    settings.ORGANIZATIONS = BACKENDS[backend]
    # What the project says itself: names and addresses, and permissions that it declares.
    own = [each for each in permissions.declared() if not each.name.startswith("organizations.")]
    said = f"{all_rows()} {[(each.label, each.group, each.help) for each in own]} Acme"
    known = {word.lower() for word in _WORD.findall(said)}
    settings.LOCALE_PATHS = [pseudo]
    settings.LANGUAGES = [("en", "English"), ("de", "German")]  # newer ones Django itself lacks
    translation.activate("en")
    found = set()
    for name, _person, answer in pages(world, backend, PEOPLE):
        found |= {(name, *each) for each in raw(answer.content.decode(), known)}
    assert not found, "\n" + "\n".join(map(str, sorted(found)))
