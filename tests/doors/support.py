"""What the tests of the doors share: a browser, a world of people, and a look at all rows."""

import importlib.util
import pickle
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from django.apps import apps
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import update_last_login
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client, TestCase, override_settings
from django.urls import URLPattern, URLResolver, reverse
from django.utils import timezone

from organizations import testing, tokens
from organizations.doors import FRESH_KEY
from organizations.models import BulkInvitation, OrganizationUser, VerifiedAddress
from organizations.services import invitations, members, registration, requests

MODELLED = {"INVITATION_BACKEND": "organizations.backends.modeled.ModelInvitation"}
BACKENDS = {"default": {}, "modelled": MODELLED}


@contextmanager
def taken_back():
    """Take everything back that is written in the block."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


PASSWORD = "correct-horse-7-battery"
#: What a new person types into the form behind a mailed link.
PERSON = {
    "username": "newcomer",
    "first_name": "New",
    "last_name": "Comer",
    "password1": PASSWORD,
    "password2": PASSWORD,
}


class Browser(Client):
    """A client whose requests commit, so that mail leaves after each of them."""

    def request(self, **request):
        with TestCase.captureOnCommitCallbacks(execute=True):
            return super().request(**request)


def signed_in(user, **options):
    """Return the browser of a user; of nobody if there is none.

    The user's row stays as it is: the last sign-in is not noted.
    """
    browser = Browser(**options)
    if user is not None:
        user_logged_in.disconnect(dispatch_uid="update_last_login")
        try:
            browser.force_login(user)
        finally:
            user_logged_in.connect(update_last_login, dispatch_uid="update_last_login")
    return browser


def urls_with(values):
    """Return the patterns that organizations.urls has under other settings.

    They are made when the module is imported, so it is run once more.
    """
    spec = importlib.util.find_spec("organizations.urls")
    module = importlib.util.module_from_spec(spec)
    with override_settings(ORGANIZATIONS=values):
        spec.loader.exec_module(module)
    return module.urlpatterns


def names_of(patterns):
    """Yield the names of all URLs, those of included patterns too."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from names_of(pattern.url_patterns)
        elif isinstance(pattern, URLPattern):
            yield pattern.name


def all_rows(*, but=("sessions.Session",)):
    """Return every row of every table but those, to be compared.

    In plain SQL, since many tests look at all tables twice.
    """
    quote = connection.ops.quote_name
    found = {}
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            if model._meta.label in but or model._meta.proxy or not model._meta.managed:
                continue
            cursor.execute(f"SELECT * FROM {quote(model._meta.db_table)}")
            found[model._meta.label] = sorted(map(repr, cursor.fetchall()))
    return found


def text_of(response):
    """Return a page without the tokens that differ from one answer to the next."""
    text = response.content.decode()
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text)


def words_of(response):
    """Return the visible words of a page."""
    return " ".join(re.sub(r"<[^>]*>", " ", response.content.decode()).split())


def pending_member(organization, address="pat@example.com"):
    """Return a member whose person has not come yet, as the default backend makes them."""
    user = registration.pending_user(address)
    members.add(organization, user)
    return user


def invite(organization, address, *, by, now=None, **values):
    """Return an open invitation whose ``secret`` is known."""
    return invitations.invite(
        organization, address=address, actor=by, now=now or timezone.now(), **values
    )


def expire(invitation, *, by=timedelta(seconds=1)):
    """Put the end of an invitation into the past."""
    type(invitation)._base_manager.filter(pk=invitation.pk).update(expires_at=timezone.now() - by)


@dataclass
class World:
    """Two organizations, and one person of every kind as seen from the first."""

    people: dict = field(default_factory=dict)
    sessions: dict = field(default_factory=dict)
    acme: object = None
    zenith: object = None

    def browser(self, name, **options):
        """Return the browser of a person who has signed in."""
        browser = Browser(**options)
        if name in self.sessions:
            browser.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[name]
        return browser


#: Every kind of person; the order is that of the columns of the access table.
PEOPLE = (
    *("anonymous", "outsider", "member", "admin", "owner", "former", "deactivated"),
    *("foreigner", "superuser", "restricted"),
)


def make_world():
    """Return a new world with unanswered invitations and a member who has not come yet.

    Thousands of tests begin here, so what the verbs have made once is put back as rows. Where
    there are people already, and under settings that are new, the verbs make it.
    """
    if get_user_model().objects.exists():
        return _world_by_verbs()
    chosen = repr(getattr(settings, "ORGANIZATIONS", {}))
    if chosen not in _kept_worlds:
        before = _rows_by_table()
        world = _world_by_verbs()
        new = {
            table: [row for row in rows if row not in before[table]]
            for table, rows in _rows_by_table().items()
            if table != Session._meta.db_table
        }
        _kept_worlds[chosen] = pickle.dumps(world), new
        return world
    pickled, tables = _kept_worlds[chosen]
    _put_back(tables)
    world = pickle.loads(pickled)
    # Their time counts from now on.
    make_sessions(world.people)
    return world


#: What a world is made of, by the settings it was made under: its objects and its rows.
_kept_worlds = {}


def _rows_by_table():
    """Return the rows of every table as the database gives them."""
    quote = connection.ops.quote_name
    found = {}
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            if model._meta.managed and not model._meta.proxy:
                cursor.execute(f"SELECT * FROM {quote(model._meta.db_table)}")
                columns = tuple(each[0] for each in cursor.description)
                rows = cursor.fetchall()
                found[model._meta.db_table] = [dict(zip(columns, row, strict=True)) for row in rows]
    return found


def _put_back(tables):
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        for table, rows in tables.items():
            if rows:
                names = ", ".join(map(quote, rows[0]))
                places = ", ".join(["%s"] * len(rows[0]))
                values = [value for row in rows for value in row.values()]
                cursor.execute(
                    f"INSERT INTO {quote(table)} ({names}) VALUES "
                    + ", ".join([f"({places})"] * len(rows)),
                    values,
                )


def _world_by_verbs():
    people = make_people()
    acme = testing.make_organization("Acme", owner=people["owner"])
    zenith = testing.make_organization("Zenith", owner=people["foreigner"])
    OrganizationUser.objects.bulk_create(
        OrganizationUser(organization=acme, user=people[name], is_admin=name == "admin")
        for name in ("admin", "member", "deactivated")
    )
    world = World(people=people, acme=acme, zenith=zenith)
    world.sessions = {name: session.session_key for name, session in make_sessions(people)}
    world.pending = pending_member(acme)
    world.token = tokens.make_account_token(world.pending)
    world.offer = invite(acme, "outsider@example.com", by=people["admin"])
    world.proposal = requests.propose(
        acme, address="proposed@example.com", actor=people["member"], now=timezone.now()
    )
    world.foreign_offer = invite(zenith, "somebody@example.com", by=people["foreigner"])
    [world.listed, world.table, world.foreign_list] = BulkInvitation.objects.bulk_create(
        BulkInvitation(
            model="organizations.organization",
            organization_key=str(organization.pk),
            created_by=people[by],
            addresses=listed,
        )
        for organization, by, listed in (
            (acme, "admin", [{"number": 1, "address": "listed@example.com"}]),
            (acme, "admin", {"header": ["mail"], "rows": [["listed@example.com"]]}),
            (zenith, "foreigner", [{"number": 1, "address": "theirs@example.com"}]),
        )
    )
    cache.clear()  # what was counted towards limits is not put back either
    return world


def make_people():
    """Return {kind of person: user}, each with a verified address and no password."""
    model = get_user_model()
    operators = {"superuser", "restricted"}
    users = model.objects.bulk_create(
        model(
            username=name,
            email=f"{name}@example.com",
            password=UNUSABLE_PASSWORD_PREFIX + name,
            is_active=name != "deactivated",
            is_superuser=name in operators,
            is_staff=name in operators,
        )
        for name in PEOPLE
        if name != "anonymous"
    )
    VerifiedAddress.objects.bulk_create(
        VerifiedAddress(user=user, address=user.email) for user in users
    )
    return {user.username: user for user in users}


def make_sessions(people):
    """Return (kind of person, session): everybody has just signed in."""
    store = SessionStore()
    rows = Session.objects.bulk_create(
        Session(
            session_key=f"{name:a<32}",
            session_data=store.encode(
                {
                    SESSION_KEY: str(user.pk),
                    BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
                    HASH_SESSION_KEY: user.get_session_auth_hash(),
                    FRESH_KEY: [str(user.pk), timezone.now().timestamp()],
                }
            ),
            expire_date=timezone.now() + timedelta(days=1),
        )
        for name, user in people.items()
    )
    return zip(people, rows, strict=True)


def page(name, organization=None, **kwargs):
    """Return the URL of a page."""
    if organization is not None:
        kwargs["organization_pk"] = organization.slug
    return reverse(name, kwargs=kwargs)
