"""The default models in Django's admin: every page opens, and the owner is safe there too."""

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from organizations import signals, testing
from organizations.models import (
    Organization,
    OrganizationInvitation,
    OrganizationOwner,
    OrganizationUser,
    VerifiedAddress,
)
from organizations.services import closing, links
from tests.doors.support import invite, words_of

MODELS = [
    Organization,
    OrganizationUser,
    OrganizationOwner,
    OrganizationInvitation,
    VerifiedAddress,
]
#: What cannot be added or deleted by hand.
NO_ADDING = {OrganizationInvitation}
NO_DELETING = {OrganizationOwner}


def url(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.fixture
def operator(world):
    return world.browser("superuser")


@pytest.fixture
def heard():
    """Collect the signals that are sent, by their names."""
    found = []
    names = ("owner_changed", "organization_changed", "organization_deleted", "member_added",
             "member_changed", "member_removed", "user_added", "user_removed")  # fmt: skip

    def note(name):
        getattr(signals, name).connect(
            lambda **kwargs: found.append(name), weak=False, dispatch_uid="heard"
        )

    for name in names:
        note(name)
    yield found
    for name in names:
        getattr(signals, name).disconnect(dispatch_uid="heard")


def test_every_model_of_the_package_is_there():
    registered = {m for m in admin.site._registry if m._meta.app_label == "organizations"}
    assert registered == set(MODELS)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_page_opens(model, operator, world):
    row = model._base_manager.first()
    pages = {"changelist": (), "change": (row.pk,), "history": (row.pk,)}
    for page, args in pages.items():
        assert operator.get(url(model, page, *args)).status_code == 200, page
    assert operator.get(url(model, "add")).status_code == (403 if model in NO_ADDING else 200)
    expected = 403 if model in NO_DELETING else 200
    assert operator.get(url(model, "delete", row.pk)).status_code == expected


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_lists_can_be_searched_and_filtered(model, operator, world):
    options = admin.site._registry[model]
    if options.search_fields:
        assert operator.get(url(model, "changelist"), {"q": "acme'\"%"}).status_code == 200


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_lists_take_the_same_number_of_queries_however_long(model, operator, world):
    def count():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            operator.get(url(model, "changelist"))
        return len(queries)

    operator.get(url(model, "changelist"))
    few = count()
    for number in range(8):
        organization = testing.make_organization(
            f"More {number}", owner=f"owner{number}", members=[f"member{number}"]
        )
        OrganizationInvitation.objects.create(
            organization=organization,
            invitee_identifier=f"{number}@example.com",
            invited_by=world.people["owner"],
        )
    assert count() == few


def inline(owner, member):
    return {
        "owner-TOTAL_FORMS": 1,
        "owner-INITIAL_FORMS": 1,
        "owner-0-id": owner.pk,
        "owner-0-organization": owner.organization_id,
        "owner-0-organization_user": member.pk,
    }


def member_of(world, name, organization=None):
    return OrganizationUser.objects.get(
        organization=organization or world.acme, user=world.people[name]
    )


def change_organization(operator, world, member, **values):
    owner = OrganizationOwner.objects.get(organization=world.acme)
    data = {"name": "Acme", "slug": "acme", "is_active": "on", **inline(owner, member), **values}
    return operator.post(url(Organization, "change", world.acme.pk), data)


def test_the_owner_changes_by_the_verb(operator, world, heard):
    new = member_of(world, "admin")
    assert change_organization(operator, world, new).status_code == 302
    assert OrganizationOwner.objects.get(organization=world.acme).organization_user == new
    assert heard == ["owner_changed"]


def test_fields_change_by_the_verb(operator, world, heard):
    change_organization(operator, world, member_of(world, "owner"), name="Acme II", slug="Acme-II")
    world.acme.refresh_from_db()
    assert (world.acme.name, world.acme.slug) == ("Acme II", "acme-ii")
    assert heard == ["organization_changed"]


@pytest.mark.parametrize(
    "values",
    [{"slug": "login"}, {"slug": "zenith"}, {"slug": "12"}, {"name": "a\nb"}, {"name": ""}],
)
def test_bad_names_and_slugs_get_a_message(values, operator, world):
    response = change_organization(operator, world, member_of(world, "owner"), **values)
    assert response.status_code == 200
    assert set(response.context["adminform"].form.errors) == set(values)


@pytest.mark.parametrize("name", ["foreigner", "deactivated"])
def test_who_cannot_own_is_refused_with_a_message(name, operator, world):
    member = OrganizationUser.objects.get(user=world.people[name])
    before = OrganizationOwner.objects.get(organization=world.acme).organization_user
    for response in (
        change_organization(operator, world, member),
        operator.post(
            url(OrganizationOwner, "change", world.acme.owner.pk),
            {"organization": world.acme.pk, "organization_user": member.pk},
        ),
    ):
        assert response.status_code == 200
        assert "must be" in words_of(response)
    assert OrganizationOwner.objects.get(organization=world.acme).organization_user == before


def test_an_owner_row_changes_by_the_verb_too(operator, world, heard):
    new = member_of(world, "member")
    operator.post(
        url(OrganizationOwner, "change", world.acme.owner.pk), {"organization_user": new.pk}
    )
    assert OrganizationOwner.objects.get(organization=world.acme).organization_user == new
    assert member_of(world, "member").is_admin
    assert heard == ["owner_changed"]


def test_an_organization_without_an_owner_gains_one(operator, world, heard):
    orphan = Organization.objects.create(name="Orphan")
    member = OrganizationUser.objects.create(organization=orphan, user=world.people["outsider"])
    operator.post(
        url(OrganizationOwner, "add"),
        {"organization": orphan.pk, "organization_user": member.pk},
    )
    assert OrganizationOwner.objects.get(organization=orphan).organization_user == member
    assert heard == ["owner_changed"]


def test_a_new_organization_needs_no_owner_yet(operator, world):
    response = operator.post(
        url(Organization, "add"),
        {"name": "New", "slug": "new", "owner-TOTAL_FORMS": 0, "owner-INITIAL_FORMS": 0},
    )
    assert response.status_code == 302
    assert Organization.objects.filter(name="New").exists()


def test_members_are_added_changed_and_removed_by_the_verbs(operator, world, heard):
    operator.post(
        url(OrganizationUser, "add"),
        {"organization": world.acme.pk, "user": world.people["outsider"].pk},
    )
    member = member_of(world, "outsider")
    assert not member.is_admin
    operator.post(url(OrganizationUser, "change", member.pk), {"is_admin": "on"})
    assert member_of(world, "outsider").is_admin
    operator.post(url(OrganizationUser, "delete", member.pk), {"post": "yes"})
    assert not world.acme.is_member(world.people["outsider"])
    assert heard == [
        *("user_added", "member_added", "member_changed", "user_removed", "member_removed")
    ]
    assert LogEntry.objects.count() == 3


def test_adding_a_member_twice_gets_a_message(operator, world):
    response = operator.post(
        url(OrganizationUser, "add"),
        {"organization": world.acme.pk, "user": world.people["member"].pk},
    )
    assert response.status_code == 200
    assert "already exists" in words_of(response)


def test_the_owners_membership_cannot_be_deleted(operator, world):
    member = member_of(world, "owner")
    response = operator.post(
        url(OrganizationUser, "delete", member.pk), {"post": "yes"}, follow=True
    )
    assert response.status_code == 200
    assert OrganizationUser.objects.filter(pk=member.pk).exists()
    assert OrganizationOwner.objects.filter(organization=world.acme).exists()


def test_the_owners_flag_cannot_be_taken(operator, world):
    member = member_of(world, "owner")
    response = operator.post(url(OrganizationUser, "change", member.pk), {})
    assert response.status_code == 200
    assert "always an admin" in words_of(response)


@pytest.mark.parametrize("with_owner", [True, False])
def test_the_delete_action_spares_the_owner(with_owner, operator, world):
    names = ["member", "admin", *(["owner"] if with_owner else [])]
    rows = [member_of(world, name).pk for name in names]
    response = operator.post(
        url(OrganizationUser, "changelist"),
        {"action": "delete_selected", "_selected_action": rows, "post": "yes"},
        follow=True,
    )
    assert response.status_code == 200
    left = set(
        OrganizationUser.objects.filter(pk__in=rows).values_list("user__username", flat=True)
    )
    assert "owner" not in names or "owner" in left
    assert with_owner or left == set()


def test_a_membership_stays_between_its_two_ends(operator, world):
    member = member_of(world, "member")
    operator.post(
        url(OrganizationUser, "change", member.pk),
        {"organization": world.zenith.pk, "user": world.people["outsider"].pk},
    )
    member.refresh_from_db()
    assert (member.organization, member.user) == (world.acme, world.people["member"])


@pytest.mark.parametrize("way", ["page", "action"])
def test_organizations_are_deleted_by_the_verb(way, operator, world, heard):
    if way == "page":
        operator.post(url(Organization, "delete", world.acme.pk), {"post": "yes"})
    else:
        operator.post(
            url(Organization, "changelist"),
            {"action": "delete_selected", "_selected_action": [world.acme.pk], "post": "yes"},
        )
    assert not Organization.objects.filter(pk=world.acme.pk).exists()
    assert "organization_deleted" in heard


def test_the_user_who_owns_an_organization_cannot_be_deleted(operator, world):
    response = operator.post(
        reverse("admin:auth_user_delete", args=[world.people["owner"].pk]), {"post": "yes"}
    )
    assert response.status_code == 200
    assert "Cannot delete user" in words_of(response)
    world.people["owner"].refresh_from_db()


def test_what_an_invitation_offers_and_to_whom_cannot_be_changed(operator, world):
    """The mailed link proves the address it went to; another one would be proven falsely."""
    operator.post(
        url(OrganizationInvitation, "change", world.offer.pk),
        {
            "invitee_identifier": "evil@example.com",
            "organization": world.zenith.pk,
            "invited_by": world.people["foreigner"].pk,
            "status": "accepted",
            "is_admin": "on",
        },
    )
    row = OrganizationInvitation.objects.get(pk=world.offer.pk)
    assert (row.invitee_identifier, row.organization) == ("outsider@example.com", world.acme)
    assert (row.invited_by, row.status) == (world.people["admin"], "pending")
    assert not row.is_admin


def test_the_secrets_digest_is_not_shown(operator, world):
    text = operator.get(url(OrganizationInvitation, "change", world.offer.pk)).content.decode()
    assert world.offer.token_digest not in text
    assert world.offer.secret not in text


def test_verified_addresses_are_kept_in_their_normal_form(operator, world):
    data = {"user": world.people["outsider"].pk, "address": "Other@EXAMPLE.com"}
    operator.post(url(VerifiedAddress, "add"), data)
    assert VerifiedAddress.objects.filter(address="other@example.com").exists()
    assert not VerifiedAddress.objects.filter(address="Other@EXAMPLE.com").exists()


def test_staff_without_the_permission_sees_nothing(world):
    clerk = world.people["outsider"]
    clerk.is_staff = True
    clerk.save()
    for model in MODELS:
        assert world.browser("outsider").get(url(model, "changelist")).status_code == 403


def test_an_error_of_a_verb_is_a_message(operator, world, monkeypatch):
    """Where the admin cannot know before, as with a member who became the owner meanwhile."""
    from organizations.exceptions import OwnershipRequired

    def refuse(*args, **kwargs):
        raise OwnershipRequired

    monkeypatch.setattr("organizations.services.members.remove", refuse)
    member = member_of(world, "member")
    response = operator.post(url(OrganizationUser, "delete", member.pk), {"post": "yes"})
    assert response.status_code == 302
    assert "always needs its owner" in str([str(m) for m in get_messages(response.wsgi_request)])


# suspended and deleted organizations


def act(browser, action, *organizations):
    data = {"action": action, "_selected_action": [each.pk for each in organizations]}
    return browser.post(url(Organization, "changelist"), data, follow=True)


def test_operator_suspends_reinstates_and_restores_in_the_list(operator, world):
    both = (world.acme, world.zenith)
    assert "2 changed." in words_of(act(operator, "suspend", *both))
    shown = words_of(operator.get(url(Organization, "changelist"), {"state": "suspended"}))
    assert "suspended" in shown
    assert "2 organizations" in shown
    assert not Organization.objects.filter(is_active=True).exists()
    assert "1 changed." in words_of(act(operator, "reinstate", world.acme))
    closing.close(world.acme, actor=world.people["owner"], now=timezone.now())
    shown = words_of(operator.get(url(Organization, "changelist"), {"state": "deleted"}))
    assert "deleted, can be restored until" in shown
    assert "1 organization" in shown
    answer = words_of(act(operator, "restore", *both))
    assert "Zenith: The organization is not deleted." in answer
    assert "1 changed." in answer
    assert Organization.objects.get(is_active=True) == world.acme


@pytest.mark.parametrize("step", ["suspend", "close"])
def test_box_of_the_form_opens_nothing_that_is_suspended_or_deleted(step, operator, world):
    getattr(closing, step)(world.acme, actor=None, now=timezone.now())
    page = url(Organization, "change", world.acme.pk)
    data = {"name": "Acme", "slug": "acme", **inline(world.acme.owner, member_of(world, "owner"))}
    answer = operator.post(page, {**data, "is_active": "on"})
    assert "Choose “Reinstate” or “Restore”" in words_of(answer)
    assert not Organization.objects.get(pk=world.acme.pk).is_active
    assert operator.post(page, {**data, "name": "Other"}).status_code == 302
    assert Organization.objects.get(pk=world.acme.pk).name == "Other"


def test_staff_without_the_permission_finds_no_actions(world):
    person = world.people["admin"]
    person.is_staff = True
    person.save()
    view = Permission.objects.get(
        codename="view_organization", content_type__app_label="organizations"
    )
    person.user_permissions.add(view)
    act(world.browser("admin"), "suspend", world.acme)
    assert Organization.objects.get(pk=world.acme.pk).is_active


# lists


def counted(operator):
    """Return the list's rows: member and invitation counts by name, and the queries it took."""
    with CaptureQueriesContext(connection) as queries:
        response = operator.get(url(Organization, "changelist"))
    rows = response.context["cl"].result_list
    return {str(each): (each._member_count, each._pending_count) for each in rows}, len(queries)


def test_the_list_counts_members_and_open_invitations(operator, world):
    for number in range(3):
        testing.make_organization(f"More {number}", owner=f"o{number}", members=[f"m{number}"])
    extra = Organization.objects.get(name="More 1")
    first = invite(extra, "a@example.com", by=world.people["superuser"])
    invite(extra, "b@example.com", by=world.people["superuser"])
    links.create(
        extra, actor=world.people["superuser"], now=timezone.now()
    )  # waits for nobody in particular
    counted(operator)
    found, few = counted(operator)
    assert found["More 0"] == (2, 0)
    assert found["More 1"] == (2, 2)
    shown = operator.get(url(Organization, "changelist")).content.decode()
    for model, number in ((OrganizationUser, 2), (OrganizationInvitation, 2)):
        target = f"{url(model, 'changelist')}?organization__exact={extra.pk}"
        assert f'<a href="{target}">{number}</a>' in shown
        assert operator.get(target).status_code == 200
    first.delete()
    for number in range(30):
        testing.make_organization(f"Many {number}", owner=f"p{number}", members=[f"q{number}"])
    found, many = counted(operator)
    assert len(found) >= 33
    assert found["More 1"] == (2, 1)
    assert many == few


@pytest.mark.parametrize("ordering", [4, 5])
def test_the_list_can_be_ordered_by_the_counts(ordering, operator, world):
    assert operator.get(url(Organization, "changelist"), {"o": ordering}).status_code == 200


def test_the_form_takes_as_many_queries_with_few_members_as_with_many(operator, world):
    target = url(Organization, "change", world.acme.pk)
    operator.get(target)
    with CaptureQueriesContext(connection) as few:
        operator.get(target)
    for number in range(30):
        testing.make_member(world.acme, f"r{number}")
    with CaptureQueriesContext(connection) as many:
        operator.get(target)
    assert len(many) == len(few)


def test_the_form_shows_the_first_members_and_leads_to_all(operator, world, heard):
    """To look at: whatever is posted for them changes nothing."""
    for number in range(30):
        testing.make_member(world.acme, f"r{number}")
    target = url(Organization, "change", world.acme.pk)
    response = operator.get(target)
    shown = response.content.decode()
    [formset] = [
        each.formset
        for each in response.context["inline_admin_formsets"]
        if each.formset.model is OrganizationUser
    ]
    first = list(world.acme.organization_users.order_by("user_id")[:20])
    assert [form.instance for form in formset.forms] == first
    assert "The first 20 members" in words_of(response)
    for member in first:
        assert url(OrganizationUser, "change", member.pk) in shown
    count = world.acme.organization_users.count()
    every = f"{url(OrganizationUser, 'changelist')}?organization__exact={world.acme.pk}"
    assert f'<a href="{every}">{count}</a>' in shown
    assert 'name="organization_users-0-is_admin"' not in shown
    heard.clear()
    member = member_of(world, "member")
    change_organization(
        operator,
        world,
        member_of(world, "owner"),
        **{
            "name": "Acme II",
            "organization_users-TOTAL_FORMS": 2,
            "organization_users-INITIAL_FORMS": 1,
            "organization_users-0-id": member.pk,
            "organization_users-0-is_admin": "on",
            "organization_users-0-DELETE": "on",
            "organization_users-1-user": world.people["outsider"].pk,
        },
    )
    assert heard == ["organization_changed"]
    assert not member_of(world, "member").is_admin
    assert world.acme.organization_users.count() == count


def test_who_may_not_see_members_does_not_see_them_in_the_form(world, client):
    staff = testing.make_user("staff", is_staff=True)
    staff.user_permissions.set(
        Permission.objects.filter(codename__in=["view_organization", "view_organizationowner"])
    )
    client.force_login(staff)
    response = client.get(url(Organization, "change", world.acme.pk))
    assert response.status_code == 200
    models = [each.formset.model for each in response.context["inline_admin_formsets"]]
    assert models == [OrganizationOwner]


def test_people_are_found_by_name_where_their_pages_can_be_searched(operator, world):
    shown = operator.get(url(OrganizationUser, "add")).content.decode()
    assert 'data-field-name="user"' in shown
    assert 'data-field-name="organization"' in shown
    found = operator.get(
        reverse("admin:autocomplete"),
        {
            "term": "own",
            "app_label": "organizations",
            "model_name": "organizationuser",
            "field_name": "user",
        },
    )
    assert found.status_code == 200
    assert found.json()["results"]


def test_staff_who_may_not_see_the_users_types_keys(world):
    staff = world.people["outsider"]
    staff.is_staff = True
    staff.save()
    staff.user_permissions.set(Permission.objects.filter(codename="add_organizationuser"))
    shown = world.browser("outsider").get(url(OrganizationUser, "add")).content.decode()
    assert 'data-field-name="user"' not in shown
    assert "vForeignKeyRawIdAdminField" in shown


def resend(browser, *rows):
    data = {"action": "resend", "_selected_action": [each.pk for each in rows]}
    return browser.post(url(OrganizationInvitation, "changelist"), data, follow=True)


def test_invitations_are_sent_again_from_the_list(modelled, operator, world):
    by = world.people["owner"]
    one = invite(world.acme, "a@example.com", by=by)
    two = invite(world.acme, "b@example.com", by=by)
    link = links.create(world.acme, actor=by, now=timezone.now())
    closed = invite(world.acme, "c@example.com", by=by)
    OrganizationInvitation.objects.filter(pk=closed.pk).update(status="declined")
    mail.outbox.clear()
    answer = words_of(resend(operator, one, two, link, closed))
    assert "2 are on their way." in answer
    assert "only what was sent to an address is sent again" in answer
    assert sorted(each.to for each in mail.outbox) == [["a@example.com"], ["b@example.com"]]
    digest = one.token_digest
    one.refresh_from_db()
    assert one.token_digest != digest
    before = link.token_digest
    link.refresh_from_db()
    assert link.token_digest == before


def test_a_backend_that_asks_nobody_sends_nothing_again(operator, world):
    one = invite(world.acme, "a@example.com", by=world.people["owner"])
    assert b'value="resend"' not in operator.get(url(OrganizationInvitation, "changelist")).content
    resend(operator, one)
    assert mail.outbox == []
