"""Pages that apps add to those of an organization, and the links that lead to them.

An app names its URLs in its config; they come under the organization's own, with its
``organization_pk``. In ``ready`` it says which links stand where::

    class RolesConfig(AppConfig):
        organization_urls = "organizations.roles.urls"

        def ready(self):
            pages.register(pages.Link(
                place="organization", url_name="organization_roles", label=_("Roles"),
                permission=VIEW_MEMBER,
            ))
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from django.apps import apps
from django.urls import include, path

from .permissions import Access

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

__all__ = ["Link", "links", "register", "urls_of_apps"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """A link to a page of an app.

    Attributes:
        place: ``organization`` for the tabs of an organization, ``member`` for the page of a
            member; the URL then takes ``user_pk`` as well.
        url_name: the page; it needs a name that no other app has.
        permission: who sees the link; the page itself must ask as well.
    """

    place: Literal["organization", "member"]
    url_name: str
    label: str | _StrPromise
    permission: str


_links: dict[str, Link] = {}


def register(link: Link) -> None:
    """Show a link where it belongs. Call it in ``AppConfig.ready``."""
    _links[link.url_name] = link


def links(place: str, access: Access) -> list[Link]:
    """Return the links of a place that a person may use, in the order of registration."""
    return [link for link in _links.values() if link.place == place and access.has(link.permission)]


def urls_of_apps() -> list[Any]:
    """Return the patterns that installed apps add below an organization's own URL."""
    named = [getattr(config, "organization_urls", None) for config in apps.get_app_configs()]
    return [path("", include(urls)) for urls in named if urls is not None]
