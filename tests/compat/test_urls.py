"""Section 8: the names of URLs and their keywords, and the pages that they lead to."""

import uuid
from types import ModuleType

import pytest
from django.urls import URLPattern, include, path, resolve, reverse

from organizations.backends import invitation_backend, registration_backend
from organizations.backends.modeled import ModelInvitation

from .conftest import make_person

#: name -> keywords, path behind the place where the URLs are included
URLS = {
    "organization_list": ((), ""),
    "organization_add": ((), "add/"),
    "organization_detail": (("organization_pk",), "{org}/"),
    "organization_edit": (("organization_pk",), "{org}/edit/"),
    "organization_delete": (("organization_pk",), "{org}/delete/"),
    "organization_user_list": (("organization_pk",), "{org}/people/"),
    "organization_user_add": (("organization_pk",), "{org}/people/add/"),
    "organization_user_remind": (("organization_pk", "user_pk"), "{org}/people/{user}/remind/"),
    "organization_user_detail": (("organization_pk", "user_pk"), "{org}/people/{user}/"),
    "organization_user_edit": (("organization_pk", "user_pk"), "{org}/people/{user}/edit/"),
    "organization_user_delete": (("organization_pk", "user_pk"), "{org}/people/{user}/delete/"),
}


@pytest.fixture
def page(acme, bo):
    acme.add_user(bo)
    person = make_person("cy", is_active=False)
    acme.add_user(person)

    def url(name):
        # Only a person who has not come yet can be reminded.
        user = person if name.endswith("remind") else bo
        values = {"organization_pk": acme.pk, "user_pk": user.pk}
        keywords = {key: values[key] for key in URLS[name][0]}
        wanted = "/accounts/" + URLS[name][1].format(org=acme.pk, user=user.pk)
        return keywords, wanted

    return url


@pytest.mark.parametrize("name", URLS, ids=lambda name: f"8-{name}")
def test_8_name_and_keywords_give_the_documented_path(name, page):
    keywords, wanted = page(name)
    assert reverse(name, kwargs=keywords) == wanted
    assert reverse(name, args=list(keywords.values())) == wanted
    assert resolve(wanted).url_name == name
    assert set(resolve(wanted).kwargs) == set(keywords)


@pytest.mark.parametrize("name", URLS, ids=lambda name: f"8-{name}")
def test_8_page_opens_for_the_owner_and_asks_others_to_sign_in(name, page, ada, client):
    _, url = page(name)
    answer = client.get(url)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")
    client.force_login(ada)
    assert client.get(url).status_code == 200


def test_8_user_pk_is_the_key_of_the_user(acme, ada, bo, client):
    for name in ("cy", "di"):
        make_person(name)  # so that keys of users and members differ
    member = acme.add_user(make_person("ed"))
    assert member.pk != member.user_id
    client.force_login(ada)
    url = reverse("organization_user_detail", args=[acme.pk, member.user_id])
    assert client.get(url).context["organization_user"] == member
    url = reverse("organization_user_detail", args=[acme.pk, member.pk])
    assert client.get(url).context.get("organization_user") != member


BACKEND_URLS = [
    pytest.param(registration_backend, "registration_create", [], "", id="8-registration_create"),
    pytest.param(
        registration_backend,
        "registration_register",
        [7, "abc-123"],
        "7-abc-123/",
        id="8-registration_register",
    ),
    pytest.param(
        registration_backend, "registration_success", [], "complete/", id="8-registration_success"
    ),
    pytest.param(
        invitation_backend,
        "invitations_register",
        [7, "abc-123"],
        "7-abc-123/",
        id="8-invitations_register-default",
    ),
    pytest.param(
        ModelInvitation,
        "invitations_register",
        [uuid.UUID(int=5)],
        f"{uuid.UUID(int=5)}/",
        id="8-invitations_register-modelled",
    ),
]


@pytest.mark.parametrize(("make_backend", "name", "args", "wanted"), BACKEND_URLS)
def test_8_urls_of_the_backends(make_backend, name, args, wanted, settings):
    patterns = make_backend().get_urls()
    assert isinstance(patterns, list)
    assert all(isinstance(each, URLPattern) for each in patterns)
    urlconf = ModuleType("urlconf")
    urlconf.urlpatterns = [path("there/", include(patterns))]
    assert reverse(name, urlconf, args=args) == f"/there/{wanted}"
    assert resolve(f"/there/{wanted}", urlconf).url_name == name


@pytest.mark.parametrize("namespace", [None, "mine"])
@pytest.mark.parametrize("make_backend", [registration_backend, ModelInvitation])
def test_8_urls_gives_patterns_and_a_namespace(make_backend, namespace):
    patterns, found = make_backend(namespace=namespace).urls
    assert isinstance(patterns, list) and patterns
    assert found == (namespace or "registration")
    urlconf = ModuleType("urlconf")
    urlconf.urlpatterns = [path("there/", include((patterns, found)))]
    names = {each.name for each in patterns}
    name = "registration_create" if "registration_create" in names else "invitations_accept"
    assert reverse(f"{found}:{name}", urlconf).startswith("/there/")
