"""The pages of roles. Who may open which is in tests/doors/test_access_table.py."""

import re
from datetime import datetime, time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from organizations import permissions, testing
from organizations.permissions import (
    CHANGE_MEMBER,
    INVITE_MEMBER,
    MANAGE_BILLING,
    REMOVE_MEMBER,
    TRANSFER_ORGANIZATION,
    VIEW_MEMBER,
)
from organizations.roles import services
from organizations.roles.matrix import permission_groups
from organizations.roles.models import Role, RoleAssignment
from organizations.roles.permissions import MANAGE_ROLES
from tests.doors.support import signed_in, text_of
from tests.roles.crews.models import Crew
from tests.roles.support import DAY, has, row, user

EVIL = '<script>alert("x")</script>'


def url(acme, name="organization_roles", **kwargs):
    return reverse(name, kwargs={"organization_pk": acme.slug, **kwargs})


def get(acme, name, by="ada", query="", **kwargs):
    return signed_in(user(by)).get(url(acme, name, **kwargs) + query)


def post(acme, name, data, by="ada", **kwargs):
    return signed_in(user(by)).post(url(acme, name, **kwargs), data)


def confirmed(acme, name, data, by="ada", **kwargs):
    """Send a form, then what the page about the effect sends."""
    shown = post(acme, name, data, by, **kwargs)
    assert shown.status_code == 200, shown
    return post(acme, name, {**data, "confirm": confirm_of(shown)}, by, **kwargs)


def confirm_of(answer):
    return re.search(r'name="confirm" value="(\w+)"', answer.text)[1]


def links_of(answer):
    return [link.replace("&amp;", "&") for link in re.findall(r'href="([^"]+)"', answer.text)]


@pytest.fixture
def sales(acme):
    return services.create(
        acme, name="Sales", description="They sell.", permissions=[INVITE_MEMBER], actor=None
    )


@pytest.fixture
def money(acme):
    return services.create(acme, name="Money", permissions=[MANAGE_BILLING], actor=None)


@pytest.fixture
def cashier(roles_in_code):
    return roles_in_code.declare("cashier", label="Cashier", permissions=[VIEW_MEMBER])


def give(acme, name, role, **values):
    return services.assign(row(acme, name), role, actor=None, **values)


class TestMatrix:
    def test_every_role_stands_across_and_every_permission_down(self, acme, sales, cashier):
        answer = get(acme, "organization_roles", by="cy")

        heads = re.findall(r'<th scope="col"><bdi>(.+?)</bdi>', answer.text)
        assert heads == ["Owner", "Admin", "Member", "Cashier", "Sales"]
        downs = re.findall(r'<th scope="row">(.*?)(?: <span| ?<div|</th>)', answer.text)
        assert downs == [
            escape(str(each.label)) for _label, group in permission_groups() for each in group
        ]

    def test_each_cell_says_yes_or_no(self, acme, sales):
        answer = get(acme, "organization_roles", by="cy")

        label = escape(str(permissions.get(INVITE_MEMBER).label))
        line = re.search(rf'<th scope="row">{label}.*?</tr>', answer.text, re.S)[0]
        cells = re.findall(r'<span class="org-hidden">(yes|no)</span>', line)
        assert cells == ["yes", "yes", "no", "yes"]
        assert answer.text.count(">yes<") + answer.text.count(">no<") == 4 * len(
            permissions.declared()
        )

    def test_high_risk_and_help_are_told(self, acme):
        answer = get(acme, "organization_roles")

        assert "High risk" in answer.text
        assert escape(str(permissions.get(CHANGE_MEMBER).help)) in answer.text

    def test_holders_are_counted(self, acme, sales, crew):
        give(acme, "cy", sales)
        give(acme, "di", sales)
        services.assign(crew, sales, actor=None)
        RoleAssignment.objects.filter(member=row(acme, "di")).update(ends_at=timezone.now() - DAY)

        text = get(acme, "organization_roles").text

        assert re.search(r"1 person, 1 group<span", text)
        assert re.search(r"6 people<span[^>]*>: Member", text)
        assert re.search(r"2 people<span[^>]*>: Admin", text)
        assert re.search(r"1 person<span[^>]*>: Owner", text)

    def test_only_those_who_manage_roles_see_what_to_do(self, acme, sales, money, cashier):
        def links(by):
            found = links_of(get(acme, "organization_roles", by=by))
            return {each for each in found if re.search(r"/roles/.*(add|edit|delete)/", each)}

        assert links("cy") == set()
        assert url(acme, "organization_role_edit", role=money.pk) in links("ada")
        by_admin = links("al")
        assert url(acme, "organization_role_add") in by_admin
        assert url(acme, "organization_role_add") + "?copy=cashier" in by_admin
        assert url(acme, "organization_role_edit", role=sales.pk) in by_admin
        assert url(acme, "organization_role_delete", role=sales.pk) in by_admin
        # Roles beyond one's own rights, and those in code, are locked.
        assert url(acme, "organization_role_edit", role=money.pk) not in by_admin
        assert not [each for each in by_admin if "cashier/" in each]

    @pytest.mark.parametrize("by", ["ada", "al", "cy"])
    def test_no_link_is_dead(self, acme, sales, money, cashier, crew, by):
        """Every link of the pages leads to a page that the person may open."""
        give(acme, "cy", sales)
        services.assign(crew, sales, actor=None)
        browser, seen = signed_in(user(by)), set()
        todo = {url(acme, "organization_roles")}
        while todo:
            here = todo.pop()
            seen.add(here)
            answer = browser.get(here)
            assert answer.status_code == 200, here
            if "/roles/" in here:
                found = [each for each in links_of(answer) if each.startswith("/accounts/")]
                todo |= {each for each in found if "/logout/" not in each} - seen
        assert len(seen) > 6

    def test_names_are_text(self, acme):
        services.create(acme, name=EVIL, description=EVIL, permissions=[], actor=None)

        text = get(acme, "organization_roles").text

        assert EVIL not in text and text.count(escape(EVIL)) >= 3

    def test_queries(self, acme, sales, cashier, crew, django_assert_max_num_queries):
        for index in range(20):
            role = services.create(acme, name=f"R{index}", permissions=[], actor=None)
            give(acme, "cy", role)
        browser = signed_in(user("al"))
        with django_assert_max_num_queries(10):
            browser.get(url(acme, "organization_roles"))

    def test_the_tab_is_there_for_members(self, acme):
        answer = get(acme, "organization_detail", by="cy")

        assert url(acme, "organization_roles") in links_of(answer)


class TestDetail:
    def test_it_tells_what_the_role_gives_and_who_has_it(self, acme, sales, crew):
        until = timezone.now() + timedelta(days=3)
        give(acme, "cy", sales, ends_at=until)
        services.assign(crew, sales, actor=None)

        text = get(acme, "organization_role", by="di", role=sales.pk).text

        assert "They sell." in text
        assert escape(str(permissions.get(INVITE_MEMBER).label)) in text
        assert "cy@example.com" in text and "Night crew" in text and "until " in text
        assert "Take away" not in text

    def test_the_pages_of_people_are_linked_for_those_who_may_change_them(self, acme, sales):
        give(acme, "cy", sales)
        link = url(acme, "organization_user_roles", user_pk=user("cy").pk)

        assert link in links_of(get(acme, "organization_role", by="al", role=sales.pk))
        assert link not in links_of(get(acme, "organization_role", by="di", role=sales.pk))

    def test_many_people_come_in_pages(self, acme, sales):
        for index in range(60):
            services.assign(testing.make_member(acme, f"p{index}"), sales, actor=None)

        first = get(acme, "organization_role", role=sales.pk)
        second = get(acme, "organization_role", role=sales.pk, query="?page=2")

        assert first.text.count("@example.com") > second.text.count("@example.com")
        assert "?page=2#holders" in first.text

    def test_a_role_without_anything(self, acme):
        role = services.create(acme, name="Empty", permissions=[], actor=None)

        text = get(acme, "organization_role", role=role.pk).text

        assert "This role gives no permission yet." in text and "Nobody has it." in text

    def test_a_role_in_code(self, acme, cashier):
        give(acme, "cy", cashier)

        answer = get(acme, "organization_role", role="cashier")

        assert "Cashier" in answer.text and "cy@example.com" in answer.text
        assert not [each for each in links_of(answer) if "/edit/" in each and "/roles/" in each]


PAGES_OF_A_ROLE = [
    *("organization_role", "organization_role_edit", "organization_role_delete"),
    *("organization_role_give",),
]


@pytest.mark.parametrize("name", PAGES_OF_A_ROLE)
@pytest.mark.parametrize("method", ["get", "post"])
def test_foreign_and_senseless_keys_are_not_found(acme, other, name, method):
    foreign = services.create(other, name="Foreign", permissions=[], actor=None)
    browser, texts = signed_in(user("ada")), set()
    keys = [foreign.pk, 999999, "0", "-1", "nothing", "9" * 30, "1x", "%00", "owner"]
    for key in keys:
        answer = getattr(browser, method)(url(acme, name, role=key))
        assert answer.status_code == 404
        texts.add(text_of(answer))
    assert len(texts) == 1, "the pages tell one from another"
    assert Role.objects.get() == foreign


@pytest.mark.parametrize("name", ["organization_role_edit", "organization_role_delete"])
def test_roles_in_code_cannot_be_edited(acme, cashier, name):
    assert get(acme, name, role="cashier").status_code == 404
    assert post(acme, name, {"name": "X"}, role="cashier").status_code == 404


class TestAdd:
    def test_it_makes_a_role(self, acme):
        data = {"name": "Sales", "description": "They sell.", "permissions": [INVITE_MEMBER]}
        answer = post(acme, "organization_role_add", data, by="al")

        role = Role.objects.get()
        assert (answer.status_code, answer.url) == (302, url(acme))
        assert (role.name, role.description) == ("Sales", "They sell.")
        assert (role.organization, role.permissions) == (acme, {INVITE_MEMBER})

    def test_rights_that_one_lacks_are_locked(self, acme):
        text = get(acme, "organization_role_add", by="al").text

        def box(name):
            return re.search(rf'<input type="checkbox"[^>]*value="{name}"[^>]*>', text)[0]

        assert "disabled" in box(MANAGE_BILLING) and "disabled" not in box(INVITE_MEMBER)
        assert "You do not have this right yourself." in text
        assert TRANSFER_ORGANIZATION not in text

    def test_a_forged_request_for_more_is_refused(self, acme):
        data = {"name": "Money", "permissions": [MANAGE_BILLING]}
        answer = post(acme, "organization_role_add", data, by="al")

        assert answer.status_code == 403
        assert escape(str(permissions.get(MANAGE_BILLING).label)) in answer.text
        assert not Role.objects.exists()

    @pytest.mark.parametrize(
        "names", [["organizations.nothing"], [TRANSFER_ORGANIZATION], [""], ["owner"]]
    )
    def test_unknown_rights_are_errors_of_the_form(self, acme, names):
        answer = post(acme, "organization_role_add", {"name": "X", "permissions": names})

        assert answer.status_code == 200 and "Please check what you entered" in answer.text
        assert not Role.objects.exists()

    @pytest.mark.parametrize("name", ["", "sales", " SALES ", "a" * 101, "a\x00b", "\u202egnp.exe"])
    def test_bad_names_are_errors_of_the_form(self, acme, sales, name):
        answer = post(acme, "organization_role_add", {"name": name})

        assert answer.status_code == 200 and 'id="id_name_error"' in answer.text
        assert Role.objects.count() == 1

    def test_other_fields_are_not_written(self, acme, other):
        data = {"name": "X", "organization": other.pk, "id": 77, "created": "2001-01-01"}
        post(acme, "organization_role_add", data)

        role = Role.objects.get()
        assert role.organization == acme and role.pk != 77 and role.created.year > 2001

    def test_what_was_ticked_stays_ticked_after_an_error(self, acme):
        answer = post(acme, "organization_role_add", {"name": "", "permissions": [INVITE_MEMBER]})

        box = re.search(rf'<input type="checkbox"[^>]*value="{INVITE_MEMBER}"[^>]*>', answer.text)
        assert "checked" in box[0]

    @pytest.mark.parametrize(
        ("source", "name", "ticked"),
        [
            ("cashier", "Copy of Cashier", {VIEW_MEMBER}),
            ("sales", "Copy of Sales", {INVITE_MEMBER}),
            ("money", "Copy of Money", set()),
            ("admin", "Copy of Admin", None),
            ("member", "Copy of Member", None),
        ],
    )
    def test_a_copy_begins_with_what_one_may_give(
        self, acme, sales, money, cashier, source, name, ticked
    ):
        key = {"sales": sales.pk, "money": money.pk}.get(source, source)
        answer = get(acme, "organization_role_add", by="al", query=f"?copy={key}")

        found = set(re.findall(r'value="([\w.]+)"[^>]* checked', answer.text))
        assert f'value="{name}"' in answer.text
        assert found == ticked if ticked is not None else found

    def test_a_copy_of_nothing_is_not_found(self, acme, other):
        foreign = services.create(other, name="Foreign", permissions=[], actor=None)
        for key in (foreign.pk, "nothing", "-1"):
            answer = get(acme, "organization_role_add", query=f"?copy={key}")
            assert answer.status_code == 404


class TestEdit:
    def change(self, acme, sales, names, by="ada", **data):
        return {"name": "Sales", "description": "They sell.", "permissions": names, **data}

    def test_the_page_shows_the_difference_and_who_gains_and_loses(self, acme, sales):
        give(acme, "cy", sales)
        data = self.change(acme, sales, [REMOVE_MEMBER])

        answer = post(acme, "organization_role_edit", data, role=sales.pk)

        text = answer.text
        assert "Change the role Sales?" in text
        assert re.search(r"Taken out:</strong> Invite people", text)
        assert re.search(r"Put in:</strong> Remove members", text)
        assert re.search(r"Loses:</strong> Invite people", text)
        assert re.search(r"Gains:</strong> Remove members", text)
        sales.refresh_from_db()
        assert sales.permissions == {INVITE_MEMBER}

    def test_confirmed_it_is_saved(self, acme, sales):
        give(acme, "cy", sales)
        data = self.change(acme, sales, [REMOVE_MEMBER])

        answer = confirmed(acme, "organization_role_edit", data, role=sales.pk)

        assert (answer.status_code, answer.url) == (302, url(acme))
        assert has(acme, "cy", REMOVE_MEMBER) and not has(acme, "cy", INVITE_MEMBER)

    def test_a_role_that_changed_meanwhile_is_shown_again(self, acme, sales):
        data = self.change(acme, sales, [REMOVE_MEMBER])
        confirm = confirm_of(post(acme, "organization_role_edit", data, role=sales.pk))
        services.change(sales, permissions=[INVITE_MEMBER, VIEW_MEMBER], actor=None)

        answer = post(acme, "organization_role_edit", {**data, "confirm": confirm}, role=sales.pk)

        assert answer.status_code == 200 and "View the members" in answer.text
        sales.refresh_from_db()
        assert INVITE_MEMBER in sales.permissions

    def test_somebody_who_got_the_role_meanwhile_is_shown_first(self, acme, sales):
        data = self.change(acme, sales, [])
        confirm = confirm_of(post(acme, "organization_role_edit", data, role=sales.pk))
        give(acme, "cy", sales)

        answer = post(acme, "organization_role_edit", {**data, "confirm": confirm}, role=sales.pk)

        assert answer.status_code == 200 and "cy@example.com" in answer.text

    def test_a_new_name_needs_no_second_look(self, acme, sales):
        give(acme, "cy", sales)
        data = self.change(acme, sales, [INVITE_MEMBER], name="Shop")

        assert post(acme, "organization_role_edit", data, role=sales.pk).status_code == 302
        assert Role.objects.get().name == "Shop"

    def test_who_loses_by_it_is_warned(self, acme, sales):
        role = services.create(
            acme, name="R", permissions=[MANAGE_ROLES, INVITE_MEMBER], actor=None
        )
        give(acme, "cy", role)
        data = {"name": "R", "permissions": [INVITE_MEMBER]}

        answer = post(acme, "organization_role_edit", data, by="cy", role=role.pk)

        assert "You lose rights yourself:" in answer.text and "Manage roles" in answer.text

    def test_nobody_widens_a_role_of_their_own(self, acme, sales):
        give(acme, "al", sales)
        data = self.change(acme, sales, [INVITE_MEMBER, REMOVE_MEMBER])

        answer = post(acme, "organization_role_edit", data, by="al", role=sales.pk)

        assert answer.status_code == 403 and "Nobody gives rights to themselves" in answer.text

    @pytest.mark.parametrize("name", ["organization_role_edit", "organization_role_delete"])
    def test_a_role_beyond_ones_rights_says_what_is_missing(self, acme, money, name):
        answer = get(acme, name, by="al", role=money.pk)

        assert answer.status_code == 403
        assert escape(str(permissions.get(MANAGE_BILLING).label)) in answer.text

    def test_one_can_go_back_to_the_form(self, acme, sales):
        data = {**self.change(acme, sales, [REMOVE_MEMBER]), "edit": "1"}

        text = post(acme, "organization_role_edit", data, role=sales.pk).text

        assert set(re.findall(r'value="([\w.]+)"[^>]* checked', text)) == {REMOVE_MEMBER}

    def test_names_no_longer_declared_do_not_stop_the_edit(self, acme):
        role = Role.objects.create(organization=acme, name="Old", permissions={"gone.do_it"})

        data = {"name": "New", "permissions": []}
        answer = post(acme, "organization_role_edit", data, by="al", role=role.pk)

        assert answer.status_code == 302
        role.refresh_from_db()
        assert (role.name, role.permissions) == ("New", frozenset())


class TestDelete:
    def test_a_replacement_must_be_chosen(self, acme, sales, cashier):
        give(acme, "cy", sales)

        shown = get(acme, "organization_role_delete", role=sales.pk)
        answer = post(acme, "organization_role_delete", {}, role=sales.pk)

        assert " checked" not in shown.text and 'value="cashier"' in shown.text
        assert f'value="{sales.pk}"' not in shown.text
        assert "This field is required." in answer.text
        assert Role.objects.exists()

    def test_only_what_one_may_give_is_offered(self, acme, sales, money):
        give(acme, "cy", sales)

        answer = get(acme, "organization_role_delete", by="al", role=sales.pk)
        forged = post(
            acme, "organization_role_delete", {"replacement": money.pk}, "al", role=sales.pk
        )

        assert f'value="{money.pk}"' not in answer.text
        assert "Select a valid choice" in forged.text

    @pytest.mark.parametrize("replacement", ["-", "cashier"])
    def test_the_effect_is_shown_and_then_happens(self, acme, sales, cashier, replacement):
        give(acme, "cy", sales)
        data = {"replacement": replacement}

        shown = post(acme, "organization_role_delete", data, role=sales.pk)
        answer = confirmed(acme, "organization_role_delete", data, role=sales.pk)

        assert "Loses:" in shown.text and answer.status_code == 302
        assert not Role.objects.exists()
        names = [each.role_name for each in services.assignments_of(row(acme, "cy"))]
        assert names == ([] if replacement == "-" else ["cashier"])

    def test_a_role_that_nobody_has_needs_no_replacement(self, acme, sales):
        shown = get(acme, "organization_role_delete", role=sales.pk)
        answer = post(acme, "organization_role_delete", {}, role=sales.pk)

        assert "Nobody has this role." in shown.text
        assert answer.status_code == 302 and not Role.objects.exists()

    def test_a_second_time_it_is_not_found(self, acme, sales):
        post(acme, "organization_role_delete", {}, role=sales.pk)

        assert post(acme, "organization_role_delete", {}, role=sales.pk).status_code == 404


class TestGroups:
    def test_a_role_is_given_to_a_group(self, acme, crew, sales):
        day = (timezone.localdate() + timedelta(days=2)).isoformat()
        data = {"group": f"crew:{crew.pk}", "until": day}

        shown = post(acme, "organization_role_give", data, role=sales.pk)
        answer = confirmed(acme, "organization_role_give", data, role=sales.pk)

        assert "di@example.com" in shown.text
        assert answer.url == url(acme, "organization_role", role=sales.pk)
        given = services.assignments_of(crew).get()
        assert timezone.localtime(given.ends_at).time() == time(0)
        assert has(acme, "di", INVITE_MEMBER)

    def test_only_groups_of_the_organization_are_offered(self, acme, other, sales):
        foreign = Crew.objects.create(organization=other, name="Foreign")

        shown = get(acme, "organization_role_give", role=sales.pk)
        answer = post(
            acme, "organization_role_give", {"group": f"crew:{foreign.pk}"}, role=sales.pk
        )

        assert "Foreign" not in shown.text and "There is no group yet" in shown.text
        assert answer.status_code == 200 and not RoleAssignment.objects.exists()

    def test_a_role_is_taken_from_a_group(self, acme, crew, sales):
        given = services.assign(crew, sales, actor=None)
        at = {"role": sales.pk, "assignment_pk": given.pk}

        shown = get(acme, "organization_role_take", **at)
        answer = post(acme, "organization_role_take", {"confirm": confirm_of(shown)}, **at)

        assert "from Night crew?" in shown.text and "di@example.com" in shown.text
        assert answer.status_code == 302 and not RoleAssignment.objects.exists()

    def test_roles_of_people_are_not_taken_here(self, acme, other, sales):
        given = give(acme, "cy", sales)
        for key in (given.pk, 999999):
            at = {"role": sales.pk, "assignment_pk": key}
            assert get(acme, "organization_role_take", **at).status_code == 404


class TestMemberRoles:
    def at(self, name):
        return {"user_pk": user(name).pk}

    def test_roles_are_ticked_with_a_last_day(self, acme, sales, cashier, monkeypatch):
        noon = timezone.now().replace(hour=12)
        monkeypatch.setattr(timezone, "now", lambda: noon)  # the day stays the same meanwhile
        today = timezone.localdate()
        data = {f"has_{sales.pk}": "on", f"until_{sales.pk}": today.isoformat()}

        shown = post(acme, "organization_user_roles", data, **self.at("cy"))
        answer = confirmed(acme, "organization_user_roles", data, **self.at("cy"))

        assert "Gains:" in shown.text
        assert answer.url == url(acme, "organization_user_roles", **self.at("cy"))
        end = datetime.combine(today + timedelta(days=1), time.min)
        assert services.assignments_of(row(acme, "cy")).get().ends_at == timezone.make_aware(end)
        again = get(acme, "organization_user_roles", **self.at("cy")).text
        assert f'value="{today.isoformat()}"' in again

    def test_roles_are_taken(self, acme, sales, cashier):
        give(acme, "cy", sales)
        give(acme, "cy", cashier)

        confirmed(acme, "organization_user_roles", {"has_cashier": "on"}, **self.at("cy"))

        assert [each.role_name for each in services.assignments_of(row(acme, "cy"))] == ["cashier"]

    def test_an_end_to_the_second_survives_the_form(self, acme, sales, cashier):
        until = timezone.now() + timedelta(days=2, seconds=7)
        give(acme, "cy", sales, ends_at=until)
        day = timezone.localtime(until).date().isoformat()
        data = {f"has_{sales.pk}": "on", f"until_{sales.pk}": day, "has_cashier": "on"}

        answer = post(acme, "organization_user_roles", data, **self.at("cy"))

        assert answer.status_code == 302  # nothing that cy may do changes
        assert services.assignments_of(row(acme, "cy")).get(role=sales).ends_at == until

    @pytest.mark.parametrize("day", ["2001-01-01", "x", "0001-01-01", "9999-12-31"])
    def test_a_day_that_is_no_use_is_an_error_of_the_form(self, acme, sales, day):
        data = {f"has_{sales.pk}": "on", f"until_{sales.pk}": day}

        answer = post(acme, "organization_user_roles", data, **self.at("cy"))

        assert answer.status_code == 200 and "Please check what you entered" in answer.text
        assert not RoleAssignment.objects.exists()

    def test_a_role_that_has_ended_is_told_and_can_stay(self, acme, sales):
        give(acme, "cy", sales)
        RoleAssignment.objects.update(ends_at=timezone.now() - 2 * DAY)
        shown = get(acme, "organization_user_roles", **self.at("cy"))
        day = re.search(rf'name="until_{sales.pk}" value="([\d-]+)"', shown.text)[1]

        data = {f"has_{sales.pk}": "on", f"until_{sales.pk}": day}
        answer = post(acme, "organization_user_roles", data, **self.at("cy"))

        assert "This role has ended." in shown.text
        assert answer.status_code == 302

    def test_roles_beyond_ones_rights_stay_as_they_are(self, acme, sales, money):
        data = {f"has_{money.pk}": "on", f"has_{sales.pk}": "on"}

        confirmed(acme, "organization_user_roles", data, by="al", **self.at("cy"))

        assert [each.role for each in services.assignments_of(row(acme, "cy"))] == [sales]

    @pytest.mark.parametrize(("target", "status"), [("ada", 403), ("rich", 403), ("bo", 200)])
    def test_people_beyond_ones_rights_are_out_of_reach(self, acme, money, sales, target, status):
        services.assign(testing.make_member(acme, "rich"), money, actor=None)

        for method in ("get", "post"):
            browser = signed_in(user("al"))
            answer = getattr(browser, method)(
                url(acme, "organization_user_roles", **self.at(target)), {f"has_{sales.pk}": "on"}
            )
            assert answer.status_code in ({status, 302} if status == 200 else {status})

    def test_members_see_their_own_roles_and_can_give_them_up(self, acme, sales, cashier):
        give(acme, "cy", sales)

        shown = get(acme, "organization_user_roles", by="cy", **self.at("cy"))
        confirmed(acme, "organization_user_roles", {"has_cashier": "on"}, "cy", **self.at("cy"))

        assert re.search(r'name="has_cashier"[^>]* disabled', shown.text)
        assert not RoleAssignment.objects.exists()
        assert get(acme, "organization_user_roles", by="cy", **self.at("di")).status_code == 403

    def test_the_owner_gives_roles_to_themselves(self, acme, sales):
        answer = post(acme, "organization_user_roles", {f"has_{sales.pk}": "on"}, **self.at("ada"))

        assert answer.status_code == 302
        assert services.assignments_of(row(acme, "ada")).exists()

    def test_roles_of_groups_are_shown(self, acme, crew, sales):
        services.assign(crew, sales, actor=None)

        text = get(acme, "organization_user_roles", **self.at("di")).text

        assert "Through groups" in text and "Night crew" in text

    def test_without_roles_the_page_says_what_to_do(self, acme):
        text = get(acme, "organization_user_roles", **self.at("di")).text

        assert "There are no roles yet" in text

    def test_foreign_people_are_not_found(self, acme, other, sales):
        for key in (user("otto").pk, 999999, "x", "-1"):
            for method in ("get", "post"):
                at = url(acme, "organization_user_roles", user_pk=key)
                assert getattr(signed_in(user("ada")), method)(at).status_code == 404

    def test_the_page_of_a_member_links_to_it(self, acme):
        link = url(acme, "organization_user_roles", **self.at("cy"))
        about = {"user_pk": user("cy").pk}

        assert link in links_of(get(acme, "organization_user_detail", by="al", **about))


def test_names_of_roles_and_groups_are_text_everywhere(acme, sales):
    sales = services.change(sales, name=EVIL, description=EVIL, actor=None)
    crew = Crew.objects.create(organization=acme, name=EVIL)
    crew.members.add(row(acme, "di"))
    given = services.assign(crew, sales, actor=None)
    give(acme, "cy", sales)
    role, about = {"role": sales.pk}, {"user_pk": user("di").pk}
    answers = [
        *(get(acme, name, **role) for name in PAGES_OF_A_ROLE),
        get(acme, "organization_role_take", **role, assignment_pk=given.pk),
        get(acme, "organization_user_roles", **about),
        get(acme, "organization_role_add", query=f"?copy={sales.pk}"),
        post(acme, "organization_role_edit", {"name": EVIL, "permissions": []}, **role),
        post(acme, "organization_role_delete", {"replacement": "-"}, **role),
        post(
            acme,
            "organization_user_roles",
            {f"has_{sales.pk}": "on", f"until_{sales.pk}": "x"},
            **about,
        ),
    ]

    for answer in answers:
        assert answer.status_code == 200
        assert EVIL not in answer.text and escape(EVIL) in answer.text
