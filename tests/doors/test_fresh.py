"""Steps that ask who is there once more: how old a sign-in may be, and the page that asks."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.test import Client
from django.urls import include, path
from django.utils import timezone
from django.views.generic import View

from organizations import doors, testing
from organizations.conf import get_settings
from organizations.models import Organization, OrganizationInvitation
from organizations.services import handover
from organizations.views.fresh import FreshLoginRequiredMixin
from tests.doors.support import PASSWORD, all_rows, page, signed_in, words_of
from tests.security.test_requests import ELSEWHERE

pytestmark = pytest.mark.django_db
CONFIRM = "/accounts/confirm/"


@pytest.fixture
def ada(db):
    return testing.make_user("ada", password=PASSWORD)


@pytest.fixture
def acme(ada):
    return testing.make_organization("Acme", owner=ada, members=["bo"])


def stamp(browser, value):
    """Put something in the place of the mark that the sign-in has left; None removes it."""
    session = browser.session
    if value is None:
        del session[doors.FRESH_KEY]
    else:
        session[doors.FRESH_KEY] = value
    session.save()
    return browser


def aged(user, age):
    then = timezone.now() - age
    return stamp(signed_in(user), [str(user.pk), then.timestamp()])


OLD = timedelta(minutes=16)


def steps(organization):
    """Return {page: what one would post there}, for the owner."""
    bo = organization.organization_users.get(user__username="bo")
    return {
        "organization_transfer": {"new_owner": bo.pk, "confirm_name": organization.name},
        "organization_delete": {"confirm_name": organization.name},
    }


@pytest.mark.parametrize("name", ["organization_transfer", "organization_delete"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_old_session_is_asked_and_nothing_happens(method, name, acme, ada):
    browser, url = aged(ada, OLD), page(name, acme)
    before = all_rows()
    response = getattr(browser, method)(url, steps(acme)[name] if method == "post" else None)
    assert response.status_code == 302
    assert response["Location"] == f"{CONFIRM}?next={url.replace('/', '%2F')}"
    assert all_rows() == before


def test_offer_is_not_answered_by_an_old_session(acme, ada):
    bo = acme.organization_users.get(user__username="bo")
    handover.offer(acme, bo, actor=ada, now=timezone.now())
    browser, url = aged(bo.user, OLD), page("organization_handover_answer", acme)
    for data in ({"confirm_name": "Acme"}, {"action": "decline"}):
        assert browser.post(url, data)["Location"].startswith(CONFIRM)
    assert Organization.objects.get().is_owner(ada)
    assert OrganizationInvitation.objects.get().status == "pending"


def test_who_may_not_come_in_is_not_asked(acme):
    for name, status in (("bo", 403), ("stranger", 404)):
        user = get_user_model().objects.filter(username=name).first() or testing.make_user(name)
        browser = aged(user, OLD)
        for url in steps(acme):
            assert browser.get(page(url, acme)).status_code == status
    bo = acme.users.get(username="bo")
    assert aged(bo, OLD).get(page("organization_handover_answer", acme)).status_code == 404


def test_signing_in_makes_a_session_fresh_and_time_makes_it_old(acme, ada):
    url = page("organization_delete", acme)
    assert signed_in(ada).get(url).status_code == 200
    for age, status in (
        (timedelta(minutes=14), 200),
        (timedelta(minutes=15), 302),
        (timedelta(days=9), 302),
        (timedelta(minutes=-5), 302),
    ):
        assert aged(ada, age).get(url).status_code == status, age


@pytest.mark.parametrize(
    "value",
    [None, "x", [], ["1"], {"user": 1}, 7, True, ["key", None], ["key", "now"], ["other", 0]],
    ids=repr,
)
def test_session_that_says_nothing_true_counts_as_old(value, acme, ada):
    if isinstance(value, list):
        now = timezone.now().timestamp()
        words = {"key": str(ada.pk), "other": str(ada.pk + 1), 0: now}
        value = [words.get(each, each) for each in value]
    browser = stamp(signed_in(ada), value)
    assert browser.get(page("organization_delete", acme)).status_code == 302


def test_mark_of_one_user_does_not_serve_the_next(acme, ada):
    browser = signed_in(testing.make_user("eve"))
    mark = browser.session[doors.FRESH_KEY]
    browser.force_login(ada)
    stamp(browser, mark)
    assert browser.get(page("organization_delete", acme)).status_code == 302


def test_signing_out_takes_the_mark_along(acme, ada):
    browser = signed_in(ada)
    browser.logout()
    assert doors.FRESH_KEY not in browser.session


def test_setting_says_how_old_a_sign_in_may_be(acme, ada, settings):
    settings.ORGANIZATIONS = {"FRESH_LOGIN": timedelta(days=2)}
    assert aged(ada, timedelta(days=1)).get(page("organization_delete", acme)).status_code == 200
    settings.ORGANIZATIONS = {"FRESH_LOGIN": timedelta(0)}
    with pytest.raises(ImproperlyConfigured, match="FRESH_LOGIN"):
        get_settings()


def test_sign_in_without_a_session_does_not_break(ada, rf):
    for request in (None, SimpleNamespace(), rf.get("/")):
        user_logged_in.send(sender=type(ada), request=request, user=ada)


# The page that asks


def test_right_password_leads_back_to_the_page_itself(acme, ada):
    browser, url = aged(ada, OLD), page("organization_delete", acme)
    asked = browser.post(url, {"confirm_name": "Acme"}, follow=True)
    assert "Nothing has changed yet" in words_of(asked)
    assert "Enter your password once more" in words_of(asked)
    response = browser.post(CONFIRM, {"password": PASSWORD, "next": url})
    assert response["Location"] == url
    assert browser.get(url).status_code == 200
    assert Organization.objects.filter(pk=acme.pk).exists(), "the POST is not sent again"


@pytest.mark.parametrize(
    "typed", ["", "mistaken-7", PASSWORD.upper(), f" {PASSWORD}", "\x00", "x" * 9999]
)
def test_wrong_password_leads_nowhere(typed, acme, ada):
    browser, url = aged(ada, OLD), page("organization_delete", acme)
    response = browser.post(CONFIRM, {"password": typed, "next": url})
    assert response.status_code == 200
    assert response.context["form"].errors["password"]
    assert not typed.strip() or typed not in response.content.decode()
    assert browser.get(url).status_code == 302


def test_password_of_somebody_else_is_wrong(acme, ada):
    testing.make_user("eve", password="another-good-one-3")
    browser = aged(ada, OLD)
    response = browser.post(CONFIRM, {"password": "another-good-one-3", "username": "eve"})
    assert response.status_code == 200
    assert browser.get(page("organization_delete", acme)).status_code == 302


def test_backend_that_knows_another_user_by_the_password_does_not_count(acme, ada, monkeypatch):
    eve = testing.make_user("eve")
    monkeypatch.setattr("organizations.views.fresh.authenticate", lambda *a, **k: eve)
    assert aged(ada, OLD).post(CONFIRM, {"password": "x"}).status_code == 200


def test_opening_the_page_confirms_nothing(acme, ada):
    browser = aged(ada, OLD)
    for method in (browser.get, browser.head, browser.options):
        assert method(CONFIRM, {"password": PASSWORD}).status_code == 200
    assert browser.get(page("organization_delete", acme)).status_code == 302


def test_account_without_a_password_signs_out_and_in_again(acme):
    eve = testing.make_user("eve")
    browser = aged(eve, OLD)
    url = page("organization_list")
    shown = browser.get(CONFIRM, {"next": url})
    assert "has no password here" in words_of(shown)
    assert 'name="password"' not in shown.content.decode()
    assert browser.post(CONFIRM, {"password": ""}).status_code == 200
    response = browser.post(CONFIRM, {"action": "switch", "next": url})
    assert response["Location"] == f"/accounts/login/?next={url}"
    assert "_auth_user_id" not in browser.session


def test_nobody_else_is_asked(db, ada):
    assert Client().get(CONFIRM)["Location"].startswith("/accounts/login/")
    browser = aged(ada, OLD)
    get_user_model().objects.filter(pk=ada.pk).update(is_active=False)
    assert browser.post(CONFIRM, {"password": PASSWORD})["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("target", [*ELSEWHERE, CONFIRM, f"{CONFIRM}?next=/x"], ids=ascii)
def test_confirming_leads_to_no_other_site_and_not_here_again(target, ada):
    home = page("organization_list")
    shown = aged(ada, OLD).get(CONFIRM, {"next": target})
    assert "evil" not in shown.content.decode()
    for data in ({"password": PASSWORD}, {"action": "switch"}):
        for where in ({"path": CONFIRM, "data": {**data, "next": target}},):
            location = aged(ada, OLD).post(**where)["Location"]
            assert "evil" not in location
            assert location in {home, f"/accounts/login/?next={home}"} or (
                location.startswith("/") and location[1:2] not in {"/", "\\"}
            )
            assert not location.startswith(CONFIRM)


# A page of the project's own


class Secret(FreshLoginRequiredMixin, View):
    def get(self, request):
        return HttpResponse("secret")


def own_confirmation(request):
    doors.mark_fresh(request)
    return HttpResponse("thanks")


urlpatterns = [
    path("accounts/", include("organizations.auth_urls")),
    path("accounts/", include("organizations.urls")),
    path("secret/", Secret.as_view()),
    path("own/", own_confirmation),
]


@pytest.mark.urls(__name__)
def test_page_of_a_project_asks_by_the_mixin_and_by_a_page_of_its_own(ada, settings):
    browser = aged(ada, OLD)
    assert browser.get("/secret/?a=1&b=2")["Location"] == (
        f"{CONFIRM}?next=%2Fsecret%2F%3Fa%3D1%26b%3D2"
    )
    settings.ORGANIZATIONS = {"REAUTHENTICATION_URL": "/own/?way=sso"}
    assert browser.get("/secret/")["Location"] == "/own/?way=sso&next=%2Fsecret%2F"
    # The package's own page sends there too, and takes no password any more.
    for response in (
        browser.get(CONFIRM, {"next": "/secret/"}),
        browser.post(CONFIRM, {"password": PASSWORD, "next": "/secret/"}),
    ):
        assert response["Location"] == "/own/?way=sso&next=%2Fsecret%2F"
    assert browser.get("/secret/").status_code == 302
    browser.get("/own/")
    assert browser.get("/secret/").content == b"secret"
