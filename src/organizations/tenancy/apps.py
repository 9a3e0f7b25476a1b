"""The app config: connects the checks, and the scope with whoever enters an organization."""

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
        from ..services import acting
        from .checks import check_models
        from .guard import guard_deletion
        from .scope import follow

        for family in families.every():
            guard_deletion(family.organization)
        acting.register("tenancy", follow)
        checks.register(check_models, "organizations")
