"""The picture of the members page in the README, and those of ``docs/gallery.md``.

``make pictures`` keeps them; the ordinary run takes them too and throws them away, so that they
can always be taken.
"""

import os
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.browser

KEPT = Path(__file__).resolve().parents[2] / "docs" / "_static"
#: The pages of docs/gallery.md: name of the picture, person, path.
TELLING = [
    ("overview", "owner", "/orgs/kestrel-tools/"),
    ("members", "owner", "/orgs/kestrel-tools/people/"),
    ("list", "outsider", "/orgs/"),
    ("invite", "owner", "/orgs/kestrel-tools/people/add/"),
    ("invitations", "owner", "/orgs/kestrel-tools/invitations/"),
    ("invitation", "member", "/orgs/invitations/open/{offer}/"),
    ("many", "owner", "/orgs/kestrel-tools/invitations/many/{list}/"),
    ("roles", "owner", "/orgs/kestrel-tools/roles/"),
    ("access", "owner", "/orgs/kestrel-tools/people/{member}/access/"),
    ("teams", "owner", "/orgs/kestrel-tools/teams/"),
    ("transfer", "owner", "/orgs/kestrel-tools/transfer/"),
    ("delete", "owner", "/orgs/kestrel-tools/delete/"),
]


@pytest.fixture
def javascript():
    return True


@pytest.fixture
def folder(tmp_path):
    if os.environ.get("ORGKIT_KEEP_PICTURES"):
        KEPT.mkdir(exist_ok=True)
        return KEPT
    return tmp_path


def test_the_gallery_of_the_documentation(person, gallery, folder):
    folder = folder / "gallery"
    folder.mkdir(exist_ok=True)
    visitors = {}
    for name, who, path in TELLING:
        if who not in visitors:
            visitors[who] = person(who, base=gallery.url)
            key = gallery.sessions[who]
            cookie = {"name": settings.SESSION_COOKIE_NAME, "value": key, "url": gallery.url}
            visitors[who].page.context.add_cookies([cookie])
        visitor = visitors[who]
        visitor.page.set_viewport_size({"width": 1000, "height": 680})
        assert visitor.visit(path.format(**gallery.places)) == 200
        for scheme in ("light", "dark"):
            visitor.page.emulate_media(color_scheme=scheme)
            visitor.page.screenshot(path=folder / f"{name}-{scheme}.png")
    taken = list(folder.glob("*.png"))
    assert len(taken) == 2 * len(TELLING)
    assert sum(picture.stat().st_size for picture in taken) < 2_500_000
    page = (KEPT.parent / "gallery.md").read_text()
    assert all(f"gallery/{picture.name}" in page for picture in taken)


def test_the_members_page(person, folder):
    ada = person("Ada")
    ada.visit("/login-as/demo-owner/")
    ada.visit("/orgs/kestrel-tools/people/")

    for scheme, name in (("light", "members.png"), ("dark", "members-dark.png")):
        ada.page.emulate_media(color_scheme=scheme)
        picture = folder / name
        ada.page.screenshot(path=picture)
        assert picture.stat().st_size > 20_000
