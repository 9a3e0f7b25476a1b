"""Many invitations at once: each line gets the answer it would get alone, and it is quick."""

import time

import pytest
from django.contrib.auth import get_user_model
from django.core import mail as outbox
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from organizations import testing
from organizations.backends.modeled import ModelInvitation
from organizations.families import family_of
from organizations.mail import LinkBase
from organizations.models import Organization
from organizations.services import bulk, invitations, lists
from tests.app.models import Club
from tests.compat.guilds.models import Guild
from tests.conftest import database_name

pytestmark = pytest.mark.django_db

User = get_user_model()
NOW = timezone.now()
BASE = LinkBase.parse("https://app.example.com")
FREE = {
    "MAX_OPEN_INVITATIONS": None,
    "RATES": dict.fromkeys(("inviter", "organization", "young_organization", "recipient")),
}


@pytest.fixture(params=[Organization, Club, Guild], ids=["columns", "record", "base line"])
def acme(request):
    return testing.make_organization("Acme", owner="ada", members=["cy"], model=request.param)


@pytest.fixture
def ada(acme):
    return acme.users.get(username="ada")


def of(*texts):
    return lists.parse_text("\n".join(texts))


def rows(organization):
    model = family_of(organization).invitation
    found = invitations.with_life(model._base_manager.filter(organization_id=organization.pk))
    return {row.invitee_identifier: row for row in found}


def codes(results):
    return [result.code for result in results]


def big(count):
    return [lists.Line(number=n, text="", address=f"person{n}@example.com") for n in range(count)]


@pytest.mark.urls("tests.doors.urls_modelled")
@pytest.mark.parametrize("count", [1000, pytest.param(10_000, marks=pytest.mark.slow)])
def test_a_thousand_cost_few_queries_and_little_time(count, settings, request):
    settings.ORGANIZATIONS = {**FREE, "SEATS": 20_000}
    acme = testing.make_organization("Acme", owner="ada", members=["cy"])
    ada = acme.users.get(username="ada")
    start = time.perf_counter()
    lines = lists.parse_text("\n".join(f"Person {n} <person{n}@example.com>" for n in range(count)))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        with TestCase.captureOnCommitCallbacks(execute=True):
            results = bulk.invite_many(
                acme,
                lines,
                actor=ada,
                now=NOW,
                deliver_many=ModelInvitation().deliver_many(domain=BASE),
            )
    seconds = time.perf_counter() - start
    thousand = len(queries) / count * 1000
    print(
        f"{count} addresses on {database_name()}: {seconds:.1f} s, {thousand:.1f} queries per thousand"
    )
    assert codes(results) == ["invited"] * count
    assert len(outbox.outbox) == count
    assert all(row.sent_at == NOW for row in rows(acme).values())
    assert thousand <= {"postgres": 30, "sqlite": 60}[database_name()]
    assert seconds <= 60
