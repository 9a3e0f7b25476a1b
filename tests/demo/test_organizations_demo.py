"""``manage.py organizations_demo`` in a project that has rows of its own."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.apps import apps
from django.contrib.auth import authenticate, get_user_model
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import TestCase, override_settings
from django.utils import timezone

from organizations.models import (
    Organization,
    OrganizationInvitation,
    OrganizationUser,
    VerifiedAddress,
)
from organizations.services import domains, requests
from organizations.testing import make_organization, make_user
from tests.app.models import Product

pytestmark = pytest.mark.django_db


def run(**options):
    output = StringIO()
    call_command("organizations_demo", stdout=output, **options)
    return output.getvalue()


@pytest.fixture
def debug(settings):
    settings.DEBUG = True


def rows_of_all_tables():
    return {
        model._meta.label: set(model._base_manager.values_list("pk", flat=True))
        for model in apps.get_models()
    }


@override_settings(DEBUG=True)
class WhatItMakes(TestCase):
    """Read by many tests, so it is made once for all of them."""

    @classmethod
    def setUpTestData(cls):
        cls.made = json.loads(run(json=True))

    def test_makes_four_organizations_of_these_sizes(self):
        sizes = {
            organization.slug: organization.organization_users.count()
            for organization in Organization.objects.all()
        }
        assert sorted(sizes.values()) == [1, 9, 38, 400]
        assert sizes == {each["slug"]: each["members"] for each in self.made["organizations"]}

    def test_every_organization_has_its_owner_and_admins(self):
        for organization in Organization.objects.all():
            owner = organization.owner.organization_user
            assert owner.is_admin
            assert owner.user.username.startswith("demo-")
        kestrel = Organization.objects.get(slug="kestrel-tools")
        assert kestrel.organization_users.filter(is_admin=True).count() == 4

    def test_what_it_prints_as_json_is_what_it_made(self):
        assert get_user_model().objects.count() == self.made["users"]
        now = timezone.now()
        invitations = OrganizationInvitation.objects.all()
        states = [invitation.state.value for invitation in invitations]
        assert {state: states.count(state) for state in set(states)} == self.made["invitations"]
        assert min(self.made["invitations"].values()) >= 2
        assert all(invitation.created < now for invitation in invitations)

    def test_the_five_people_sign_in_with_the_password(self):
        assert [each["role"] for each in self.made["logins"]] == [
            "owner", "admin", "billing", "member", "outsider",
        ]  # fmt: skip
        for each in self.made["logins"]:
            assert authenticate(username=each["login"], password=self.made["password"])
        outsider = get_user_model().objects.get(username="demo-outsider")
        assert not Organization.objects.for_user(outsider).exists()
        mine = OrganizationInvitation.objects.filter(invitee_identifier=outsider.email)
        assert {(each.kind, each.state.value) for each in mine} == {
            ("mail", "pending"),
            ("request", "proposed"),
        }

    def test_one_organization_can_be_joined_without_an_invitation(self):
        outsider = get_user_model().objects.get(username="demo-outsider")
        [way] = domains.offered_to(outsider)
        assert (way.organization.slug, way.needs_approval) == ("meridian-freight", False)
        assert requests.accepts_requests(way.organization)

    def test_people_joined_over_a_year_and_more_of_them_lately(self):
        now = timezone.now()
        joined = OrganizationUser.objects.filter(organization__slug="meridian-freight")
        assert joined.filter(created__lt=now - timedelta(days=300)).count() > 10
        late = joined.filter(created__gt=now - timedelta(days=182)).count()
        assert late > joined.count() / 2
        assert not joined.filter(created__gt=now).exists()

    def test_holds_the_names_that_break_layouts(self):
        users = get_user_model().objects
        assert max(map(len, Organization.objects.values_list("name", flat=True))) == 120
        assert users.filter(first_name="", last_name="").exists()
        assert users.filter(last_name="高橋").exists()
        assert users.filter(last_name="منصور").exists()
        assert Organization.objects.filter(name__contains="🛠").exists()
        assert users.filter(is_active=False).exists()

    def test_addresses_lie_in_the_domains_for_examples_and_are_verified(self):
        verified = set(VerifiedAddress.objects.values_list("user_id", "address"))
        users = set(get_user_model().objects.values_list("pk", "email"))
        assert verified == users
        assert all(address.endswith((".example.com", ".example.org")) for _, address in users)
        offers = OrganizationInvitation.objects.exclude(kind__in=["link", "shared"])
        invited = offers.values_list("invitee_identifier", flat=True)
        assert all(address.endswith((".example.com", ".example.org")) for address in invited)

    def test_makes_the_same_each_time(self):
        before = sorted(get_user_model().objects.values_list("username", "email", "last_name"))
        run(remove=True)
        run()
        after = sorted(get_user_model().objects.values_list("username", "email", "last_name"))
        assert after == before

    def test_second_time_is_refused_and_changes_nothing(self):
        before = rows_of_all_tables()
        with pytest.raises(CommandError, match="--remove"):
            run()
        assert rows_of_all_tables() == before

    def test_remove_refuses_to_take_an_organization_that_it_did_not_make(self):
        owner = get_user_model().objects.get(username="demo-owner")
        make_organization("Made by clicking", owner=owner)
        before = rows_of_all_tables()
        with pytest.raises(CommandError, match="Made by clicking"):
            run(remove=True)
        assert rows_of_all_tables() == before


def test_remove_takes_exactly_what_it_made(debug):
    ada = make_user("ada")
    own = make_organization("Acme", owner=ada, members=["bo"])
    Product.objects.create(name="Anvil", account=own)
    before = rows_of_all_tables()
    run()
    kestrel = Organization.objects.get(slug="kestrel-tools")
    kestrel.add_user(ada)
    Product.objects.create(name="Hammer", account=kestrel)
    own.add_user(get_user_model().objects.get(username="demo-owner"))

    printed = run(remove=True)

    assert rows_of_all_tables() == before
    assert "4 organizations and 444 people" in printed
    assert "no demo data" in run(remove=True)


def test_remove_leaves_a_strangers_organization_with_the_same_slug(debug):
    own = make_organization("Kestrel", owner=make_user("ada"), slug="kestrel-tools")
    assert "no demo data" in run(remove=True)
    assert Organization.objects.filter(pk=own.pk).exists()


def test_taken_name_is_refused_before_anything_is_written(debug):
    make_organization("Kestrel", owner=make_user("ada"), slug="kestrel-tools")
    before = rows_of_all_tables()
    with pytest.raises(CommandError, match="kestrel-tools"):
        run()
    assert rows_of_all_tables() == before


def test_without_debug_nothing_is_done():
    before = rows_of_all_tables()
    for options in ({}, {"remove": True}):
        with pytest.raises(CommandError, match="--force"):
            run(**options)
    assert rows_of_all_tables() == before


def test_forced_without_debug_the_password_is_random():
    made = json.loads(run(force=True, json=True))
    assert made["password"] != "orgkit-demo"
    assert authenticate(username="demo-owner", password=made["password"])


def test_password_can_be_chosen(debug):
    assert "correct horse" in run(password="correct horse")
    assert authenticate(username="demo-member", password="correct horse")


def test_text_says_who_can_sign_in(debug):
    printed = run()
    for word in ("demo-owner", "demo-outsider", "orgkit-demo", "400 people", "--remove"):
        assert word in printed


def test_needs_few_queries(debug, django_assert_max_num_queries):
    """Each is cheap; it is their number that would make the seed slow."""
    with django_assert_max_num_queries(700, connection=connection):
        run()
