"""Which signals were sent, in order, with what."""

from contextlib import contextmanager

from organizations import signals


class Recorder:
    """The signals of a stretch of code: ``names`` in order, ``sent`` with sender and facts."""

    def __init__(self):
        self.sent = []

    @property
    def names(self):
        return [name for name, _, _ in self.sent]

    def of(self, name):
        """Return ``(sender, facts)`` of the only signal of that name."""
        (found,) = [(sender, facts) for each, sender, facts in self.sent if each == name]
        return found


@contextmanager
def recorded_signals():
    """Record every signal of the package."""
    recorder = Recorder()
    receivers = {}
    for name in signals.__all__:

        def receive(*, sender, signal, name=name, **facts):
            recorder.sent.append((name, sender, facts))

        receivers[name] = receive  # kept here: signals hold receivers weakly
        getattr(signals, name).connect(receive)
    try:
        yield recorder
    finally:
        for name, receive in receivers.items():
            getattr(signals, name).disconnect(receive)


class Veto(Exception):
    """What a receiver raises that does not agree."""


@contextmanager
def vetoed(name):
    """Let a receiver of the signal raise ``Veto``."""

    def refuse(**kwargs):
        raise Veto

    signal = getattr(signals, name)
    signal.connect(refuse)
    try:
        yield
    finally:
        signal.disconnect(refuse)
