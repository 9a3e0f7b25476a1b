"""Every text goes through ``organizations.words``, so that the project's own word is in it."""

import re

from tests.house.test_floors import PACKAGE, complain, imported_names, rooms_with_files

# They are the way themselves.
WORDS = {"words.py", "templatetags/org_i18n.py"}


def names_of_texts(path):
    for line, name in imported_names(path):
        source, _, function = name.rpartition(".")
        if source == "django.utils.translation" and ("gettext" in function or function == "*"):
            yield line, name


def test_no_module_takes_its_texts_from_django():
    complain([
        f"{path.relative_to(PACKAGE)}:{line} imports {name}; organizations.words has it too"
        for _room, path in rooms_with_files()
        if path.relative_to(PACKAGE).as_posix() not in WORDS
        for line, name in names_of_texts(path)
    ])  # fmt: skip


def test_no_module_takes_its_texts_by_way_of_the_module_of_django():
    complain([
        f"{path.relative_to(PACKAGE)}:{number}"
        for _room, path in rooms_with_files()
        if path.relative_to(PACKAGE).as_posix() not in WORDS
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(r"\btranslation\.\w*gettext", line)
    ])  # fmt: skip


def templates():
    found = [path for path in PACKAGE.glob("**/templates/**/*.*") if path.is_file()]
    assert len(found) > 150
    return [(path.relative_to(PACKAGE), path.read_text(encoding="utf-8")) for path in found]


def test_no_template_loads_the_tags_of_django():
    complain([
        f"{path} loads i18n; org_i18n has it too"
        for path, text in templates()
        if re.search(r"{%\s*load\b[^%]*\bi18n\b", text)
    ])  # fmt: skip


def test_no_template_has_a_text_that_only_django_can_translate():
    complain([
        f"{path} has {match[0]}"
        for path, text in templates()
        for match in re.finditer(r"""\b_\(["'].*?\)""", text)
    ])  # fmt: skip
