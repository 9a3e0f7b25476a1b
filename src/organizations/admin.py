"""The default family in Django's admin: every change goes through the same verbs."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html

from . import permissions
from .backends import invitation_backend
from .backends.forms import clean_address, validate_name
from .base_admin import (
    BaseMemberInline,
    BaseOrganizationAdmin,
    BaseOrganizationOwnerAdmin,
    BaseOrganizationUserAdmin,
    BaseOwnerInline,
    RowByRowMixin,
)
from .converters import clean_slug
from .exceptions import OrganizationsError, OwnershipRequired
from .families import Family, family_of, own_family
from .models import (
    Organization,
    OrganizationInvitation,
    OrganizationOwner,
    OrganizationUser,
    VerifiedAddress,
)
from .services import closing, invitations, members, organizations, ownership, suspension
from .services._locks import database_of, lock_organization
from .services.ceiling import authority
from .states import InvitationKind, InvitationStatus
from .words import gettext_lazy as _
from .words import ngettext

__all__ = [
    "MemberInline",
    "OrganizationAdmin",
    "OrganizationInvitationAdmin",
    "OrganizationOwnerAdmin",
    "OrganizationUserAdmin",
    "OwnerInline",
    "register_family",
]


class OrganizationForm(forms.ModelForm):
    """The checks of names and slugs that the pages make, too."""

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if "name" in self.changed_data:
            validate_name(name)
        return name

    def clean_slug(self) -> str:
        current = self.instance if self.instance.pk else None
        return clean_slug(self.cleaned_data["slug"], model=self._meta.model, current=current)

    def clean_is_active(self) -> bool:
        is_active: bool = self.cleaned_data["is_active"]
        opens = is_active and "is_active" in self.changed_data and self.instance.pk
        if opens and closing.is_shut(self.instance):
            raise ValidationError(
                _("It is suspended or deleted. Choose “Reinstate” or “Restore” in the list.")
            )
        return is_active


class OwnerForm(forms.ModelForm):
    """Checks what the verb would refuse, so that the admin can say it beside the field."""

    def clean(self) -> Any:
        data = super().clean() or {}
        member = data.get("organization_user")
        organization = data.get("organization") or getattr(self.instance, "organization", None)
        if member is None:
            return data
        if organization is not None and member.organization_id != organization.pk:
            raise ValidationError(
                _("The owner must be a member of this organization. Add the member first.")
            )
        if not member.user.is_active:
            raise ValidationError(_("The account of the owner must be active."))
        if not ownership.lasts(member):
            raise ValidationError(_("The owner's membership is neither suspended nor at an end."))
        return data


class OwnerInline(BaseOwnerInline):
    model = OrganizationOwner
    form = OwnerForm
    can_delete = False


class MemberInline(BaseMemberInline):
    model = OrganizationUser
    verbose_name_plural = _("members")

    def get_formset(self, request: Any, obj: Any = None, **kwargs: Any) -> Any:
        shown, count = getattr(self.formset, "shown", None), getattr(obj, "_member_count", 0)
        is_ours = self.verbose_name_plural is MemberInline.verbose_name_plural
        if is_ours and shown is not None and count > shown:
            self.verbose_name_plural = _("the first %(count)d members") % {"count": shown}
        return super().get_formset(request, obj, **kwargs)


class MemberForm(forms.ModelForm):
    """Checks the owner's flag before the verb refuses to take it."""

    def clean_is_admin(self) -> bool:
        is_admin: bool = self.cleaned_data["is_admin"]
        if self.instance.pk and not is_admin and members.owns(self.instance):
            raise ValidationError(_("The owner is always an admin."))
        return is_admin


#: Columns of a member that verbs alone write.
LIFECYCLE = ("suspended_at", "ends_at")


class StateFilter(admin.SimpleListFilter):
    """Why an organization is not in use."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: Any, model_admin: Any) -> Any:
        return [("suspended", _("suspended")), ("deleted", _("deleted"))]

    def queryset(self, request: Any, queryset: Any) -> Any:
        value = self.value()
        if value not in ("suspended", "deleted"):
            return queryset
        return queryset.filter(**{f"_{value}_at__isnull": False}, is_active=False)


def with_counts(rows: Any) -> Any:
    """Return a queryset of organizations, each with its members and open invitations counted."""
    family = family_of(rows.model)
    found = {"_member_count": family.member._base_manager.all()}
    if family.invitation is not None:
        found["_pending_count"] = invitations.unanswered_of(family.invitation)
    return rows.annotate(**{name: _count_of(each) for name, each in found.items()})


def _count_of(rows: Any) -> Any:
    """Return the number of rows of an organization, as an annotation of organizations."""
    of_it = rows.filter(organization_id=OuterRef("pk")).order_by().values("organization_id")
    return Coalesce(Subquery(of_it.annotate(n=Count("pk")).values("n")), 0)


class OrganizationAdmin(BaseOrganizationAdmin):
    form = OrganizationForm
    inlines = [OwnerInline, MemberInline]
    list_display = ["name", "is_active", "state", "member_count", "pending_count"]
    list_filter = ("is_active", StateFilter)  # type: ignore[assignment]
    actions = ["suspend", "reinstate", "restore"]

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        counts = () if obj is None else ("member_count", "pending_count")
        return [*super().get_readonly_fields(request, obj), *counts]

    def get_inlines(self, request: Any, obj: Any) -> Any:
        # Somebody new has no members to look at.
        found = super().get_inlines(request, obj)
        return [each for each in found if obj or not issubclass(each, BaseMemberInline)]

    def get_queryset(self, request: Any) -> Any:
        return with_counts(closing.with_state(super().get_queryset(request)))

    @admin.display(description=_("members"), ordering="_member_count")
    def member_count(self, organization: Any) -> Any:
        """A number that leads to all the members."""
        count = getattr(organization, "_member_count", None)
        if count is None:
            return None
        return self._linked(family_of(self.model).member, organization, count)

    @admin.display(description=_("open invitations"), ordering="_pending_count")
    def pending_count(self, organization: Any) -> Any:
        count = getattr(organization, "_pending_count", None)
        if count is None:
            return None  # as where a family has no invitations
        return self._linked(family_of(self.model).invitation, organization, count)

    def _linked(self, model: Any, organization: Any, count: int) -> Any:
        name = f"{model._meta.app_label}_{model._meta.model_name}_changelist"
        try:
            url = reverse(f"{self.admin_site.name}:{name}")
        except NoReverseMatch:
            return count
        link = '<a href="{}?organization__exact={}">{}</a>'
        return format_html(link, url, organization.pk, count)

    @admin.display(description=_("state"))
    def state(self, organization: Any) -> str:
        if organization.is_active:
            return ""
        # A project's own queryset may lack what ours brings.
        suspended_at = getattr(organization, "_suspended_at", None)
        deleted_at = getattr(organization, "_deleted_at", None)
        parts = [str(_("suspended"))] if suspended_at else []
        if deleted_at:
            until = closing.end_of_grace(deleted_at)
            date = date_format(timezone.localtime(until), "SHORT_DATE_FORMAT")
            parts.append(_("deleted, can be restored until %(date)s") % {"date": date})
        return ", ".join(parts)

    @admin.action(description=_("Suspend: close at every door"), permissions=["change"])
    def suspend(self, request: Any, queryset: Any) -> None:
        self._each(request, queryset, closing.suspend, now=timezone.now())

    @admin.action(description=_("Reinstate what is suspended"), permissions=["change"])
    def reinstate(self, request: Any, queryset: Any) -> None:
        self._each(request, queryset, closing.reinstate)

    @admin.action(description=_("Restore what was deleted on its page"), permissions=["change"])
    def restore(self, request: Any, queryset: Any) -> None:
        self._each(request, queryset, closing.restore, now=timezone.now())

    def _each(self, request: Any, queryset: Any, verb: Any, **values: Any) -> None:
        """Call a verb for each organization; a refused one stays as it is."""
        done = 0
        for organization in queryset.order_by("pk"):
            try:
                with transaction.atomic(using=database_of(organization)):
                    verb(organization, actor=request.user, **values)
                    self.log_change(request, organization, verb.__name__)
            except OrganizationsError as error:
                self.message_user(request, f"{organization}: {error}", messages.ERROR)
            else:
                done += 1
        if done:
            text = ngettext("%(count)d changed.", "%(count)d changed.", done)
            self.message_user(request, text % {"count": done}, messages.SUCCESS)

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        if not change:
            super().save_model(request, obj, form, change)
            return
        values = {name: form.cleaned_data[name] for name in form.changed_data}
        organizations.change(obj, actor=request.user, **values)

    def save_formset(self, request: Any, form: Any, formset: Any, change: bool) -> None:
        """Owners change by the verb of transfer, with its lock and its signals."""
        if formset.model is not family_of(form.instance).owner:
            super().save_formset(request, form, formset, change)
            return
        for owner in formset.save(commit=False):
            ownership.transfer(owner.organization, owner.organization_user, actor=request.user)
        formset.save_m2m()

    def delete_model(self, request: Any, obj: Any) -> None:
        organizations.delete(obj, actor=request.user)

    def delete_queryset(self, request: Any, queryset: Any) -> None:
        for organization in queryset.order_by("pk"):
            organizations.delete(organization, actor=request.user)


class OrganizationUserAdmin(RowByRowMixin, BaseOrganizationUserAdmin):
    form = MemberForm
    list_select_related = ("user", "organization")
    search_fields = ("organization__name",)

    actions = ["suspend", "reinstate"]

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        # A membership belongs to its two ends for good; another one is another row.
        if obj is None:
            return ()
        return ("user", "organization", *LIFECYCLE * self._has_lifecycle())

    def get_list_display(self, request: Any) -> Any:
        shown = super().get_list_display(request)
        return [*shown, *(each for each in LIFECYCLE * self._has_lifecycle() if each not in shown)]

    def has_suspend_permission(self, request: Any) -> bool:
        """Return whether the two actions below are there: members need the columns for them."""
        return self._has_lifecycle() and self.has_change_permission(request)

    def _has_lifecycle(self) -> bool:
        return family_of(self.model).has_member_lifecycle

    @admin.action(description=_("Suspend the chosen members"), permissions=["suspend"])
    def suspend(self, request: Any, queryset: Any) -> None:
        step = partial(suspension.suspend, now=timezone.now())
        done = _("%(count)d of the chosen members are suspended.")
        self._each(request, queryset, step, done=done, word=_("Suspended"))

    @admin.action(description=_("Reinstate the chosen members"), permissions=["suspend"])
    def reinstate(self, request: Any, queryset: Any) -> None:
        done = _("%(count)d of the chosen members are reinstated.")
        self._each(request, queryset, suspension.reinstate, done=done, word=_("Reinstated"))

    def _each(self, request: Any, queryset: Any, step: Any, *, done: Any, word: Any) -> None:
        """Take the step with each row by itself; a refused one stays as it is."""
        count = 0
        for member in queryset.order_by("organization_id", "pk"):
            try:
                changed = step(member, actor=request.user)
            except OrganizationsError as error:
                self.message_user(request, f"{member}: {error}", messages.ERROR)
                continue
            count += 1
            self.log_change(request, changed, str(word))
        self.message_user(request, done % {"count": count}, messages.SUCCESS)

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        if not change:
            fields = dict(form.cleaned_data)
            organization, user = fields.pop("organization"), fields.pop("user")
            member = members.add(organization, user, actor=request.user, **fields)
            obj.pk = member.pk
            obj._state.adding = False
            return
        if "is_admin" in form.changed_data:
            members.set_admin(obj, obj.is_admin, actor=request.user)
        if set(form.changed_data) - {"is_admin"}:
            self._may_change(request, obj)
            super().save_model(request, obj, form, change)

    def _may_change(self, request: Any, member: Any) -> None:
        """Refuse who may not change this member; what the further fields give nobody knows."""
        lock_organization(member.organization)
        may = authority(member.organization, request.user)
        may.require(permissions.CHANGE_MEMBER)
        may.may_touch(member)
        may.may_raise(member)

    def delete_model(self, request: Any, obj: Any) -> None:
        members.remove(obj.organization, obj.user, actor=request.user)

    def delete_view(self, request: Any, object_id: str, extra_context: Any = None) -> Any:
        try:
            return super().delete_view(request, object_id, extra_context)
        except OwnershipRequired as error:
            self.message_user(request, str(error), messages.ERROR)
            return self.response_post_save_change(request, self.get_object(request, object_id))


class OrganizationOwnerAdmin(BaseOrganizationOwnerAdmin):
    form = OwnerForm
    list_display = ("organization", "organization_user")
    list_select_related = (
        "organization",
        "organization_user__user",
        "organization_user__organization",
    )

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        return ("organization",) if obj is not None else ()

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        ownership.transfer(obj.organization, obj.organization_user, actor=request.user)
        row = type(obj)._base_manager.get(organization_id=obj.organization_id)
        obj.pk = row.pk
        obj._state.adding = False


class OrganizationInvitationAdmin(RowByRowMixin, admin.ModelAdmin):
    list_display = ("invitee_identifier", "organization", "status", "expires_at", "invited_by")
    list_filter = ("status",)
    search_fields = ("invitee_identifier", "organization__name")
    list_select_related = ("organization", "invited_by")
    # The mailed link proves the address that it was sent to: neither may change afterwards.
    # What it offers stands under the rights of who offers it: invite the address again.
    readonly_fields = (
        *("organization", "invitee_identifier", "invited_by", "invitee", "guid"),
        *("is_admin", "status", "expires_at", "sent_at", "send_count"),
    )
    exclude = ("token_digest", "open_key")
    actions = ["resend"]

    def has_resend_permission(self, request: Any) -> bool:
        """Return whether the action below is there: people are asked before they join."""
        return invitation_backend().requires_acceptance and self.has_change_permission(request)

    @admin.action(description=_("Send the chosen invitations again"), permissions=["resend"])
    def resend(self, request: Any, queryset: Any) -> None:
        backend, now, done = invitation_backend(), timezone.now(), 0
        for invitation in invitations.with_life(queryset.order_by("organization_id", "pk")):
            if invitation.kind != InvitationKind.MAIL:
                refusal = _("%(name)s: only what was sent to an address is sent again.")
                self.message_user(request, refusal % {"name": invitation}, messages.ERROR)
                continue
            try:
                backend.resend(invitation, actor=request.user, now=now, request=request)
            except OrganizationsError as error:
                self.message_user(request, f"{invitation}: {error}", messages.ERROR)
                continue
            done += 1
            self.log_change(request, invitation, str(_("Sent again")))
        if done:
            text = ngettext("%(count)d is on its way.", "%(count)d are on their way.", done)
            self.message_user(request, text % {"count": done}, messages.SUCCESS)

    def has_add_permission(self, request: Any) -> bool:
        # An invitation without a mail and a secret could never be opened.
        return False

    def delete_model(self, request: Any, obj: Any) -> None:
        [invitation] = invitations.with_life([obj])
        if invitation.state in (InvitationStatus.PENDING, InvitationStatus.EXPIRED):
            invitations.revoke(invitation, actor=request.user, now=timezone.now())
        super().delete_model(request, obj)


def register_family(family: Family, site: admin.AdminSite = admin.site) -> None:
    """Put the models of a family into the admin, but for those that are there already."""
    lacks_admins = not family.has_field("member", "is_admin")
    lacks_slug = not family.has_field("organization", "slug")
    owner = type("OwnerInline", (OwnerInline,), {"model": family.owner})
    member = type("MemberInline", (MemberInline,), {"model": family.member})
    organization_options: dict[str, Any] = {"inlines": [owner, member]}
    if lacks_slug:
        organization_options["prepopulated_fields"] = {}
    invitation_options: dict[str, Any] = {}
    if not family.has_field("invitation", "status"):
        plain = ["invitee_identifier", "organization", "invited_by"]
        invitation_options = {
            "list_display": plain,
            "list_filter": (),
            "readonly_fields": (*plain, "invitee", "guid"),
            "exclude": (),
        }
    pages: list[tuple[Any, type[admin.ModelAdmin], dict[str, Any]]] = [
        (family.organization, OrganizationAdmin, organization_options),
        (
            family.member,
            OrganizationUserAdmin,
            {"list_display": ["user", "organization"], "form": forms.ModelForm}
            if lacks_admins
            else {},
        ),
        (family.owner, OrganizationOwnerAdmin, {}),
        (family.invitation, OrganizationInvitationAdmin, invitation_options),
    ]
    for model, page, options in pages:
        if model is not None and not site.is_registered(model):
            site.register(model, type(page.__name__, (page,), options) if options else page)


class VerifiedAddressForm(forms.ModelForm):
    """Keeps addresses in the form in which they are compared."""

    def clean_address(self) -> str:
        return clean_address(self.cleaned_data["address"])


@admin.register(VerifiedAddress)
class VerifiedAddressAdmin(admin.ModelAdmin):
    form = VerifiedAddressForm
    list_display = ("address", "user", "verified_at")
    search_fields = ("address",)
    raw_id_fields = ("user",)
    readonly_fields = ("verified_at",)
    list_select_related = ("user",)


# A project with a family of its own sees that one; ``OrganizationsConfig.ready`` registers it.
if own_family() is None:
    admin.site.register(Organization, OrganizationAdmin)
    admin.site.register(OrganizationUser, OrganizationUserAdmin)
    admin.site.register(OrganizationOwner, OrganizationOwnerAdmin)
    admin.site.register(OrganizationInvitation, OrganizationInvitationAdmin)
