"""List the public names of the package, one ``module name`` a line.

``python -m tests.house.public_names > tests/house/public_names.txt`` renews the list that
the test compares with. Do so on purpose, together with a line under ``changes/``.
"""

import importlib
import os
import pkgutil

ROOMS = [
    "abstract",
    "auth",
    "backends",
    "base",
    "conf",
    "decorators",
    "exceptions",
    "forms",
    "grants",
    "managers",
    "middleware",
    "models",
    "operations",
    "pages",
    "permissions",
    "resolvers",
    "signals",
    "testing",
    "urls",
]
# Of these packages, each module that has no leading underscore is public.
FOLDERS = ["backends", "services", "testing", "views"]


def public_modules():
    names = [f"organizations.{room}" for room in ROOMS]
    for folder in FOLDERS:
        package = importlib.import_module(f"organizations.{folder}")
        names += [
            f"{package.__name__}.{module.name}"
            for module in pkgutil.iter_modules(package.__path__)
            if not module.name.startswith("_")
        ]
    return [importlib.import_module(name) for name in sorted(names)]


def public_names(modules):
    for module in modules:
        for name in sorted(module.__all__):
            yield f"{module.__name__} {name}"


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    print(*public_names(public_modules()), sep="\n")
