"""One process's part of a run: what every tenant on it shares."""

from __future__ import annotations

from locust.env import Environment

import dataclasses
import math
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar, cast

from config.frames import Frames
from config.profile import Profile
from config.secrets import secrets_of
from evidence.budgets import BudgetBands
from evidence.earlier_accounts import Rosters, recognising
from evidence.findings import FindingKind, Severity, Sighting
from evidence.known_names import KnownNames
from evidence.marks import Keyring, RunKey
from evidence.oracle import FrameFields, Inspection, Oracle, is_control
from evidence.records import Row, SightingSeen, TokenShown
from evidence.secrecy import KnownSecrets
from users.allowance import Allowance
from users.frame_reader import FrameReader
from users.hooks import isolation_events
from users.naming import naming_for
from users.tenant import Tenant, TenantIdentity

_ATTRIBUTE = "isolation_run"
Shared = TypeVar("Shared")
BUDGET_KINDS = {FindingKind.ACCOUNT_MISMATCH, FindingKind.REFUSED_TOO_EARLY, FindingKind.NOT_REFUSED}


class Sink(Protocol):
    """Takes rows of evidence, to a file or to the master."""

    def record(self, row: Row) -> None:
        """Writes a row down; it may be kept in memory for up to a second."""


class TenantSource(Protocol):
    """Hands out tenants that exist in the target, each once."""

    def take(self, *, short: bool) -> TenantIdentity:
        """Returns the next tenant; ``short`` asks for one whose budget runs out.

        Raises:
            TenantUnavailable: the target or a store would not have it.
        """

    def remove(self, tenant: TenantIdentity) -> int:
        """Removes a tenant as the profile says; returns how many rows and keys that took.

        Raises:
            TenantNotRemoved: a store would not, or nothing of the tenant was there.
        """

    def take_control(self) -> tuple[TenantIdentity, int]:
        """Returns the holder of this node's planted control, and the number of the tenant whose data is planted.

        Raises:
            TenantUnavailable: the target or a store would not have it.
        """


class TenantNotRemoved(Exception):
    """A tenant could not be removed, or nothing of it was there; the message is one sentence."""


class SessionUnavailable(Exception):
    """The session has no open connection and could not get one in time."""


class TenantUnavailable(Exception):
    """No tenant could be provisioned; the message is one sentence: what failed, where, what to do."""


class Acting(Protocol):
    """A tenant that acts, as the node sees it."""

    tenant: Tenant

    @property
    def in_flight(self) -> int:
        """How many of its requests are open."""

    def keep(self, now_s: float) -> None:
        """Keeps its sessions alive and gives up overdue requests."""

    def finish(self, reason: str) -> None:
        """Ends its sessions; what is open becomes unknown for this reason. May be called again."""


class Watcher(Protocol):
    """Is told what connections show and by what they are refused, though nothing was asked."""

    def saw(self, inspection: Inspection) -> None:
        """Takes note of what a frame showed."""

    def refused(self, code: str) -> None:
        """Takes note of a frame that refuses, and no request that is open."""


class LeakSighted(Exception):
    """How a leak shows in Locust's failures. Its text names the kind only, so that equal leaks add up."""


class NodeRun:
    """What the tenants of one process share in one run.

    Args:
        environment: Locust's environment, whose events and statistics the run reports to.
        run_id: the run's id.
        node: this process's name in the run.
        worker_index: Locust's ordinal of this worker, 0 in a local run.
        key: the run's mark key.
        profile: the target profile.
        sink: where evidence goes.
        tenants: where tenants come from.
        earlier: keys of other runs, whose tenants' data must not show up either.
        rosters: who played in those, where tenants are accounts that exist.
        allowance: how many requests this process may send; any number if None.
        on_limit: told, in a sentence, when the allowance is spent: the run is to be ended.
        names: whose a name is; grows with what the target calls its tenants. None if it calls them as we do.

    Attributes:
        reader: reads frames as the profile says.
        exposures: how often the node did what makes leaks show, by name.
        control_sightings: what the oracle saw on sessions of the planted control.
        acting: the tenants that act now, by number.
        stopping: set when tenants are being stopped, so that nobody reconnects any more.
        listener: is told every message of every session, as ``users.wire.connection.Connection`` tells it; None in a
            run, which has no time for it.
        watcher: is told what every frame shows; None in a run.
    """

    def __init__(
        self,
        environment: Environment,
        *,
        run_id: str,
        node: str,
        worker_index: int,
        key: RunKey,
        profile: Profile,
        sink: Sink,
        tenants: TenantSource,
        names: KnownNames | None,
        earlier: Sequence[RunKey] = (),
        rosters: Rosters | None = None,
        allowance: Allowance | None = None,
        on_limit: Callable[[str], None] = lambda _sentence: None,
    ) -> None:
        self.environment = environment
        self.run_id = run_id
        self.node = node
        self.worker_index = worker_index
        self.key = key
        self.profile = profile
        self.sink = sink
        self.tenants = tenants
        self._allowance = allowance
        self._on_limit = on_limit
        self.hooks = isolation_events(environment)
        self.bands = BudgetBands(key)
        self.naming = names or KnownNames(naming_for(profile, key))
        frames = profile.frames
        self.oracle = Oracle(
            Keyring(key, earlier, recognising(rosters or {}, self.naming.get)),
            self.bands,
            _fields_of(frames),
            self.naming,
        )
        self.reader = FrameReader(profile)
        self.random = random.Random(f"{profile.workload.seed}/{worker_index}")
        self.exposures: Counter[str] = Counter()
        self.acting: dict[int, Acting] = {}
        self.control_sightings: list[Sighting] = []
        self.stopping = False
        self.listener: Callable[[str, str], None] | None = None
        self.watcher: Watcher | None = None
        self._shared: dict[str, object] = {}
        self._turns: Counter[str] = Counter()
        self._epoch_s = time.time() - time.perf_counter()

    def unix_s(self, perf_s: float) -> float:
        """Returns the Unix time in seconds of a moment on the ``perf_counter`` time line."""
        return perf_s + self._epoch_s

    def record(self, row: Row) -> None:
        """Writes a row of evidence down."""
        self.sink.record(row)

    @property
    def secrets(self) -> KnownSecrets:
        """What must never be shown: what the profile holds and what tenants of this process have."""
        return self.shared("secrets", lambda: KnownSecrets.of_run(secrets_of(self.profile), self.key))

    def keep_secrets(self, tenant: Tenant, *shown: str) -> None:
        """Has a token that a tenant shows, and what it was made with, left out of whatever is shown.

        The checker is to know it too, if it ever meets it: of what looks like a token a fingerprint is written down.
        """
        for secret in (*shown, *tenant.identity.secrets.values()):
            if secret and secret not in tenant.tokens:
                tenant.tokens.add(secret)
                if (fingerprint := self.secrets.take_in(secret)) is not None:
                    self.secrets.fingerprints.add(fingerprint)
                    self.sink.record(TokenShown(tenant.number, fingerprint))

    def may_send(self, now_s: float) -> bool:
        """Returns whether one more request stays within ``limits.requests_per_second``; if not, the run is ended."""
        if self._allowance is None or self._allowance.take(now_s):
            return True
        if not self.stopping:
            self._on_limit(
                f"limits.requests_per_second is {self.profile.limits.requests_per_second:g} and more were about to be "
                "sent: lower the number of users or the rates in [workload]"
            )
        return False

    def sight(self, sighting: Sighting) -> None:
        """Reports what belongs to somebody else: evidence, the project's hooks and, for leaks, Locust's failures."""
        if sighting.owner is not None and is_control(sighting.owner) and is_control(sighting.recipient or 0):
            self.control_sightings.append(sighting)
            return
        name = self.secrets.hide(self.secrets.hide_in_names(sighting.name))
        if name != sighting.name:  # who is called by a token: the excerpt shows the beginning of it
            sighting = dataclasses.replace(
                sighting, name=name, excerpt=f"{sighting.excerpt.partition(': ')[0]}: {name}"
            )
        sighting = dataclasses.replace(
            sighting,
            excerpt=self.secrets.hide_in_excerpt(sighting.excerpt),
            detail=self.secrets.hide_in_names(sighting.detail),
        )
        self.record(SightingSeen.of(sighting))
        if sighting.severity is Severity.KNOWN:
            return
        if sighting.severity is Severity.LEAK:
            self.environment.stats.log_error("LEAK", sighting.kind, LeakSighted(sighting.kind.meaning))
        if sighting.kind in BUDGET_KINDS:
            self.hooks.budget_violated.fire(sighting=sighting)
        self.hooks.leak_sighted.fire(sighting=sighting)

    def report(
        self, request_type: str, name: str, ms: float | None, length: int = 0, *, error: Exception | None = None
    ) -> None:
        """Fires Locust's ``request`` event."""
        self.environment.events.request.fire(
            request_type=request_type, name=name, response_time=ms, response_length=length, exception=error, context={}
        )

    def shared(self, name: str, make: Callable[[], Shared]) -> Shared:
        """Returns what tenants of this run share under ``name``; made by ``make`` at the first call."""
        if name not in self._shared:
            self._shared[name] = make()
        return cast(Shared, self._shared[name])

    def is_turn_of(self, what: str, share: float) -> bool:
        """Returns True for the first that asks and then for every so many-th, so that a share is met exactly."""
        asked = self._turns[what] = self._turns[what] + 1
        return math.ceil(asked * share) > math.ceil((asked - 1) * share)

    def attach(self) -> None:
        """Makes this the run that users of the environment take part in."""
        setattr(self.environment, _ATTRIBUTE, self)

    def detach(self) -> None:
        """Ends this run for users of the environment."""
        if getattr(self.environment, _ATTRIBUTE, None) is self:
            setattr(self.environment, _ATTRIBUTE, None)


def _fields_of(frames: Frames) -> FrameFields:
    nobody = [re.compile(pattern) for pattern in frames.nobody]
    return FrameFields(frames.tenant, frames.budget, frames.learn, nobody)


def current_run(environment: Environment) -> NodeRun | None:
    """Returns the run that users of this environment take part in, or None if none was opened here."""
    run = getattr(environment, _ATTRIBUTE, None)
    return run if isinstance(run, NodeRun) else None
