"""The pages of roles."""

from __future__ import annotations

import hashlib
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.functional import cached_property
from django.views.generic import FormView, TemplateView

from organizations.exceptions import ExceedsOwnRights
from organizations.grants import groups, names_of
from organizations.mail import display_name
from organizations.permissions import CHANGE_MEMBER, VIEW_MEMBER, Standing
from organizations.services.access import rights_of_members
from organizations.services.ceiling import authority
from organizations.services.preview import Preview, preview
from organizations.views.base import PageMixin
from organizations.views.default import OrganizationFormMixin, org_url
from organizations.views.mixins import AccessRequiredMixin, OrganizationUserMixin
from organizations.views.preview import PreviewMixin, labels
from organizations.words import gettext as _
from organizations.words import gettext_lazy

from . import matrix, services
from .forms import MemberRolesForm, RoleDeleteForm, RoleForm, RoleGiveForm, RoleTakeForm
from .grants import effective
from .models import RoleAssignment
from .permissions import MANAGE_ROLES
from .registry import CodeRole

__all__ = [
    "MemberRoles",
    "RoleCreate",
    "RoleDelete",
    "RoleDetail",
    "RoleGive",
    "RoleList",
    "RoleTake",
    "RoleUpdate",
]


class RoleList(AccessRequiredMixin, PageMixin, TemplateView):
    """The matrix of roles and permissions. Queries: 3 besides the access."""

    permission = VIEW_MEMBER
    template_name = "organizations_roles/role_list.html"

    def get_context_data(self, **kwargs: Any) -> Any:
        shown = matrix.columns(self.organization)
        may = self.access.permissions
        return super().get_context_data(
            columns=shown,
            rows=matrix.rows(shown),
            # Whoever lacks a right of a role can neither change nor copy it as it is.
            within={column.key for column in shown if column.permissions <= may},
            **kwargs,
        )


class RoleMixin:
    """Fetches the role that the URL names; stands behind ``AccessRequiredMixin``."""

    organization: Any
    access: Any
    kwargs: Any

    @cached_property
    def role(self) -> Any:
        return matrix.find_role(self.organization, self.kwargs["role"])

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.check_role()
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]

    def check_role(self) -> None:
        """Refuse a role with which this page can do nothing."""
        self.role  # noqa: B018  # not found, if there is none

    def get_context_data(self, **kwargs: Any) -> Any:
        column = matrix.shown_role(self.role)
        return super().get_context_data(column=column, **kwargs)  # type: ignore[misc]

    def holders(self) -> Any:
        """The assignments of the role, ended ones among them."""
        rows = RoleAssignment.objects.filter(organization_id=self.organization.pk)
        if isinstance(self.role, CodeRole):
            return rows.filter(role__isnull=True, role_name=self.role.name)
        return rows.filter(role=self.role)


class StoredRoleMixin(RoleMixin):
    """For what can be done with the organization's own roles, within one's own rights."""

    def check_role(self) -> None:
        if isinstance(self.role, CodeRole):
            raise Http404
        if lacking := effective(self.role.permissions) - self.access.permissions:
            raise ExceedsOwnRights(lacking)


class RoleDetail(AccessRequiredMixin, RoleMixin, PageMixin, TemplateView):
    """Who has a role. Queries: at most 6 besides the access."""

    permission = VIEW_MEMBER
    template_name = "organizations_roles/role_detail.html"
    shown = 50

    def get_context_data(self, **kwargs: Any) -> Any:
        rows = self.holders().live(timezone.now())
        people = rows.filter(member__organization_id=self.organization.pk)
        people = people.select_related("member__user").order_by("member__user_id", "pk")
        page = Paginator(people, self.shown).get_page(self.request.GET.get("page"))
        return super().get_context_data(
            page_obj=page,
            groups=group_rows(self.organization, rows.filter(member__isnull=True)),
            has_kinds=bool(groups()),
            permission_labels=labels(effective(self.role.permissions)),
            is_within=effective(self.role.permissions) <= self.access.permissions,
            **kwargs,
        )


def group_rows(organization: Any, rows: Any) -> list[tuple[Any, RoleAssignment]]:
    """Return each group of an organization that is there, with its assignment.

    Queries: 1, and 1 for each kind of group.
    """
    found: list[tuple[Any, RoleAssignment]] = []
    given = list(rows.order_by("pk"))
    for kind in groups():
        keys = [row.group_key for row in given if row.group_kind == kind.kind]
        names = kind.model._default_manager.filter(organization_id=organization.pk).in_bulk(keys)
        found += [
            (names[row.group_key], row)
            for row in given
            if row.group_kind == kind.kind and row.group_key in names
        ]
    return found


class RoleFormMixin(OrganizationFormMixin, PageMixin, FormView):
    """What the forms about roles share."""

    organization: Any
    access: Any

    def get_success_url(self) -> str:
        return org_url("organization_roles", self.organization)


class RoleCreate(AccessRequiredMixin, RoleFormMixin):
    """A new role; ``?copy=`` names another one to begin with."""

    permission = MANAGE_ROLES
    form_class = RoleForm
    template_name = "organizations_roles/role_form.html"
    done = gettext_lazy("The role is there. Give it to people on their own pages.")

    def get_initial(self) -> dict[str, Any]:
        key = self.request.GET.get("copy", "")
        if key in set(Standing):
            source: tuple[Any, Any] = (matrix.STANDINGS[Standing(key)][0], names_of(Standing(key)))
        elif key:
            role = matrix.find_role(self.organization, key)
            source = (role, role.permissions)
        else:
            return super().get_initial()
        name = _("Copy of %(name)s") % {"name": source[0]}
        return {
            "name": name[:100],
            "permissions": effective(source[1]) & self.access.permissions,
        }

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "access": self.access}


class RoleUpdate(AccessRequiredMixin, StoredRoleMixin, PreviewMixin, RoleFormMixin):
    permission = MANAGE_ROLES
    form_class = RoleForm
    template_name = "organizations_roles/role_form.html"
    preview_template_name = "organizations_roles/role_preview.html"
    preview_submit = gettext_lazy("Save the role")
    preview_tab = "organization_roles"
    done = gettext_lazy("The role is saved.")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "access": self.access, "role": self.role}

    def get_preview(self, form: Any) -> Preview:
        values = form.cleaned_data
        return preview(services.change, self.role, actor=self.request.user, **values)

    def difference(self, form: Any) -> tuple[frozenset[str], frozenset[str]]:
        """Return what goes into the role and what out of it."""
        old, new = effective(self.role.permissions), form.cleaned_data["permissions"]
        return new - old, old - new

    def needs_preview(self, form: Any, preview: Preview) -> bool:
        return bool(preview.changes) or any(self.difference(form))

    def get_digest(self, form: Any, preview: Preview) -> str:
        # The role itself may have been changed meanwhile, even if nobody has it.
        shown = [sorted(names) for names in self.difference(form)]
        return hashlib.sha256(f"{preview.digest} {shown}".encode()).hexdigest()[:32]

    def get_preview_context(self, form: Any, preview: Preview) -> dict[str, Any]:
        added, removed = self.difference(form)
        return {
            **super().get_preview_context(form, preview),
            "preview_title": _("Change the role %(role)s?") % {"role": self.role},
            "added": labels(added),
            "removed": labels(removed),
        }


class RoleDelete(AccessRequiredMixin, StoredRoleMixin, PreviewMixin, RoleFormMixin):
    permission = MANAGE_ROLES
    form_class = RoleDeleteForm
    template_name = "organizations_roles/role_confirm_delete.html"
    preview_submit = gettext_lazy("Delete the role")
    preview_tab = "organization_roles"
    preview_risky = True
    done = gettext_lazy("The role is deleted.")

    def get_form_kwargs(self) -> dict[str, Any]:
        others = [
            column
            for column in matrix.columns(self.organization)
            if column.role not in (None, self.role)
            and column.permissions <= self.access.permissions
        ]
        return {
            **super().get_form_kwargs(),
            "role": self.role,
            "others": others,
            "is_held": self.holders().exists(),
        }

    def get_preview(self, form: Any) -> Preview:
        return preview(
            services.delete,
            self.role,
            replacement=form.chosen(),
            actor=self.request.user,
        )

    def get_preview_context(self, form: Any, preview: Preview) -> dict[str, Any]:
        title = _("Delete the role %(role)s?") % {"role": self.role}
        return {**super().get_preview_context(form, preview), "preview_title": title}


class RoleGive(AccessRequiredMixin, RoleMixin, PreviewMixin, RoleFormMixin):
    """Gives a role to a group."""

    permission = MANAGE_ROLES
    form_class = RoleGiveForm
    template_name = "organizations_roles/role_give.html"
    preview_submit = gettext_lazy("Give the role")
    preview_tab = "organization_roles"
    done = gettext_lazy("The role is given.")

    def check_role(self) -> None:
        super().check_role()
        if not groups():
            raise Http404

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "role": self.role}

    def get_preview(self, form: Any) -> Preview:
        return preview(services.assign, *form.arguments(), actor=self.request.user)

    def get_success_url(self) -> str:
        return org_url("organization_role", self.organization, role=self.kwargs["role"])


class RoleTake(AccessRequiredMixin, RoleMixin, PreviewMixin, RoleFormMixin):
    """Takes a role from a group; the page begins with what comes of it."""

    permission = MANAGE_ROLES
    form_class = RoleTakeForm
    preview_submit = gettext_lazy("Take the role away")
    preview_tab = "organization_roles"
    preview_risky = True
    done = gettext_lazy("The role is taken away.")

    @cached_property
    def assignment(self) -> RoleAssignment:
        rows = self.holders().filter(member__isnull=True)
        found: RoleAssignment = get_object_or_404(rows, pk=self.kwargs["assignment_pk"])
        return found

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.get_form()
        return self.render_preview(form, self.get_preview(form))

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "assignment": self.assignment}

    def get_preview(self, form: Any) -> Preview:
        return preview(services.unassign, self.assignment, actor=self.request.user)

    def needs_preview(self, form: Any, preview: Preview) -> bool:
        return True  # there is no other page that asks

    def get_preview_context(self, form: Any, preview: Preview) -> dict[str, Any]:
        found = group_rows(self.organization, self.holders().filter(pk=self.assignment.pk))
        names = {"role": self.role, "group": ", ".join(str(group) for group, _row in found)}
        return {
            **super().get_preview_context(form, preview),
            "preview_title": _("Take the role %(role)s from %(group)s?") % names,
            "preview_cancel_url": self.get_success_url(),
        }

    def get_success_url(self) -> str:
        return org_url("organization_role", self.organization, role=self.kwargs["role"])


class MemberRoles(
    AccessRequiredMixin,
    PreviewMixin,
    OrganizationFormMixin,
    OrganizationUserMixin,
    PageMixin,
    FormView,
):
    """The roles of one member: of oneself, or of anybody for those who may change members."""

    permission = VIEW_MEMBER
    form_class = MemberRolesForm
    template_name = "organizations_roles/member_roles.html"
    preview_submit = gettext_lazy("Save the roles")
    done = gettext_lazy("The roles are saved.")

    def get_form_kwargs(self) -> dict[str, Any]:
        member = self.organization_user
        if member.user_id != self.request.user.pk:
            self.access.require(CHANGE_MEMBER)
            authority(self.organization, self.request.user).may_touch(member)
        kwargs = super().get_form_kwargs()
        del kwargs["organization"]
        offered = [column for column in matrix.columns(self.organization) if column.role]
        return {**kwargs, "member": member, "access": self.access, "offered": offered}

    def get_preview(self, form: Any) -> Preview:
        roles = form.roles()
        return preview(services.set_roles, self.organization_user, roles, actor=self.request.user)

    def get_preview_context(self, form: Any, preview: Preview) -> dict[str, Any]:
        title = _("Change the roles of %(name)s?") % {"name": display_name(form.member.user)}
        return {**super().get_preview_context(form, preview), "preview_title": title}

    def get_context_data(self, **kwargs: Any) -> Any:
        user_id = self.organization_user.user_id
        found = rights_of_members(self.organization, [user_id])[user_id].grants
        shared = [grant for grant in found if grant.kind == "role" and grant.via]
        return super().get_context_data(shared=shared, **kwargs)

    def get_success_url(self) -> str:
        user_pk = self.organization_user.user_id
        return org_url("organization_user_roles", self.organization, user_pk=user_pk)
