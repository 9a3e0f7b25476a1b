"""``{% element %}`` and ``{% slot %}``, and that pages hold no looks of their own."""

import re
from pathlib import Path

import pytest
from django.template import Context, Engine, TemplateSyntaxError
from django.utils import translation
from django.utils.safestring import mark_safe

import organizations
from tests.settings import WINGS

SOURCE = Path(organizations.__file__).parent
ELEMENTS = {
    "box": '<div class="{{ kind }}"><b>{{ slots.title }}</b>{{ slots.content }}</div>',
    "line": "<i>{{ title }}{{ slots.content }}</i>",
    "word": "{% load i18n %}{% get_current_language as code %}{{ is }} {{ code }}|",
}


def render(text, **context):
    loader = "django.template.loaders.locmem.Loader"
    templates = {f"organizations/elements/{name}.html": html for name, html in ELEMENTS.items()}
    engine = Engine(
        loaders=[(loader, templates)],
        libraries={
            "i18n": "django.templatetags.i18n",
            "org_tags": "organizations.templatetags.org_tags",
        },
    )
    return engine.from_string("{% load org_tags %}" + text).render(Context(context))


def test_attributes_and_slots_reach_the_element():
    page = (
        '{% element "box" kind="red" %} in {% slot title %} Top {% endslot %} it {% endelement %}'
    )
    assert render(page) == '<div class="red"><b>Top</b>in  it</div>'


def test_what_the_page_says_is_escaped_once():
    title = "{% slot title %}{{ name }}{% endslot %}"
    page = f'{{% element "box" kind=name %}}{{{{ name }}}}{title}{{% endelement %}}'
    assert render(page, name="<a&b>").count("&lt;a&amp;b&gt;") == 3
    assert "&amp;lt;" not in render(page, name="<a&b>")


def test_elements_stand_within_elements_and_slots_belong_to_the_nearest():
    page = (
        '{% element "box" kind="out" %}'
        '{% slot title %}{% element "line" %}one{% endelement %}{% endslot %}'
        '{% element "box" kind="in" %}{% slot title %}two{% endslot %}{% endelement %}'
        "{% endelement %}"
    )
    assert render(page) == (
        '<div class="out"><b><i>one</i></b><div class="in"><b>two</b></div></div>'
    )


def test_what_is_drawn_once_is_what_would_be_drawn_each_time():
    """Values that differ in kind alone, languages and escaping are told apart."""
    page = (
        "{% for each in many %}{% element 'word' is=each %}{% endelement %}{% endfor %}"
        "{% language 'de' %}{% element 'word' is=1 %}{% endelement %}{% endlanguage %}"
        "{% element 'word' is=less %}{% endelement %}"
        "{% autoescape off %}{% element 'word' is=less %}{% endelement %}{% endautoescape %}"
    )
    many = [1, True, "1", "1", None, mark_safe("<"), "<", 1, ["<"]]
    with translation.override("en"):
        shown = render("{% load i18n %}" + page, many=many, less="<")
    assert shown.split("|") == [
        "1 en",
        "True en",
        "1 en",
        "1 en",
        "None en",
        "< en",
        "&lt; en",
        "1 en",
        "[&#x27;&lt;&#x27;] en",
        "1 de",
        "&lt; en",
        "< en",
        "",
    ]


def test_an_element_without_content_is_drawn_once_for_a_page():
    class Counted(str):
        drawn = 0

        def __str__(self):
            Counted.drawn += 1
            return "x"

    one, page = Counted("a"), "{% element 'word' is=one %}{% endelement %}"
    assert render(page * 3, one=one) == "x en|" * 3
    assert Counted.drawn == 1
    render(page, one=one)
    assert Counted.drawn == 2
    render("{% element 'word' is=one %}.{% endelement %}" * 2, one=one)
    assert Counted.drawn == 4


def test_slots_follow_conditions_and_loops():
    page = (
        '{% element "box" %}'
        "{% if yes %}{% slot title %}yes{% endslot %}{% endif %}"
        "{% if no %}{% slot title %}no{% endslot %}{% endif %}"
        "{% for each in many %}{% slot title %}{{ each }}{% endslot %}{% endfor %}"
        "{% endelement %}"
    )
    assert render(page, yes=True, many="ab") == '<div class=""><b>yesab</b></div>'


def test_an_element_sees_nothing_of_the_page():
    page = '{% element "line" %}{{ title }}{% endelement %}'
    assert render(page, title="of the page") == "<i>of the page</i>"


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("{% element %}{% endelement %}", "takes the name of an element"),
        ('{% element "box" red %}{% endelement %}', "not 'red'"),
        ('{% element "box" %}{% slot %}{% endslot %}{% endelement %}', "takes one name"),
        ("{% slot title %}{% endslot %}", "stands in no element"),
    ],
)
def test_a_mistake_is_named(page, words):
    with pytest.raises(TemplateSyntaxError, match=words):
        render(page)


#: A whole document and what stands around the pages: themes bring their own.
SHELLS = {"layout.html", "base.html"}


PAGES = [
    path
    for path in sorted(SOURCE.rglob("templates/**/*.html"))
    if not {"elements", "email", "themes"} & set(path.relative_to(SOURCE).parts)
    and path.name not in SHELLS
]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_pages_have_no_looks_of_their_own(path):
    """Whoever replaces the elements has restyled every page."""
    assert not re.search(r"\bclass=|\bstyle=", path.read_text())


def test_every_element_is_used():
    text = "".join(path.read_text() for path in SOURCE.rglob("templates/**/*.html"))
    known = {path.stem for path in SOURCE.glob("templates/organizations/elements/*.html")}
    used = set(re.findall(r'element "(\w+)"', text))
    used |= set(re.findall(r"organizations/elements/(\w+)\.html", text))
    assert used <= known
    if {"organizations.roles", "organizations.teams"} <= set(WINGS):  # their pages use some alone
        assert known == used


def test_the_reference_names_every_element():
    page = (SOURCE.parents[1] / "docs" / "reference" / "templates.md").read_text()
    rows = re.findall(r"^\| (`.*?) \|", page.split("## Elements")[1].split("## Others")[0], re.M)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert named == {path.stem for path in SOURCE.glob("templates/organizations/elements/*.html")}
