"""Section 7: settings."""

import os
import subprocess
import sys
from importlib import import_module

import pytest
from django.core import mail

from organizations.backends import invitation_backend, registration_backend
from organizations.backends.defaults import InvitationBackend, RegistrationBackend
from organizations.backends.modeled import ModelInvitation

MODELLED = "organizations.backends.modeled.ModelInvitation"


class Registrations(RegistrationBackend):
    pass


def test_7_invitation_backend(settings):
    settings.INVITATION_BACKEND = MODELLED
    assert type(invitation_backend()) is ModelInvitation
    assert import_module("organizations.app_settings").ORGS_INVITATION_BACKEND == MODELLED


def test_7_registration_backend(settings):
    path = f"{__name__}.Registrations"
    settings.REGISTRATION_BACKEND = path
    assert type(registration_backend()) is Registrations
    assert import_module("organizations.app_settings").ORGS_REGISTRATION_BACKEND == path


def test_7_without_a_setting_the_documented_backends_are_in_force():
    found = import_module("organizations.app_settings")
    assert found.ORGS_INVITATION_BACKEND == "organizations.backends.defaults.InvitationBackend"
    assert found.ORGS_REGISTRATION_BACKEND == "organizations.backends.defaults.RegistrationBackend"
    assert type(invitation_backend()) is InvitationBackend
    assert type(registration_backend()) is RegistrationBackend


def test_7_a_name_that_is_no_old_setting():
    with pytest.raises(AttributeError, match="ORGS_TIMESTAMPED_MODEL"):
        import_module("organizations.app_settings").ORGS_TIMESTAMPED_MODEL  # noqa: B018


SLUG_FIELD = """
from django.conf import settings
settings.configure(ORGS_SLUGFIELD={path!r}, INSTALLED_APPS=[], USE_TZ=True)
from organizations import fields
print(fields.ORGS_SLUGFIELD, fields.BaseSlugField.__name__, fields.SlugField.__mro__[1].__name__)
"""


def run(text):
    return subprocess.run(
        [sys.executable, "-c", text],
        env={name: value for name, value in os.environ.items() if not name.startswith("DJANGO")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )


def test_7_orgs_slugfield_is_read_at_import():
    path = "django_extensions.db.fields.AutoSlugField"
    done = run(SLUG_FIELD.format(path=path))
    assert done.stdout.split() == [path, "AutoSlugField", "AutoSlugField"]


@pytest.mark.parametrize("path", ["nowhere.SlugField", "nodots", "django.db.models.NoSuch"])
def test_7_a_bad_orgs_slugfield_is_refused_at_import(path):
    done = run(SLUG_FIELD.format(path=path))
    assert done.returncode != 0
    assert "ImproperlyConfigured" in done.stdout
    assert path in done.stdout


def test_7_auth_user_model_is_that_of_the_project():
    from django.conf import settings

    assert import_module("organizations.base").USER_MODEL == settings.AUTH_USER_MODEL
    assert import_module("organizations.abstract").USER_MODEL == settings.AUTH_USER_MODEL


@pytest.fixture
def sites(settings, monkeypatch):
    """The sites framework with one site, without its table."""
    from django.contrib.sites import shortcuts

    class Site:
        name, domain = "The Site", "site.example.org"

    settings.SITE_ID = 1
    is_installed = import_module("django.apps").apps.is_installed
    monkeypatch.setattr(
        "django.apps.apps.is_installed",
        lambda name: name == "django.contrib.sites" or is_installed(name),
    )
    monkeypatch.setattr(shortcuts, "get_current_site", lambda request: Site())


@pytest.mark.parametrize("with_request", [True, False], ids=["request", "no-request"])
def test_7_sites_name_the_host_of_links(sites, rf, acme, ada, delivering, with_request):
    request = rf.get("/") if with_request else None
    with delivering():
        invitation_backend().invite_by_email(
            "new@example.com", sender=ada, request=request, organization=acme
        )
    assert "//site.example.org/" in mail.outbox[0].body


def test_7_without_sites_the_request_names_it(rf, acme, ada, delivering):
    with delivering():
        invitation_backend().invite_by_email(
            "new@example.com", sender=ada, request=rf.get("/"), organization=acme
        )
    assert "//testserver/" in mail.outbox[0].body


def test_7_default_from_email(settings, rf, acme, ada, delivering):
    settings.DEFAULT_FROM_EMAIL = "The Site <site@example.com>"
    with delivering():
        invitation_backend().invite_by_email("new@example.com", sender=ada, request=rf.get("/"))
    assert mail.outbox[0].from_email.endswith("<site@example.com>")
    assert mail.outbox[0].extra_headers["Reply-To"].endswith("ada@example.com")


@pytest.mark.parametrize(("seconds", "status"), [(60 * 60, 200), (-1, 404)])
def test_7_password_reset_timeout_rules_the_links(seconds, status, settings, rf, ada, client):
    backend = invitation_backend()
    person = backend.invite_by_email("new@example.com", sender=ada, request=rf.get("/"))
    url = f"/accounts/invitations/{person.pk}-{backend.get_token(person)}/"
    settings.PASSWORD_RESET_TIMEOUT = seconds
    assert client.get(url).status_code == status
