"""Translations of this package's texts, with the project's word for an organization.

What ``django.utils.translation`` has by the same names, and then ``ORGANIZATIONS["NAME"]`` in the
place of our word. The word is put into the translated text, before any name is: an organization
that is called "Organization for Peace" keeps its name. Texts stay as they are where translations
are switched off, so that migrations do not depend on a word.
"""

# ruff: noqa: RUF001 (letters of Arabic that look like others)

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import global_settings, settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import translation
from django.utils.functional import lazy
from django.utils.safestring import SafeData, mark_safe
from django.utils.translation import lazy_number  # type: ignore[attr-defined]

from .conf import get_settings

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

__all__ = [
    "gettext",
    "gettext_lazy",
    "ngettext",
    "ngettext_lazy",
    "npgettext",
    "pgettext",
    "spoken",
]

LOCALE = Path(__file__).parent / "locale"


def gettext(message: str) -> str:
    return _named(translation.gettext(message), message)


def pgettext(context: str, message: str) -> str:
    return _named(translation.pgettext(context, message), message)


def ngettext(singular: str, plural: str, number: Any) -> str:
    return _named(translation.ngettext(singular, plural, number), singular, plural)


def npgettext(context: str, singular: str, plural: str, number: Any) -> str:
    return _named(translation.npgettext(context, singular, plural, number), singular, plural)


gettext_lazy = lazy(gettext, str)


def ngettext_lazy(singular: str, plural: str, number: int | str | None = None) -> _StrPromise:
    found: _StrPromise = lazy_number(ngettext, str, singular=singular, plural=plural, number=number)
    return found


def _named(text: str, *ids: str) -> str:
    """Return a translated text in the project's words.

    Args:
        ids: the text in English, and its plural.
    """
    try:
        named = get_settings()
    except ImproperlyConfigured:
        # Django reads texts when models are loaded and checked; check E002 then tells about it.
        return text
    if named.NAME is None:
        return text
    language = translation.get_language()
    if language is None:
        return text
    code = "en" if text in ids else _translated_into(language)
    words = named.name_in(code)
    rule = RULES.get(code.partition("-")[0])
    if words is None or rule is None:
        return text
    renamed = _renamed(text, rule, *words)
    return mark_safe(renamed) if isinstance(text, SafeData) else renamed  # noqa: S308 (see UNFIT)


def _translated_into(language: str) -> str:
    """Return the language that a translation is in: Django falls back on the project's own."""
    base = language.partition("-")[0]
    return language if base in RULES else settings.LANGUAGE_CODE.lower()


def spoken() -> list[str]:
    """Return the codes of the languages that the project speaks, and this package too."""
    if not settings.USE_I18N:
        return ["en"]
    # Django's long list is what a project has that has chosen none.
    is_chosen = settings.LANGUAGES != global_settings.LANGUAGES
    codes = [code for code, _name in settings.LANGUAGES] if is_chosen else [settings.LANGUAGE_CODE]
    return [code for code in codes if _has_texts(code.lower())]


def _has_texts(code: str) -> bool:
    base = code.partition("-")[0]
    folders = {translation.to_locale(code), base}
    return base == "en" or any((LOCALE / folder).is_dir() for folder in folders)


Rule = Callable[[str, str, str], str]

#: What is no word of a sentence: a placeholder, a tag, a call in code.
_NO_WORD = re.compile(r"(%\(\w+\)\w|\{[^{}]*\}|<[^<>]*>|\w+\([^()]*\))")


@lru_cache(maxsize=4096)
def _renamed(text: str, rule: Rule, one: str, many: str) -> str:
    parts = _NO_WORD.split(text)
    parts[::2] = [rule(part, one, many) for part in parts[::2]]
    # Joined, and so never a safe text that somebody else had in the cache.
    return "".join(parts)


def _like(old: str, new: str) -> str:
    """Return a word with a capital where the old one has it."""
    return new[:1].upper() + new[1:] if old[:1].isupper() else new


# A word, and not the piece of a path or of a name in code.
_ENGLISH = re.compile(
    r"(?<![\w./-])(?:(?P<article>[Aa])n(?P<gap>\s+))?(?P<word>[Oo]rgani[sz]ation(?P<s>s)?)"
    r"(?![\w/-]|\.\w)"
)
# How words begin that are spoken otherwise than they are written.
_AS_CONSONANT = re.compile(r"uni(?![nm])|us[aeu]|ut[eio]|eu|ewe|one\b|once", re.IGNORECASE)
_AS_VOWEL = re.compile(r"hour|honest|hono|heir", re.IGNORECASE)
_LETTERS = re.compile(r"[A-Z]{2,}\b")


def _english(text: str, one: str, many: str) -> str:
    def put(match: re.Match[str]) -> str:
        word = _like(match["word"], many if match["s"] else one)
        if match["article"] is None:
            return word
        n = "n" if _begins_with_vowel(word) else ""
        return f"{match['article']}{n}{match['gap']}{word}"

    return _ENGLISH.sub(put, text)


def _begins_with_vowel(word: str) -> bool:
    if _LETTERS.match(word):
        return word[0] in "AEFHILMNORSX"  # an NGO
    if _AS_CONSONANT.match(word):
        return False
    return bool(_AS_VOWEL.match(word)) or _plain(word[0]) in "aeiou"


def _plain(letter: str) -> str:
    return unicodedata.normalize("NFD", letter.lower())[0]


_GERMAN = re.compile(r"(?<!\w)Organisation(?:(?P<many>en)|s(?P<rest>-?\w+))?(?!\w)")


def _german(text: str, one: str, many: str) -> str:
    def put(match: re.Match[str]) -> str:
        if match["rest"]:
            # A hyphen is right for any word, where letters in between depend on it.
            rest = match["rest"].removeprefix("-")
            return f"{_like('O', one)}-{rest[:1].upper()}{rest[1:]}"
        return _like("O", many if match["many"] else one)

    return _GERMAN.sub(put, text)


_FRENCH = re.compile(
    r"(?:(?P<short>(?<!\w)[ldLD]|[Qq]u)[’']|(?<!\w)(?P<own>[MmTtSs])on(?P<gap>\s+))?"
    r"(?<!\w)(?P<word>[Oo]rganisation(?P<s>s)?)(?!\w)"
)


def _french(text: str, one: str, many: str) -> str:
    def put(match: re.Match[str]) -> str:
        word = _like(match["word"], many if match["s"] else one)
        is_vowel = _plain(word[0]) in "aeiouhœ"
        before = match[0].removesuffix(match["word"])
        if before and not is_vowel:
            if match["short"]:
                before = f"{match['short']}{'a' if match['short'] in 'lL' else 'e'} "
            else:
                before = f"{match['own']}a{match['gap']}"
        return before + word

    return _FRENCH.sub(put, text)


_SPANISH = re.compile(r"(?<!\w)[Oo]rganizaci(?:ón|(?P<many>ones))(?!\w)")
_PORTUGUESE = re.compile(r"(?<!\w)[Oo]rganizaç(?:ão|(?P<many>ões))(?!\w)")


def _by(pattern: re.Pattern[str]) -> Rule:
    def rule(text: str, one: str, many: str) -> str:
        return pattern.sub(lambda match: _like(match[0], many if match["many"] else one), text)

    return rule


def _japanese(text: str, one: str, many: str) -> str:
    return text.replace("組織", one)


# And, with or as, for, the; the word; whose. "For the" is written in one.
_ARABIC = re.compile(
    r"(?<!\w)(?P<before>[وف]?(?:لل|[بكل]?(?:ال)?))(?P<word>مؤسسة|مؤسسات|مؤسست(?=\w))"
    r"(?P<whose>ي|كما|كم|كن|ك|هما|هم|هن|ها|ه|نا)?(?!\w)"
)


def _arabic(text: str, one: str, many: str) -> str:
    def put(match: re.Match[str]) -> str:
        before, whose = match["before"], match["whose"] or ""
        word = many if match["word"] == "مؤسسات" else one
        if whose and word.endswith("ة"):
            word = word[:-1] + "ت"
        if before.endswith("لل") and word.startswith("ل"):
            before = before[:-1]  # no three in a row
        return before + word + whose

    return _ARABIC.sub(put, text)


#: How our word stands in a sentence of each language that has a catalogue.
RULES: dict[str, Rule] = {
    "en": _english,
    "de": _german,
    "fr": _french,
    "es": _by(_SPANISH),
    "pt": _by(_PORTUGUESE),
    "ja": _japanese,
    "ar": _arabic,
}
