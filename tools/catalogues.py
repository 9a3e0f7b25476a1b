"""Keep the catalogues of translations: `python -m tools.catalogues` updates and compiles them.

It needs Babel alone, which comes with the documentation's tools. New texts of the package are added
to each catalogue without a translation, and `tests/house/test_catalogues.py` fails until they
have one; texts that are gone are dropped.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages import extract, mofile, pofile
from babel.messages.catalog import Catalog
from django.utils.translation.template import templatize

__all__ = ["LOCALE", "Key", "catalogue", "languages", "texts", "untranslated", "update"]

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "organizations"
LOCALE = PACKAGE / "locale"

#: Text, plural, context.
Key = tuple[str, str | None, str | None]

KEYWORDS = {
    **extract.DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
_CALL = re.compile(r"\b(?:n?p?gettext)\(")
# The date of a file would change with every run, and say nothing.
SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def texts() -> set[Key]:
    """Return every text of the package that is meant to be translated."""
    found = set()
    for path in sorted(PACKAGE.rglob("*.py")):
        with path.open("rb") as file:
            for _line, message, _comments, context in extract.extract("python", file, KEYWORDS):
                one, plural = message[:2] if isinstance(message, tuple) else (message, None)
                found.add((one, plural, context))
    for path in sorted(PACKAGE.glob("**/templates/**/*.*")):
        found.update(_in_template(templatize(path.read_text(encoding="utf-8"))))
    return {key for key in found if key[0]}


def _in_template(code: str) -> Iterator[Key]:
    """Yield the texts of what Django has made of a template: calls of gettext in between."""
    for match in _CALL.finditer(code):
        end = match.end()
        while True:
            end = code.index(")", end) + 1
            try:
                call = ast.parse(code[match.start() : end], mode="eval").body
                break
            except SyntaxError:
                continue
        assert isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
        words = [str(each.value) for each in call.args if isinstance(each, ast.Constant)]
        context = words.pop(0) if "pgettext" in call.func.id else None
        yield words[0], (words[1] if call.func.id.startswith("n") else None), context


def languages() -> list[str]:
    return sorted(path.parent.parent.name for path in LOCALE.glob("*/LC_MESSAGES/django.po"))


def catalogue(language: str) -> Catalog:
    """Return a catalogue as its file has it."""
    with (LOCALE / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        return pofile.read_po(file, locale=language)


def update(language: str, translated: dict[Key, tuple[str, ...]] | None = None) -> None:
    """Write a catalogue anew, with the texts of today, and compile it.

    Args:
        translated: what to take over besides what the file has.
    """
    known: dict[Key, tuple[str, ...]] = {}
    folder = LOCALE / language / "LC_MESSAGES"
    if (folder / "django.po").exists():
        for message in catalogue(language):
            ids = (message.id,) if isinstance(message.id, str) else message.id
            key = (ids[0], ids[1] if len(ids) > 1 else None, message.context)
            known[key] = _strings(message.string)
    known |= translated or {}
    made = Catalog(
        locale=language,
        project="django-orgkit",
        header_comment="# Translations of django-orgkit.",
        creation_date=SOME_DAY,
        revision_date=SOME_DAY,
        last_translator="",
        language_team="",
        charset="utf-8",
        fuzzy=False,
    )
    for one, plural, context in sorted(texts(), key=lambda key: (key[0], key[2] or "")):
        strings = known.get((one, plural, context), ())
        if plural is None:
            made.add(one, strings[0] if strings else "", context=context)
        else:
            made.add((one, plural), strings or ("",) * made.num_plurals, context=context)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "django.po").open("wb") as file:
        pofile.write_po(file, made, width=96)
    with (folder / "django.mo").open("wb") as file:
        mofile.write_mo(file, made)


def untranslated(language: str) -> list[str]:
    """Return the texts that a catalogue has no translation of."""
    return [
        str(message.id)
        for message in catalogue(language)
        if message.id and not all(_strings(message.string))
    ]


def _strings(string: object) -> tuple[str, ...]:
    return tuple(string) if isinstance(string, list | tuple) else (str(string or ""),)


if __name__ == "__main__":
    for each in sys.argv[1:] or languages():
        update(each)
        print(f"{each}: {len(untranslated(each))} of {len(texts())} texts have no translation")
