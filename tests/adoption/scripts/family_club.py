"""Prints what an adoption has filled in, in the order in which the clubs were made."""

import json

from club.models import Club, Player
from django.contrib.auth.models import User

clubs = list(Club.objects.order_by("created").prefetch_related("owner__organization_user__user"))
boss = User.objects.get(username="boss")
print("kept", json.dumps({
    "slugs": [club.slug for club in clubs],
    "owners": [
        club.owner.organization_user.user.username if hasattr(club, "owner") else None
        for club in clubs
    ],
    "admins": sorted(each.user.username for each in Player.objects.filter(is_admin=True)),
    "active": [club.is_active for club in clubs],
    "players_see_their_clubs": (
        set(boss.clubs.all()) == set(Club.objects.filter(users=boss)) != set()
    ),
}))  # fmt: skip
