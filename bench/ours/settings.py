"""The project with this package, its roles and its teams."""

from bench.settings_of_sides import *  # noqa: F403
from bench.settings_of_sides import APPS

GOODS = "bench.ours.apps.GoodsConfig"
INSTALLED_APPS = [*APPS, "organizations.roles", "organizations.teams", GOODS]
ROOT_URLCONF = "bench.ours.urls"
ORGANIZATIONS = {
    "BASE_TEMPLATE": "bench/layout.html",
    "INVITATION_BACKEND": "organizations.backends.modeled.ModelInvitation",
    "LINK_BASE": "https://example.com",
    "MAX_OPEN_INVITATIONS": None,
    "RATES": dict.fromkeys(("inviter", "organization", "young_organization", "recipient")),
}
