"""Clubs, with everything that makes an adoption harder."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Stamped(models.Model):
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True


class Club(Stamped):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=255)
    slug = models.SlugField(blank=True)
    active = models.BooleanField(default=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="clubs_of_mine",
    )
    players = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        through="Player",
        through_fields=("club", "user"),
        related_name="clubs",
    )

    def __str__(self):
        return self.name


class Player(Stamped):
    class Role(models.TextChoices):
        BOSS = "boss", _("boss")
        DEPUTY = "deputy", _("deputy")
        PLAYER = "player", _("player")

    club = models.ForeignKey(Club, models.CASCADE)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    brought_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="brought"
    )
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.PLAYER)

    class Meta:
        ordering = ["club__name", "-role"]
        indexes = [models.Index(fields=["club", "role"], name="club_player_role")]

    def __str__(self):
        return f"{self.user} ({self.get_role_display()}), {self.club.name}"
