from pathlib import Path

from .public_names import public_modules, public_names

RENEW = "python -m tests.house.public_names > tests/house/public_names.txt"


def test_every_public_module_lists_its_names():
    bare = [module.__name__ for module in public_modules() if not hasattr(module, "__all__")]
    assert not bare, f"without __all__: {bare}"


def test_every_listed_name_exists():
    missing = [
        f"{module.__name__}.{name}"
        for module in public_modules()
        for name in module.__all__
        if not hasattr(module, name)
    ]
    assert not missing


def test_public_names_change_only_on_purpose():
    """A difference here breaks projects, or promises them something new."""
    recorded = Path(__file__).with_name("public_names.txt").read_text().splitlines()
    found = list(public_names(public_modules()))
    assert sorted(set(recorded) - set(found)) == [], f"names are gone; to accept: {RENEW}"
    assert sorted(set(found) - set(recorded)) == [], f"names are new; to accept: {RENEW}"
