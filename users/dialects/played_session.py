"""A session with a service that is played on loopback, and one tenant that needs no stores and no token."""

from __future__ import annotations

from locust.env import Environment

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast

import gevent

from config.profile import Profile
from evidence.budgets import BudgetBands
from evidence.marks import Mark, MarkKind, RunKey
from evidence.naming import EMAIL_DOMAIN
from evidence.records import Row
from evidence.requests import Outcome, Request
from users.credentials import Credentials
from users.dialects.peer import Caller, Peer, PlayedService, played
from users.placing import Introduction, introduce
from users.run import NodeRun, TenantSource
from users.session import Session
from users.tenant import Tenant, TenantIdentity

_PATIENCE_S = 2.0
_OWN = 1


@dataclass
class _Kept:
    rows: list[Row] = field(default_factory=list)

    def record(self, row: Row) -> None:
        """Keeps a row."""
        self.rows.append(row)


class _AnyToken(Credentials):
    """The played service asks nobody who he is: a made-up token goes wherever one belongs."""

    def __init__(self, profile: Profile) -> None:
        super().__init__(profile)
        self._of = profile

    def introduce(self, tenant: TenantIdentity, renewed: object = None) -> tuple[Introduction, float | None]:
        """Returns an introduction with a token that means nothing."""
        return introduce(self._of, tenant, "kit-token", {name: f"kit-{name}" for name in self._of.auth.taught}), None


@dataclass
class PlayedSession:
    """One session with the played service.

    Attributes:
        service: the service.
        profile: the profile, with the service's address.
        run: a run of its own.
        session: the session, open.
        tenant: whose it is.
        kept: the evidence so far.
    """

    service: PlayedService
    profile: Profile
    run: NodeRun
    session: Session
    tenant: Tenant
    kept: _Kept

    @property
    def caller(self) -> Caller:
        """The service's side of the latest connection."""
        return self.service.callers[-1]

    def ask(self) -> Request:
        """Asks for a chat."""
        return self.session.ask("chat", self.profile.operations.chat, time.perf_counter())

    def until(self, condition: Callable[[], object]) -> bool:
        """Keeps the session until the condition holds, at most two seconds; returns whether it does."""
        deadline_s = time.perf_counter() + _PATIENCE_S
        while not condition() and time.perf_counter() < deadline_s:
            self.session.keep(time.perf_counter())
            gevent.sleep(0.005)
        return bool(condition())

    def answered(self, request: Request) -> str:
        """Returns an empty string if the request is answered in time, else what became of it."""
        self.until(lambda: request.outcome is not None)
        if request.outcome is Outcome.ANSWERED:
            return ""
        return f"a chat ended {request.outcome or 'not at all'} {request.reason}".rstrip()


@contextmanager
def played_session(profile: Profile, peer: Callable[[], Peer]) -> Iterator[PlayedSession]:
    """Plays the service, opens a session with it, and ends both.

    Raises:
        SessionUnavailable: the session did not open.
    """
    with played(peer) as service:
        query = profile.target.url.partition("?")[2]
        target = profile.target.model_copy(
            update={"url": service.url + (f"?{query}" if query else ""), "reply_timeout_s": _PATIENCE_S}
        )
        own = profile.model_copy(update={"target": target})
        key, kept = RunKey.generate(), _Kept()
        run = NodeRun(
            Environment(), run_id="kit", node="kit", worker_index=0, key=key, profile=own, sink=kept,
            tenants=cast(TenantSource, None), names=None,
        )  # fmt: skip
        name = key.mint_id(Mark(MarkKind.TENANT, _OWN))
        identity = TenantIdentity(_OWN, name, f"{name}{EMAIL_DOMAIN}", BudgetBands(key).starting(_OWN))
        tenant = Tenant.of(identity, key)
        session = Session(run, tenant, 0, _AnyToken(own), None)
        try:
            session.open()
            yield PlayedSession(service, own, run, session, tenant, kept)
        finally:
            run.stopping = True
            session.finish("kit done")
