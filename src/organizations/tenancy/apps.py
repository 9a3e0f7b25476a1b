"""The app config: connects the checks, and the scope with whoever enters an organization."""

from __future__ import annotations

from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import m2m_changed

from organizations.words import gettext_lazy as _

__all__ = ["TenancyConfig"]


class TenancyConfig(AppConfig):
    name = "organizations.tenancy"
    label = "organizations_tenancy"
    verbose_name = _("Scopes of organizations")

    def ready(self) -> None:
        from .. import families
        from ..services import acting, health
        from . import connections
        from .checks import check_constraints, check_models, check_unguarded
        from .guard import check_added, guard_deletion
        from .inspection import check_database, crossing_rows
        from .scope import follow

        for family in families.every():
            guard_deletion(family.organization)
        acting.register("tenancy", follow)
        connections.install()
        m2m_changed.connect(check_added, dispatch_uid="organizations_tenancy_links")
        checks.register(check_models, "organizations")
        checks.register(check_unguarded, "organizations")
        checks.register(check_constraints, "organizations")
        checks.register(check_database, "organizations", checks.Tags.database)
        health.register("tenancy", crossing_rows)
