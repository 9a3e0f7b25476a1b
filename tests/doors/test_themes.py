"""A theme is templates alone, and every page in it says and does what the standard look does."""

import ast
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django import forms
from django.template import engines
from django.test import modify_settings

import organizations
from tests.doors.support import BACKENDS
from tests.doors.test_access_table import addresses, ask, data_for, world  # noqa: F401

pytestmark = pytest.mark.sqlite  # the looks are the same on either database

SOURCE = Path(organizations.__file__).parent
THEMES = sorted(path.parent.name for path in SOURCE.glob("themes/*/apps.py"))
PEOPLE = ["anonymous", "outsider", "member", "owner"]
#: Have no end tag.
VOID = {"input", "link", "meta", "br", "hr", "img", "wbr"}
#: Hold words, and none of the blocks.
PHRASING = {"p", "h1", "h2", "h3", "span", "bdi", "small", "strong", "label", "dt", "summary"}
BLOCKS = {"div", "ul", "ol", "dl", "table", "section", "form", "fieldset", "nav", "p", "h1", "h2"}


class Page(HTMLParser):
    """What a page says, its classes, its stylesheets, and what is wrong with how tags nest."""

    def __init__(self, html):
        super().__init__()
        self.text, self.classes, self.styles, self.controls = [], set(), [], []
        self.bare, self.wrong, self._open = [], [], []
        self.feed(html)
        self.close()
        self.wrong += [f"<{tag}> is left open" for tag in self._open]

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.classes |= set((given.get("class") or "").split())
        if tag == "link":
            self.styles.append(given.get("href"))
        if "style" in given:
            self.wrong.append(f"<{tag}> has a style of its own")
        parent = self._open[-1] if self._open else None
        if tag == "li" and parent != "ul":
            self.wrong.append(f"<li> in <{parent}>")
        if parent == "ul" and tag != "li":
            self.wrong.append(f"<{tag}> in <ul>")
        if tag in BLOCKS:
            self.wrong += [f"<{tag}> in <{each}>" for each in self._open if each in PHRASING]
        for each in ({tag} & {"a", "button", "form", "label"}) & set(self._open):
            self.wrong.append(f"<{tag}> in <{each}>")
        # What somebody can use, and what it refers to.
        if tag in {"a", "button", "input", "select", "textarea", "form", "details"}:
            kept = "href action method name value type id for formaction aria-describedby "
            kept += "aria-invalid aria-current checked disabled required readonly rel"
            self.controls.append((tag, sorted((k, v) for k, v in attrs if k in kept.split())))
        hidden = given.get("type") == "hidden" or "hidden" in given
        if tag in {"input", "select", "textarea"} and not hidden and not given.get("class"):
            self.bare.append(given.get("name"))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        """Shapes of pictures end where they begin."""

    def handle_endtag(self, tag):
        if not self._open or self._open.pop() != tag:
            self.wrong.append(f"</{tag}> ends something else")

    def handle_data(self, data):
        self.text.append(data)


def read(response):
    """Return a page without the tokens that differ from one answer to the next."""
    html = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())
    return Page(html)


def said(page):
    text = " ".join(" ".join(page.text).split())
    return re.sub(r"\d+ (?:second|minute)s? ago", "just now", text)


def pages_of(backend, world):  # noqa: F811
    """Yield (URL name, method, person, URL, data): each page, and each form sent empty."""
    for name, url in addresses(world, backend):
        for person in PEOPLE:
            yield name, "GET", person, url
    for name, url in addresses(world, backend, "POST"):
        if name in FORMS:
            yield name, "POST", "owner", url


#: What answers an empty form with its errors.
FORMS = {
    *("organization_add", "organization_edit", "organization_user_add", "organization_delete"),
    *("organization_transfer", "organization_bulk", "organization_signup", "login"),
    *("organization_link_add", "organization_joining", "organization_role_add"),
    *("organization_team_add", "password_change"),
}


def all_answers(backend, world, undo):  # noqa: F811
    found = {}
    for name, method, person, url in pages_of(backend, world):
        with undo():
            response = ask(world, person, method, url, {} if method == "POST" else None)
        if "html" in response.get("Content-Type", ""):
            found[name, method, person] = (response.status_code, read(response))
    return found


def in_theme(theme):
    return modify_settings(INSTALLED_APPS={"prepend": f"organizations.themes.{theme}"})


@pytest.mark.parametrize("backend", BACKENDS)
def test_pages_are_the_same_in_every_theme(backend, world, undo, settings):  # noqa: F811
    """The same answers, words, links and fields; none of our classes or stylesheets."""
    settings.ORGANIZATIONS = BACKENDS[backend]
    plain = all_answers(backend, world, undo)
    assert len(plain) > 100
    assert any(page.styles for _status, page in plain.values())
    complaints = {
        f"{key}: {words}" for key, (_status, page) in plain.items() for words in page.wrong
    }
    for theme in THEMES:
        with in_theme(theme):
            themed = all_answers(backend, world, undo)
        assert themed.keys() == plain.keys()
        for key, (status, page) in themed.items():
            expected_status, expected = plain[key]
            complaints |= {f"{theme} {key}: {words}" for words in page.wrong}
            ours = sorted(each for each in page.classes if each.startswith("org"))
            complaints |= {f"{theme} {key}: {ours + page.styles}"} if ours + page.styles else set()
            if status != expected_status:
                complaints.add(f"{theme} {key}: answers {status}")
            if said(page) != said(expected):
                complaints.add(f"{theme} {key}: {difference(said(expected), said(page))}")
            if page.controls != expected.controls:
                complaints.add(f"{theme} {key}: {difference(expected.controls, page.controls)}")
    assert not complaints, "\n" + "\n".join(sorted(complaints))


def difference(expected, found):
    """Return where two texts or lists part."""
    at = next((n for n, (a, b) in enumerate(zip(expected, found, strict=False)) if a != b), -20)
    if isinstance(expected, str):
        return (
            f"{expected[max(0, at - 20) : at + 40]!r} became {found[max(0, at - 20) : at + 40]!r}"
        )
    return f"{expected[at]} became {found[at]}"


def test_there_are_themes():
    assert THEMES == ["bootstrap5", "tailwind"]


@pytest.mark.parametrize("theme", THEMES)
def test_a_theme_is_templates_alone(theme):
    folder = SOURCE / "themes" / theme
    files = [path for path in folder.rglob("*") if path.is_file()]
    others = {path.name for path in files if "__pycache__" not in path.parts} - {
        path.name for path in folder.rglob("*.html")
    }
    assert others == {"__init__.py", "apps.py"}
    for name in ("__init__.py", "apps.py"):
        tree = ast.parse((folder / name).read_text(encoding="utf-8"))
        held = (ast.Expr, ast.ImportFrom, ast.Assign, ast.ClassDef)
        assert all(isinstance(node, held) for node in tree.body)
        assert not [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


@pytest.mark.parametrize("theme", THEMES)
def test_a_theme_replaces_what_is_there_and_no_page(theme):
    own = SOURCE / "themes" / theme / "templates"
    names = {path.relative_to(own).as_posix() for path in own.rglob("*.html")}
    core = SOURCE / "templates"
    assert names <= {path.relative_to(core).as_posix() for path in core.rglob("*.html")}
    shells = {"organizations/base.html", "organizations/layout.html"}
    assert {name for name in names if "/elements/" not in name} == shells


@pytest.mark.parametrize("theme", THEMES)
def test_a_theme_reaches_every_element_with_a_look(theme):
    own = SOURCE / "themes" / theme / "templates" / "organizations" / "elements"
    for path in (SOURCE / "templates" / "organizations" / "elements").glob("*.html"):
        if "class=" in path.read_text(encoding="utf-8"):
            assert (own / path.name).exists(), path.name


class Everything(forms.Form):
    """A field for each kind of widget."""

    line = forms.CharField(help_text="One line")
    text = forms.CharField(widget=forms.Textarea(attrs={"class": "wide", "rows": 3}))
    choice = forms.ChoiceField(choices=[("a", "A"), ("b", "B")])
    radio = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    boxes = forms.MultipleChoiceField(
        choices=[("a", "A"), ("b", "B")], widget=forms.CheckboxSelectMultiple
    )
    day = forms.DateField(required=False)
    box = forms.BooleanField()
    file = forms.FileField()


@pytest.mark.parametrize("data", [None, {}], ids=["fresh", "wrong"])
@pytest.mark.parametrize("theme", THEMES)
def test_fields_have_classes_and_keep_what_django_says_about_them(theme, data):
    def fields():
        template = engines["django"].get_template("organizations/elements/form.html")
        return Page(template.render({"form": Everything(data), "submit": "Go"}))

    plain = fields()
    with in_theme(theme):
        page = fields()
    assert page.controls == plain.controls
    assert said(page) == said(plain)
    assert page.wrong == []
    assert page.bare == []
    assert "wide" in page.classes
    if data is not None:
        invalid = [attrs for _tag, attrs in page.controls if ("aria-invalid", "true") in attrs]
        assert len(invalid) >= 7
