"""Section 2: import paths. That a name can be imported proves little: the rest is elsewhere."""

from importlib import import_module

import pytest
from django.apps import AppConfig, apps
from django.contrib import admin
from django.contrib.auth.forms import UserCreationForm
from django.db import models
from django.db.models.base import ModelBase
from django.dispatch import Signal
from django.forms import BaseForm, BaseModelForm
from django.views.generic import View
from django.views.generic.base import ContextMixin


def is_a(kind):
    return lambda found: issubclass(found, kind)


def is_model(found):
    return issubclass(found, models.Model) and not found._meta.abstract


def is_abstract(found):
    return issubclass(found, models.Model) and found._meta.abstract


def is_text(found):
    return isinstance(found, str) and bool(found)


def is_mixin(found):
    return isinstance(found, type) and not issubclass(found, ContextMixin)


def has_views(found):
    return all(issubclass(getattr(found, name), View) for name in VIEWS)


VIEWS = [
    f"Organization{kind}"
    for kind in (
        *("List", "Detail", "Create", "Update", "Delete"),
        *("UserList", "UserDetail", "UserCreate", "UserRemind", "UserUpdate", "UserDelete"),
    )
]

#: module -> what its names must be -> names
PATHS = {
    "": {
        is_text: ["__version__", "__author__"],
        lambda found: isinstance(found, str): ["__email__"],
    },
    "apps": {is_a(AppConfig): ["OrganizationsConfig"]},
    "models": {
        is_model: [
            *("Organization", "OrganizationUser", "OrganizationOwner", "OrganizationInvitation"),
        ]
    },
    "abstract": {
        is_abstract: [
            *("SharedBaseModel", "AbstractOrganization", "AbstractOrganizationUser"),
            *("AbstractOrganizationOwner", "AbstractOrganizationInvitation"),
        ],
        lambda found: found == "auth.User": ["USER_MODEL"],
    },
    "base": {
        is_abstract: [
            *("AbstractBaseOrganization", "AbstractBaseOrganizationUser"),
            *("AbstractBaseOrganizationOwner", "AbstractBaseInvitation"),
            *("OrganizationBase", "OrganizationUserBase", "OrganizationOwnerBase"),
            "OrganizationInvitationBase",
        ],
        is_a(ModelBase): ["OrgMeta"],
        callable: ["with_metaclass"],
        lambda found: found == "auth.User": ["USER_MODEL"],
    },
    "fields": {
        is_a(models.DateTimeField): ["AutoCreatedField", "AutoLastModifiedField"],
        is_a(models.SlugField): ["SlugField", "BaseSlugField"],
        is_text: ["ORGS_SLUGFIELD"],
    },
    "managers": {is_a(models.Manager): ["OrgManager", "ActiveOrgManager"]},
    "signals": {
        lambda found: isinstance(found, Signal): [
            *("user_added", "user_removed", "invitation_accepted", "owner_changed"),
        ]
    },
    "exceptions": {is_a(Exception): ["OwnershipRequired", "OrganizationMismatch"]},
    "utils": {
        callable: [
            *("create_organization", "acreate_organization", "default_org_model"),
            *("model_field_names", "model_field_attr"),
        ]
    },
    "app_settings": {
        is_text: ["ORGS_INVITATION_BACKEND", "ORGS_REGISTRATION_BACKEND"],
        lambda found: found == 254: ["ORGS_EMAIL_LENGTH"],
    },
    "forms": {
        is_a(BaseModelForm): [
            *("OrganizationForm", "OrganizationUserForm", "OrganizationUserAddForm"),
            "OrganizationAddForm",
        ],
        is_a(BaseForm): ["SignUpForm"],
    },
    "backends": {callable: ["invitation_backend", "registration_backend"]},
    "backends.defaults": {
        is_a(object): ["BaseBackend", "RegistrationBackend", "InvitationBackend"],
        callable: ["make_random_password"],
    },
    "backends.modeled": {is_a(object): ["ModelInvitation"]},
    "backends.forms": {
        is_a(UserCreationForm): ["UserRegistrationForm"],
        callable: ["org_registration_form"],
    },
    "views.base": {
        is_a(View): [*(f"Base{name}" for name in VIEWS), "OrganizationSignup"],
        callable: ["ViewFactory"],
    },
    "views.default": {is_a(View): VIEWS, has_views: ["bases"]},
    "views.mixins": {
        is_mixin: [
            *("OrganizationMixin", "OrganizationUserMixin", "MembershipRequiredMixin"),
            *("AdminRequiredMixin", "OwnerRequiredMixin"),
        ]
    },
    "mixins": {
        is_mixin: [
            *("OrganizationMixin", "OrganizationUserMixin", "MembershipRequiredMixin"),
            *("AdminRequiredMixin", "OwnerRequiredMixin"),
        ]
    },
    "urls": {lambda found: isinstance(found, list) and len(found) > 3: ["urlpatterns"]},
    "base_admin": {
        is_a(admin.ModelAdmin): [
            *("BaseOrganizationAdmin", "BaseOrganizationUserAdmin", "BaseOrganizationOwnerAdmin"),
        ],
        is_a(admin.StackedInline): ["BaseOwnerInline"],
    },
    "admin": {
        is_a(admin.ModelAdmin): [
            *("OrganizationAdmin", "OrganizationUserAdmin", "OrganizationOwnerAdmin"),
            "OrganizationInvitationAdmin",
        ],
        is_a(admin.StackedInline): ["OwnerInline"],
    },
    "templatetags.org_tags": {callable: ["organization_users", "is_admin", "is_owner"]},
}  # fmt: skip

ROWS = [
    pytest.param(module, name, fits, id=f"2-{module or 'organizations'}-{name}")
    for module, kinds in PATHS.items()
    for fits, names in kinds.items()
    for name in names
]


@pytest.mark.parametrize(("module", "name", "fits"), ROWS)
def test_2_a_documented_name_is_what_it_was(module, name, fits):
    found = getattr(import_module(f"organizations.{module}".rstrip(".")), name)
    assert fits(found), found


def test_2_urls_have_no_app_name():
    assert not hasattr(import_module("organizations.urls"), "app_name")


def test_2_app_config():
    config = apps.get_app_config("organizations")
    assert type(config).__name__ == "OrganizationsConfig"
    assert config.default_auto_field == "django.db.models.AutoField"
    assert (config.label, str(config.verbose_name)) == ("organizations", "Organizations")
