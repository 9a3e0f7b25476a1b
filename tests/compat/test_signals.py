"""Section 6: the four signals, their sender and exact arguments, and the moment they come."""

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.utils import timezone

from organizations import signals, testing
from organizations.services import invitations, members, ownership

from .conftest import make_person


def test_6_sender_is_the_instance(rich, make, bo, hearing):
    """A receiver for one organization hears of no other."""
    acme, other = make(rich), make(rich, "Other")
    with hearing("user_added", sender=acme) as heard:
        other.add_user(bo)
        acme.add_user(bo)
    assert heard == [(acme, {"user": bo})]


@pytest.mark.parametrize("name", ["user_added", "user_removed", "owner_changed"])
def test_6_each_signal_of_an_organization_by_its_sender(rich, make, ada, bo, hearing, name):
    acme, other = make(rich), make(rich, "Other")
    steps = {
        "user_added": lambda each: each.add_user(bo),
        "user_removed": lambda each: each.remove_user(bo),
        "owner_changed": lambda each: each.change_owner(each.organization_users.get(user=bo)),
    }
    for each in (acme, other):
        if name != "user_added":
            each.add_user(bo)
    with hearing(name, sender=acme) as heard:
        for each in (other, acme):
            steps[name](each)
    assert [sender for sender, _ in heard] == [acme]
    wanted = {"old", "new"} if name == "owner_changed" else {"user"}
    assert set(heard[0][1]) == wanted


def test_6_invitation_accepted_is_sent_when_an_invitation_is_activated(
    line, make, ada, bo, hearing
):
    offer, other = (
        line.invitation.objects.create(
            organization=make(line, name), invited_by=ada, invitee_identifier="bo"
        )
        for name in ("Acme", "Other")
    )
    with hearing("invitation_accepted", sender=offer) as heard:
        other.activate(bo)
        offer.activate(bo)
    assert heard == [(offer, {})]


def test_6_invitation_accepted_is_sent_when_one_is_accepted(acme, ada, hearing):
    offer = invitations.invite(acme, address="bo@example.com", actor=ada, now=timezone.now())
    with hearing("invitation_accepted") as heard:
        invitations.accept(offer, user=testing.make_user("bo"), now=timezone.now())
    assert heard == [(offer, {})]


def test_6_the_verbs_send_them_too(acme, bo, hearing):
    with hearing("user_added") as added, hearing("owner_changed") as changed:
        member = members.add(acme, bo)
        ownership.transfer(acme, member)
    with hearing("user_removed") as removed:
        members.remove(acme, acme.users.get(username="ada"))
    assert [added[0][0], changed[0][0], removed[0][0]] == [acme] * 3
    assert [len(each) for each in (added, changed, removed)] == [1, 1, 1]


@pytest.mark.parametrize("twin", [False, True], ids=["sync", "async"])
def test_6_they_come_at_once_and_inside_the_transaction(rich, make, bo, twin):
    acme = make(rich)
    seen = []

    def receiver(sender, **kwargs):
        seen.append((connection.in_atomic_block, sender.is_member(bo)))

    signals.user_added.connect(receiver)
    signals.user_removed.connect(receiver)
    try:
        if twin:
            async_to_sync(acme.aadd_user)(bo)
            async_to_sync(acme.aremove_user)(bo)
        else:
            acme.add_user(bo)
            acme.remove_user(bo)
    finally:
        signals.user_added.disconnect(receiver)
        signals.user_removed.disconnect(receiver)
    assert seen == [(True, True), (True, False)]


def test_6_receiver_without_sender_reads_keyword_arguments(acme, bo):
    heard = []

    def receiver(**kwargs):
        heard.append((kwargs["user"], sorted(kwargs)))

    signals.user_added.connect(receiver)
    try:
        acme.add_user(bo)
    finally:
        signals.user_added.disconnect(receiver)
    assert heard == [(bo, ["sender", "signal", "user"])]


def test_6_async_receivers_are_awaited(rich, make, bo):
    heard = []

    async def receiver(sender, **kwargs):
        heard.append(kwargs["user"])

    acme = make(rich)
    signals.user_added.connect(receiver)
    try:
        async_to_sync(acme.aadd_user)(bo)
        acme.add_user(make_person("cy"))
    finally:
        signals.user_added.disconnect(receiver)
    assert [user.username for user in heard] == ["bo", "cy"]


def test_6_projects_send_them_themselves(acme, ada, bo, hearing):
    member = acme.organization_users.get()
    with hearing("user_added", sender=acme) as added, hearing("owner_changed") as changed:
        signals.user_added.send(sender=acme, user=bo)
        signals.owner_changed.send(sender=acme, old=member, new=member)
        async_to_sync(signals.user_added.asend)(sender=acme, user=ada)
    assert added == [(acme, {"user": bo}), (acme, {"user": ada})]
    assert changed == [(acme, {"old": member, "new": member})]
