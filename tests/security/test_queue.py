"""A queue in the database: it holds keys and no secret, and a worker sends the mail."""

import json
import logging

import django
import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.db import connection, transaction
from django.utils import timezone, translation
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from organizations import handover_mail, jobs, testing
from organizations.backends import invitation_backend, registration_backend
from organizations.backends.defaults import InvitationBackend, RegistrationBackend
from organizations.backends.modeled import ModelInvitation
from organizations.mail import LinkBase
from organizations.models import Organization, OrganizationInvitation
from organizations.services import (
    addresses,
    bulk,
    invitations,
    links,
    lists,
    members,
    organizations,
    ownership,
)
from tests.doors.support import PERSON, Browser, expire, page, signed_in, words_of
from tests.security.test_mail_servers import Dead, choose

pytestmark = pytest.mark.django_db(transaction=True)

BASE = LinkBase.parse("https://app.example.com")


@pytest.fixture(autouse=True)
def queue(settings):
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}


def work():
    """Let a worker do what waits."""
    # As "manage.py db_worker --batch", which would take over the signals of this process.
    Worker(
        queue_names=["default"], excluded_queue_names=[], backend_name="default", batch=True,
        interval=0, startup_delay=False, max_tasks=None, worker_id="tests",
    ).run()  # fmt: skip


def everything_that_waits():
    """Return all that the queue's table holds, as the database gives it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {DBTaskResult._meta.db_table}")
        return json.dumps(cursor.fetchall(), default=str)


def sign_up(address="ada@example.com"):
    data = {"name": "Acme", "email": address}
    assert Browser().post(page("organization_signup"), data).status_code == 302


def states():
    return list(DBTaskResult.objects.values_list("status", flat=True))


def test_a_sign_up_waits_for_the_worker_and_its_link_works():
    sign_up()
    assert mail.outbox == []
    assert states() == ["READY"]
    waiting = everything_that_waits()
    work()
    (message,) = mail.outbox
    (link,) = testing.links_in_mail()
    token = link.rstrip("/").rpartition("-")[2]
    for secret in (link, token, "://testserver/", "ada@example.com", message.subject):
        assert secret not in waiting
        assert secret not in everything_that_waits()
    assert states() == ["SUCCESSFUL"]
    assert "set up Acme" in message.subject
    assert Browser().post(link, PERSON).status_code == 302
    assert Organization.objects.get().is_active


def test_known_and_unknown_addresses_wait_alike():
    testing.make_user("ada", email="ada@example.com")
    sign_up("ada@example.com")
    sign_up("new@example.com")
    jobs_of = [row.args_kwargs["args"][0] for row in DBTaskResult.objects.all()]
    methods = {(job["backend"], job["method"]) for job in jobs_of}
    assert len(jobs_of) == 2
    assert len(methods) == 1
    work()
    assert {message.to[0] for message in mail.outbox} == {"ada@example.com", "new@example.com"}


def test_members_who_are_added_and_reminded_hear_from_the_worker(world_of_two):
    acme, admin = world_of_two
    admin.post(page("organization_user_add", acme), {"email": "new@example.com"})
    admin.post(page("organization_user_add", acme), {"email": "bob@example.com"})
    waiting = acme.organization_users.get(user__email="new@example.com").user
    admin.post(page("organization_user_remind", acme, user_pk=waiting.pk))
    assert mail.outbox == []
    work()
    subjects = sorted((message.to[0], message.subject) for message in mail.outbox)
    assert subjects == [
        ("bob@example.com", "ada@example.com added you to Acme"),
        ("new@example.com", "Reminder: ada@example.com invites you to Acme"),
        ("new@example.com", "ada@example.com invites you to Acme"),
    ]
    assert mail.outbox[0].extra_headers["Reply-To"] == "ada@example.com"
    assert all(link.startswith("http://testserver/") for link in testing.links_in_mail())


@pytest.fixture
def world_of_two():
    ada = testing.make_user("ada")
    testing.make_user("bob", email="bob@example.com")
    acme = testing.make_organization("Acme", owner=ada)
    browser = Browser()
    browser.force_login(ada)
    return acme, browser


def test_the_mail_has_the_language_of_the_request(settings, tmp_path):
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    folder = tmp_path / "organizations" / "email"
    folder.mkdir(parents=True)
    text = "{% load i18n %}{% get_current_language as code %}{{ code }} {{ url }}"
    (folder / "activation_body.html").write_text(text)
    with translation.override("de"):
        registration_backend().register_by_email("ada@example.com", domain=BASE)
    with translation.override("fr"):
        work()
    assert mail.outbox[0].body.startswith("de https://app.example.com/")


def test_nothing_waits_for_what_was_undone():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        registration_backend().register_by_email("ada@example.com", domain=BASE)
        raise ZeroDivisionError
    assert states() == []


def test_a_mail_about_somebody_who_is_gone_is_not_sent(caplog):
    user = registration_backend().register_by_email("ada@example.com", domain=BASE)
    user.delete()
    with caplog.at_level(logging.INFO, "organizations.mail"):
        work()
    assert mail.outbox == []
    assert states() == ["SUCCESSFUL"]
    assert "is gone" in caplog.text


def test_an_account_that_was_used_in_the_meantime_gets_no_second_link(world_of_two):
    acme, admin = world_of_two
    admin.post(page("organization_user_add", acme), {"email": "new@example.com"})
    user = acme.organization_users.get(user__email="new@example.com").user
    user.set_password("taken-7-in-the-meantime")
    user.is_active = True
    user.save()
    work()
    assert not [message for message in mail.outbox if "invites you" in message.subject]


def test_a_dead_server_fails_the_task_and_leaves_nothing_secret(settings, caplog):
    sign_up()
    choose(settings, Dead)
    work()
    assert states() == ["FAILED"]
    assert "no mail today" in caplog.text
    kept = everything_that_waits()
    assert "organizations.jobs.MailNotSent" in kept
    assert "no mail today" not in kept
    # Signing up again is what the page says; another mail waits then.
    sign_up()
    assert sorted(states()) == ["FAILED", "READY"]


def test_a_queue_that_is_down_does_not_hold_the_mail(monkeypatch, caplog):
    def fail(*args, **kwargs):
        raise ConnectionError("no queue today")

    monkeypatch.setattr("django_tasks_db.backend.DatabaseBackend.enqueue", fail)
    sign_up()
    assert len(mail.outbox) == 1
    assert "no queue today" in caplog.text


class Local(InvitationBackend):
    """A backend of the project with something of its own."""

    def send_invitation(self, user, sender=None, **kwargs):
        assert kwargs["extra"] == {
            "list": [1, None, "x"],
            "organization": Organization.objects.get(),
        }
        assert kwargs["domain"] == BASE
        return super().send_invitation(user, sender, **kwargs)


def test_a_backend_of_the_project_gets_its_own_context_back(world_of_two):
    acme, _admin = world_of_two
    Local(namespace=None).invite_by_email(
        "new@example.com", domain=BASE, extra={"list": (1, None, "x"), "organization": acme}
    )
    assert mail.outbox == []
    work()
    assert states() == ["SUCCESSFUL"]
    assert len(mail.outbox) == 1


def test_what_cannot_be_written_down_is_sent_at_once():
    class Nameless(RegistrationBackend):
        """A class that no worker finds."""

    Nameless().register_by_email("ada@example.com", domain=BASE)
    registration_backend().register_by_email("bob@example.com", domain=BASE, extra=object())
    assert states() == []
    assert {message.to[0] for message in mail.outbox} == {"ada@example.com", "bob@example.com"}


def test_a_job_calls_nothing_but_what_sends(caplog):
    user = testing.make_user("ada")
    job = {
        "backend": "organizations.backends.defaults.InvitationBackend",
        "org_model": None,
        "namespace": None,
        "method": "activate_organizations",
        "user": jobs._pack(user),
        "context": {},
        "language": "en",
    }
    with pytest.raises(jobs.MailNotSent):
        jobs.run(job)
    assert "sends no mail" in caplog.text


@pytest.mark.parametrize(
    ("tasks", "queued"),
    [
        ({"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}, True),
        ({"other": {"BACKEND": "django_tasks_db.DatabaseBackend"}}, False),
        ({"default": {"BACKEND": "no.such.Backend"}}, False),
        *(
            ({"default": {"BACKEND": f"{{}}.backends.{name}"}}, False)
            for name in ("immediate.ImmediateBackend", "dummy.DummyBackend")
        ),
    ],
)
def test_only_a_queue_that_keeps_tasks_is_one(tasks, queued, settings):
    module = jobs._framework()
    settings.TASKS = {
        alias: {"BACKEND": values["BACKEND"].format(module)} for alias, values in tasks.items()
    }
    assert jobs.has_queue() is queued
    invitation_backend().invite_by_email("ada@example.com", domain=BASE)
    assert len(mail.outbox) == (0 if queued else 1)


# Invitations: the worker makes the secret


@pytest.fixture
def offered(modelled, world_of_two):
    """Return (organization, browser of an admin, the offer that waits)."""
    acme, admin = world_of_two
    admin.post(page("organization_user_add", acme), {"email": "new@example.com"})
    assert mail.outbox == []
    return acme, admin, OrganizationInvitation.objects.get()


def open_link(link):
    return Browser().get(link, follow=True)


def works(link):
    return open_link(link).status_code == 200


def test_an_invitation_waits_and_the_worker_makes_its_secret(offered):
    acme, _admin, offer = offered
    assert (offer.sent_at, offer.send_count) == (None, 1)
    made_by_the_request = offer.token_digest
    waiting = everything_that_waits()
    work()
    (message,) = mail.outbox
    (link,) = testing.links_in_mail()
    secret = link.rstrip("/").rsplit("/", 1)[1]
    offer.refresh_from_db()
    assert offer.token_digest != made_by_the_request
    assert offer.sent_at is not None
    for kept in (waiting, everything_that_waits()):
        for hidden in (secret, link, "new@example.com", offer.token_digest, made_by_the_request):
            assert hidden not in kept
    assert works(link)
    visitor = Browser()
    visitor.get(link)
    assert visitor.post(page("invitations_accept"), PERSON).status_code == 302
    assert acme.organization_users.filter(user__email="new@example.com").exists()
    assert message.to == ["new@example.com"]


def resend(admin, acme, offer):
    about = {"invitation_pk": offer.pk}
    return admin.post(page("organization_invitation_resend", acme, **about))


def test_an_invitation_that_is_sent_again_in_the_meantime_is_mailed_once(offered):
    acme, admin, offer = offered
    resend(admin, acme, offer)
    work()
    (message,) = mail.outbox
    assert "Reminder" in message.subject
    assert works(testing.links_in_mail()[0])
    assert states() == ["SUCCESSFUL"] * 2


@pytest.mark.parametrize("what", ["revoked", "expired", "deleted", "accepted"])
def test_an_invitation_that_is_over_is_not_mailed(what, offered):
    acme, admin, offer = offered
    if what == "revoked":
        about = {"invitation_pk": offer.pk}
        admin.post(page("organization_invitation_revoke", acme, **about))
    elif what == "expired":
        expire(offer)
    elif what == "deleted":
        offer.delete()
    else:
        new = testing.make_user("new", email="new@example.com")
        invitations.accept(offer, user=new, now=timezone.now())
    before = list(OrganizationInvitation.objects.values_list())
    work()
    assert mail.outbox == []
    assert states() == ["SUCCESSFUL"]
    assert list(OrganizationInvitation.objects.values_list()) == before


def test_a_task_that_runs_twice_mails_once(offered):
    """Some queues run a task again if they have not heard of its end."""
    work()
    DBTaskResult.objects.update(status="READY")
    work()
    assert len(mail.outbox) == 1
    assert works(testing.links_in_mail()[0])


def test_a_dead_server_leaves_an_offer_that_can_be_sent_again(offered, settings):
    acme, admin, offer = offered
    name = "MAILERS" if django.VERSION >= (6, 1) else "EMAIL_BACKEND"
    usual = getattr(settings, name)
    choose(settings, Dead)
    work()
    offer.refresh_from_db()
    assert (offer.status, offer.sent_at) == ("pending", None)
    assert states() == ["FAILED"]
    assert "Not sent" in words_of(admin.get(page("organization_user_list", acme)))
    setattr(settings, name, usual)
    resend(admin, acme, offer)
    work()
    offer.refresh_from_db()
    assert offer.sent_at is not None
    assert works(testing.links_in_mail()[0])


def test_the_language_of_the_offer_counts_before_that_of_the_request(offered, monkeypatch):
    assert offered
    seen = []
    monkeypatch.setattr(
        "organizations.backends.modeled.ModelInvitation.email_message",
        lambda self, *args, **kwargs: seen.append(translation.get_language()) or Silent(),
    )
    OrganizationInvitation.objects.update(locale="de")
    work()
    assert seen == ["de"]


class Silent:
    def send(self):
        return 1


def test_many_offers_are_a_few_jobs(modelled, world_of_two):
    acme, _admin = world_of_two
    ada, backend = acme.owner.organization_user.user, invitation_backend()
    offers = [
        invitations.invite(acme, address=f"p{number}@example.com", actor=ada, now=timezone.now())
        for number in range(5)
    ]
    assert jobs.offers_wait(backend, offers, again=False, domain=BASE)
    assert states() == ["READY"]
    invitations.revoke(offers[2], actor=ada, now=timezone.now())
    work()
    assert [message.to[0][:2] for message in mail.outbox] == ["p0", "p1", "p3", "p4"]
    assert not jobs.offers_wait(backend, [], again=False, domain=BASE)


def test_one_bad_address_does_not_hold_the_other_invitations(modelled, world_of_two, monkeypatch):
    acme, _admin = world_of_two
    ada, backend = acme.owner.organization_user.user, invitation_backend()
    offers = [
        invitations.invite(acme, address=f"p{number}@example.com", actor=ada, now=timezone.now())
        for number in range(3)
    ]
    sent = type(backend).send_invitation

    def picky(self, invitation, **kwargs):
        if invitation.invitee_identifier.startswith("p1"):
            raise ConnectionRefusedError("mailbox unknown")
        return sent(self, invitation, **kwargs)

    monkeypatch.setattr(type(backend), "send_invitation", picky)
    jobs.offers_wait(backend, offers, again=False, domain=BASE)
    work()
    assert states() == ["FAILED"]
    assert [message.to[0][:2] for message in mail.outbox] == ["p0", "p2"]
    unsent = OrganizationInvitation.objects.filter(sent_at=None)
    assert [each.invitee_identifier for each in unsent] == ["p1@example.com"]


@pytest.mark.urls("tests.doors.urls_modelled")
def test_many_invitations_wait_for_the_worker():
    acme = testing.make_organization("Acme", owner="ada")
    bulk.invite_many(
        acme,
        lists.parse_text("\n".join(f"p{n}@example.com" for n in range(150))),
        actor=None,
        invited_by=acme.users.get(),
        now=timezone.now(),
        deliver_many=ModelInvitation().deliver_many(domain=BASE),
    )
    assert mail.outbox == []
    assert states() == ["READY"] * 2
    assert not OrganizationInvitation.objects.filter(sent_at__isnull=False).exists()
    work()
    assert len(mail.outbox) == 150
    assert not OrganizationInvitation.objects.filter(sent_at=None).exists()


def steps_of_offers():
    """Yield (browser, URL, data, who is told) for each door that mails about an open question."""
    acme = testing.make_organization("Acme", owner="ada", members=["bo"])
    organizations.set_joining(acme, actor=None, accepts_requests=True)
    people = {user.username: user for user in get_user_model().objects.all()}
    for name in ("eve", "fay", "gil"):
        people[name] = testing.make_user(name)
        addresses.verify(people[name], people[name].email)
    browsers = {name: signed_in(person) for name, person in people.items()}

    def decide(verb, address):
        offer = OrganizationInvitation.objects.get(invitee_identifier=address)
        name = f"organization_invitation_{verb}"
        return browsers["ada"], page(name, acme, invitation_pk=offer.pk), {}

    for name in ("eve", "fay"):
        yield browsers[name], page("organization_join", acme), {"note": ""}, {"ada"}
    link = links.create(
        acme, actor=people["ada"], now=timezone.now(), shared=True, needs_approval=True
    )
    browsers["gil"].get(page("invitations_open", token=link.secret))
    yield browsers["gil"], page("invitations_accept"), {"action": "accept"}, {"ada"}
    propose = page("organization_user_propose", acme)
    yield browsers["bo"], propose, {"email": "new@example.com"}, {"ada"}
    yield *decide("approve", "eve@example.com"), {"eve"}
    yield *decide("decline", "fay@example.com"), {"fay"}
    yield *decide("approve", "new@example.com"), {"new"}
    bo = acme.organization_users.get(user=people["bo"])
    offer = {"new_owner": bo.pk, "confirm_name": "Acme"}
    answer = page("organization_handover_answer", acme)
    for told, data in [({"ada"}, {"action": "decline"}), ({"ada", "bo"}, {"confirm_name": "Acme"})]:
        yield browsers["ada"], page("organization_transfer", acme), offer, {"bo"}
        yield browsers["bo"], answer, data, told


@pytest.mark.usefixtures("modelled")
def test_requests_proposals_and_ownerships_are_told_of_by_the_worker():
    for browser, url, data, told in steps_of_offers():
        assert browser.post(url, data).status_code == 302, url
        assert mail.outbox == [], url
        waiting = everything_that_waits()
        for secret in ("://testserver/", "@example.com", "Acme"):
            assert secret not in waiting, url
        work()
        assert {message.to[0].partition("@")[0] for message in mail.outbox} == told, url
        assert len(mail.outbox) == len(told)
        mail.outbox.clear()
    assert set(states()) == {"SUCCESSFUL"}
    offers = OrganizationInvitation.objects.filter(kind="ownership")
    assert [offer.sent_at is not None for offer in offers] == [True, True]


@pytest.mark.usefixtures("modelled")
def test_no_door_of_offers_fails_because_of_a_dead_server(settings):
    at_once = f"{jobs._framework()}.backends.immediate.ImmediateBackend"
    settings.TASKS = {"default": {"BACKEND": at_once}}
    choose(settings, Dead)
    for browser, url, data, _told in steps_of_offers():
        assert browser.post(url, data).status_code == 302, url


@pytest.mark.usefixtures("modelled")
def test_what_a_dead_server_has_kept_from_the_worker_can_be_mailed_again(settings):
    name = "MAILERS" if django.VERSION >= (6, 1) else "EMAIL_BACKEND"
    usual = getattr(settings, name)
    choose(settings, Dead)
    for browser, url, data, _told in steps_of_offers():
        assert browser.post(url, data).status_code == 302, url
        work()
    assert set(states()) == {"FAILED"}
    offers = OrganizationInvitation.objects.filter(kind__in=["mail", "ownership"])
    assert set(offers.values_list("sent_at", flat=True)) == {None}
    kept = everything_that_waits()
    for secret in ("no mail today", "://testserver/", "@example.com", "Acme"):
        assert secret not in kept
    # The queue may run each of them once more: what still holds is told of, and nothing else.
    setattr(settings, name, usual)
    DBTaskResult.objects.update(status="READY")
    work()
    assert set(states()) == {"SUCCESSFUL"}
    told = sorted(message.to[0].partition("@")[0] for message in mail.outbox)
    assert told == ["ada", "ada", "bo", "eve", "fay", "new"]


@pytest.mark.usefixtures("modelled")
def test_an_offered_ownership_whose_mail_did_not_leave_is_offered_again(settings):
    name = "MAILERS" if django.VERSION >= (6, 1) else "EMAIL_BACKEND"
    usual = getattr(settings, name)
    acme = testing.make_organization("Acme", owner="ada", members=["bo"])
    ada, transfer = signed_in(acme.users.get(username="ada")), page("organization_transfer", acme)
    data = {"new_owner": acme.organization_users.get(user__username="bo").pk}
    choose(settings, Dead)
    ada.post(transfer, {**data, "confirm_name": "Acme"})
    work()
    for url in (transfer, page("organization_invitations", acme)):
        assert "Not sent" in words_of(ada.get(url)), url
    setattr(settings, name, usual)
    ada.post(transfer, {"action": "withdraw"})
    ada.post(transfer, {**data, "confirm_name": "Acme"})
    # A queue may run a task twice; the one of the first offer has nothing to tell any more.
    for _time in range(2):
        DBTaskResult.objects.update(status="READY")
        work()
    assert [message.to for message in mail.outbox] == [["bo@example.com"]]
    for url in (transfer, page("organization_invitations", acme)):
        assert "Not sent" not in words_of(ada.get(url)), url


@pytest.mark.usefixtures("modelled")
def test_who_has_gone_in_the_meantime_is_not_told():
    acme = testing.make_organization("Acme", owner="ada", admins=["bo", "cy"], members=["di"])
    organizations.set_joining(acme, actor=None, accepts_requests=True)
    eve = testing.make_user("eve")
    addresses.verify(eve, eve.email)
    signed_in(eve).post(page("organization_join", acme), {"note": ""})
    rows = {row.user.username: row for row in acme.organization_users.select_related("user")}
    members.remove(acme, rows["bo"].user, actor=None)
    work()
    assert sorted(message.to[0] for message in mail.outbox) == ["ada@example.com", "cy@example.com"]
    mail.outbox.clear()
    DBTaskResult.objects.all().delete()
    ownership.transfer(acme, rows["di"])
    handover_mail.tell_transferred(acme, old=rows["ada"], new=rows["di"], base=BASE)
    members.set_admin(rows["cy"], False, actor=None)
    assert len(states()) == 3
    work()
    assert sorted(message.to[0] for message in mail.outbox) == ["ada@example.com", "di@example.com"]
    mail.outbox.clear()
    # By the time that the tasks run once more, somebody else owns it.
    ownership.transfer(acme, rows["ada"])
    DBTaskResult.objects.update(status="READY")
    work()
    assert mail.outbox == []
    assert set(states()) == {"SUCCESSFUL"}


@pytest.mark.usefixtures("modelled")
def test_what_is_over_is_not_told_any_more():
    acme = testing.make_organization("Acme", owner="ada", members=["bo"])
    organizations.set_joining(acme, actor=None, accepts_requests=True)
    eve = testing.make_user("eve")
    addresses.verify(eve, eve.email)
    browser, url = signed_in(eve), page("organization_join", acme)
    browser.post(url, {"note": ""})
    browser.post(url, {"action": "withdraw"})
    ada, transfer = (
        signed_in(acme.owner.organization_user.user),
        page("organization_transfer", acme),
    )
    bo = acme.organization_users.get(user__username="bo")
    ada.post(transfer, {"new_owner": bo.pk, "confirm_name": "Acme"})
    ada.post(transfer, {"action": "withdraw"})
    assert len(states()) == 2
    work()
    assert mail.outbox == []
    assert set(states()) == {"SUCCESSFUL"}
