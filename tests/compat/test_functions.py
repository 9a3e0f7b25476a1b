"""Section 5: functions."""

from functools import partial

import pytest
from asgiref.sync import async_to_sync
from django.core.exceptions import ImproperlyConfigured
from django.test.utils import isolate_apps

from organizations.models import Organization, OrganizationUser
from organizations.utils import (
    acreate_organization,
    create_organization,
    default_org_model,
    model_field_attr,
    model_field_names,
)

CREATORS = {"sync": create_organization, "async": async_to_sync(acreate_organization)}


@pytest.fixture(params=CREATORS)
def create(request):
    return CREATORS[request.param]


def test_5_create_organization_makes_organization_member_and_owner(line, create, ada):
    acme = create(ada, "Acme", model=line.organization)
    assert type(acme) is line.organization
    assert acme.name == "Acme" and acme.is_active
    member = line.member.objects.get()
    assert (member.user, member.organization) == (ada, acme)
    assert line.owner.objects.get().organization_user == member
    assert getattr(member, "is_admin", True) is True


def test_5_arguments_by_position(create, ada):
    acme = create(ada, "Acme", "the-acme", False, {"name": "ignored"}, {"is_admin": False})
    assert (acme.name, acme.slug, acme.is_active) == ("Acme", "the-acme", False)
    assert acme.organization_users.get().is_admin is False


def test_5_defaults_of_the_two_rows(create, ada):
    from tests.app.models import Club

    club = create(
        ada,
        "Rovers",
        org_defaults={"colours": "red"},
        org_user_defaults={"position": "goal"},
        model=Club,
    )
    member = club.organization_users.get()
    assert (club.colours, member.position, member.is_admin) == ("red", "goal", False)


@pytest.mark.parametrize("name", ["model", "org_model"])
def test_5_the_model_by_either_name(line, create, ada, name):
    assert type(create(ada, "Acme", **{name: line.organization})) is line.organization


def test_5_org_user_model_is_discarded(create, ada):
    acme = create(ada, "Acme", org_user_model=object)
    assert type(acme.organization_users.get()) is OrganizationUser


def test_5_partial(line, ada):
    create = partial(create_organization, model=line.organization)
    assert type(create(ada, "Acme")) is line.organization
    assert type(create(ada, "Bell", model=Organization)) is Organization


def test_5_no_old_signal_is_sent(line, create, ada, hearing):
    with hearing("user_added") as added, hearing("owner_changed") as changed:
        create(ada, "Acme", model=line.organization)
    assert added == changed == []


def test_5_default_org_model():
    assert default_org_model() is Organization


def test_5_default_org_model_is_looked_up_late(monkeypatch):
    from organizations import families

    with isolate_apps() as apps:
        monkeypatch.setattr(families, "apps", apps)
        with pytest.raises(ImproperlyConfigured):
            default_org_model()


def test_5_model_field_names(line):
    names = model_field_names(line.member)
    assert {"id", "user", "user_id", "organization", "organization_id"} <= set(names)
    assert len(names) == len(set(names))
    assert ("is_admin" in names) is not line.is_base
    assert {"organization_users", "owner"} <= set(model_field_names(line.organization))


def test_5_model_field_attr(line):
    assert model_field_attr(line.organization, "name", "max_length") == 200
    with pytest.raises(KeyError):
        model_field_attr(line.organization, "no_such", "max_length")
    with pytest.raises(AttributeError):
        model_field_attr(line.organization, "name", "no_such")
