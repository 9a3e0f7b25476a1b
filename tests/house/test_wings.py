"""Every wing has the same shape, and the architecture page tells of each."""

import pytest

from tests.docs.blocks import DOCS
from tests.house.test_floors import PACKAGE, WINGS

PRESENT = sorted(wing for wing in WINGS if (PACKAGE / wing / "__init__.py").exists())
# A scope has no tables and no pages.
ROOMS_WITHOUT_PAGES = {"apps", "models", "managers", "checks", "exceptions"}
ROOMS = {
    *("apps", "permissions", "models", "managers", "services", "forms", "views", "urls"),
    *("admin", "checks", "migrations"),
}


@pytest.mark.parametrize("wing", PRESENT)
def test_every_wing_has_the_same_rooms(wing):
    found = {path.name.removesuffix(".py") for path in (PACKAGE / wing).iterdir()}
    rooms = ROOMS_WITHOUT_PAGES if wing == "tenancy" else ROOMS
    assert sorted(rooms - found) == []
    assert (PACKAGE / wing / "README.md").read_text(encoding="utf-8").startswith("# ")


@pytest.mark.parametrize("wing", PRESENT)
def test_every_wing_is_on_the_architecture_page(wing):
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    assert f"`organizations.{wing}`" in page
