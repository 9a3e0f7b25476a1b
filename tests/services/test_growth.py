from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from organizations import testing
from organizations.models import Organization, OrganizationUser
from organizations.services.growth import growth_of
from tests.app.models import Club
from tests.compat.guilds.models import Guild

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)


@pytest.fixture
def acme():
    return testing.make_organization("Acme", owner="ada", members=["bo", "cy", "di"])


def joined(organization, **dates):
    rows = type(organization).objects.get(pk=organization.pk).organization_users
    for name, when in dates.items():
        rows.filter(user__username=name).update(created=when)


def test_members_are_counted_by_the_month_in_which_they_joined(acme):
    joined(
        acme,
        ada=datetime(2019, 1, 1, tzinfo=UTC),
        bo=datetime(2025, 4, 1, tzinfo=UTC),  # the first moment that counts
        cy=datetime(2026, 2, 28, 23, 59, tzinfo=UTC),
        di=datetime(2026, 3, 1, tzinfo=UTC),
    )
    testing.make_organization("Other", owner="eve")
    growth = growth_of(acme, now=NOW)
    assert (growth.count, growth.recent, growth.admins) == (4, 2, 1)
    assert [each.joined for each in growth.months] == [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]
    assert [each.total for each in growth.months] == [2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 4]
    assert growth.months[0].first == date(2025, 4, 1)
    assert growth.months[-1].first == date(2026, 3, 1)


def test_months_are_those_of_the_time_zone(acme):
    joined(acme, ada=datetime(2020, 1, 1, tzinfo=UTC), bo=datetime(2026, 2, 28, 20, tzinfo=UTC))
    for name in ("cy", "di"):
        joined(acme, **{name: datetime(2020, 1, 1, tzinfo=UTC)})
    with timezone.override("Asia/Tokyo"):
        assert [each.joined for each in growth_of(acme, now=NOW).months[-2:]] == [0, 1]
    with timezone.override("America/New_York"):
        assert [each.joined for each in growth_of(acme, now=NOW).months[-2:]] == [1, 0]


def test_there_are_no_months_while_all_are_new(acme):
    recent = NOW - timedelta(days=2)
    joined(acme, ada=recent, bo=recent, cy=recent, di=recent)
    growth = growth_of(acme, now=NOW)
    assert (growth.count, growth.recent, growth.months) == (4, 4, ())


@pytest.mark.parametrize("model", [Organization, Club, Guild], ids=["ours", "custom", "guild"])
def test_other_models_are_counted_as_far_as_they_know(model):
    organization = testing.make_organization("Acme", owner="ada", members=["bo"], model=model)
    member = organization.organization_users.model
    growth = growth_of(organization, now=timezone.now())
    assert growth.count == 2
    has = {field.name for field in member._meta.fields}
    assert (growth.recent is None) == ("created" not in has)
    assert (growth.admins is None) == ("is_admin" not in has)


def test_an_organization_without_members_has_no_growth():
    assert growth_of(Organization.objects.create(name="Empty"), now=NOW).count == 0
    assert growth_of(Organization.objects.get(), now=NOW).months == ()


def test_it_is_one_query(acme, django_assert_num_queries):
    OrganizationUser.objects.update(created=NOW - timedelta(days=100))
    with django_assert_num_queries(1):
        assert growth_of(acme, now=NOW).months
