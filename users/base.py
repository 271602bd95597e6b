"""What every tenant kind is: a Locust user that holds a presence at the target."""

from __future__ import annotations

from locust import TaskSet, User

import ssl
import time
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from gevent import GreenletExit

from tasks.conversing import converse
from tasks.saying_more import saying, saying_too_much
from tasks.speaker import needed_by
from users.credentials import Credentials
from users.departing import leave_for_good, time_to_leave
from users.presence import Presence
from users.run import NodeRun, TenantUnavailable, current_run
from users.tenant import Tenant


class TenantUser(User):
    """One tenant. Kinds differ in their tasks, in how often they act and in how many sessions they hold.

    Attributes:
        mix: name of the kind in the profile's workload mix.
        rate: name of the profile's workload rate that this kind follows.
        holds: sessions held at once; None leaves it to the profile's share of tenants with two.
        may_run_out: whether some tenants of this kind get a budget that runs out.
        may_depart: whether some tenants of this kind leave for good while the run goes on.
    """

    abstract = True
    mix: ClassVar[str]
    rate: ClassVar[str]
    holds: ClassVar[int | None] = None
    may_run_out: ClassVar[bool] = False
    may_depart: ClassVar[bool] = False
    presence: Presence | None = None
    _leaves_s: float | None = None

    def on_start(self) -> None:
        """Takes a provisioned tenant and opens its sessions.

        Raises:
            GreenletExit: there is no tenant to play. ``StopUser`` would be logged with a stack trace a user.
        """
        run = current_run(self.environment)
        if run is None:
            raise GreenletExit  # the run was not opened here: its reason has been reported
        # What the profile has no operation for would only keep silent in its turn.
        able = [task for task in type(self).tasks if all(map(run.profile.operation, needed_by(task)))]
        for name, operation in run.profile.operations.extra.items():
            if self.mix in operation.speakers:
                able += [saying(name)] * operation.weight
        long_texts = run.profile.operations.trying_long_texts()
        able += [saying_too_much(name) for name, operation in long_texts.items() if self.mix in operation.speakers]
        self.tasks = able or [converse]
        self._move_in(run)

    def _move_in(self, run: NodeRun, follows: int | None = None) -> None:
        kind, workload = type(self).__name__, run.profile.workload
        short = self.may_run_out and run.is_turn_of(f"{kind} short", workload.short_budgets)
        sessions = self.holds or (2 if run.is_turn_of(f"{kind} two sessions", workload.two_sessions) else 1)
        rate = getattr(workload, self.rate)
        self.presence = presence_of_new_tenant(run, rate=rate, sessions=sessions, short=short)
        self._leaves_s = time_to_leave(run) if self.may_depart else None
        self.presence.begin(kind, looks_first=True, follows=follows)

    def wait_time(self) -> float:
        """Returns the seconds until this tenant means to send again. Who leaves for good does so between two tasks.

        Raises:
            GreenletExit: there is no tenant to take the place of one that has left.
        """
        if self.presence is None:
            return 1.0
        if self._leaves_s is not None and time.perf_counter() >= self._leaves_s:
            run = current_run(self.environment)
            if run is not None and leave_for_good(run, self.presence):
                self._move_in(run, follows=self.presence.tenant.number)
                return 0.0  # the first slot has been waited for
        return self.presence.next_pause_s()

    def on_stop(self) -> None:
        """Waits for open replies as long as the profile says, then ends the sessions."""
        if self.presence is not None:
            self.presence.drain()
            self.presence.finish("user stopped")


def presence_of_new_tenant(run: NodeRun, *, rate: float, sessions: int, short: bool = False) -> Presence:
    """Takes a provisioned tenant and returns its presence, which has not begun yet.

    Raises:
        GreenletExit: there is no tenant to be had, and whoever provisions has reported why; or the run is being
            stopped: when a worker quits, Locust hands its users to the others, which may be stopping too.
    """
    try:
        identity = run.tenants.take(short=short)
    except TenantUnavailable:
        raise GreenletExit from None
    if run.stopping:
        raise GreenletExit
    tenant = Tenant.of(identity, run.key)
    return Presence(run, tenant, sessions=sessions, rate=rate, credentials=credentials_of(run), tls=tls_of(run))


def weigh(weights: Mapping[Callable[..., None], int]) -> list[TaskSet | Callable[..., Any]]:
    """Returns a list of tasks, each as often as its weight says, as Locust wants it."""
    return [task for task, weight in weights.items() for _ in range(weight)]


def credentials_of(run: NodeRun) -> Credentials:
    """Returns the one credential source of this process and run."""
    return run.shared("credentials", lambda: Credentials(run.profile))


def tls_of(run: NodeRun) -> ssl.SSLContext | None:
    """Returns the one TLS context of this process and run, None for ws addresses."""
    if not run.profile.target.url.startswith("wss:"):
        return None
    return run.shared("tls", run.profile.target.tls.context)
