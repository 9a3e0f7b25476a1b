import pytest

from tests.conftest import database_name

from .databases import new_database


@pytest.fixture
def empty_database(tmp_path):
    """An empty database of the kind that this run is about."""
    with new_database(database_name(), tmp_path) as made:
        yield made
