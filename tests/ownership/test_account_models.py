"""The guards hold for proxies of the user model, and in the admin of the user model."""

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse

from organizations import testing
from organizations.exceptions import OwnershipRequired
from organizations.models import OrganizationOwner, OwnerAnchor
from tests.app.models import Person, Proprietor

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme():
    return testing.make_organization("Acme", owner="ada", members=["bo"])


def test_a_proxy_of_the_user_is_not_switched_off_either(acme):
    ada = Person.objects.get(username="ada")
    ada.is_active = False

    with pytest.raises(OwnershipRequired, match="Acme"):
        ada.save()


def test_an_owner_row_saved_through_a_proxy_is_anchored(acme):
    OwnerAnchor.objects.all().delete()

    Proprietor.objects.get(organization=acme).save()

    assert OwnerAnchor.objects.filter(organization=acme, owner=acme.owner).exists()
    assert OrganizationOwner.objects.count() == 1


@pytest.mark.urls("tests.urls")
def test_the_admin_of_the_user_refuses_to_switch_an_owner_off(acme, admin_client):
    ada = get_user_model().objects.get(username="ada")
    page = admin_client.get(reverse("admin:auth_user_change", args=[ada.pk]))
    form = page.context["adminform"].form
    data = {name: value for name, value in form.initial.items() if value and name != "is_active"}
    data |= {"date_joined_0": "2026-01-01", "date_joined_1": "10:00:00"}

    answer = admin_client.post(reverse("admin:auth_user_change", args=[ada.pk]), data)

    ada.refresh_from_db()
    assert answer.status_code == 403
    assert ada.is_active
