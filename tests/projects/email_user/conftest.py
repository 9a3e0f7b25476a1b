from tests.doors.fixtures import *  # noqa: F403
