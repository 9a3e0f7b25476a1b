"""What the tests of roles share."""

from datetime import datetime, timedelta

from django.apps import apps
from django.contrib.auth import get_user_model
from django.utils import timezone

from organizations.services.access import access_of

#: A moment between yesterday and tomorrow, whatever the clock says later.
DAY = timedelta(days=1)


def user(name):
    return get_user_model().objects.get(username=name)


def row(organization, name):
    """Return the member row of a person."""
    return organization.organization_users.select_related("user").get(user__username=name)


def has(organization, name, permission):
    """Return whether a person has a permission."""
    return access_of(user(name), organization).has(permission)


def tomorrow() -> datetime:
    return timezone.now() + DAY


def all_rows():
    """Return every row of every table."""
    return {
        model._meta.label: sorted(map(repr, model._base_manager.values_list()))
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    }
