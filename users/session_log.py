"""What is written down of a session's connections, and told to Locust: opened, refused, lost, ended."""

from __future__ import annotations

import time

from evidence.records import ConnectFailed, SessionEnded, SessionOpened
from users.run import NodeRun
from users.tenant import Tenant
from users.wire.opening import ConnectTimings


class SessionLog:
    """Reports on the connections of one session; each has its ordinal, from 0. Secrets are concealed before.

    Args:
        run: the run.
        tenant: whose session it is.
        session: the session's number within the tenant.
    """

    def __init__(self, run: NodeRun, tenant: Tenant, session: int) -> None:
        self._run = run
        self._tenant = tenant
        self._session = session
        self._frames_before = 0

    def opened(
        self, timings: ConnectTimings, auth_ms: float | None, total_ms: float, connection: int, *, resumed: bool
    ) -> None:
        """Writes down a new connection, and tells Locust how long each part of it took."""
        run = self._run
        self._frames_before = self._tenant.counts.frames
        parts = {"auth": auth_ms, "tcp": timings.tcp_ms, "tls": timings.tls_ms, "upgrade": timings.upgrade_ms}
        for name, ms in parts.items():
            if ms is not None:
                run.report("connect", name, ms)
        run.report("connect", "total", total_ms)
        run.exposures["connections"] += 1
        run.exposures["sessions" if connection == 0 else "reconnects"] += 1
        if self._session > 0 and connection == 0:
            run.exposures["second_sessions"] += 1
        at_s = run.unix_s(time.perf_counter())
        run.record(
            SessionOpened(
                self._tenant.number, self._session, connection, at_s, auth_ms, timings.tcp_ms, timings.tls_ms,
                timings.upgrade_ms, total_ms, resumed,
            )
        )  # fmt: skip
        run.hooks.session_opened.fire(
            tenant=self._tenant.number, session=self._session, connection=connection, resumed=resumed, timings=timings
        )

    def refused(self, stage: str, status: int | None, detail: str, error: Exception) -> None:
        """Writes down that there was no connection, or that it did not let the tenant in, and at which stage."""
        run = self._run
        at_s = run.unix_s(time.perf_counter())
        run.record(ConnectFailed(self._tenant.number, self._session, at_s, stage, status, detail[:200]))
        run.report("connect", stage if stage in ("auth", "tcp", "tls", "upgrade") else "tcp", None, error=error)

    def lost(self, connection: int, code: int | None, reason: str, in_flight: int) -> None:
        """Tells who listens that a connection was lost, with how many requests open on it."""
        self._run.hooks.session_lost.fire(
            tenant=self._tenant.number, session=self._session, connection=connection, code=code, reason=reason,
            in_flight=in_flight,
        )  # fmt: skip

    def ended(self, connection: int, how: str, code: int | None, reason: str, in_flight: int) -> None:
        """Writes down that a connection is gone, with how many requests open on it."""
        run, tenant = self._run, self._tenant
        run.record(
            SessionEnded(
                tenant.number, self._session, connection, run.unix_s(time.perf_counter()), how, code, reason,
                in_flight, tenant.counts.frames - self._frames_before,
            )
        )  # fmt: skip
        if how == "dropped" and in_flight:
            run.exposures["drops_mid_request"] += 1
