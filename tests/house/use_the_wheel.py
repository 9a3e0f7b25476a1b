"""Run by ``test_wheel.py`` in an environment that holds the wheel and Django alone.

Prints the installed distributions, one a line, then ``works``.
"""

from importlib.metadata import distributions

import django
from django.conf import settings
from django.core.management import call_command
from django.urls import include, path

urlpatterns = []  # filled below, since the package's pages need the settings first

settings.configure(
    SECRET_KEY="only-for-this-test-0123456789abcdefghijklmnopqrstuvwxyz",
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["testserver"],
    STATIC_URL="static/",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django.contrib.staticfiles",
        "organizations",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
)


def main():
    from django.contrib.auth import get_user_model
    from django.test import Client

    from organizations.utils import create_organization

    urlpatterns.extend(
        path("accounts/", include(f"organizations.{module}")) for module in ("urls", "auth_urls")
    )
    call_command("check", verbosity=0)
    call_command("migrate", verbosity=0)
    users = get_user_model().objects
    ada = users.create_user("ada", "ada@example.com", "secret")
    bob = users.create_user("bob", "bob@example.com", "secret")

    acme = create_organization(ada, "Acme")
    acme.add_user(bob)
    assert acme.owner.organization_user.user == ada
    assert set(acme.users.all()) == {ada, bob}

    client = Client()
    client.force_login(bob)
    page = client.get("/accounts/")
    assert page.status_code == 200, page.status_code
    assert "Acme" in page.content.decode()


if __name__ == "__main__":
    print(*sorted({dist.name.lower() for dist in distributions()}), sep="\n")
    django.setup()
    main()
    print("works")
