"""``organizations_eject``: a template becomes the project's, and is not forgotten."""

import re
from io import StringIO
from pathlib import Path

import pytest
from django.core import checks
from django.core.management import CommandError, call_command
from django.template import engines
from django.template.loader import render_to_string

from organizations.management import ejecting

BADGE = "organizations/elements/badge.html"


@pytest.fixture
def folder(settings, tmp_path):
    """The project's folder of templates, empty."""
    [template] = settings.TEMPLATES
    settings.TEMPLATES = [{**template, "DIRS": [tmp_path]}]
    return tmp_path


def run(*arguments, **options):
    output = StringIO()
    call_command("organizations_eject", *arguments, stdout=output, **options)
    return output.getvalue()


def forget():
    """Let Django read templates anew, as a new process would."""
    for loader in engines["django"].engine.template_loaders:
        loader.reset()


def stale():
    found = checks.run_checks(tags=["organizations"])
    return [each for each in found if each.id == "organizations.W016"]


def test_a_copy_is_used_and_shows_what_the_original_shows(folder):
    before = render_to_string(BADGE, {"kind": "owner"})
    assert f"{folder / BADGE} is yours now." in run("badge")
    forget()
    copy = folder / BADGE
    assert engines["django"].get_template(BADGE).origin.name == str(copy)
    assert render_to_string(BADGE, {"kind": "owner"}).strip() == before.strip()
    copy.write_text(copy.read_text() + "<i>mine</i>")
    forget()
    assert "<i>mine</i>" in render_to_string(BADGE, {"kind": "owner"})
    assert stale() == []


def test_every_template_can_be_copied(folder):
    names = [*ejecting.packaged()]
    assert len(names) > 80
    for name in names:
        run(name)
        engines["django"].get_template(name)
        # A line of its own would become a part of a plain text.
        original = ejecting.packaged()[name].read_text()
        copy = (folder / name).read_text()
        assert copy.endswith(original)
        assert copy.removesuffix(original).endswith("\n") == name.endswith(".html")
    assert stale() == []


def test_a_changed_original_is_told_until_somebody_has_looked(
    folder, monkeypatch, tmp_path_factory
):
    run("badge")
    newer = tmp_path_factory.mktemp("newer") / "badge.html"
    newer.write_text(ejecting.packaged()[BADGE].read_text() + "<b>new</b>\n")
    monkeypatch.setitem(ejecting.packaged(), BADGE, newer)
    [told] = stale()
    assert str(folder / BADGE) in told.msg
    assert f"organizations_eject {BADGE} --diff" in told.hint
    assert "copied; its original has changed since" in run()
    copy = (folder / BADGE).read_text()
    assert "+<b>new</b>" in run("badge", diff=True)
    assert (folder / BADGE).read_text() == copy
    assert "is noted as up to date" in run("badge", seen=True)
    assert stale() == []
    assert (folder / BADGE).read_text().partition("\n")[2] == copy.partition("\n")[2]


def test_a_file_of_the_project_is_never_overwritten(folder):
    (folder / BADGE).parent.mkdir(parents=True)
    (folder / BADGE).write_text("mine")
    with pytest.raises(CommandError, match="is there already"):
        run("badge")
    assert (folder / BADGE).read_text() == "mine"
    with pytest.raises(CommandError, match=r"has no copy of .* or its first line was removed"):
        run("badge", diff=True)
    assert stale() == []


def test_the_list_names_all_and_marks_copies(folder):
    run("badge")
    lines = run().splitlines()
    assert f"* {BADGE}  (copied)" in lines
    assert "  organizations/organization_list.html" in lines
    assert len(lines) == len(ejecting.packaged())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["nothing"], "No template ends with 'nothing'"), (["preview"], "'preview' may be .* or ")],
)
def test_names_that_are_none_or_several(arguments, says, folder):
    with pytest.raises(CommandError, match=says):
        run(*arguments)


def test_a_project_without_a_folder_is_told_what_to_write(tmp_path):
    with pytest.raises(CommandError, match=re.escape('TEMPLATES[0]["DIRS"]')):
        run("badge")
    said = run("badge", to=str(tmp_path))
    assert Path(tmp_path, BADGE).exists()
    assert f"TEMPLATES needs {tmp_path} in DIRS" in said


def test_a_copy_that_is_like_the_original_says_so(folder):
    run("badge")
    assert "is like the original" in run("badge", diff=True)
