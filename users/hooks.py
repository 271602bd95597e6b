"""The project's own events, beside Locust's, for anybody who wants to listen.

Listeners are added as to Locust's events::

    from locust import events
    from users.hooks import isolation_events

    @events.init.add_listener
    def listen(environment, **_kwargs):
        isolation_events(environment).leak_sighted.add_listener(lambda sighting, **_: print(sighting.kind))

All but ``verdict_reached`` fire in the process in which the tenant runs; ``verdict_reached`` fires where the run is
judged (the master, or the only process). Listeners run in the session's reader: they must not block.
"""

from __future__ import annotations

from locust.env import Environment
from locust.event import EventHook

from dataclasses import dataclass, field

_ATTRIBUTE = "isolation_events"


@dataclass(frozen=True, slots=True)
class IsolationEvents:
    """The hooks and the keyword arguments they are fired with.

    Attributes:
        session_opened: ``tenant`` (its number), ``session`` (ordinal), ``connection`` (ordinal), ``resumed`` (bool),
            ``timings`` (``users.wire.connection.ConnectTimings``).
        session_lost: ``tenant``, ``session``, ``connection``, ``code`` (close code or None), ``reason``,
            ``in_flight`` (requests open at that moment). Not fired for drops and closes of our own.
        reply_received: ``tenant``, ``session``, ``request`` (``evidence.requests.Request``, ended as answered).
        leak_sighted: ``sighting`` (``evidence.findings.Sighting``); at once when its frame arrives.
        budget_violated: ``sighting``, for those that an account can't explain.
        verdict_reached: ``result`` (``checker.result.Result``), ``folder`` (``pathlib.Path`` of the run).
    """

    session_opened: EventHook = field(default_factory=EventHook)
    session_lost: EventHook = field(default_factory=EventHook)
    reply_received: EventHook = field(default_factory=EventHook)
    leak_sighted: EventHook = field(default_factory=EventHook)
    budget_violated: EventHook = field(default_factory=EventHook)
    verdict_reached: EventHook = field(default_factory=EventHook)


def isolation_events(environment: Environment) -> IsolationEvents:
    """Returns the hooks of this Locust environment; the same object at every call."""
    hooks = getattr(environment, _ATTRIBUTE, None)
    if not isinstance(hooks, IsolationEvents):
        hooks = IsolationEvents()
        setattr(environment, _ATTRIBUTE, hooks)
    return hooks
