"""What other code may import, and that this app can be left out."""

import importlib
import subprocess
import sys

import pytest

PUBLIC = {
    "exceptions": {"EndsInThePast", "RoleNameInvalid", "RoleNameTaken", "UnknownRole"},
    "models": {"Role", "RoleAssignment"},
    "permissions": {"MANAGE_ROLES"},
    "registry": {"CodeRole", "declare", "declared", "get"},
    "services": {
        *("create", "copy", "change", "delete", "acreate", "acopy", "achange", "adelete"),
        *("assign", "unassign", "set_end", "set_roles", "assignments_of"),
        *("aassign", "aunassign", "aset_end", "aset_roles"),
        *("due_reminders", "remind", "aremind"),
    },
}


@pytest.mark.parametrize("room", PUBLIC)
def test_public_names_change_only_on_purpose(room):
    module = importlib.import_module(f"organizations.roles.{room}")

    assert set(module.__all__) == PUBLIC[room]
    assert all(hasattr(module, name) for name in module.__all__)


def test_importing_the_package_of_the_app_does_nothing():
    code = "import sys, organizations.roles; print('django' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    assert done.stdout.strip() == "False"
