"""A tenant at work: its sessions, its budget and its schedule. This is what tasks speak through."""

from __future__ import annotations

import math
import random
import ssl
import time
from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

import gevent

from evidence.budgets import SAFE_SPENDING
from evidence.records import LoudMoment, TenantStarted
from evidence.requests import Request
from users.credentials import Credentials
from users.pacing import Pace
from users.run import NodeRun, SessionUnavailable
from users.session import Session
from users.tenant import Tenant

# A tenant that can't be sure to have enough left stops asking once it was refused this often.
REFUSALS_WANTED = 2
APART_S = 1.25  # a little more than what is looked at after a moment
_FIRST_LOOKS = ("state_read", "routing", "history", "chat")
_WAIT_FOR_CONNECTION_S = 5.0


class Presence:
    """One tenant, acting.

    Args:
        run: the run.
        tenant: who acts.
        sessions: how many sessions it holds at once.
        rate: how many requests a second it means to send.
        credentials: makes tokens.
        tls: for wss addresses.
    """

    def __init__(
        self, run: NodeRun, tenant: Tenant, *, sessions: int, rate: float, credentials: Credentials,
        tls: ssl.SSLContext | None,
    ) -> None:  # fmt: skip
        self.tenant = tenant
        self.random = random.Random(f"{run.profile.workload.seed}/{tenant.number}")
        self._run = run
        self._credentials, self._tls = credentials, tls
        self._sessions = [Session(run, tenant, ordinal, credentials, tls) for ordinal in range(sessions)]
        self._pace = Pace(rate, self.random, time.perf_counter())
        self._slot_s: float | None = None
        self._finished = False

    @property
    def sessions(self) -> int:
        """How many sessions the tenant holds."""
        return len(self._sessions)

    @property
    def in_flight(self) -> int:
        """How many requests are open on all sessions."""
        return sum(session.in_flight for session in self._sessions)

    @property
    def is_settled(self) -> bool:
        """Whether it was answered, nothing it asked for is open or of unknown end, and it is connected."""
        counts, wanted = self.tenant.counts, self._run.profile.thresholds.replies_per_tenant
        return (
            counts.answered >= wanted and not counts.unknown and not self.in_flight
            and all(session.is_open for session in self._sessions)
        )  # fmt: skip

    def begin(self, user_class: str, *, looks_first: bool = False, follows: int | None = None) -> None:
        """Opens the sessions and waits for the first slot. A refused connection is tried again in the background.

        Args:
            user_class: the tenant's kind, for the evidence.
            looks_first: whether it begins with a read at once, so that nobody, however quiet, is left of whom nothing
                was seen.
            follows: the tenant whose place it takes, if that one has left for good.
        """
        self._run.acting[self.tenant.number] = self
        self._run.exposures["tenants"] += 1
        now_s = self._run.unix_s(time.perf_counter())
        self._run.record(TenantStarted(self.tenant.number, user_class, len(self._sessions), now_s, follows))
        for session in self._sessions:
            session.reopen(resume=False)
        if looks_first:
            self._look_first()
        gevent.sleep(self.next_pause_s())

    def _look_first(self) -> None:
        for name in _FIRST_LOOKS:
            if self._run.profile.operation(name) is not None:
                self.ask(name, session=0)
                return

    def next_pause_s(self) -> float:
        """Takes the next slot of the schedule and returns the seconds until then, 0 if it has passed already."""
        self._slot_s = self._pace.due_s
        self._pace.advance()
        return max(0.0, self._slot_s - time.perf_counter())

    def ask(
        self,
        name: str,
        *,
        session: int | None = None,
        extra: Mapping[str, object] = MappingProxyType({}),
        crowding: bool = False,
    ) -> Request | None:
        """Sends the operation ``name`` of the profile, unless the budget says it is time to stop.

        Args:
            name: the operation.
            session: ordinal of the session; one at random if None.
            extra: fills further placeholders.
            crowding: whether to send at once even if more requests are open than the profile allows a session.

        Returns:
            The request, still open; or None if nothing was sent: the profile has no such operation, the budget is
            spent and the refusals were seen, or there was no connection.
        """
        intended_s, self._slot_s = self._slot_s or time.perf_counter(), None
        operation = self._run.profile.operation(name)
        if operation is None or self._stops_asking(operation.cost):
            return None
        chosen = self._sessions[self.random.randrange(len(self._sessions)) if session is None else session]
        if not chosen.wait_open(_WAIT_FOR_CONNECTION_S):
            self._run.exposures["requests_without_connection"] += 1
            return None
        if not crowding:
            chosen.wait_for_room(self._run.profile.workload.in_flight)
        try:
            return chosen.ask(name, operation, intended_s, extra)
        except SessionUnavailable:
            self._run.exposures["requests_without_connection"] += 1
            return None

    def session_of(self, run: NodeRun, tenant: Tenant) -> Session:
        """Returns a session that shows the same token, not opened yet and none of this presence's own."""
        return Session(run, tenant, 0, self._credentials, self._tls)

    def as_victim(self) -> dict[str, object]:
        """Returns the placeholders that name what is this tenant's, for somebody else to try."""
        identity = self.tenant.identity
        learnt = dict.fromkeys((*self._run.profile.frames.learn, *self._run.profile.auth.ids))
        own = {**learnt, **self._sessions[0].learnt, **identity.placeholders, **self.tenant.ids}
        return {f"victim_{name}": value for name, value in own.items()}

    def wait(self, request: Request) -> bool:
        """Waits until the request has ended; returns whether it has."""
        return self._sessions[request.session].wait(request)

    def pause(self, low_ms: float, high_ms: float) -> None:
        """Waits for a random time between two bounds in milliseconds, as people do."""
        self._rest(self.random.uniform(low_ms, high_ms) / 1000)

    def may_say_too_much(self, name: str) -> bool:
        """Takes one of this process's tries with a text that is too long for this operation; False if none is left."""
        operation = self._run.profile.operation(name)
        limit = operation.text_limit if operation is not None else None
        tried = self._run.shared("long texts", lambda: Counter[str]())
        tried[name] += 1
        return limit is not None and tried[name] <= limit.tries

    def draw_loudness(self) -> int:
        """Draws whether the tenant is loud now, writes it down, and returns how many requests it sends at once.

        Moments of one process keep apart, so that what follows one does not fall to the next. A tenant whose budget
        was made to run out stays quiet: it would be spent at once.
        """
        many, now_s = self._run.profile.workload.loud_chats, time.perf_counter()
        last = self._run.shared("loud moments", lambda: [-math.inf])
        if many <= 1 or self.tenant.identity.short or now_s - last[0] < APART_S:
            return 1
        last[0] = now_s
        loud = self.random.random() < 0.5
        self._run.record(LoudMoment(self.tenant.number, self._run.unix_s(now_s), loud))
        self._run.exposures["loud_moments"] += loud
        return many if loud else 1

    def wait_for_burst(self) -> None:
        """Waits until the next moment at which tenants of all nodes return together."""
        every_s = self._run.profile.workload.burst_every_s
        self._run.exposures["burst_arrivals"] += 1
        self._rest(every_s - time.time() % every_s)

    @property
    def repeats(self) -> int:
        """How often a statement is repeated on one connection."""
        return self._run.profile.workload.repeats

    def drop(self, session: int) -> None:
        """Drops a session's connection as a lost network would."""
        self._sessions[session].drop()

    def leave(self, session: int) -> None:
        """Closes a session's connection properly once its replies are in."""
        self._sessions[session].wait_idle(self._run.profile.workload.drain_s)
        self._sessions[session].leave()

    def reopen(self, session: int, *, resume: bool) -> None:
        """Connects a session again, and takes up what was dropped if ``resume``."""
        if not self._sessions[session].is_open:
            self._sessions[session].reopen(resume=resume)

    @property
    def drop_after_ms(self) -> tuple[float, float]:
        """How long after a send a drop follows, in milliseconds."""
        return self._run.profile.workload.drop_after_ms

    def keep(self, now_s: float) -> None:
        """Keeps the sessions alive and gives up overdue requests."""
        for session in self._sessions:
            session.keep(now_s)

    def drain(self) -> None:
        """Waits for open replies, at most as long as the profile says."""
        deadline_s = time.perf_counter() + self._run.profile.workload.drain_s
        for session in self._sessions:
            session.wait_idle(max(0.0, deadline_s - time.perf_counter()))

    def finish(self, reason: str) -> None:
        """Ends all sessions, what is open becomes unknown, and writes the ledger. May be called again."""
        for session in self._sessions:
            session.finish(reason)
        if not self._finished:
            self._finished = True
            self._run.acting.pop(self.tenant.number, None)
            self._run.record(self.tenant.ledger())

    def _rest(self, seconds: float) -> None:
        """A pause of the tenant's own: its schedule waits with it, so that it does not count as lateness."""
        self._pace.postpone(seconds)
        if self._slot_s is not None:
            self._slot_s += seconds
        gevent.sleep(seconds)

    def _stops_asking(self, cost: int) -> bool:
        account, identity = self.tenant.account, self.tenant.identity
        if not account.affords(cost) and self.tenant.refusals_seen >= REFUSALS_WANTED:
            return True
        # Beyond its own band a tenant's honest amount would look like another tenant's.
        spent = account.starting - account.bounds().low
        if cost and not identity.short and spent + cost > SAFE_SPENDING:
            self._run.exposures["requests_beyond_band"] += 1
            return True
        return False
