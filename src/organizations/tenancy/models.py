"""The abstract model of rows that belong to one organization."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from organizations.words import gettext_lazy as _

from .managers import OwnedManager

__all__ = ["OrganizationOwned"]


class OrganizationOwned(models.Model):
    """A row of one organization: of ``ORGANIZATION_MODEL``, or else of the default one."""

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
