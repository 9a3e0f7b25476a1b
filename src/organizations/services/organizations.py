"""Organizations are made, changed and deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import IntegrityError, transaction

from .. import colours, permissions, signals, slugs
from ..conf import LIFETIMES, is_reserved
from ..exceptions import NotAColour, OrganizationsError, OrganizationStateError, SlugTaken
from ..families import Family, default_family, family_of
from ..words import gettext_lazy as _
from . import _sides
from ._async import make_async
from ._locks import database_of, lock_organization, verb
from .ceiling import authority
from .members import make_owner
from .operators import may, require_operator

__all__ = [
    "Joining",
    "accent_of",
    "achange",
    "acreate",
    "adelete",
    "aset_accent",
    "aset_joining",
    "change",
    "create",
    "delete",
    "joining_of",
    "set_accent",
    "set_joining",
    "with_accent",
]


def create(
    user: Any,
    *,
    name: str,
    slug: str | None = None,
    is_active: bool | None = None,
    model: Any = None,
    org_defaults: dict[str, Any] | None = None,
    org_user_defaults: dict[str, Any] | None = None,
    actor: Any = None,
) -> Any:
    """Make an organization with a user as its first member, admin and owner.

    Args:
        slug: None for one made from the name.
        is_active: None for the model's default.
        model: the organization model; None for the project's default.
        org_defaults: further values of the organization row.
        org_user_defaults: values of the member row, in place of ``is_admin=True``.
        actor: who makes it, if that is not the user.
    Raises:
        SlugTaken: another organization has or had the slug, or the word is reserved.
    Queries: 5 to 7. Signals: organization_created, member_added.
    """
    family = family_of(model) if model is not None else default_family()
    values = dict(org_defaults or {}, name=name)
    if slug:
        _refuse_reserved(slug)
        values["slug"] = slug
    if is_active is not None:
        values["is_active"] = is_active
    if org_user_defaults is None:
        org_user_defaults = {"is_admin": True} if family.has_field("member", "is_admin") else {}
    organization_model = model or family.organization
    using = database_of(organization_model)
    with transaction.atomic(using=using):
        organization = organization_model(**values)
        _insert(organization, using)
        member = family.member(**{**org_user_defaults, "user": user, "organization": organization})
        member.save(force_insert=True)
        make_owner(family, organization, member)
        actor = actor or user
        signals.organization_created.send(
            sender=organization_model, organization=organization, actor=actor
        )
        signals.member_added.send(
            sender=family.member, organization=organization, member=member, actor=actor
        )
    return organization


@verb
def change(organization: Any, *, actor: Any = None, **values: Any) -> Any:
    """Set fields of an organization, such as its name or slug, and return it.

    A slug that it leaves stays its own: the newest ten are given to nobody else, and lead its
    members on.

    Args:
        actor: needs the permission to change the organization, and for ``is_active`` is an
            operator; None for code that acts by its own word.
    Raises:
        NotAllowed: the actor may not.
        OrganizationStateError: it is suspended or deleted, and ``is_active`` would open it.
        SlugTaken: another organization has or had the slug, or the word is reserved.
    Locks: the organization. Signals: organization_changed, if anything changed.
    """
    lock_organization(organization)
    may(organization, actor, permissions.CHANGE_ORGANIZATION)
    before = type(organization)._base_manager.get(pk=organization.pk)
    changes = {
        field: (getattr(before, field), value)
        for field, value in values.items()
        if getattr(before, field) != value
    }
    if "slug" in changes:
        _refuse_reserved(changes["slug"][1])
    if "is_active" in changes:
        require_operator(organization, actor)
        if values["is_active"] and _sides.is_shut(_sides.record_of(organization)):
            raise OrganizationStateError
    for field, value in values.items():
        setattr(organization, field, value)
    if changes:
        # These columns alone: what else the instance holds may be older than the lock.
        stamps = (
            ["modified"] if family_of(organization).has_field("organization", "modified") else []
        )
        _save(organization, database_of(organization), update_fields=[*changes, *stamps])
        if "slug" in changes:
            _sides.hold_slug(organization, changes["slug"][0])
        signals.organization_changed.send(
            sender=type(organization), organization=organization, actor=actor, changes=changes
        )
    return organization


@verb
def delete(organization: Any, *, actor: Any = None) -> None:
    """Delete an organization with its members, its owner row and its invitations.

    Rows of the host project go the way their foreign keys say; a protected one raises. What is
    deleted on its page can be restored for a while: that is ``closing.close``.

    Raises:
        NotAllowed: the actor may not delete the organization.
    Locks: the organization. Signals: organization_deleted, after the rows are gone and
    before the transaction ends; the organization still has its key.
    """
    lock_organization(organization)
    may(organization, actor, permissions.DELETE_ORGANIZATION, action="delete")
    key = organization.pk
    organization.delete()
    organization.pk = key
    signals.organization_deleted.send(
        sender=type(organization), organization=organization, actor=actor
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Joining:
    """What an organization says about joining; its domains stand in ``domains``.

    Attributes:
        invitation_days: how many days its invitations stay open, 1 to 30; None for the setting
            ``INVITATION_LIFETIME``.
        accepts_requests: whether people may ask to join.
    """

    invitation_days: int | None = None
    accepts_requests: bool = False


def joining_of(organization: Any) -> Joining:
    """Return what an organization says about joining. Queries: 1."""
    record = _sides.record_of(organization)
    if record is None:
        return Joining()
    return Joining(invitation_days=record.invitation_days, accepts_requests=record.accepts_requests)


@verb
def set_joining(organization: Any, *, actor: Any, **values: Any) -> Joining:
    """Set what an organization says about joining, and return all of it.

    Args:
        actor: a user, by their own rights; None for code.
        values: fields of ``Joining``; those that are left out stay.
    Raises:
        NotAllowed: the actor may not change the organization.
        OrganizationsError: the days are not 1 to 30.
        TypeError: an unknown field, or a value of the wrong type.
    Locks: the organization. Signals: organization_changed, if anything changed.
    """
    lock_organization(organization)
    authority(organization, actor).require(permissions.CHANGE_ORGANIZATION)
    Joining(**values)
    days, accepts = values.get("invitation_days"), values.get("accepts_requests", False)
    if not isinstance(accepts, bool) or isinstance(days, bool) or not isinstance(days, int | None):
        raise TypeError("invitation_days is a whole number or None, accepts_requests a bool.")
    if days is not None and not LIFETIMES[0].days <= days <= LIFETIMES[1].days:
        raise OrganizationsError(_("An invitation stays open for 1 to 30 days."))
    before = joining_of(organization)
    changes = {
        field: (getattr(before, field), value)
        for field, value in values.items()
        if getattr(before, field) != value
    }
    if changes:
        _sides.write(organization, _sides.record_of(organization), **values)
        signals.organization_changed.send(
            sender=type(organization), organization=organization, actor=actor, changes=changes
        )
    return joining_of(organization)


def accent_of(organization: Any) -> str:
    """Return the colour of an organization's pages as ``#rrggbb``, or "" for that of the site.

    Queries: 1; 0 for rows of ``with_accent``.
    """
    if hasattr(organization, "_org_accent"):
        return organization._org_accent or ""
    record = _sides.record_of(organization)
    return "" if record is None else str(record.accent)


def with_accent(rows: Any) -> Any:
    """Return a queryset of organizations, each with the colour that ``accent_of`` gives."""
    return rows.annotate(**accent_columns(rows.model))


def accent_columns(model: Any, key: str = "pk") -> dict[str, Any]:
    """Return what ``with_accent`` adds to rows that hold an organization's key.

    Args:
        model: the organization model.
        key: where the rows hold it.
    """
    if not apps.is_installed("organizations"):
        return {}
    return {"_org_accent": _sides.column(model, "accent", key=key)}


@verb
def set_accent(organization: Any, accent: str, *, actor: Any) -> str:
    """Set the colour of an organization's pages, and return it.

    Pages show a darker or lighter shade of it where text could not be read otherwise.

    Args:
        accent: ``#rrggbb``; "" for the colour of the site.
        actor: a user, by their own rights; None for code.
    Raises:
        NotAllowed: the actor may not change the organization.
        NotAColour: it is none.
    Locks: the organization. Signals: organization_changed, if anything changed.
    """
    lock_organization(organization)
    authority(organization, actor).require(permissions.CHANGE_ORGANIZATION)
    try:
        accent = accent and colours.clean(accent)
    except ValueError as error:
        raise NotAColour from error
    record = _sides.record_of(organization)
    before = "" if record is None else record.accent
    if accent != before:
        _sides.write(organization, record, accent=accent)
        if hasattr(organization, "_org_accent"):
            organization._org_accent = accent
        signals.organization_changed.send(
            sender=type(organization),
            organization=organization,
            actor=actor,
            changes={"accent": (before, accent)},
        )
    return accent


def _refuse_reserved(slug: str) -> None:
    if is_reserved(slug):
        raise SlugTaken(_("This short name cannot be used. Choose another one."))


def _insert(organization: Any, using: str) -> None:
    slug_is_made = not getattr(organization, "slug", None)
    for attempts_left in reversed(range(5)):
        try:
            return _save(organization, using, force_insert=True)
        except SlugTaken:
            if not (slug_is_made and attempts_left):
                raise
            # A namesake was faster, or the project's own slug field knows no former slugs.
            organization.slug = slugs.free(type(organization), organization.slug, using=using)


def _save(organization: Any, using: str, **options: Any) -> None:
    writes_slug = _writes_slug(family_of(organization), options)
    try:
        _save_once(organization, using, options, writes_slug)
    except IntegrityError as error:
        if not writes_slug:
            raise
        if _slug_is_taken(organization) or _slug_is_held(organization, using):
            raise SlugTaken from error
        # Who had the slug may just have gone. Anything else stands in the way once more.
        _save_once(organization, using, options, writes_slug)


def _save_once(organization: Any, using: str, options: dict[str, Any], writes_slug: bool) -> None:
    with transaction.atomic(using=using):
        organization.save(**options)
        # Looked at only now: whoever has just left the slug was waited for by the write.
        if writes_slug and _slug_is_held(organization, using):
            raise SlugTaken


def _writes_slug(family: Family, options: dict[str, Any]) -> bool:
    fields = options.get("update_fields")
    return family.has_field("organization", "slug") and (fields is None or "slug" in fields)


def _slug_is_held(organization: Any, using: str) -> bool:
    """Return whether the slug is a former one of another organization. Queries: 1."""
    if not apps.is_installed("organizations"):
        return False
    held = slugs.former(type(organization), [organization.slug], but=organization, using=using)
    return bool(held.exists())


def _slug_is_taken(organization: Any) -> bool:
    rows = family_of(organization).organization._base_manager.filter(slug=organization.slug)
    return bool(rows.exclude(pk=organization.pk).exists())


acreate = make_async(create)
achange = make_async(change)
adelete = make_async(delete)
aset_accent = make_async(set_accent)
aset_joining = make_async(set_joining)
