"""The abstract model of rows that belong to one organization."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.signals import class_prepared

from organizations.words import gettext_lazy as _

from .managers import OwnedManager

__all__ = ["OrganizationOwned"]


class OrganizationOwned(models.Model):
    """A row of one organization: of ``ORGANIZATION_MODEL``, or else of the default one.

    A model with a date ``created`` that every row has gets the index for the newest rows of an
    organization, unless it has one that begins so.
    """

    organization = models.ForeignKey(
        getattr(settings, "ORGANIZATION_MODEL", None) or "organizations.Organization",
        on_delete=models.CASCADE,
        editable=False,
        verbose_name=_("organization"),
    )

    objects = OwnedManager()
    #: Tells a model that hides the manager from one that was never to be guarded.
    _organization_field_name = "organization"

    class Meta:
        abstract = True


def _index_newest(*, sender: Any, **kwargs: Any) -> None:
    """Receiver of ``class_prepared``: an abstract class cannot know whether there is a date."""
    meta = sender._meta
    if not issubclass(sender, OrganizationOwned) or meta.abstract or meta.proxy:
        return
    own = {field.name: field for field in meta.local_fields}
    if "organization" not in own or "created" not in own or own["created"].null:
        return
    begun = [[name for name, _order in index.fields_orders[:2]] for index in meta.indexes]
    if ["organization", "created"] in begun:
        return
    index = models.Index(fields=["organization", "-created", f"-{meta.pk.name}"])
    index.set_name_with_model(sender)
    # Migrations read the one, and the database is made by the other.
    meta.indexes = [*meta.indexes, index]
    meta.original_attrs["indexes"] = meta.indexes


class_prepared.connect(_index_newest, dispatch_uid="organizations.tenancy.newest")
