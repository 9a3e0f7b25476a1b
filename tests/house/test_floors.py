"""Who may import whom, as ``docs/architecture.md`` says: down or sideways, never up."""

import ast
import importlib.util
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "organizations"

FLOORS = {
    # 0 ground: no database, no input or output
    "exceptions": 0, "signals": 0, "conf": 0, "permissions": 0, "states": 0, "words": 0,
    "mail_domains": 0,
    "colours": 0,
    "plots": 0,
    # 1 data
    "fields": 1, "families": 1, "managers": 1, "grants": 1, "presets": 1, "dates": 1, "slugs": 1,
    "compiled": 1,
    "indexes": 1,
    "expressions": 1,
    "keyset": 1,
    "newest": 1,
    # 2 verbs
    "services": 2, "mail": 2, "tokens": 2, "jobs": 2, "queued": 2,
    # 3 models
    "base": 3, "abstract": 3, "models": 3, "operations": 3, "migrations": 3,
    # 4 doors
    "views": 4, "backends": 4, "forms": 4, "urls": 4, "auth_urls": 4, "admin": 4,
    "base_admin": 4, "auth": 4, "middleware": 4, "templatetags": 4, "management": 4,
    "checks": 4, "testing": 4, "apps": 4, "converters": 4, "decorators": 4, "doors": 4, "pages": 4,
    "samples": 4, "elements": 4, "offer_forms": 4, "joining_forms": 4, "handover_mail": 4,
    "bulk_forms": 4, "resolvers": 4, "row_checks": 4, "themes": 4,
    "beside": 4,
}  # fmt: skip
# Floor 5: optional apps. The core knows none of them, and they do not know each other.
WINGS = {"roles", "teams", "tenancy", "audit", "api", "sso", "scim"}
# Old import paths, for projects only: nothing of ours imports them.
COMPAT = {"utils", "mixins", "app_settings"}


def rooms_with_files():
    """Yield (room, file): the room is the first name below the package."""
    for path in sorted(PACKAGE.rglob("*.py")):
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        yield room, path


def imported_names(path):
    """Yield (line, dotted name) for every import in the file, those in functions too.

    ``from a.b import c`` yields ``a.b.c``: c may be a module.
    """
    module = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
    package = (
        module.removesuffix(".__init__")
        if path.stem == "__init__"
        else module[: module.rindex(".")]
    )
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            source = "." * node.level + (node.module or "")
            source = importlib.util.resolve_name(source, package) if node.level else source
            for alias in node.names:
                yield node.lineno, f"{source}.{alias.name}"


def imports_of_ours():
    """Yield (where, importing room, imported room, dotted name) within the package."""
    for room, path in rooms_with_files():
        for line, name in imported_names(path):
            package, _, rest = name.partition(".")
            if package == "organizations":
                target = rest.partition(".")[0]
                yield f"{path.relative_to(PACKAGE)}:{line}", room, target, name


def rooms_of_the_core():
    return {room for room, _ in rooms_with_files()} - WINGS - COMPAT - {"__init__"}


def complain(offences):
    assert not offences, "\n" + "\n".join(offences)


def test_every_room_has_a_floor():
    complain([f"{room}: not in the table of floors" for room in rooms_of_the_core() - set(FLOORS)])


def test_no_import_goes_up():
    complain([
        f"{where} (floor {FLOORS[room]}) imports {name} (floor {FLOORS[target]})"
        for where, room, target, name in imports_of_ours()
        if room in FLOORS and target in FLOORS and FLOORS[target] > FLOORS[room]
    ])  # fmt: skip


def test_the_core_imports_no_wing_and_a_wing_no_other_wing():
    complain([
        f"{where} imports {name}"
        for where, room, target, name in imports_of_ours()
        if target in WINGS and target != room
    ])  # fmt: skip


def test_nothing_of_ours_imports_an_old_path():
    complain([
        f"{where} imports {name}"
        for where, _, target, name in imports_of_ours()
        if target in COMPAT
    ])  # fmt: skip


def test_the_package_root_imports_nothing():
    assert not list(imported_names(PACKAGE / "__init__.py"))


def test_migrations_import_only_fields_indexes_and_operations_of_ours():
    """What else they imported would have to stay as it was for ever."""
    complain([
        f"{where} imports {name}"
        for where, room, target, name in imports_of_ours()
        if room == "migrations" and target not in {"fields", "indexes", "operations"}
    ])  # fmt: skip


@pytest.mark.parametrize("room", sorted(room for room in FLOORS if FLOORS[room] == 0))
def test_the_ground_knows_no_database(room):
    complain([
        f"{path.name}:{line} imports {name}"
        for found, path in rooms_with_files()
        for line, name in imported_names(path)
        if found == room and (name + ".").startswith("django.db.")
    ])  # fmt: skip


def test_the_reader_of_imports_sees_every_form(tmp_path, monkeypatch):
    """The rules above are only as good as what the reader finds."""
    package = tmp_path / "organizations"
    (package / "services").mkdir(parents=True)
    (package / "services" / "members.py").write_text(
        "import organizations.views.base\n"
        "from organizations import forms\n"
        "from ..models import Organization\n"
        "from . import access\n"
        "def late():\n"
        "    from .. import utils\n"
        "if TYPE_CHECKING:\n"
        "    from organizations.admin import thing as other\n"
    )
    monkeypatch.setattr(f"{__name__}.PACKAGE", package)
    assert {(target, name) for _, _, target, name in imports_of_ours()} == {
        ("views", "organizations.views.base"),
        ("forms", "organizations.forms"),
        ("models", "organizations.models.Organization"),
        ("services", "organizations.services.access"),
        ("utils", "organizations.utils"),
        ("admin", "organizations.admin.thing"),
    }
