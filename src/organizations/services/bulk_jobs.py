"""Many invitations as a row: prepared, looked at, then done step by step.

A row holds what was asked for. Each step invites the next lines and notes what became of them in
the same transaction, so a step that is sent twice, or breaks off, does nothing twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.apps import apps

from .. import permissions
from ..exceptions import OrganizationsError
from ..families import key_text, side_label
from ..words import gettext_lazy as _
from . import bulk
from ._async import make_async
from ._locks import lock_organization, lock_row, verb
from .bulk import DONE, DeliverMany, Result
from .ceiling import authority
from .lists import PROBLEMS, Line, Table, lines_of

__all__ = [
    "STEP",
    "achoose_columns",
    "aprepare",
    "awork",
    "choose_columns",
    "discard",
    "forecast",
    "jobs_of",
    "lines_in",
    "prepare",
    "results_of",
    "table_of",
    "work",
]

#: How many lines one step of a page invites.
STEP = 500


def jobs_of(organization: Any) -> Any:
    """Return the rows of an organization, newest first, as a queryset."""
    rows = apps.get_model("organizations", "BulkInvitation")._base_manager
    return rows.filter(
        model=side_label(type(organization)), organization_key=key_text(organization)
    ).order_by("-pk")


@verb
def prepare(organization: Any, listed: Sequence[Line] | Table, *, actor: Any, **terms: Any) -> Any:
    """Keep a list of addresses until it is looked at, and return the row. Nobody is invited yet.

    Args:
        listed: lines, or a table whose columns are chosen later.
        actor: the user who is going to invite.
        terms: what is offered, as for ``bulk.invite_many``.
    Raises:
        PermissionMissing: the actor may not invite.
    Queries: 2.
    """
    authority(organization, actor).require(permissions.INVITE_MEMBER)
    if (until := terms.get("member_until")) is not None:
        terms["member_until"] = until.isoformat()
    job = apps.get_model("organizations", "BulkInvitation")(
        model=side_label(type(organization)),
        organization_key=key_text(organization),
        created_by=actor,
        offer=terms,
        addresses=(
            {"header": listed.header, "rows": listed.rows}
            if isinstance(listed, Table)
            else [line.as_dict() for line in listed]
        ),
    )
    job.save(force_insert=True)
    return job


def table_of(job: Any) -> Table | None:
    """Return the table whose columns nobody has chosen yet, or None."""
    return Table(**job.addresses) if isinstance(job.addresses, dict) else None


def lines_in(job: Any) -> list[Line]:
    """Return the lines of a job, none while its columns are not chosen."""
    return [] if table_of(job) is not None else [Line(**line) for line in job.addresses]


@verb
def choose_columns(
    job: Any,
    columns: Mapping[str, int],
    *,
    presets: Mapping[str, Mapping[str, str]] | None = None,
) -> Any:
    """Make lines of a table; see ``lists.lines_of``. A job that has lines stays as it is.

    Raises:
        ListUnreadable: no column holds the addresses.
    """
    job = lock_row(job)
    table = table_of(job)
    if table is not None:
        job.addresses = [line.as_dict() for line in lines_of(table, columns, presets=presets)]
        job.save(update_fields=["addresses"])
    return job


def forecast(organization: Any, job: Any, *, actor: Any, now: datetime) -> list[Result]:
    """Return what would become of each line, if it were done now. Nothing is written.

    Queries: those of ``bulk.invite_many`` in a dry run.
    """
    return bulk.invite_many(
        organization, lines_in(job), actor=actor, now=now, dry_run=True, **_terms_of(job)
    )


def results_of(job: Any) -> list[Result]:
    """Return what has become of the lines that are done."""
    return [
        Result(line=line, code=found["code"], message=found.get("message") or message_of(found))
        for line, found in zip(lines_in(job), job.results, strict=False)
    ]


def message_of(found: Mapping[str, str]) -> Any:
    """Return the words for a code that always means the same."""
    return DONE.get(found["code"]) or PROBLEMS.get(found["code"], "")


@verb
def work(
    organization: Any,
    job: Any,
    *,
    actor: Any,
    now: datetime,
    done: int,
    deliver_many: DeliverMany | None = None,
    most: int = STEP,
) -> Any:
    """Invite the next lines, and return the job as it is then.

    Args:
        done: how many lines were done when the actor looked; if there are more by now, another
            step was quicker, and this one does nothing.
        most: how many lines to take.
    Raises:
        DoesNotExist: the job was discarded.
        PermissionMissing: the actor may not invite.
        OrganizationsError: its columns are not chosen yet.
    Queries: 3, and those of ``bulk.invite_many``. Locks: the organization, then the job.
    Signals: as ``bulk.invite_many``.
    """
    lock_organization(organization)
    job = lock_row(job)
    if table_of(job) is not None:
        raise OrganizationsError(_("Choose first which column holds the addresses."))
    if job.finished_at is not None or len(job.results) != done:
        return job
    lines = lines_in(job)
    results = bulk.invite_many(
        organization,
        lines[done : done + most],
        actor=actor,
        now=now,
        deliver_many=deliver_many,
        **_terms_of(job),
    )
    job.results += [_as_json(result) for result in results]
    if len(job.results) >= len(lines):
        job.finished_at = now
    job.save(update_fields=["results", "finished_at"])
    return job


def discard(job: Any) -> None:
    """Forget a list. Invitations that were sent stay."""
    type(job)._base_manager.filter(pk=job.pk).delete()


def _as_json(result: Result) -> dict[str, str]:
    known = message_of({"code": result.code})
    return {"code": result.code} if known else {"code": result.code, "message": str(result.message)}


def _terms_of(job: Any) -> dict[str, Any]:
    terms = dict(job.offer)
    if terms.get("member_until"):
        terms["member_until"] = datetime.fromisoformat(terms["member_until"])
    return terms


aprepare = make_async(prepare)
achoose_columns = make_async(choose_columns)
awork = make_async(work)
