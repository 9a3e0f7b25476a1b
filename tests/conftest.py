import django
import pytest
from django.conf import settings
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

# Examples that touch a database take as long as they take.
hypothesis_settings.register_profile(
    "orgkit", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
hypothesis_settings.load_profile("orgkit")


def database_name():
    engine = settings.DATABASES["default"]["ENGINE"]
    return "postgres" if engine.endswith("postgresql") else "sqlite"


def pytest_ignore_collect(collection_path):
    """Leave the tests of scopes to their own run, whose settings have models behind them."""
    if collection_path.name == "tenancy" and "tests.tenancy.files" not in settings.INSTALLED_APPS:
        return True
    return None


def pytest_report_header():
    return f"orgkit: Django {django.__version__} on {database_name()}"


def pytest_collection_modifyitems(config, items):
    """Leave out the tests that are about the other database."""
    others = {"postgres": {"sqlite"}, "sqlite": {"postgres", "table"}}[database_name()]
    left_out = [item for item in items if others & {mark.name for mark in item.iter_markers()}]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Let SQLite be asked what it can do before a test counts queries; Django does it once."""
    from django.db import connection

    with django_db_blocker.unblock():
        assert connection.features.supports_json_field


@pytest.fixture(autouse=True)
def _empty_cache():
    """Start each test with an empty cache, as with an empty database."""
    from django.core.cache import cache

    cache.clear()
