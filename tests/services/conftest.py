import pytest

from tests.services.recording import recorded_signals


@pytest.fixture
def sent():
    """The signals that the test causes; clear ``sent.sent`` after the preparation."""
    with recorded_signals() as recorder:
        yield recorder
