"""Section 10: mixins, base views and the controlled views."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage.fallback import FallbackStorage
from django.core import mail
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import Http404, HttpResponse
from django.test import RequestFactory
from django.urls import reverse
from django.views.generic import DetailView, View

from organizations import mixins as old_mixins
from organizations.doors import mark_fresh
from organizations.forms import SignUpForm
from organizations.models import Organization
from organizations.views import base, default, mixins
from organizations.views.base import OrganizationSignup, ViewFactory

from .conftest import ABSTRACT, BASE, INSTALLED, make_person


def request_of(user, method="get", **data):
    request = getattr(RequestFactory(), method)("/somewhere/", data)
    request.user = user
    request.session = {}
    # As somebody who has just signed in; old sessions are asked for the password on some pages.
    mark_fresh(request)
    request._messages = FallbackStorage(request)
    return request


class Shown(DetailView):
    template_name = "organizations/404.html"


# Mixins


def test_10_organization_mixin(line, make, ada):
    class Page(mixins.OrganizationMixin, Shown):
        org_model = line.organization

    acme = make(line)
    view = Page()
    view.setup(request_of(ada), organization_pk=acme.pk)
    assert view.get_org_model() is line.organization
    assert view.organization == view.get_object() == view.get_organization() == acme
    assert view.organization is view.organization
    context = view.get(view.request).context_data
    assert context["organization"] == acme


def test_10_org_context_name(line, make, ada):
    class Page(mixins.OrganizationMixin, Shown):
        org_model = line.organization
        org_context_name = "account"

    acme = make(line)
    assert Page.as_view()(request_of(ada), organization_pk=acme.pk).context_data["account"] == acme


def test_10_organization_mixin_has_a_default_model(acme, ada):
    class Page(mixins.OrganizationMixin, Shown):
        pass

    page = Page.as_view()(request_of(ada), organization_pk=acme.pk)
    assert page.context_data["organization"] == acme


def test_10_get_org_model_may_be_overridden(line, make, ada):
    class Page(mixins.OrganizationMixin, Shown):
        def get_org_model(self):
            return line.organization

    acme = make(line)
    page = Page.as_view()(request_of(ada), organization_pk=acme.pk)
    assert page.context_data["organization"] == acme


def test_10_organization_mixin_asks_once(acme, ada, django_assert_num_queries):
    view = mixins.OrganizationMixin()
    view.kwargs = {"organization_pk": acme.pk}
    with django_assert_num_queries(1):
        assert [view.organization, view.get_object(), view.get_organization()] == [acme] * 3


def test_10_organization_that_is_not_there(line, ada):
    view = mixins.OrganizationMixin()
    view.org_model = line.organization
    view.kwargs = {"organization_pk": 999}
    with pytest.raises(Http404):
        view.get_object()


@pytest.mark.parametrize("told", [True, False], ids=["user_model", "no-user_model"])
def test_10_organization_user_mixin(line, make, bo, told):
    class Page(mixins.OrganizationUserMixin, Shown):
        org_model = line.organization
        user_model = line.member if told else None

    acme = make(line)
    member = acme.add_user(bo)
    view = Page()
    view.setup(request_of(bo), organization_pk=acme.pk, user_pk=bo.pk)
    assert view.get_user_model() is line.member
    assert view.organization_user == view.get_object() == member
    context = view.get(view.request).context_data
    assert (context["organization_user"], context["organization"]) == (member, acme)


def test_10_org_user_context_name(acme, ada):
    class Page(mixins.OrganizationUserMixin, Shown):
        org_user_context_name = "colleague"

    page = Page.as_view()(request_of(ada), organization_pk=acme.pk, user_pk=ada.pk)
    assert page.context_data["colleague"].user == ada


def test_10_organization_user_of_another_organization(acme, make, bo):
    make(INSTALLED, "Other", user=bo)
    view = mixins.OrganizationUserMixin()
    view.kwargs = {"organization_pk": acme.pk, "user_pk": bo.pk}
    with pytest.raises(Http404):
        view.get_object()


GUARDS = {
    "MembershipRequiredMixin": {"owner", "admin", "member", "superuser"},
    "AdminRequiredMixin": {"owner", "admin", "superuser"},
    "OwnerRequiredMixin": {"owner", "superuser"},
}


@pytest.mark.parametrize("order", ["guard-first", "guard-last"])
@pytest.mark.parametrize("name", GUARDS)
def test_10_access_mixins(name, order, rich, make, ada):
    acme = make(rich)
    people = {"owner": ada, "nobody": AnonymousUser()}
    for each in ("admin", "member", "stranger", "superuser"):
        people[each] = make_person(each, is_superuser=each == "superuser")
    acme.add_user(people["admin"], is_admin=True)
    acme.add_user(people["member"])
    guard = getattr(mixins, name)
    bases = [guard, mixins.OrganizationMixin]

    class Answer(View):
        org_model = rich.organization

        def get(self, request, organization_pk):
            assert self.request is request
            assert (self.args, self.kwargs) == ((), {"organization_pk": organization_pk})
            return HttpResponse("in")

    page = type("Page", (*(bases if order == "guard-first" else reversed(bases)), Answer), {})
    page.org_model = rich.organization
    let_in = set()
    for each, user in people.items():
        try:
            page.as_view()(request_of(user), organization_pk=acme.pk)
        except PermissionDenied:
            continue
        let_in.add(each)
    assert let_in == GUARDS[name]


@pytest.mark.parametrize("order", [1, -1], ids=["strict-last", "strict-first"])
def test_10_several_guards_add_up(order, acme, bo):
    acme.add_user(bo)
    guards = [mixins.MembershipRequiredMixin, mixins.AdminRequiredMixin, mixins.OwnerRequiredMixin]
    page = type("Page", (*guards[::order], mixins.OrganizationMixin, Shown), {})
    with pytest.raises(PermissionDenied):
        page.as_view()(request_of(bo), organization_pk=acme.pk)
    strict = type("Strict", (mixins.OwnerRequiredMixin, mixins.OrganizationMixin, Shown), {})
    kept = type("Kept", (mixins.MembershipRequiredMixin, strict), {})
    with pytest.raises(PermissionDenied):
        kept.as_view()(request_of(bo), organization_pk=acme.pk)


def test_10_membership_guard_on_the_base_line(make, ada, bo):
    guild = make(BASE)

    class Page(mixins.MembershipRequiredMixin, mixins.OrganizationMixin, Shown):
        org_model = BASE.organization

    view = Page.as_view()
    assert view(request_of(ada), organization_pk=guild.pk).status_code == 200
    with pytest.raises(PermissionDenied):
        view(request_of(bo), organization_pk=guild.pk)


def test_10_the_old_module_has_the_same_mixins():
    for name in old_mixins.__all__:
        assert getattr(old_mixins, name) is getattr(mixins, name)


# Base views

MEMBER_VIEWS = ("UserDetail", "UserUpdate", "UserRemind", "UserDelete")


def keywords(name, organization, user):
    if name in ("List", "Create"):
        return {}
    values = {"organization_pk": organization.pk}
    return {**values, "user_pk": user.pk} if name in MEMBER_VIEWS else values


@pytest.mark.parametrize(
    "name",
    [
        *("List", "Detail", "Create", "Update", "Delete", "UserList", "UserDetail"),
        *("UserCreate", "UserRemind", "UserUpdate", "UserDelete"),
    ],
)
def test_10_base_view_lets_everybody_in(name, acme, bo):
    """By hand, with the default model; the factory's is no other. A stranger asks."""
    pending = make_person("new", is_active=False)
    acme.add_user(pending)
    for view in (
        getattr(base, f"BaseOrganization{name}"),
        getattr(ViewFactory(Organization), f"Organization{name}"),
        getattr(default.bases, f"Organization{name}"),
    ):
        page = view.as_view()(request_of(bo), **keywords(name, acme, pending)).render()
        assert page.status_code == 200
        assert issubclass(view, getattr(base, f"BaseOrganization{name}"))


@pytest.mark.parametrize(
    "name", ["List", "Detail", "Delete", "UserList", "UserDetail", "UserDelete"]
)
def test_10_views_of_a_factory_for_a_family_of_ones_own(name, rich, make, ada, bo):
    acme = make(rich)
    acme.add_user(bo)
    view = getattr(ViewFactory(rich.organization), f"Organization{name}")
    page = view.as_view()(request_of(ada), **keywords(name, acme, bo))
    context = page.render().context_data
    if name == "List":
        assert list(context["organizations"]) == [acme]
    else:
        assert context["organization"] == acme


@pytest.mark.parametrize("first", [INSTALLED, ABSTRACT], ids=lambda line: line.name)
def test_10_a_second_factory_leaves_the_first_alone(first):
    views = ViewFactory(first.organization)
    made = views.OrganizationDetail
    ViewFactory(BASE.organization).OrganizationDetail  # noqa: B018
    assert made.org_model is views.OrganizationDetail.org_model is first.organization
    assert base.BaseOrganizationDetail.org_model is None


def test_10_a_factory_has_no_other_views():
    with pytest.raises(AttributeError):
        ViewFactory(Organization).OrganizationParty  # noqa: B018


@pytest.mark.parametrize("attribute", ["template_name", "context_object_name", "form_class"])
def test_10_attributes_of_base_views(attribute, acme, ada, tmp_path, settings):
    from organizations.forms import OrganizationForm

    class Form(OrganizationForm):
        pass

    (tmp_path / "mine.html").write_text("mine: {{ organization.name }} {{ them|length }}")
    (engine,) = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [str(tmp_path)]}]
    if attribute == "template_name":
        view = base.BaseOrganizationDetail.as_view(template_name="mine.html")
        page = view(request_of(ada), organization_pk=acme.pk).render()
        assert page.content == b"mine: Acme 0"
    elif attribute == "context_object_name":
        view = base.BaseOrganizationList.as_view(
            template_name="mine.html", context_object_name="them"
        )
        assert view(request_of(ada)).render().content == b"mine:  1"
    else:
        view = base.BaseOrganizationUpdate.as_view(form_class=Form)
        page = view(request_of(ada), organization_pk=acme.pk)
        assert type(page.context_data["form"]) is Form


def test_10_base_views_take_the_template_that_is_named_after_the_model(
    make, ada, tmp_path, settings
):
    club = make(ABSTRACT)
    view = ViewFactory(ABSTRACT.organization).OrganizationDetail.as_view()
    page = view(request_of(ada), organization_pk=club.pk).render()
    assert b"<html" in page.content
    (tmp_path / "host").mkdir()
    (tmp_path / "host" / "club_detail.html").write_text("The club {{ organization.name }}")
    (engine,) = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [str(tmp_path)]}]
    page = view(request_of(ada), organization_pk=club.pk).render()
    assert page.content == b"The club Acme"


def test_10_list_shows_active_organizations_of_the_user(acme, make, ada, bo):
    make(INSTALLED, "Off", is_active=False)
    make(INSTALLED, "Other", user=bo)
    page = base.BaseOrganizationList.as_view()(request_of(ada))
    assert list(page.context_data["organizations"]) == [acme]


SUCCESS = {
    "Create": ({"name": "Bell", "slug": "bell", "email": "ada@example.com"}, "list"),
    "Delete": ({}, "list"),
    "UserCreate": ({"email": "cy@example.com"}, "people"),
    "UserDelete": ({}, "people"),
    "UserRemind": ({}, "people"),
}


@pytest.mark.parametrize("name", SUCCESS)
def test_10_where_base_views_lead_and_what_they_do(name, acme, ada, delivering):
    make_person("cy")
    pending = make_person("new", is_active=False)
    pending.set_unusable_password()
    pending.save()
    acme.add_user(pending)
    data, goal = SUCCESS[name]
    view = getattr(base, f"BaseOrganization{name}").as_view()
    with delivering():
        answer = view(request_of(ada, "post", **data), **keywords(name, acme, pending))
    url = reverse("organization_list")
    assert answer["Location"] == (url if goal == "list" else f"{url}{acme.pk}/people/")
    done = {
        "Create": lambda: Organization.objects.get(slug="bell").is_owner(ada),
        "Delete": lambda: not Organization.objects.exists(),
        "UserCreate": lambda: acme.users.filter(username="cy").exists(),
        "UserDelete": lambda: not acme.is_member(pending),
        "UserRemind": lambda: [sent.to for sent in mail.outbox] == [["new@example.com"]],
    }
    assert done[name]()


@pytest.mark.parametrize("method", ["get", "post"])
def test_10_remind_answers_410_for_active_users(method, acme, ada, bo):
    acme.add_user(bo)
    view = base.BaseOrganizationUserRemind.as_view()
    answer = view(request_of(ada, method), organization_pk=acme.pk, user_pk=bo.pk)
    assert answer.status_code == 410
    assert mail.outbox == []


def test_10_update_views_change_the_rows(acme, ada, bo):
    member = acme.add_user(bo)
    data = {"name": "Apex", "slug": "apex", "owner": acme.owner.organization_user_id}
    base.BaseOrganizationUpdate.as_view()(request_of(ada, "post", **data), organization_pk=acme.pk)
    base.BaseOrganizationUserUpdate.as_view()(
        request_of(ada, "post", is_admin="on"), organization_pk=acme.pk, user_pk=bo.pk
    )
    acme.refresh_from_db()
    member.refresh_from_db()
    assert (acme.name, acme.slug, member.is_admin) == ("Apex", "apex", True)


# Sign-up


def test_10_sign_up_needs_a_success_url():
    class Page(OrganizationSignup):
        pass

    assert Page.form_class is SignUpForm
    assert Page.template_name == "organizations/signup_form.html"
    with pytest.raises(ImproperlyConfigured, match="success_url"):
        Page().get_success_url()


@pytest.mark.parametrize("how", ["attribute", "method"])
def test_10_sign_up_makes_user_and_organization(how, db, delivering):
    class Page(OrganizationSignup):
        success_url = "/thanks/" if how == "attribute" else None

        def get_success_url(self):
            return "/thanks/" if how == "method" else super().get_success_url()

    data = {"name": "Bell", "slug": "bell", "email": "new@example.com"}
    with delivering():
        answer = Page.as_view()(request_of(AnonymousUser(), "post", **data))
    assert answer["Location"] == "/thanks/"
    bell = Organization.objects.get(slug="bell")
    owner = bell.owner.organization_user.user
    assert (bell.is_active, owner.is_active, owner.email) == (False, False, "new@example.com")
    assert [sent.to for sent in mail.outbox] == [["new@example.com"]]


def test_10_sign_up_with_a_backend_of_ones_own(db):
    from organizations.backends.defaults import RegistrationBackend

    registered = []

    class Backend(RegistrationBackend):
        def register_by_email(self, email, sender=None, request=None, **kwargs):
            registered.append(email)
            return super().register_by_email(email, sender, request, **kwargs)

    class Page(OrganizationSignup):
        success_url = "/thanks/"
        backend = Backend()

    data = {"name": "Bell", "slug": "bell", "email": "new@example.com"}
    Page.as_view()(request_of(AnonymousUser(), "post", **data))
    assert registered == ["new@example.com"]
    assert Organization.objects.filter(slug="bell").exists()


def test_10_signed_in_people_go_to_organization_add(ada):
    class Page(OrganizationSignup):
        success_url = "/thanks/"

    assert Page.as_view()(request_of(ada))["Location"] == reverse("organization_add")


# Controlled views: who gets in. The default pages answer strangers with 404, members with 403.

CONTROLLED = {
    "List": {"owner": 200, "admin": 200, "member": 200, "stranger": 200},
    "Create": {"owner": 200, "admin": 200, "member": 200, "stranger": 200},
    "Detail": {"owner": 200, "admin": 200, "member": 200, "stranger": 404},
    "UserList": {"owner": 200, "admin": 200, "member": 200, "stranger": 404},
    "Update": {"owner": 200, "admin": 200, "member": 403, "stranger": 404},
    "UserDetail": {"owner": 200, "admin": 200, "member": 403, "stranger": 404},
    "UserCreate": {"owner": 200, "admin": 200, "member": 403, "stranger": 404},
    "UserRemind": {"owner": 200, "admin": 200, "member": 403, "stranger": 404},
    "UserUpdate": {"owner": 200, "admin": 200, "member": 403, "stranger": 404},
    "UserDelete": {"owner": 200, "admin": 200, "member": 403, "stranger": 404},
    "Delete": {"owner": 200, "admin": 403, "member": 403, "stranger": 404},
}


@pytest.mark.parametrize("name", CONTROLLED)
def test_10_controlled_view(name, acme, ada):
    people = {"owner": ada}
    for each in ("admin", "member", "stranger"):
        people[each] = make_person(each)
    acme.add_user(people["admin"], is_admin=True)
    acme.add_user(people["member"])
    pending = make_person("new", is_active=False)
    acme.add_user(pending)
    view = getattr(default, f"Organization{name}").as_view()
    found = {
        each: view(request_of(user), **keywords(name, acme, pending)).status_code
        for each, user in people.items()
    }
    assert found == CONTROLLED[name]
