"""The app config: connects the guards and registers the checks."""

from __future__ import annotations

from django.apps import AppConfig, apps
from django.conf import settings
from django.core import checks
from django.db.models.signals import post_delete, post_save, pre_delete, pre_save
from django.utils.translation import gettext_lazy as _

__all__ = ["OrganizationsConfig"]


class OrganizationsConfig(AppConfig):
    name = "organizations"
    verbose_name = _("Organizations")
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        from . import converters
        from .checks import ALL_CHECKS
        from .services import ownership

        # A project may name <organization:organization_pk> in its own patterns.
        converters.register()
        pre_save.connect(
            ownership.refuse_to_deactivate,
            sender=settings.AUTH_USER_MODEL,
            dispatch_uid="organizations.refuse_to_deactivate",
        )
        pre_delete.connect(
            ownership.remember_owned,
            sender=settings.AUTH_USER_MODEL,
            dispatch_uid="organizations.remember_owned",
        )
        post_delete.connect(
            ownership.refuse_to_orphan,
            sender=settings.AUTH_USER_MODEL,
            dispatch_uid="organizations.refuse_to_orphan",
        )
        post_save.connect(
            ownership.anchor,
            sender="organizations.OrganizationOwner",
            dispatch_uid="organizations.anchor",
        )
        for check in ALL_CHECKS:
            checks.register(check, "organizations")
        self._register_own_family()

    def _register_own_family(self) -> None:
        """Put a project's own family into the admin, behind whatever the project registers.

        The admin has looked for the project's classes by now if it stands before this app.
        """
        from .families import own_family

        names = [config.name for config in apps.get_app_configs()]
        family = own_family()
        if family is not None and "django.contrib.admin" in names[: names.index(self.name)]:
            from .admin import register_family

            register_family(family)
