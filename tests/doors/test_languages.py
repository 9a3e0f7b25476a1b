"""Pages speak the language of who reads them."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.test import override_settings
from django.utils import translation

from organizations import testing
from tests.doors.support import signed_in

MIDDLEWARE = "django.middleware.locale.LocaleMiddleware"

#: language: (how it is written, the heading of the list of organizations, how many members)
HEADINGS = {
    "en": ("ltr", "Your organizations", "3 members"),
    "de": ("ltr", "Ihre Organisationen", "3 Mitglieder"),
    "fr": ("ltr", "Vos organisations", "3 membres"),
    "es": ("ltr", "Tus organizaciones", "3 miembros"),
    "pt-br": ("ltr", "Suas organizações", "3 membros"),
    "ja": ("ltr", "あなたの組織", "メンバー"),
    "ar": ("rtl", "مؤسساتك", "3 أعضاء"),
}


@pytest.fixture
def browser(db, settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE[:2], MIDDLEWARE, *settings.MIDDLEWARE[2:]]
    testing.make_organization("Acme", owner="ada", members=["bo", "cy"])
    yield signed_in(get_user_model().objects.get(username="ada"))
    translation.deactivate()  # the middleware leaves its choice to whoever comes next


@pytest.mark.parametrize("language", HEADINGS)
def test_pages_speak_the_language_of_their_reader(language, browser):
    direction, heading, members = HEADINGS[language]
    page = browser.get("/accounts/", headers={"Accept-Language": language}).content.decode()
    assert re.search(r'<html[^>]* lang="([^"]+)" dir="(\w+)"', page).groups() == (
        language,
        direction,
    )
    assert f"<h1>{heading}</h1>" in page
    assert members in page


def test_english_stays_english_where_another_language_is_the_usual_one(browser):
    with override_settings(LANGUAGE_CODE="de"):
        page = browser.get("/accounts/", headers={"Accept-Language": "en"}).content.decode()
    assert "<h1>Your organizations</h1>" in page
    assert "Organisation" not in page
