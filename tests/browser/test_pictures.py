"""The picture of the members page in the README, taken from the demo.

``make pictures`` keeps it; the ordinary run takes it too and throws it away, so that it can
always be taken.
"""

import os
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

KEPT = Path(__file__).resolve().parents[2] / "docs" / "_static"


@pytest.fixture
def javascript():
    return True


@pytest.fixture
def folder(tmp_path):
    if os.environ.get("ORGKIT_KEEP_PICTURES"):
        KEPT.mkdir(exist_ok=True)
        return KEPT
    return tmp_path


def test_the_members_page(person, folder):
    ada = person("Ada")
    ada.visit("/login-as/demo-owner/")
    ada.visit("/orgs/kestrel-tools/people/")

    for scheme, name in (("light", "members.png"), ("dark", "members-dark.png")):
        ada.page.emulate_media(color_scheme=scheme)
        picture = folder / name
        ada.page.screenshot(path=picture)
        assert picture.stat().st_size > 20_000
