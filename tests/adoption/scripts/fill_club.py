"""Fills the project with five clubs, each odd in its own way. Prints their keys."""

import json

from club.models import Club, Player
from django.contrib.auth.models import User

names = ("boss", "named", "other", "deputy", "off")
boss, named, other, deputy, off = (
    User.objects.create(username=name, email=f"{name}@example.com", is_active=name != "off")
    for name in names
)
one = Club.objects.create(name="Blues " * 40, slug="already-there")
two = Club.objects.create(name="Blues", slug="already-there", owner=named)
three = Club.objects.create(name="Reds", owner=None)
absent = Club.objects.create(name="Whites", slug="whites-2", owner=boss)
lonely = Club.objects.create(name="Lonely", active=False)


def play(club, user, role="player"):
    return Player.objects.create(club=club, user=user, role=role, brought_by=other)


play(one, off, "boss"), play(one, other), play(one, boss, "boss")
play(two, boss, "boss"), play(two, named)
play(three, other), play(three, other), play(three, boss, "deputy")
play(absent, deputy, "deputy"), play(absent, other)
print("kept", json.dumps({
    "absent": str(absent.pk),
    "doubled": str(three.pk),
    # off and boss; boss and, being the owner, named; boss; deputy.
    "admins": ["boss", "boss", "boss", "deputy", "named", "off"],
}))  # fmt: skip
