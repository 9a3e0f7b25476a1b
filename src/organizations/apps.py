"""The app config: connects the guards and registers the checks."""

from __future__ import annotations

from django.apps import AppConfig, apps
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in
from django.core import checks
from django.db import models
from django.db.models.signals import post_delete, post_save, pre_delete, pre_save
from django.utils.module_loading import autodiscover_modules

from .words import gettext_lazy as _

__all__ = ["OrganizationsConfig"]


def _with_children(model: type[models.Model]) -> list[type[models.Model]]:
    return [each for each in apps.get_models() if issubclass(each, model)]


class OrganizationsConfig(AppConfig):
    name = "organizations"
    verbose_name = _("Organizations")
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        from . import converters, families
        from .checks import ALL_CHECKS
        from .doors import note_sign_in
        from .services import _records, _sides, ownership

        # Before anybody asks for one: what the project and its apps declare.
        autodiscover_modules("permissions")
        # A project may name <organization:organization_pk> in its own patterns.
        converters.register()
        # A signal names the class of the row: a proxy or child of the model counts as well.
        # Without a sender Django would give up fast deletes for every model of the project.
        for user_model in _with_children(get_user_model()):
            pre_save.connect(ownership.refuse_to_deactivate, sender=user_model)
            pre_delete.connect(ownership.remember_owned, sender=user_model)
            post_delete.connect(ownership.refuse_to_orphan, sender=user_model)
        for owner_model in _with_children(apps.get_model("organizations", "OrganizationOwner")):
            post_save.connect(ownership.anchor, sender=owner_model)
        for organization_model in _sides.organization_models():
            post_delete.connect(_sides.clear, sender=organization_model)
        for invitation_model in _records.models_without_columns():
            for model in _with_children(invitation_model):
                post_delete.connect(_records.forget, sender=model)
        user_logged_in.connect(note_sign_in, dispatch_uid="organizations")
        for check in ALL_CHECKS:
            checks.register(check, "organizations")
        for model in apps.get_models():
            if model.__module__.startswith("organizations.") or hasattr(model, "family_kind"):
                families.translate_names(model)
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
