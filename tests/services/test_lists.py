"""Lists of addresses are read whatever stands in them."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from organizations.services import addresses, lists
from organizations.services.lists import Line, ListUnreadable, Table


def found(text):
    return [(line.name, line.address or line.problem) for line in lists.parse_text(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n,;\n", []),
        ("Bo@Example.com", [("", "bo@example.com")]),
        ("bo@x.org, cy@x.org;di@x.org", [("", f"{n}@x.org") for n in ("bo", "cy", "di")]),
        ("bo@x.org cy@x.org", [("", "bo@x.org"), ("", "cy@x.org")]),
        ("Bo Ray <bo@x.org>", [("Bo Ray", "bo@x.org")]),
        ('"Ray, Bo" <bo@x.org>, cy@x.org', [("Ray, Bo", "bo@x.org"), ("", "cy@x.org")]),
        (r'"Bo \"B\" Ray" <bo@x.org>', [('Bo "B" Ray', "bo@x.org")]),
        ("Bo <mailto:bo@x.org>", [("Bo", "bo@x.org")]),
        ("mailto:bo@x.org?subject=Hi", [("", "bo@x.org")]),
        ("'bo@x.org'\n<cy@x.org>", [("", "bo@x.org"), ("", "cy@x.org")]),
        ("Bo\tbo@x.org", [("Bo", "bo@x.org")]),
        ('"Bo <bo@x.org>, cy@x.org', [('"Bo', "bo@x.org"), ("", "cy@x.org")]),
        # a blank inside an address is a slip of the finger: nobody else is invited for it
        ("bo ray@x.org", [("", "not_an_address")]),
        ("Ray, Bo <bo@x.org>", [("", "not_an_address"), ("Bo", "bo@x.org")]),
        ("bo@münchen.example", [("", "bo@xn--mnchen-3ya.example")]),
        ("bo@x.org\0", [("", "not_an_address")]),
        ("\ud800 <bo@x.org>", [("\ufffd", "bo@x.org")]),
    ],
)
def test_what_people_paste(text, expected):
    assert found(text) == expected


def test_repetitions_are_told_from_the_first():
    lines = lists.parse_text("bo@x.org\nBO@X.ORG\nnonsense\nnonsense\nBo <bo@x.org>")
    assert [(line.number, line.problem) for line in lines] == [
        (1, ""),
        (2, "duplicate"),
        (3, "not_an_address"),
        (4, "not_an_address"),
        (5, "duplicate"),
    ]


pieces = st.one_of(
    st.sampled_from(["bo@x.org", '"', "<", ">", ",", ";", "\n", "\t", "mailto:", "\\", "\0"]),
    st.text(st.characters(exclude_categories=())),  # lone surrogates, too
)


@given(st.lists(pieces).map("".join))
@example("\ud800@x.org")
def test_whatever_is_pasted_comes_back_as_lines(text):
    lines = lists.parse_text(text)
    seen = set()
    for line in lines:
        assert bool(line.address) or line.problem == "not_an_address"
        if line.address:
            assert addresses.normalise(line.address) == line.address
            assert (line.problem == "duplicate") == (line.address in seen)
            seen.add(line.address)
        for shown in (line.text, line.name, line.address):
            assert len(shown) <= 254
            shown.encode()  # no lone surrogate
            assert "\0" not in shown
            assert "\n" not in shown
        assert Line(**line.as_dict()) == line


@given(st.one_of(st.binary(), st.text(st.characters(exclude_categories=()))))
@example(b"\xff\xfe\x00")
@example(b'"\n"')
@example("\0")
def test_whatever_is_uploaded_is_a_table_or_refused_in_words(data):
    try:
        table = lists.read_csv(data)
    except ListUnreadable as error:
        assert str(error)
        return
    assert all(len(row) == len(table.header) for row in table.rows)
    for line in lists.lines_of(table, {"address": 0}):
        line.text.encode()
        assert bool(line.address) or line.problem


@pytest.mark.parametrize(
    "hard",
    ['"' * 1_000_001, "<" * 1_000_000, ("a@" * 500_000), "ü" * 1_000_000 + "@x.org"],
    ids=["quotes", "brackets", "ats", "letters"],
)
def test_a_line_of_a_megabyte_is_one_wrong_line(hard):
    [line] = lists.parse_text(hard)
    assert (line.problem, len(line.text)) == ("not_an_address", 200)


@pytest.mark.parametrize(
    "text",
    ["a\n" * 20_001, "a," * 20_001, "a" * (5 * 1024 * 1024 + 1)],
    ids=["lines", "entries", "size"],
)
def test_a_list_that_is_too_long_is_refused(text):
    with pytest.raises(ListUnreadable, match="too long"):
        lists.parse_text(text)
    with pytest.raises(ListUnreadable):
        lists.read_csv("heading\n" + text)
    assert len(lists.parse_text("a\n" * 20_000)) == 20_000


TABLE = "Full name;E-mail;Role\nBo Räy;bo@x.org;admin\nCy;cy@x.org;member\n\nDi;bo@X.org;king\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-bom", "latin-1", "text"]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_tables_of_every_make(encoding, delimiter):
    text = TABLE.replace(";", delimiter)
    data = {
        "text": "\ufeff" + text,
        "utf-16-le-bom": b"\xff\xfe" + text.encode("utf-16-le"),
    }.get(encoding) or text.encode(encoding)
    table = lists.read_csv(data)
    assert lists.columns_of(table) == {"name": 0, "address": 1, "standing": 2}
    lines = lists.parse_csv(data)
    assert [(each.number, each.name, each.address, each.problem, each.terms) for each in lines] == [
        (2, "Bo Räy", "bo@x.org", "", {"is_admin": True}),
        (3, "Cy", "cy@x.org", "", {"is_admin": False}),
        (4, "Di", "bo@x.org", "unknown_standing", {}),
    ]


def test_presets_stand_in_columns_by_name():
    presets = {"roles": {"Editor": "3", "Chief Editor": "4"}}
    lines = lists.parse_csv(
        "mail,roles\na@x.org,editor\nb@x.org,Editor | chief editor\nc@x.org,\nd@x.org,king\n",
        {"address": 0, "roles": 1},
        presets=presets,
    )
    assert [(line.terms, line.problem) for line in lines] == [
        ({"presets": {"roles": ["3"]}}, ""),
        ({"presets": {"roles": ["3", "4"]}}, ""),
        ({}, ""),
        ({}, "unknown_preset"),
    ]


@pytest.mark.parametrize("columns", [{}, {"name": 0}, {"address": 7}, {"address": -1}])
def test_without_a_column_of_addresses_nothing_is_read(columns):
    with pytest.raises(ListUnreadable, match="column"):
        lists.lines_of(Table(header=["a"], rows=[["bo@x.org"]]), columns)


def test_a_table_as_wide_as_a_wall_is_refused():
    with pytest.raises(ListUnreadable):
        lists.read_csv("a," * 101 + "\n")


def test_a_column_is_known_by_what_stands_in_it():
    assert lists.columns_of(lists.read_csv("x,y\nBo,bo@x.org\n")) == {"address": 1}
