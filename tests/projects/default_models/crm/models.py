from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.dispatch import receiver

from organizations.models import Organization, OrganizationUser
from organizations.signals import user_added, user_removed


class Contact(models.Model):
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="contacts"
    )
    keeper = models.ForeignKey(OrganizationUser, null=True, on_delete=models.SET_NULL)
    name = models.CharField(max_length=100)

    def __str__(self):
        return self.name


class Arrival(models.Model):
    note = models.CharField(max_length=200)

    def __str__(self):
        return self.note


@receiver(user_added)
def note_arrival(sender, **kwargs):
    Arrival.objects.create(note=f"{kwargs['user']} came to {sender.name}")


@receiver(user_removed)
def note_departure(**kwargs):
    Arrival.objects.create(note=f"{kwargs['user']} left {kwargs['sender'].name}")


def may_export():
    """A permission of the host under the label of our app."""
    permission, _created = Permission.objects.get_or_create(
        content_type=ContentType.objects.get_for_model(Organization),
        codename="export_organization",
        defaults={"name": "Can export an organization"},
    )
    return permission
