"""Fields declared again, other bases before ours, own options, own methods without super()."""

from django.conf import settings
from django.db import models

from organizations.abstract import (
    AbstractOrganization,
    AbstractOrganizationInvitation,
    AbstractOrganizationOwner,
    AbstractOrganizationUser,
)
from organizations.signals import user_added


class Described(models.Model):
    """A plain abstract model of the project, with options of its own."""

    description = models.TextField(default="")

    class Meta:
        abstract = True
        ordering = ["-pk"]


class Club(Described, AbstractOrganization):
    id = models.AutoField(primary_key=True)

    class Meta(AbstractOrganization.Meta):
        ordering = ["-name"]
        verbose_name = "club"
        indexes = [models.Index(fields=["is_active"], name="clubs_in_use")]

    def __str__(self):
        return f"The {self.name} club"

    def add_user(self, user, role="player", is_admin=False, **kwargs):
        """The project's own: knows roles, makes no owner."""
        member = self._org_user_model.objects.create(
            user=user, organization=self, is_admin=is_admin, role=role
        )
        user_added.send(sender=self, user=user)
        return member

    def change_owner(self, new_owner):
        """The project's own: whoever loses the club loses the rights."""
        old = self.owner.organization_user
        old.is_admin = False
        old.save()
        self.owner.organization_user = new_owner
        self.owner.save()

    def is_owner(self, user):
        return self.owner.organization_user.user_id == user.pk

    def is_admin(self, user):
        return (
            self.is_owner(user) or self.organization_users.filter(role="coach", user=user).exists()
        )

    def slugify_function(self, content):
        return f"club-{content.lower()}"


class ClubUser(AbstractOrganizationUser):
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="memberships"
    )
    organization = models.ForeignKey(Club, models.CASCADE, related_name="organization_users")
    is_admin = models.BooleanField("runs the club", default=False)
    role = models.CharField(max_length=20, default="player")

    class Meta:
        """Inherits nothing, so it has neither order nor uniqueness."""

        verbose_name = "player"

    @property
    def name(self):
        return f"{self.role} {self.user}"

    def __str__(self):
        return f"{self.name} at {self.organization}"


class ClubOwner(AbstractOrganizationOwner):
    def __str__(self):
        return "the owner"


class ClubInvitation(Described, AbstractOrganizationInvitation):  # noqa: DJ008
    role = models.CharField(max_length=20, default="coach")

    def activation_kwargs(self):
        return {"role": self.role}
