"""Two organizations, each with a folder, a label on it and a bookmark of it."""

from types import SimpleNamespace

import pytest

from organizations import testing
from organizations.tenancy.scope import scope
from tests.tenancy.files.models import Bookmark, Folder, Label


@pytest.fixture
def two(db):
    return make_two()


def make_two():
    found = {}
    for name in ("acme", "zenith"):
        organization = testing.make_organization(name.title(), owner=f"owner-{name}")
        with scope(organization):
            folder = Folder.objects.create(name=f"{name} folder")
            label = Label.objects.create(name=f"{name} label")
            folder.labels.add(label)
            mark = Bookmark.objects.create(folder=folder)
        found[name] = SimpleNamespace(
            organization=organization, folder=folder, label=label, mark=mark
        )
    return SimpleNamespace(**found)
