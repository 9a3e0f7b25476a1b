"""Many invitations at once: a list, what its columns hold, a look at it, and step by step."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.views.generic import FormView, TemplateView, View

from .. import permissions
from ..backends import invitation_backend
from ..bulk_forms import BulkForm, ColumnsForm
from ..converters import as_key
from ..exceptions import NotAllowed, OrganizationsError
from ..forms import add_verb_error
from ..services import bulk_jobs
from ..services.bulk import Result
from ..words import gettext as _
from ..words import gettext_lazy, ngettext
from .base import PageMixin
from .default import org_url
from .mixins import AccessRequiredMixin

__all__ = ["BulkColumns", "BulkDetail", "BulkInvite", "BulkResults"]

#: Most lines that a page shows; the file of the results has all of them.
SHOWN = 200

#: What a list says of its lines before anybody is invited, by the codes of ``DONE``.
FORECAST = {
    "invited": gettext_lazy("Will be invited."),
    "renewed": gettext_lazy("Will be invited again: an open invitation is renewed."),
    "approved": gettext_lazy("Will be invited: a member has proposed this person."),
}

#: What spreadsheets take for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class _WhereInvited:
    """Pages that are there only where people are asked before they become members."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not invitation_backend().requires_acceptance:
            raise Http404
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]


class BulkMixin(AccessRequiredMixin, _WhereInvited):
    """Asks for the right to invite, and finds a list of the organization in the URL."""

    permission = permissions.INVITE_MEMBER

    @cached_property
    def job(self) -> Any:
        jobs = bulk_jobs.jobs_of(self.organization)
        key = as_key(jobs.model, self.kwargs["bulk_pk"])
        if key is None:
            raise Http404
        return get_object_or_404(jobs.select_related("created_by"), pk=key)

    def url(self, name: str) -> str:
        return org_url(name, self.organization, bulk_pk=self.job.pk)


class BulkInvite(BulkMixin, PageMixin, FormView):
    """Takes a list of addresses. Nobody is invited yet."""

    form_class = BulkForm
    template_name = "organizations/organization_bulk.html"
    lists_shown = 5

    def get_form_kwargs(self) -> dict[str, Any]:
        return {
            **super().get_form_kwargs(),
            "request": self.request,
            "organization": self.organization,
            "access": self.access,
        }

    def get_context_data(self, **kwargs: Any) -> Any:
        found = bulk_jobs.jobs_of(self.organization).defer("addresses", "results")
        return super().get_context_data(
            lists=found.select_related("created_by")[: self.lists_shown], **kwargs
        )

    def form_valid(self, form: Any) -> HttpResponse:
        job = form.save()
        return redirect(org_url("organization_bulk_detail", self.organization, bulk_pk=job.pk))


class BulkColumns(BulkMixin, PageMixin, FormView):
    """Asks which column of an uploaded table holds what."""

    form_class = ColumnsForm
    template_name = "organizations/organization_bulk_columns.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        if bulk_jobs.table_of(self.job) is None:
            raise Http404
        return {**super().get_form_kwargs(), "organization": self.organization, "job": self.job}

    def get_context_data(self, **kwargs: Any) -> Any:
        found = super().get_context_data(**kwargs)
        table = found["form"].table
        return {**found, "job": self.job, "header": table.header, "rows": table.rows[:3]}

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            form.save()
        except OrganizationsError as error:
            add_verb_error(form, error)
            return self.form_invalid(form)
        return redirect(self.url("organization_bulk_detail"))


class BulkDetail(BulkMixin, TemplateView):
    """A list before it is done, while it is done, and afterwards.

    Queries of a list that is not begun: 4, and those of a dry run; else 4.
    """

    template_name = "organizations/organization_bulk_detail.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if bulk_jobs.table_of(self.job) is not None:
            return redirect(self.url("organization_bulk_columns"))
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> Any:
        job = self.job
        results = bulk_jobs.results_of(job)
        is_begun = bool(results) or job.finished_at is not None
        if not is_begun:
            found = bulk_jobs.forecast(
                self.organization, job, actor=self.request.user, now=timezone.now()
            )
            results = [
                replace(each, message=FORECAST[each.code]) if each.is_done else each
                for each in found
            ]
        done = sum(result.is_done for result in results)
        return super().get_context_data(
            job=job,
            is_begun=is_begun,
            counts=counts_of(results),
            results=sorted(results, key=lambda result: result.is_done)[:SHOWN],
            result_count=len(results),
            line_count=len(job.addresses),
            done_count=len(job.results),
            invited_count=done,
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        job = self.job
        if request.POST.get("action") == "discard":
            bulk_jobs.discard(job)
            messages.success(request, _("The list is discarded."))
            return redirect(org_url("organization_user_list", self.organization))
        done = request.POST.get("done", "")
        try:
            job = bulk_jobs.work(
                self.organization,
                job,
                actor=request.user,
                now=timezone.now(),
                done=int(done) if done.isascii() and done.isdecimal() and len(done) < 7 else -1,
                deliver_many=invitation_backend().deliver_many(request=request),
            )
        except NotAllowed:
            raise
        except OrganizationsError as error:
            messages.error(request, str(error))
        else:
            self._tell(job)
        return redirect(self.url("organization_bulk_detail"))

    def _tell(self, job: Any) -> None:
        if job.finished_at is not None:
            count = sum(result.is_done for result in bulk_jobs.results_of(job))
            text = ngettext("%(count)d person is invited.", "%(count)d people are invited.", count)
            messages.success(self.request, text % {"count": count})
        else:
            numbers = {"done": len(job.results), "count": len(job.addresses)}
            text = ngettext(
                "%(done)d of %(count)d line is done.",
                "%(done)d of %(count)d lines are done.",
                numbers["count"],
            )
            messages.info(self.request, text % numbers)


class BulkResults(BulkMixin, View):
    """What has become of each line, as a file for a spreadsheet."""

    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Named on purpose, so that no browser takes the words of others for a page.
        headers = {
            "Content-Disposition": f'attachment; filename="invitations-{self.job.pk}.csv"',
            "X-Content-Type-Options": "nosniff",
        }
        response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8", headers=headers)
        writer = csv.writer(response)
        writer.writerow([_("Line"), _("Address"), _("Name"), _("Result"), _("Explanation")])
        for result in bulk_jobs.results_of(self.job):
            line = result.line
            cells = (line.address or line.text, line.name, result.code, str(result.message))
            writer.writerow([line.number, *map(plain_cell, cells)])
        return response


def counts_of(results: Iterable[Result]) -> list[tuple[str, Any, int]]:
    """Return each code with its words and how many lines have it, the most frequent first."""
    found = Counter(result.code for result in results)
    words = {result.code: result.message for result in results}
    return [(code, words[code], count) for code, count in found.most_common()]


def plain_cell(text: str) -> str:
    """Return a cell that no spreadsheet reads as a formula."""
    return f"'{text}" if text.lstrip().startswith(FORMULA) or text.startswith(FORMULA) else text
