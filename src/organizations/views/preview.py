"""The page between a form and its effect: who gains and who loses what, before it is so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse

from .. import permissions
from ..doors import varying
from ..exceptions import NotAllowed, OrganizationsError
from ..forms import add_verb_error
from ..services._locks import held
from ..services.preview import AccessChange, Preview
from ..words import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

__all__ = ["PreviewMixin", "ShownPreview", "shown"]

#: How many people a page lists; of the others it tells the number.
PEOPLE_SHOWN = 25


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownChange:
    """What one person gains and loses, in labels."""

    member: Any
    gained: list[Any]
    lost: list[Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownPreview:
    """A preview as ``elements/preview.html`` shows it.

    Attributes:
        people: the first people with a change.
        more: how many are not listed.
        gaining, losing: how many people gain and lose something.
        own: what the viewer gains and loses, or None.
    """

    people: list[ShownChange]
    more: int
    gaining: int
    losing: int
    own: ShownChange | None


def shown(preview: Preview, *, user: Any) -> ShownPreview:
    """Return a preview in words, for the person who looks at it. Queries: 0."""
    own = preview.of(user)
    # Who loses comes first: that is what must not be overlooked.
    changes = sorted(preview.changes, key=lambda change: not change.lost)
    return ShownPreview(
        people=[_shown(change) for change in changes[:PEOPLE_SHOWN]],
        more=max(0, len(changes) - PEOPLE_SHOWN),
        gaining=len(preview.gaining),
        losing=len(preview.losing),
        own=None if own is None else _shown(own),
    )


def _shown(change: AccessChange) -> ShownChange:
    return ShownChange(member=change.member, gained=labels(change.gained), lost=labels(change.lost))


def labels(names: frozenset[str]) -> list[Any]:
    """Return the labels of permissions, in the order of their declaration."""
    return [each.label for each in permissions.declared() if each.name in names]


class PreviewMixin:
    """Shows the effect of a form first, and acts when the same effect is confirmed.

    Stands before the mixin whose ``form_valid`` acts. A POST that the form accepts shows
    ``preview_template_name``. The page sends the same data again with ``confirm``, the digest
    of what it has shown; if the effect is another one by now, it is shown again. A POST with
    ``edit`` goes back to the form. What changes nothing for anybody is done at once.

    Attributes:
        preview_template_name: the page; ``organizations/preview.html`` or a child of it.
        preview_title: its heading.
        preview_submit: the words on the button that confirms.
        preview_tab: the tab it stands under.
        preview_risky: whether the button has the colour of danger.
        preview_cancel_url: where else to go; empty for a way back to the form.
    """

    preview_template_name = "organizations/preview.html"
    preview_title: str | _StrPromise = _("Check what changes")
    preview_submit: str | _StrPromise = _("Confirm")
    preview_tab = "members"
    preview_risky = False
    preview_cancel_url = ""
    request: Any
    organization: Any

    def get_preview(self, form: Any) -> Preview:
        """Return ``services.preview.preview(...)`` of what the form would do."""
        # There is no effect to assume: a page that forgot it must not act unseen.
        raise NotImplementedError(f"{type(self).__name__} needs get_preview(form).")

    def get_digest(self, form: Any, preview: Preview) -> str:
        """Return a text that changes when the page would show something else."""
        return preview.digest

    def needs_preview(self, form: Any, preview: Preview) -> bool:
        """Return whether there is anything to show."""
        return bool(preview.changes)

    def get_preview_context(self, form: Any, preview: Preview) -> dict[str, Any]:
        """Return what the page needs."""
        sent = [
            (name, value)
            for name, values in self.request.POST.lists()
            if name not in ("csrfmiddlewaretoken", "confirm", "edit")
            for value in values
        ]
        return {
            "preview": shown(preview, user=self.request.user),
            "confirm": self.get_digest(form, preview),
            "sent": sent,
            "preview_title": self.preview_title,
            "preview_submit": self.preview_submit,
            "preview_tab": self.preview_tab,
            "preview_risky": self.preview_risky,
            "preview_cancel_url": self.preview_cancel_url,
        }

    def form_valid(self, form: Any) -> HttpResponse:
        if "edit" in self.request.POST:
            return self.form_again(form)
        # Held from the look to the deed, so that what is done is what was confirmed.
        with held(self.organization):
            try:
                found = self.get_preview(form)
            except NotAllowed:
                raise  # no field can mend it: the page that says so
            except OrganizationsError as error:
                add_verb_error(form, error)
                return self.form_invalid(form)  # type: ignore[attr-defined, no-any-return]
            confirmed = self.request.POST.get("confirm") == self.get_digest(form, found)
            if confirmed or not self.needs_preview(form, found):
                return super().form_valid(form)  # type: ignore[misc, no-any-return]
        return self.render_preview(form, found)

    def form_again(self, form: Any) -> HttpResponse:
        context = self.get_context_data(form=form)  # type: ignore[attr-defined]
        return self.render_to_response(context)  # type: ignore[attr-defined, no-any-return]

    def render_preview(self, form: Any, preview: Preview) -> HttpResponse:
        context = self.get_context_data(  # type: ignore[attr-defined]
            form=form, **self.get_preview_context(form, preview)
        )
        response = self.response_class(  # type: ignore[attr-defined]
            request=self.request, template=[self.preview_template_name], context=context
        )
        return varying(response)
