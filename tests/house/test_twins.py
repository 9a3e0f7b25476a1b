"""Every verb has an async twin."""

import importlib
import inspect
import pkgutil

from organizations import services


def verbs():
    """The public functions of the services that lock rows or send signals, by their docstring."""
    for module_info in pkgutil.iter_modules(services.__path__):
        if module_info.name.startswith("_"):
            continue
        module = importlib.import_module(f"organizations.services.{module_info.name}")
        for name in module.__all__:
            value = getattr(module, name)
            text = inspect.getdoc(value) or ""
            if inspect.isfunction(value) and ("Signals:" in text or "Locks:" in text):
                yield module, name


def test_there_are_verbs():
    names = {name for _module, name in verbs()}

    assert {"add", "remove", "transfer", "invite", "accept", "create", "delete"} <= names


def test_every_verb_has_an_async_twin():
    missing = [
        f"{module.__name__}.a{name}"
        for module, name in verbs()
        if not inspect.iscoroutinefunction(getattr(module, f"a{name}", None))
        or f"a{name}" not in module.__all__
    ]

    assert missing == []
