from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from organizations import states
from organizations.exceptions import InvitationStateError
from organizations.states import InvitationStatus

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER, EARLIER = NOW + timedelta(seconds=1), NOW - timedelta(seconds=1)

VERBS = ["approve", "use", "accept", "decline", "revoke", "resend", "supersede"]
# Written by hand from the rules, not read from the code: one row per state.
TABLE = {
    # The verbs in the order of VERBS: approve, use, accept; decline, revoke; resend, supersede.
    "proposed": ["pending", None, None, "declined", "revoked", None, "superseded"],
    "pending": [None, "pending", "accepted", "declined", "revoked", "pending", "superseded"],
    "expired": [None, None, None, None, "revoked", "pending", "superseded"],
    "accepted": [None, None, None, None, None, None, None],
    "declined": [None, None, None, None, None, None, None],
    "revoked": [None, None, None, None, None, None, None],
    "superseded": [None, None, None, None, None, None, None],
}
CELLS = [
    (state, verb, result)
    for state, row in TABLE.items()
    for verb, result in zip(VERBS, row, strict=True)
]


def test_table_has_every_state_and_verb():
    assert set(TABLE) == {str(state) for state in InvitationStatus} == set(states.TRANSITIONS)
    assert {verb for row in states.TRANSITIONS.values() for verb in row} == set(VERBS)


@pytest.mark.parametrize(("state", "verb", "result"), CELLS)
def test_verb_leads_from_state_to_state(state, verb, result):
    # "expired" is never stored: it is a pending one whose time is up.
    stored, expires_at = ("pending", EARLIER) if state == "expired" else (state, LATER)
    if result is None:
        with pytest.raises(InvitationStateError) as caught:
            states.after(stored, verb, expires_at=expires_at, now=NOW)
        assert (caught.value.status, caught.value.verb) == (state, verb)
        assert str(caught.value) == str(InvitationStateError.MESSAGES[state])
    else:
        assert states.after(stored, verb, expires_at=expires_at, now=NOW) == result


@pytest.mark.parametrize("state", TABLE)
def test_unknown_verb_is_refused_in_every_state(state):
    with pytest.raises(InvitationStateError):
        states.after(state, "explode", expires_at=None, now=NOW)


@pytest.mark.parametrize("verb", VERBS)
def test_unknown_state_is_an_error_of_the_program(verb):
    with pytest.raises(ValueError, match="nonsense"):
        states.after("nonsense", verb, expires_at=None, now=NOW)


@pytest.mark.parametrize(
    ("expires_at", "state"),
    [
        (None, "pending"),
        (LATER, "pending"),
        (NOW + timedelta(microseconds=1), "pending"),
        (NOW, "expired"),
        (EARLIER, "expired"),
    ],
)
def test_open_invitation_expires_at_the_very_moment(expires_at, state):
    assert states.current("pending", expires_at=expires_at, now=NOW) == state
    waits = "proposed" if state == "pending" else state
    assert states.current("proposed", expires_at=expires_at, now=NOW) == waits


@pytest.mark.parametrize("stored", ["accepted", "declined", "revoked", "superseded"])
@pytest.mark.parametrize("expires_at", [None, EARLIER, LATER])
def test_closed_invitation_does_not_expire(stored, expires_at):
    assert states.current(stored, expires_at=expires_at, now=NOW) == stored


@given(verbs=st.lists(st.sampled_from(VERBS), max_size=12), seconds=st.integers(-5, 5))
def test_closed_invitation_is_never_open_again(verbs, seconds):
    status, closed = "pending", False
    for verb in verbs:
        try:
            status = states.after(
                status, verb, expires_at=NOW + timedelta(seconds=seconds), now=NOW
            )
        except InvitationStateError:
            continue
        assert not closed
        closed = status != "pending"
