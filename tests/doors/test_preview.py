"""The page between a form and its effect."""

import re

import pytest
from django import forms
from django.test import override_settings
from django.urls import path
from django.views.generic import FormView

from organizations import permissions, testing
from organizations.exceptions import OrganizationsError
from organizations.models import OrganizationUser
from organizations.services import members
from organizations.services.preview import preview
from organizations.views.base import PageMixin
from organizations.views.default import OrganizationFormMixin
from organizations.views.mixins import AccessRequiredMixin
from organizations.views.preview import PEOPLE_SHOWN, PreviewMixin
from tests.doors.support import signed_in
from tests.urls import urlpatterns as usual_patterns


class AdminsForm(forms.Form):
    """Makes the named members admins and all others plain members."""

    who = forms.ModelMultipleChoiceField(OrganizationUser.objects.all(), required=False)

    def __init__(self, request, organization, *args, **kwargs):
        self.request, self.organization = request, organization
        super().__init__(*args, **kwargs)

    def save(self):
        set_admins(self.organization, self.cleaned_data["who"])


def set_admins(organization, who):
    if len(who) == 1:
        raise OrganizationsError("One is too few.")
    rows = OrganizationUser.objects.filter(organization=organization)
    for member in rows.filter(organizationowner=None):
        members.set_admin(member, member in who)


class Admins(AccessRequiredMixin, PreviewMixin, OrganizationFormMixin, PageMixin, FormView):
    permission = permissions.CHANGE_MEMBER
    form_class = AdminsForm
    template_name = "organizations/organizationuser_form.html"
    success_url = "/done/"
    preview_title = "Look first"

    def get_preview(self, form):
        return preview(set_admins, self.organization, form.cleaned_data["who"])


urlpatterns = [
    path("admins/<organization:organization_pk>/", Admins.as_view(), name="admins"),
    *usual_patterns,
]


@pytest.fixture
def acme(db):
    with override_settings(ROOT_URLCONF=__name__):
        yield testing.make_organization("Acme", owner="ada", members=["bo", "cy", "di"])


def row(acme, name):
    return acme.organization_users.get(user__username=name)


def admins(acme):
    rows = acme.organization_users.filter(is_admin=True, organizationowner=None)
    return set(rows.values_list("user__username", flat=True))


def post(acme, *names, by="ada", **data):
    browser = signed_in(acme.users.get(username=by))
    who = [row(acme, name).pk for name in names]
    return browser.post(f"/admins/{acme.pk}/", {"who": who, **data})


def confirm_of(answer):
    return re.search(r'name="confirm" value="(\w+)"', answer.text)[1]


def test_a_form_shows_its_effect_and_does_nothing_yet(acme):
    answer = post(acme, "bo", "cy")

    assert answer.status_code == 200
    assert "Look first" in answer.text
    assert "bo@example.com" in answer.text and "di@example.com" not in answer.text
    assert "Change what members may do" in answer.text
    assert admins(acme) == set()


def test_the_confirmed_effect_happens(acme):
    confirm = confirm_of(post(acme, "bo", "cy"))

    answer = post(acme, "bo", "cy", confirm=confirm)

    assert (answer.status_code, answer.url) == (302, "/done/")
    assert admins(acme) == {"bo", "cy"}


def test_the_page_sends_the_same_data_again(acme):
    answer = post(acme, "bo", "cy", next='"><b>')

    for name in ("bo", "cy"):
        assert f'name="who" value="{row(acme, name).pk}"' in answer.text
    assert 'name="next" value="&quot;&gt;&lt;b&gt;"' in answer.text


def test_another_effect_than_the_confirmed_one_is_shown_first(acme):
    confirm = confirm_of(post(acme, "bo", "cy"))
    members.set_admin(row(acme, "di"), True)

    answer = post(acme, "bo", "cy", confirm=confirm)

    assert answer.status_code == 200
    assert "Loses:" in answer.text
    assert admins(acme) == {"di"}
    assert confirm_of(answer) != confirm


def test_what_changes_nothing_is_done_at_once(acme):
    assert post(acme).status_code == 302


def test_one_can_go_back_to_the_form(acme):
    answer = post(acme, "bo", "cy", edit="1")

    assert "<select" in answer.text and "selected" in answer.text
    assert admins(acme) == set()


def test_what_the_verb_refuses_is_an_error_of_the_form(acme):
    answer = post(acme, "bo")

    assert "One is too few." in answer.text
    assert "Look first" not in answer.text


def test_who_loses_rights_is_warned(acme):
    members.set_admin(row(acme, "bo"), True)

    answer = post(acme, "cy", "di", by="bo")

    assert "You lose rights yourself:" in answer.text
    assert "You lose rights yourself:" not in post(acme, "cy", "di").text


def test_long_lists_are_cut_and_counted(acme):
    for number in range(PEOPLE_SHOWN):
        testing.make_member(acme, f"person{number}")
    names = acme.users.exclude(username="ada").values_list("username", flat=True)

    answer = post(acme, *names)

    assert answer.text.count("Gains:") == PEOPLE_SHOWN
    assert "and 3 more people" in answer.text
    assert "0 people lose something" in answer.text
    assert f"{PEOPLE_SHOWN + 3} gain something" in answer.text
