"""The app config: joins the tables to the project's family and takes part in the core."""

from __future__ import annotations

from django.apps import AppConfig
from django.core import checks

from organizations.words import gettext_lazy as _

__all__ = ["RolesConfig"]


class RolesConfig(AppConfig):
    name = "organizations.roles"
    label = "organizations_roles"
    verbose_name = _("Roles")
    default_auto_field = "django.db.models.BigAutoField"
    organization_urls = "organizations.roles.urls"

    def ready(self) -> None:
        from organizations import families, grants, pages, presets, samples, signals
        from organizations.permissions import CHANGE_MEMBER, VIEW_MEMBER

        from . import permissions  # noqa: F401  # declares
        from .checks import ALL_CHECKS
        from .grants import RoleGrants
        from .models import Role, RoleAssignment
        from .presets import RolePreset
        from .services.assignments import forget_group
        from .services.reminders import sample_of_ending

        # Other indexes of theirs begin with the organization.
        families.link(Role, "organization", related_name="+", db_index=False)
        families.link(RoleAssignment, "organization", related_name="+", db_index=False)
        families.link(RoleAssignment, "member", related_name="+", null=True, blank=True)
        grants.register(RoleGrants())
        presets.register(RolePreset())
        signals.group_deleted.connect(forget_group, dispatch_uid="organizations_roles")
        samples.register(
            samples.Sample(
                name="role_ending",
                label=_("A role ends soon"),
                templates="organizations_roles/email/ending",
                context=sample_of_ending,
            )
        )
        for check in ALL_CHECKS:
            checks.register(check, "organizations")
        pages.register(
            pages.Link(
                place="organization",
                url_name="organization_roles",
                label=_("Roles"),
                permission=VIEW_MEMBER,
            )
        )
        pages.register(
            pages.Link(
                place="member",
                url_name="organization_user_roles",
                label=_("Roles"),
                permission=CHANGE_MEMBER,
            )
        )
