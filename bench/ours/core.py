"""The same project without the optional apps: as much as the peers have."""

from bench.ours.settings import *  # noqa: F403
from bench.ours.settings import APPS, GOODS

INSTALLED_APPS = [*APPS, GOODS]
