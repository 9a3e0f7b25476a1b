"""Section 11: the admin, its base classes, and that projects may put others in their place."""

import pytest
from django.contrib import admin
from django.contrib.admin.sites import AdminSite
from django.urls import include, path, reverse

from organizations import admin as ours
from organizations import base_admin
from organizations.exceptions import OwnershipRequired

from .conftest import ABSTRACT, INSTALLED, make_person

KINDS = ("organization", "member", "owner", "invitation")


@pytest.fixture
def boss(db):
    return make_person("boss", is_staff=True, is_superuser=True)


@pytest.mark.parametrize("kind", KINDS)
def test_11_models_are_registered_and_can_be_unregistered(kind):
    model = getattr(INSTALLED, kind)
    page = admin.site.get_model_admin(model)
    admin.site.unregister(model)
    try:
        assert not admin.site.is_registered(model)
    finally:
        admin.site.register(model, type(page))


OPTIONS = [
    ("BaseOrganizationAdmin", "list_display", ["name", "is_active"]),
    ("BaseOrganizationAdmin", "search_fields", ["name"]),
    ("BaseOrganizationAdmin", "list_filter", ("is_active",)),
    ("BaseOrganizationAdmin", "prepopulated_fields", {"slug": ("name",)}),
    ("BaseOrganizationUserAdmin", "list_display", ["user", "organization", "is_admin"]),
    ("BaseOrganizationUserAdmin", "raw_id_fields", ("user", "organization")),
    ("BaseOrganizationOwnerAdmin", "raw_id_fields", ("organization_user", "organization")),
    ("BaseOwnerInline", "raw_id_fields", ("organization_user",)),
]


@pytest.mark.parametrize(("name", "option", "value"), OPTIONS)
def test_11_options_of_base_admins(name, option, value):
    assert getattr(getattr(base_admin, name), option) == value


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("OwnerInline", "BaseOwnerInline"),
        ("OrganizationAdmin", "BaseOrganizationAdmin"),
        ("OrganizationUserAdmin", "BaseOrganizationUserAdmin"),
        ("OrganizationOwnerAdmin", "BaseOrganizationOwnerAdmin"),
    ],
)
def test_11_admins_build_on_the_base_admins(name, base):
    assert issubclass(getattr(ours, name), getattr(base_admin, base))


@pytest.mark.parametrize("kind", KINDS)
def test_11_pages_open(kind, acme, ada, boss, client):
    acme.organization_invites.create(invited_by=ada, invitee_identifier="x@example.com")
    model = getattr(INSTALLED, kind)
    client.force_login(boss)
    name = f"admin:organizations_{model._meta.model_name}"
    assert client.get(reverse(f"{name}_changelist")).status_code == 200
    row = model.objects.get()
    assert client.get(reverse(f"{name}_change", args=[row.pk])).status_code == 200


@pytest.fixture
def site(rich, settings):
    """An admin with nothing but the base classes in it, for either line."""

    class Inline(base_admin.BaseOwnerInline):
        model = rich.owner

    class OrganizationPage(base_admin.BaseOrganizationAdmin):
        inlines = [Inline]
        fields = ("name", "slug", "is_active")
        search_fields = ["name", "slug"]
        saved = []

        def get_readonly_fields(self, request, obj=None):
            return ("is_active",) if obj else ()

        def save_related(self, request, form, formsets, change):
            super().save_related(request, form, formsets, change)
            self.saved.append(form.instance)

    class MemberPage(base_admin.BaseOrganizationUserAdmin):
        search_fields = ["user__username"]

        def get_search_results(self, request, queryset, search_term):
            rows, distinct = super().get_search_results(request, queryset, search_term)
            return rows.exclude(user__username="hidden"), distinct

    class OwnerPage(base_admin.BaseOrganizationOwnerAdmin):
        """Owner rows are never deleted by themselves, as in the package's own page."""

        def has_delete_permission(self, request, obj=None):
            return False

    found = AdminSite()
    found.register(rich.organization, OrganizationPage)
    found.register(rich.member, MemberPage)
    found.register(rich.owner, OwnerPage)

    class Pages:
        urlpatterns = [
            path("admin/", found.urls),
            path("accounts/", include("organizations.urls")),
        ]

    settings.ROOT_URLCONF = Pages
    return found


def request_of(rf, boss, method="get", **data):
    from django.contrib.messages.storage.fallback import FallbackStorage

    request = getattr(rf, method)("/", data)
    request.user = boss
    request.session = {}
    request._messages = FallbackStorage(request)
    request._dont_enforce_csrf_checks = True
    return request


def test_11_base_admins_on_either_line(site, rich, make, boss, rf):
    acme = make(rich)
    page = site.get_model_admin(rich.organization)
    owner = acme.owner
    data = {
        "name": "Apex",
        "slug": "apex",
        "owner-TOTAL_FORMS": 1,
        "owner-INITIAL_FORMS": 1,
        "owner-0-id": owner.pk,
        "owner-0-organization": acme.pk,
        "owner-0-organization_user": owner.organization_user_id,
    }
    assert page.change_view(request_of(rf, boss), str(acme.pk)).render().status_code == 200
    answer = page.change_view(request_of(rf, boss, "post", **data), str(acme.pk))
    assert answer.status_code == 302
    acme.refresh_from_db()
    assert (acme.name, acme.slug, acme.is_active) == ("Apex", "apex", True)
    assert page.saved == [acme]


def test_11_searching_members(site, rich, make, boss, rf):
    acme = make(rich)
    for name in ("shown", "hidden"):
        acme.add_user(make_person(name))
    page = site.get_model_admin(rich.member)
    found = page.changelist_view(request_of(rf, boss, q="h")).context_data["cl"].result_list
    assert [member.user.username for member in found] == ["shown"]


@pytest.mark.parametrize("way", ["one", "many"])
def test_11_base_admins_delete_organizations(way, site, rich, make, boss, rf):
    acme = make(rich)
    page = site.get_model_admin(rich.organization)
    if way == "one":
        answer = page.delete_view(request_of(rf, boss, "post", post="yes"), str(acme.pk))
    else:
        data = {"action": "delete_selected", "_selected_action": [acme.pk], "post": "yes"}
        answer = page.changelist_view(request_of(rf, boss, "post", **data))
    assert answer.status_code == 302
    assert not rich.organization.objects.exists()


@pytest.mark.parametrize("way", ["one", "many"])
def test_11_a_project_catches_the_deletion_of_an_owners_member(way, rich, make, boss, rf, bo):
    acme = make(rich)
    member = acme.add_user(bo)
    kept = []

    class MemberPage(base_admin.BaseOrganizationUserAdmin):
        def delete_model(self, request, obj):
            try:
                obj.delete()
            except OwnershipRequired:
                kept.append(obj)

        def delete_queryset(self, request, queryset):
            for each in queryset:
                self.delete_model(request, each)

    page = MemberPage(rich.member, AdminSite())
    request = request_of(rf, boss)
    if way == "one":
        for each in (acme.owner.organization_user, member):
            page.delete_model(request, each)
    else:
        page.delete_queryset(request, rich.member.objects.all())
    assert [each.user.username for each in kept] == ["ada"]
    assert list(rich.member.objects.all()) == [acme.owner.organization_user]


@pytest.mark.parametrize("order", ["before", "behind"])
def test_11_other_admin_classes_before_and_behind(order, make, boss, rf):
    class Exporting(admin.ModelAdmin):
        def changelist_view(self, request, extra_context=None):
            return super().changelist_view(request, {**(extra_context or {}), "exports": True})

    bases = [Exporting, base_admin.BaseOrganizationAdmin]
    page_class = type("Page", tuple(bases if order == "before" else reversed(bases)), {})
    make(ABSTRACT)
    page = page_class(ABSTRACT.organization, AdminSite())
    context = page.changelist_view(request_of(rf, boss)).context_data
    assert context["exports"] is True
    assert context["cl"].list_display[-2:] == ["name", "is_active"]
