"""The task that a worker runs to send a mail; imported only where the project has a queue."""

from __future__ import annotations

from typing import Any

import django

from . import jobs

if django.VERSION >= (6, 0):
    from django.tasks import task
else:
    from django_tasks import task  # type: ignore[no-redef]

__all__ = ["send_mail"]


@task
def send_mail(job: dict[str, Any]) -> None:
    """See ``jobs.run``."""
    jobs.run(job)
