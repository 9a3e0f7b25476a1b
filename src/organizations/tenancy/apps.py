"""The app config: connects the checks. The app has no tables and no pages."""

from __future__ import annotations

from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _

__all__ = ["TenancyConfig"]


class TenancyConfig(AppConfig):
    name = "organizations.tenancy"
    label = "organizations_tenancy"
    verbose_name = _("Scopes of organizations")

    def ready(self) -> None:
        from .. import families
        from .checks import check_models
        from .guard import guard_deletion

        for family in families.every():
            guard_deletion(family.organization)
        checks.register(check_models, "organizations")
