from urllib.parse import quote

import pytest
from django.core.exceptions import ValidationError
from django.urls import resolve, reverse

from organizations import testing
from organizations.converters import as_key, clean_slug, find_organization, url_part
from organizations.models import Organization
from organizations.views.default import org_url
from tests.doors.support import page, text_of

GARBAGE = [
    *("0", "-1", "null", "None", "%00", "a%00b", "undefined", "1.0", "1e3", "+1", "%20", "%0a"),
    *("..", "%2e%2e", "'", '"', "<b>", "{{7*7}}", "' OR 1=1 --", "1;2", "٣", "１", "%ff"),
    *("%ed%a0%80", str(10**30), "9" * 5000, str(2**31), str(2**63), str(2**64)),
    *("1" + "0" * 99_999, "x" * 100_000),
]  # fmt: skip


@pytest.mark.parametrize("garbage", GARBAGE, ids=lambda text: text[:12])
def test_a_garbage_key_is_not_found_on_either_database(garbage, backend, world):
    browser = world.browser("owner")
    path = garbage if "%" in garbage else quote(garbage)
    key = world.acme.pk
    for url in (
        f"/accounts/{path}/",
        f"/accounts/{path}/edit/",
        f"/accounts/{key}/people/{path}/",
        f"/accounts/{key}/people/{path}/delete/",
        f"/accounts/{key}/invitations/{path}/revoke/",
        f"/accounts/register/{path}-{path[:50]}/",
        f"/accounts/invitations/{path}/",
        f"/accounts/invitations/{path}-{path[:50]}/",
    ):
        assert browser.get(url).status_code == 404, url
    for url in (
        f"/accounts/{key}/invitations/{path}/resend/",
        f"/accounts/invitations/{path}/answer/",
    ):
        assert browser.post(url).status_code == 404, url


def test_key_and_slug_lead_to_the_same_page(world):
    browser = world.browser("member")
    by_key = browser.get(f"/accounts/{world.acme.pk}/")
    by_slug = browser.get(f"/accounts/{world.acme.slug}/")
    assert by_key.status_code == by_slug.status_code == 200
    assert text_of(by_key) == text_of(by_slug)


def test_views_get_the_key_whatever_the_url_has(world):
    response = world.browser("member").get(f"/accounts/{world.acme.slug}/")
    assert response.context["view"].kwargs["organization_pk"] == world.acme.pk


def test_a_key_wins_over_an_equal_slug(world):
    # No form takes such a slug today; a row of an older release may have it.
    Organization.objects.filter(pk=world.zenith.pk).update(slug=str(world.acme.pk))
    assert find_organization(Organization, str(world.acme.pk)) == world.acme


@pytest.mark.parametrize("slug", ["1_000", "-5", "5-", "1a", "1e3", "0x10"])
def test_a_slug_that_python_would_read_as_a_number_is_a_slug(slug, db):
    organization = testing.make_organization("Odd", owner="ada", slug=slug)
    other = Organization.objects.create(pk=1000, name="Another")
    assert find_organization(Organization, slug) == organization
    assert find_organization(Organization, str(other.pk)) == other


@pytest.mark.parametrize("slug", ["2024", "login", "add", "LOGIN"])
def test_links_to_a_row_with_an_unusable_old_slug_use_its_key(slug, db, client):
    organization = testing.make_organization("Old", owner="ada")
    Organization.objects.filter(pk=organization.pk).update(slug=slug)
    organization.refresh_from_db()
    assert url_part(organization) == organization.pk
    client.force_login(organization.owner.organization_user.user)
    assert client.get(org_url("organization_detail", organization)).status_code == 200


def test_the_absolute_url_keeps_the_key(world):
    assert world.acme.get_absolute_url() == f"/accounts/{world.acme.pk}/"


@pytest.mark.parametrize("name", ["Zoë & Söhne", "مؤسسة", "株式会社", "Ünïcode"])
def test_slugs_of_other_languages_are_readable_and_work(name, db, client):
    organization = testing.make_organization(name, owner="ada")
    client.force_login(organization.owner.organization_user.user)
    assert client.get(page("organization_detail", organization)).status_code == 200


AUTH_NAMES = {
    "login": "/accounts/login/",
    "logout": "/accounts/logout/",
    "password_change": "/accounts/password_change/",
    "password_change_done": "/accounts/password_change/done/",
    "password_reset": "/accounts/password_reset/",
    "password_reset_done": "/accounts/password_reset/done/",
    "password_reset_confirm": "/accounts/reset/MQ/token/",
    "password_reset_complete": "/accounts/reset/done/",
}


@pytest.mark.parametrize("urlconf", ["tests.urls", "tests.doors.urls_django_auth"])
@pytest.mark.parametrize("name", AUTH_NAMES)
def test_auth_pages_under_the_same_prefix_are_not_read_as_slugs(name, urlconf, settings):
    settings.ROOT_URLCONF = urlconf
    assert resolve(AUTH_NAMES[name]).url_name == name


@pytest.mark.parametrize(
    "name", [name for name in AUTH_NAMES if name not in {"login", "logout", "password_change"}]
)
def test_djangos_own_pages_work_behind_ours(name, settings, world):
    settings.ROOT_URLCONF = "tests.doors.urls_django_auth"
    assert world.browser("member").get(AUTH_NAMES[name]).status_code == 200


@pytest.mark.parametrize("slug", ["acme", "login-team", "profile2"])
def test_other_words_are_slugs(slug):
    assert resolve(f"/accounts/{slug}/").url_name == "organization_detail"


@pytest.mark.parametrize("key", [1, "8f14e45f-ceea-467f-9b1c-6f6a3f4f5d3a", "a-text-key"])
def test_keys_of_every_kind_can_be_reversed(key):
    url = reverse("organization_detail", kwargs={"organization_pk": key})
    assert resolve(url).kwargs == {"organization_pk": str(key)}


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("acme", "acme"),
        ("  Acme  ", "acme"),
        ("ACME-2", "acme-2"),
        ("Ａｃｍｅ", "acme"),
        ("ﬁne", "fine"),
        ("", ""),
        ("   ", ""),
        ("мир", "мир"),
        ("株式会社", "株式会社"),
    ],
)
def test_a_slug_is_stored_in_its_normal_form(typed, stored, db):
    assert clean_slug(typed, model=Organization) == stored


@pytest.mark.parametrize(
    "typed",
    [
        *("login", "LOGIN", "Admin", "ａｄｍｉｎ", "api", "www", "add", "sign-up", "invitations"),
        *("register", "password_reset", "reset", "logout", "signup", "2024", "２０２４", "²"),
        *("a/b", "..", ".", "a.b", "acme.", "a b", "a\nb", "a\x00b", "<b>", "%2f", "a@b", "🦆"),
        *("аpple", "pаypal", "gοogle"),  # with Cyrillic and Greek letters among the Latin ones
        *("x" * 201, "ﬃ" * 100),
    ],
)  # fmt: skip
def test_a_slug_that_is_reserved_or_confusing_is_refused(typed, db):
    with pytest.raises(ValidationError):
        clean_slug(typed, model=Organization)


def test_a_projects_own_reserved_words_count(settings, db):
    settings.ORGANIZATIONS = {"RESERVED_SLUGS": ("blog",)}
    with pytest.raises(ValidationError):
        clean_slug("Blog", model=Organization)


def test_a_taken_slug_is_refused_in_every_spelling(world):
    for typed in ("acme", "ACME", "ａｃｍｅ"):
        with pytest.raises(ValidationError, match="taken"):
            clean_slug(typed, model=Organization)
    assert clean_slug("ACME", model=Organization, current=world.acme) == "acme"


@pytest.mark.parametrize(
    ("value", "key"),
    [(7, 7), ("7", 7), ("007", 7), ("7 ", None), ("", None), (None, None), ("7_0", None),
     ("-7", None), ("٧", None), (2**70, None), ("x", None), ("7\x00", None)],
)  # fmt: skip
def test_a_key_of_integers_is_written_in_plain_digits(value, key):
    assert as_key(Organization, value) == key
