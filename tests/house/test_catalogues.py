"""Translations are complete, up to date, compiled, and leave placeholders and tags as they are."""

import gettext
import re
from collections import Counter

import pytest
from babel.messages.plurals import get_plural

from tests.house.test_floors import PACKAGE
from tools.catalogues import LOCALE, catalogue, languages, texts, untranslated

LANGUAGES = ["ar", "de", "es", "fr", "ja", "pt_BR"]
WITHOUT_SOME = any(
    not (PACKAGE / wing / "apps.py").exists() for wing in ("roles", "teams", "tenancy")
)

_PLACEHOLDER = re.compile(r"%%|%\(\w+\)[sd]|%[sd]|\{\w*\}")
_TAG = re.compile(r"</?\w+[^<>]*>|&\w+;")


def parts(text):
    return Counter(_PLACEHOLDER.findall(text)), Counter(_TAG.findall(text))


def ends(text):
    return (
        text[: len(text) - len(text.lstrip())],
        text[len(text.rstrip()) :],
        text.strip().count("\n\n"),
    )


def test_the_languages():
    assert languages() == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_text_is_translated(language):
    # `python -m tools.catalogues` adds new ones and drops old ones.
    assert untranslated(language) == []
    found = set()
    for message in catalogue(language):
        if message.id:
            ids = (message.id,) if isinstance(message.id, str) else message.id
            found.add((ids[0], ids[1] if len(ids) > 1 else None, message.context))
    wanted = texts()
    assert wanted - found == set()
    assert WITHOUT_SOME or found == wanted


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_and_tags_are_kept(language):
    wrong = []
    for message in catalogue(language):
        if not message.id:
            continue
        assert not message.fuzzy
        if isinstance(message.id, str):
            if parts(message.id) != parts(message.string) or ends(message.id) != ends(
                message.string
            ):
                wrong.append((message.id, message.string))
            continue
        one, many = message.id
        assert len(message.string) == get_plural(language).num_plurals
        for string in message.string:
            # "One person" may be said without the number, in any language.
            lacks = parts(many)[0] - parts(string)[0]
            if parts(string)[0] - parts(many)[0] or (
                lacks and set(lacks) != {"%(count)s"} and parts(string)[0] != parts(one)[0]
            ):
                wrong.append((many, string))
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_is_written(language):
    with (LOCALE / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)._catalog
    written = {}
    for message in catalogue(language):
        if not message.id:
            continue
        context = f"{message.context}\x04" if message.context else ""
        if isinstance(message.id, str):
            written[context + message.id] = message.string
        else:
            for number, string in enumerate(message.string):
                written[context + message.id[0], number] = string
    compiled.pop("", None)
    assert compiled == written
