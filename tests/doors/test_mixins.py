"""The documented mixins, and the decorators that do the same for function views."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.test import RequestFactory
from django.views.generic import DetailView, View

from organizations.decorators import admin_required, membership_required, owner_required
from organizations.models import Organization, OrganizationUser
from organizations.views.mixins import (
    AdminRequiredMixin,
    MembershipRequiredMixin,
    OrganizationMixin,
    OrganizationUserMixin,
    OwnerRequiredMixin,
)
from tests.doors.support import words_of

#: Who gets past which door; superusers always do.
ALLOWED = {
    "membership": {"member", "admin", "owner", "deactivated", "superuser", "restricted"},
    "admin": {"admin", "owner", "superuser", "restricted"},
    "owner": {"owner", "superuser", "restricted"},
}
MIXINS = {
    "membership": MembershipRequiredMixin,
    "admin": AdminRequiredMixin,
    "owner": OwnerRequiredMixin,
}
DECORATORS = {
    "membership": membership_required,
    "admin": admin_required,
    "owner": owner_required,
}


def request_of(user):
    request = RequestFactory().get("/somewhere/")
    request.user = user if user is not None else AnonymousUser()
    return request


@pytest.mark.parametrize("door", MIXINS)
def test_mixins_let_in_and_raise_permission_denied(door, world):
    class Page(MIXINS[door], View):
        def get(self, request, organization_pk):
            assert (self.request, self.args, self.kwargs) == (
                request,
                (),
                {"organization_pk": organization_pk},
            )
            return HttpResponse(str(self.organization))

    let_in = set()
    for name in ("anonymous", *world.people):
        request = request_of(world.people.get(name))
        try:
            response = Page.as_view()(request, organization_pk=world.acme.pk)
        except PermissionDenied as error:
            assert str(error)
        else:
            assert response.content == b"Acme"
            let_in.add(name)
    assert let_in == ALLOWED[door]


@pytest.mark.parametrize("key", ["slug", "pk", "text"])
def test_mixins_take_keys_and_slugs(key, world):
    class Page(MembershipRequiredMixin, DetailView):
        template_name = "organizations/404.html"

    value = {"slug": world.acme.slug, "pk": world.acme.pk, "text": str(world.acme.pk)}[key]
    response = Page.as_view()(request_of(world.people["member"]), organization_pk=value)
    assert response.context_data["organization"] == world.acme


@pytest.mark.parametrize("key", [999999, "no-such", "x\x00", None])
def test_mixins_do_not_find_what_is_not_there(key, world):
    from django.http import Http404

    class Page(MembershipRequiredMixin, View):
        pass

    with pytest.raises(Http404):
        Page.as_view()(request_of(world.people["member"]), organization_pk=key)


def test_a_project_chooses_model_and_names(world):
    class Page(OrganizationUserMixin, DetailView):
        org_model = Organization
        user_model = OrganizationUser
        org_context_name = "account"
        org_user_context_name = "colleague"
        template_name = "organizations/404.html"

    response = Page.as_view()(
        request_of(world.people["member"]),
        organization_pk=world.acme.pk,
        user_pk=world.people["admin"].pk,
    )
    assert response.context_data["account"] == world.acme
    assert response.context_data["colleague"].user == world.people["admin"]


def test_get_organization_works_where_get_object_is_overridden(world):
    class Page(OrganizationMixin, View):
        def get_object(self):
            return "something else"

        def get(self, request, organization_pk):
            return HttpResponse(f"{self.get_organization()}: {self.get_object()}")

    response = Page.as_view()(request_of(None), organization_pk=world.acme.pk)
    assert response.content == b"Acme: something else"


@pytest.mark.parametrize("door", DECORATORS)
def test_decorators_let_in_and_answer_themselves(door, world):
    @DECORATORS[door]
    def view(request, organization_pk):
        assert organization_pk == request.organization.pk == world.acme.pk
        assert request.access.organization_id == world.acme.pk
        return HttpResponse("in")

    answers = {}
    for name in ("anonymous", *world.people):
        response = view(request_of(world.people.get(name)), organization_pk=world.acme.slug)
        answers[name] = response.status_code
    assert answers == {
        "anonymous": 302,
        **{
            name: 200
            if name in ALLOWED[door] - {"deactivated"}
            else 403
            if name in {"member", "admin"}
            else 404
            for name in world.people
        },
    }


def test_decorators_follow_the_superuser_switch(world, settings):
    settings.ORGANIZATIONS = {"SUPERUSERS_HAVE_ACCESS": False}
    view = membership_required(lambda request, **kwargs: HttpResponse("in"))
    request = request_of(world.people["superuser"])
    assert view(request, organization_pk=world.acme.pk).status_code == 404


def test_decorators_say_what_is_missing_and_know_no_other_organization(world):
    view = owner_required(lambda request, **kwargs: HttpResponse("in"))
    refused = view(request_of(world.people["admin"]), organization_pk=world.acme.pk)
    assert "Only the owner" in words_of(refused)
    for key in (world.zenith.pk, world.zenith.slug, 999999, "x\x00", None):
        response = view(request_of(world.people["owner"]), organization_pk=key)
        assert response.status_code == 404
        assert "Zenith" not in words_of(response)


def test_decorators_take_a_model_and_keep_the_views_name(world):
    @membership_required(org_model=Organization)
    def products(request, organization_pk, extra="none"):
        """List products."""
        return HttpResponse(extra)

    assert products.__name__ == "products"
    assert products.__doc__ == "List products."
    request = request_of(world.people["member"])
    assert products(request, organization_pk=world.acme.pk, extra="some").content == b"some"


def test_strangers_come_back_after_the_login(world):
    view = membership_required(lambda request, **kwargs: HttpResponse("in"))
    response = view(request_of(None), organization_pk=world.acme.pk)
    assert response["Location"] == "/accounts/login/?next=/somewhere/"


def test_a_closed_organization_lets_nobody_in(world):
    Organization.objects.filter(pk=world.acme.pk).update(is_active=False)
    view = membership_required(lambda request, **kwargs: HttpResponse("in"))
    for name in ("owner", "superuser"):
        request = request_of(world.people[name])
        assert view(request, organization_pk=world.acme.pk).status_code == 404
