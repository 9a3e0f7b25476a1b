"""``{% load org_tags %}``: names, standings, links and the switcher."""

from __future__ import annotations

import re
import zlib
from datetime import date, datetime
from typing import Any

from django import template
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Model
from django.forms.boundfield import BoundField, BoundWidget
from django.urls import NoReverseMatch
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from .. import beside, elements, pages, presets
from ..backends import invitation_backend
from ..conf import get_settings
from ..dates import last_day
from ..exceptions import RegistrationClosed
from ..families import is_live
from ..grants import standing_of
from ..keyset import COUNTED
from ..mail import display_name
from ..permissions import Access, Grant
from ..resolvers import chosen, from_session
from ..services import registration
from ..services.access import access_of, members_with_standing, rights_of_row
from ..services.ceiling import within_reach
from ..services.organizations import accent_of
from ..views.default import org_url as url_of

register = template.Library()
register.tag(elements.element)
register.tag(elements.slot)


@register.inclusion_tag("organizations/organization_users.html", takes_context=True)
def organization_users(context: Any, org: Any) -> Any:
    """List an organization's members. Queries: 1."""
    context.update({"organization_users": members_with_standing(org), "organization": org})
    return context


@register.filter
def is_admin(org: Any, user: Any) -> bool:
    """``{% if org|is_admin:user %}``"""
    return bool(org.is_admin(user))


@register.filter
def is_owner(org: Any, user: Any) -> bool:
    """``{% if org|is_owner:user %}``"""
    return bool(org.is_owner(user))


@register.filter
def org_can(access: Access | None, permission: str) -> bool:
    """``{% if access|org_can:"organizations.invite_member" %}``; False without an access."""
    return access.has(permission) if isinstance(access, Access) else False


@register.simple_tag
def org_url(name: str, organization: Any, **kwargs: Any) -> str:
    """``{% org_url "organization_detail" organization %}``: by slug if there is one."""
    return url_of(name, organization, **kwargs)


@register.simple_tag(takes_context=True)
def org_accent_url(context: Any) -> str:
    """``{% org_accent_url as accent_url %}``: the stylesheet with the page's organization's colour.

    Nothing without a colour, and for those who may not enter. Queries: 0.
    """
    organization, access = context.get("organization"), context.get("access")
    may_enter = isinstance(access, Access) and access.may_enter
    # Rows that the package's own pages bring; for others it would be a query.
    accent = may_enter and hasattr(organization, "_org_accent") and accent_of(organization)
    if not accent:
        return ""
    try:
        url = url_of("organization_accent", organization)
    except NoReverseMatch:
        return ""
    return f"{url}?v={accent[1:]}"


@register.simple_tag
def org_sign_up_open() -> bool:
    """``{% org_sign_up_open as is_open %}``: whether anybody but invited people may sign up."""
    try:
        registration.require_open()
    except RegistrationClosed:
        return False
    return True


@register.simple_tag(takes_context=True)
def org_links(context: Any, place: str) -> list[pages.Link]:
    """``{% org_links "member" as links %}``: what apps add there, for the viewer's ``access``."""
    access = context.get("access")
    return pages.links(place, access) if isinstance(access, Access) else []


@register.simple_tag
def org_has_offers() -> bool:
    """``{% org_has_offers as has_offers %}``: whether people are asked before they join."""
    return bool(invitation_backend().requires_acceptance)


@register.filter
def org_presets(invitation: Any) -> list[tuple[Any, list[str]]]:
    """Return what an offer carries besides the standing: a label with names, for each kind.

    Queries: 0 for offers that carry nothing more, else 1 for each kind.
    """
    return presets.labels_of(invitation.organization, getattr(invitation, "presets", None))


@register.filter
def org_standing(member: Any) -> str:
    """Return owner, admin or member. Queries: 0 for rows of ``members_with_standing``."""
    if not hasattr(member, "owner_row"):
        row = members_with_standing(member.organization).get(pk=member.pk)
        member.owner_row = row.owner_row
    return standing_of(
        is_owner=member.owner_row is not None, is_admin=getattr(member, "is_admin", False)
    ).value


@register.filter
def org_reaches(access: Access | None, member: Any) -> bool:
    """``{% if access|org_reaches:member %}``: whether the viewer's rights cover the member's.

    For the rows that the package's own pages bring, whose links to change somebody depend on it.
    For others it is true, since the page behind the link refuses as well.
    """
    if not isinstance(access, Access):
        return False
    return not hasattr(member, "has_grants") or within_reach(access, member)


@register.filter
def org_roles(member: Any) -> list[Grant]:
    """Return what a member has besides the standing: the grants that have not ended, by name.

    For the rows that the package's own pages bring; nothing for others. Queries: 0.
    """
    if not hasattr(member, "has_grants"):
        return []
    live = (each for each in rights_of_row(member).grants[1:] if not each.ended)
    return sorted(live, key=lambda each: (each.name, each.via))


@register.tag
def if_org_perm(parser: template.base.Parser, token: template.base.Token) -> template.Node:
    """``{% if_org_perm "shop.refund_order" %}...{% else_org_perm %}...{% end_org_perm %}``.

    Asks the ``access`` of the page, or that of ``request``, which the view mixins and
    decorators leave there. With an organization behind the name it asks ``access_of`` for the
    signed-in user (1 query)::

        {% if_org_perm "shop.refund_order" organization %}
    """
    name, *arguments = token.split_contents()
    if len(arguments) not in {1, 2}:
        raise template.TemplateSyntaxError(
            f'{name} takes a permission and, if need be, an organization: {{% {name} "app.name" %}}'
        )
    allowed = parser.parse(("else_org_perm", "end_org_perm"))
    refused = template.NodeList()
    if parser.next_token().contents == "else_org_perm":
        refused = parser.parse(("end_org_perm",))
        parser.delete_first_token()
    return IfPermission(*(parser.compile_filter(each) for each in arguments), allowed, refused)


class IfPermission(template.Node):
    """See ``if_org_perm``."""

    child_nodelists = ("allowed", "refused")

    def __init__(self, permission: Any, *rest: Any) -> None:
        self.permission = permission
        *organization, self.allowed, self.refused = rest
        self.organization = organization[0] if organization else None

    def render(self, context: Any) -> Any:
        permission = self.permission.resolve(context)
        access = self._access(context)
        nodes = self.allowed if access is not None and access.has(permission) else self.refused
        return nodes.render(context)

    def _access(self, context: Any) -> Access | None:
        request = context.get("request")
        if self.organization is None:
            found = context.get("access") or getattr(request, "access", None)
            return found if isinstance(found, Access) else None
        organization = self.organization.resolve(context)
        user = getattr(request, "user", None) or context.get("user")
        if user is None or not isinstance(organization, Model):
            return None
        return access_of(user, organization)


def _user(person: Any) -> Any:
    return getattr(person, "user", person) if person is not None else None


@register.filter
def org_name(person: Any) -> str:
    """Return what a member or user is called; the address of one who has not come yet."""
    user = _user(person)
    if user is not None and not user.is_active:
        return getattr(user, user.get_email_field_name(), "") or str(user)
    return display_name(user)


@register.filter
def org_plain(name: Any) -> str:
    """Return a name as one line in which no mail program finds a link.

    Slashes and dots give way to marks that look like them. An address stays as it is, since
    the reader may want to answer it. Marks that turn the text around are left out.
    """
    text = " ".join(TURNING.sub("", str(name or "")).split())
    if is_address(text):
        return text
    return LINK_MARKS.sub(lambda found: found.group().translate(LOOK_LIKE), text)


@register.filter
def org_plain_lines(text: Any, before: str = "") -> str:
    """Return a text in which no mail program finds a link, line by line, each after ``before``."""
    return "\n".join(f"{before}{org_plain(line)}".rstrip() for line in str(text or "").splitlines())


#: The slashes before a host, or a dot with something on both sides, as in www.example.com.
LINK_MARKS = re.compile(r"//|(?<=\S)[.](?=\S)")
TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
LOOK_LIKE = {ord("/"): "\u2215", ord("."): "\u2024"}


def is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


@register.filter
def org_count(number: int | None) -> str:
    """Return a count of ``KeysetPage`` as a text: "1,000+" where nobody has counted on."""
    if number is None or number <= COUNTED:
        return str(number or 0)
    return f"{number_format(COUNTED, use_l10n=True, force_grouping=True)}+"


@register.filter
def org_life(member: Any) -> str:
    """Return suspended, ended, ending or nothing: how long the member has access. Queries: 0."""
    if not getattr(member, "has_member_lifecycle", False):
        return ""
    if member.suspended_at is not None:
        return "suspended"
    if member.ends_at is None:
        return ""
    return "ending" if is_live(member, timezone.now()) else "ended"


@register.filter
def org_last_day(ends_at: datetime | None) -> date | None:
    """Return the last day before an end, such as that of a membership."""
    return last_day(ends_at)


@register.filter(expects_localtime=True)
def org_time(moment: Any, style: str = "DATE_FORMAT") -> str:
    """``{{ member.created|org_time }}``: a date in a ``<time>``, or nothing.

    ``|org_time:"DATETIME_FORMAT"`` says the hour, too.
    """
    if not moment:
        return ""  # as where a row has no such field
    exact = {"timespec": "seconds"} if isinstance(moment, datetime) else {}
    return format_html(
        '<time datetime="{}">{}</time>', moment.isoformat(**exact), date_format(moment, style)
    )


@register.filter
def org_pending(member: Any) -> bool:
    """Return whether the member's account waits for its person."""
    return registration.is_pending(member.user)


@register.filter
def org_initials(person: Any) -> str:
    """Return one or two letters for an avatar."""
    words = org_name(person).split("@")[0].replace(".", " ").split()
    letters = [word[0] for word in words if word[0].isalnum()] or [w[0] for w in words]
    return "".join(letters[:1] + letters[-1:] if len(letters) > 1 else letters).upper() or "?"


@register.filter
def org_hue(person: Any) -> int:
    """Return 1 to 8, the same for the same person."""
    user = _user(person)
    return zlib.crc32(str(getattr(user, "pk", "")).encode()) % 8 + 1


@register.filter
def org_widget(field: BoundField | BoundWidget, classes: str) -> SafeString:
    """``{{ field|org_widget:"form-control" }}``: a form field's widget with these classes too.

    It works for one choice of many as well, whose label the template writes itself::

        {% for choice in field %}{{ choice|org_widget:"form-check-input" }}{% endfor %}
    """
    if isinstance(field, BoundWidget):
        attrs = _with_classes(field.data["attrs"], classes)
        data = {**field.data, "attrs": attrs}
        return BoundWidget(field.parent_widget, data, field.renderer).tag()
    return field.as_widget(attrs=_with_classes(field.field.widget.attrs, classes))


def _with_classes(attrs: dict[str, Any], classes: str) -> dict[str, Any]:
    return {**attrs, "class": f"{attrs.get('class', '')} {classes}".strip()}


def _choices(context: Any, user: Any) -> beside.Choices:
    """Return where somebody can switch to: what the page has brought along, else what is there."""
    found, access = context.get("org_choices"), context.get("access")
    if isinstance(found, beside.Choices):
        return found
    member = access.member if isinstance(access, Access) else None
    mine = member is not None and member.user_id == user.pk
    return (beside.choices_on(member) if mine else None) or beside.choices_of(user)


@register.inclusion_tag("organizations/switcher.html", takes_context=True)
def org_switcher(context: Any) -> dict[str, Any]:
    """The organizations of the signed-in user, the one of this page marked.

    Queries: 0 on the list of one's organizations, and on the pages of an organization with the
    ``access`` of a member in the context; else 1, and 2 for somebody who is in no organization.
    Where verified addresses have several sources, 1 more for each, and 1 on the pages of an
    organization.

    At most 20, and a link to all. The current one is the ``organization`` of the page, else that
    of the request (1 query, if nobody has asked for it yet). They are links; where the session's
    hint or a landing page of the project's counts, they are buttons that switch.
    """
    request: Any = context.get("request")
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"organizations": [], "current": None, "pending_count": 0}
    found = _choices(context, user)
    current = context.get("organization") or getattr(request, "organization", None)
    for organization in found.organizations:
        organization.is_current = current is not None and organization.pk == current.pk
    return {
        "organizations": found.organizations,
        "current": current,
        "pending_count": found.pending,
        "switches": bool(get_settings().LANDING_URL) or from_session in chosen(),
        "request": request,
    }
