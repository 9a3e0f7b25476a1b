"""A small source of grants, so that the rules of teams are tested without roles."""

from django.db.models import Exists, OuterRef, Q

from organizations.permissions import Grant
from organizations.teams.grants import TeamGroups
from organizations.teams.models import Team


class Gifts:
    """A source of grants: each team gives what ``given`` says by its name."""

    name = "gift"

    def __init__(self):
        self.given = {}

    def _reaching(self, name):
        # Of the member row two queries out: this one asks about teams.
        keys = TeamGroups().reaching(OuterRef(OuterRef("pk")))
        return Exists(Team.objects.filter(pk__in=keys, name=name))

    def annotate(self, rows, *, now):
        flags = {f"gift_{number}": self._reaching(name) for number, name in enumerate(self.given)}
        return rows.annotate(**flags)

    def grants_from(self, row):
        return [
            Grant(kind="gift", name="gift", permissions=frozenset(names), via=name)
            for number, (name, names) in enumerate(self.given.items())
            if getattr(row, f"gift_{number}")
        ]

    def members_with(self, permission, *, now):
        found = Q(pk__in=[])
        for name, names in self.given.items():
            if permission in names:
                found |= Q(self._reaching(name))
        return found
