"""A tenant's persistent session: opened once, read by its own reader, kept alive, reconnected when it drops."""

from __future__ import annotations

import contextlib
import ssl
import time
from collections.abc import Mapping
from types import MappingProxyType

import gevent
from gevent.lock import BoundedSemaphore

from config.messages import Operation
from evidence.requests import Outcome, Request
from users.changes import Changes
from users.correspondence import Correspondence
from users.credentials import CredentialRefused, Credentials
from users.heartbeat import Heartbeat, say
from users.mending import Mending
from users.placing import Introduction, connect
from users.renewing import Renewing
from users.run import NodeRun, SessionUnavailable
from users.session_log import SessionLog
from users.taught import note_taught
from users.tenant import Tenant
from users.wire.connection import Connection, ConnectionLost, ConnectRefused

_CLOSE_S = 2.0


class Session:
    """One persistent session of a tenant, over one connection at a time.

    Args:
        run: the run.
        tenant: whose session it is.
        ordinal: its number within the tenant.
        credentials: makes tokens.
        tls: for wss addresses.

    Attributes:
        heartbeat: its pings.
    """

    def __init__(
        self, run: NodeRun, tenant: Tenant, ordinal: int, credentials: Credentials, tls: ssl.SSLContext | None
    ) -> None:
        self.ordinal = ordinal
        self._run = run
        self._tenant = tenant
        self._credentials = credentials
        self._tls = tls
        self._log = SessionLog(run, tenant, ordinal)
        self._changes = Changes()
        self._talk = Correspondence(run, tenant, ordinal, self._changes.tell)
        self.heartbeat = Heartbeat(self._talk, run.profile.target.ping_every_s)
        self._connection: Connection | None = None
        self._connections = 0
        self._opening = BoundedSemaphore(1)
        self._closed = False
        self._end = ""
        self._reader: gevent.Greenlet[..., None] | None = None
        self._mending = Mending(
            run, lambda: self.open(resume=True), lambda: self._connection is None and not self._closed
        )
        self._introduced = False
        self._renewing = Renewing(run, tenant, credentials, self._talk.goes_on_with, self._log)

    @property
    def is_open(self) -> bool:
        """Whether the session has a connection now, which is not about to be closed, and the tenant was let in."""
        return self._is_let_in and not self._renewing.moving

    @property
    def _is_let_in(self) -> bool:
        return self._connection is not None and self._introduced and self._talk.opening.is_open

    @property
    def has_ended(self) -> bool:
        """Whether the session was ended for good."""
        return self._closed

    @property
    def turned_away(self) -> str:
        """How the target turned the latest login away; empty if it did not. It may have hung up at the same moment."""
        return self._talk.opening.refused

    @property
    def in_flight(self) -> int:
        """How many requests are open."""
        return len(self._talk.book)

    @property
    def connection(self) -> int:
        """Which of its connections is the latest, counted from 1; 0 if there was none yet."""
        return self._connections

    def open(self, *, resume: bool = False) -> None:
        """Connects, and takes up the dropped session if ``resume``; does nothing if it is connected by now.

        Raises:
            SessionUnavailable: the connection was refused; the evidence and Locust's failures say why.
        """
        # A task and the mender may both want a connection: the second finds that of the first.
        with self._opening:
            if self._closed:
                raise SessionUnavailable("the session has ended")
            if self._connection is None:
                self._open(resume)

    def _open(self, resume: bool) -> None:
        started_s = time.perf_counter()
        settings = self._run.profile.target
        try:
            introduction, auth_ms = self._renewing.introduce()
            self._talk.introduces(introduction.values)
            self._run.keep_secrets(self._tenant, str(introduction.values.get("token") or ""))
            note_taught(self._run, self._tenant, introduction.values, self.ordinal)
            connection = connect(settings, introduction, self._tls, self._run.listener)
        except CredentialRefused as error:
            self._refused("auth", error.status, str(error), error)
        except ConnectRefused as error:
            self._credentials.forget(self._tenant.identity)
            self._talk.look_at(error.response_body.decode("utf-8", "replace"))  # a refusal can leak like a reply
            self._refused(error.stage, error.status, error.detail, error)
        if self._closed:  # ended by somebody else meanwhile: nobody would ever close this connection
            connection.abort()
            raise SessionUnavailable("the session has ended")
        total_ms = (time.perf_counter() - started_s) * 1000
        self._connection = connection
        ordinal, self._connections = self._connections, self._connections + 1
        self.heartbeat.connected(time.perf_counter())
        previous = self._talk.learnt.get("session")
        self._introduced = False
        said_first = self._talk.begin()
        self._log.opened(connection.timings, auth_ms, total_ms, ordinal, resumed=resume)
        self._reader = gevent.spawn(self._read, connection, ordinal)
        for message in said_first:
            say(connection, message)
        self._wait_ready(connection, introduction)
        self._say_on_connect(connection)
        self._introduced = True
        self._renewing.logged_in(introduction.login)
        if resume:
            self._resume(previous)
        self._changes.tell()

    @property
    def learnt(self) -> Mapping[str, str]:
        """The latest id of each thing the target has handed out on this session."""
        return self._talk.learnt

    def ask(
        self, name: str, operation: Operation, intended_s: float, extra: Mapping[str, object] = MappingProxyType({})
    ) -> Request:
        """Sends a request and returns it without waiting for the reply; ``extra`` fills further placeholders.

        Raises:
            SessionUnavailable: there is no connection, or the profile's limit is reached; nothing was sent or counted.
        """
        connection = self._connection
        if connection is None or not self.is_open:
            raise SessionUnavailable("the session has no connection")
        if not self._run.may_send(time.perf_counter()):
            raise SessionUnavailable("the limit of requests is reached")
        return self._ask(connection, name, operation, intended_s, extra)

    def _ask(
        self, connection: Connection, name: str, operation: Operation, intended_s: float, extra: Mapping[str, object]
    ) -> Request:
        request, message = self._talk.compose(name, operation, intended_s, extra)
        # A lost connection is found by the reader, which ends what was open; a resume may still bring the reply.
        with contextlib.suppress(ConnectionLost):
            request.sent_s = connection.send_message(message)
        self.heartbeat.sent(request.sent_s)
        return request

    def say(self, template: object, extra: Mapping[str, object]) -> None:
        """Says what is no request, so that nobody waits for an answer; ``extra`` fills further placeholders.

        Raises:
            SessionUnavailable: there is no connection; nothing was sent.
        """
        connection = self._connection
        if connection is None or not self.is_open:
            raise SessionUnavailable("the session has no connection")
        say(connection, self._talk.compose_apart(template, extra))

    def _say_on_connect(self, connection: Connection) -> None:
        """Subscribes, and whatever else is said on each new connection before anybody says anything else on it."""
        for name, operation in self._run.profile.on_connect.items():
            if self._connection is connection:
                self.wait(self._ask(connection, name, operation, time.perf_counter(), {}))

    def wait(self, request: Request, timeout_s: float | None = None) -> bool:
        """Waits until the request has ended, at the latest by its deadline; returns whether it has."""
        until_s = request.deadline_s
        if timeout_s is not None:
            until_s = min(until_s, time.perf_counter() + timeout_s)
        if not self._changes.wait_until(lambda: request.outcome is not None or self._closed, until_s):
            self._talk.expire(time.perf_counter())  # whoever waits must not depend on somebody to call ``keep``
        return request.outcome is not None

    def wait_open(self, timeout_s: float) -> bool:
        """Waits until the session is open, at most ``timeout_s``; returns whether it is."""
        self._changes.wait_until(lambda: self.is_open or self._closed, time.perf_counter() + timeout_s)
        return self.is_open

    def wait_for_room(self, limit: int) -> None:
        """Waits until fewer than ``limit`` requests are open."""
        self._changes.wait_until(lambda: self.in_flight < limit or self._closed)

    def wait_idle(self, timeout_s: float) -> None:
        """Waits until no request is open, at most ``timeout_s``."""
        self._changes.wait_until(lambda: not self.in_flight or self._closed, time.perf_counter() + timeout_s)

    def keep(self, now_s: float) -> None:
        """Pings an idle connection and gives up overdue requests; called a few times a second for every session."""
        self._talk.expire(now_s)
        connection = self._connection
        if connection is None:
            return
        if self._talk.out_of_step:
            self._give_up(connection, "a reply in order was lost")
            return
        if self._is_let_in:
            self.heartbeat.keep_alive(connection, now_s)
        if self.is_open and not self._run.stopping:
            self._renewing.when_due(now_s, self.renew)
        if not self.heartbeat.beat(connection, now_s):
            self._give_up(connection, "no answer to a ping")

    def renew(self) -> Request | None:
        """Renews the login with a fresh token; returns the message that did it, if one did."""
        return self._renewing.renew(self)

    def give_up(self, reason: str) -> None:
        """Ends a connection that is of no use any more though nobody has closed it; another one is opened."""
        if self._connection is not None:
            self._give_up(self._connection, reason)

    def _give_up(self, connection: Connection, reason: str) -> None:
        """The connection is of no use any more though nobody has closed it: dead, or replies can't be told apart."""
        self._report_lost(connection, self._connections - 1, ConnectionLost(None, reason, clean=False))
        connection.abort()

    def drop(self) -> None:
        """Drops the connection as a lost network would; resumable requests stay open."""
        connection = self._connection
        if connection is not None:
            self._left(connection, "dropped", None, "", keep_resumable=True)
            connection.abort()

    def reopen(self, *, resume: bool) -> None:
        """Connects again; if that fails, goes on trying in the background."""
        try:
            self.open(resume=resume)
        except SessionUnavailable:
            self._mending.begin()

    def leave(self) -> None:
        """Closes the connection with a closing handshake; the session can be opened again."""
        connection = self._connection
        if connection is not None:
            self._left(connection, "closed", None, "")
            connection.close(timeout_s=_CLOSE_S)

    def finish(self, reason: str) -> None:
        """Ends the session for good: what is open is unknown for this reason, the connection is closed."""
        if self._closed:
            return
        self._closed = True
        self._mending.end()
        connection = self._connection
        if connection is not None:
            self._left(connection, "closed", None, "")
        self._talk.abandon(reason)
        self._changes.tell()
        if connection is not None:
            connection.close(timeout_s=_CLOSE_S)

    def _read(self, connection: Connection, ordinal: int) -> None:
        try:
            while True:
                received = connection.read()
                self.heartbeat.heard()
                for message in received:
                    if message.kind == "close":
                        self._talk.hear_close(message.text or "", message.close_code, message.arrived_s)
                        # At once, and not when the handshake is over: nobody may speak on it any more.
                        if self._connection is connection:
                            lost = ConnectionLost(message.close_code, message.text or "", clean=True)
                            self._report_lost(connection, ordinal, lost)
                    elif message.kind in ("text", "binary"):
                        heard = message.data if message.text is None else message.text
                        for answer in self._talk.receive(heard, message.arrived_s):
                            gevent.spawn(say, connection, answer)  # apart: a reader must never wait to send
        except ConnectionLost as lost:
            if self._connection is connection:
                self._report_lost(connection, ordinal, lost)

    def _report_lost(self, connection: Connection, ordinal: int, lost: ConnectionLost) -> None:
        in_flight, reason = len(self._talk.book), self._tenant.conceal_said(lost.reason)
        self._end = f"closed with code {lost.code}" if lost.code is not None else "connection lost"
        self._left(connection, "lost", lost.code, reason[:120], keep_resumable=True)
        self._log.lost(ordinal, lost.code, reason, in_flight)
        self._mending.begin()

    def _left(
        self, connection: Connection, how: str, code: int | None, reason: str, *, keep_resumable: bool = False
    ) -> None:
        """Notes that a connection is gone, once, and settles what was open on it."""
        if self._connection is not connection:
            return
        self._connection = None
        in_flight = len(self._talk.book)
        self._log.ended(self._connections - 1, how, code, reason, in_flight)
        resumable = keep_resumable and self._run.profile.operations.resume is not None
        self._talk.abandon(f"session {how}", keep_resumable=resumable)
        self._changes.tell()

    def _resume(self, session_id: str | None) -> None:
        operation = self._run.profile.operations.resume
        if operation is None or session_id is None:
            return
        fresh = self._talk.learnt.get("session")
        self._talk.learnt["session"] = session_id
        request = self.ask("resume", operation, time.perf_counter())
        self.wait(request, self._run.profile.target.reply_timeout_s)
        if request.outcome is Outcome.ANSWERED:
            self._run.exposures["resumes"] += 1
        elif fresh is not None:
            self._talk.learnt["session"] = fresh
            self._talk.abandon("session not resumed")

    def _wait_ready(self, connection: Connection, introduction: Introduction) -> None:
        """Says who the tenant is, if that is said in a frame, and waits until the target lets it in.

        Raises:
            SessionUnavailable: it did not; the connection is closed.
        """
        profile, opening = self._run.profile, self._talk.opening
        started_s = time.perf_counter()
        frame = profile.auth.frame
        deadline_s = started_s + profile.target.connect_timeout_s + (frame.timeout_s if frame is not None else 0.0)
        while self._connection is connection and not opening.is_open and not opening.refused:
            left_s = deadline_s - time.perf_counter()
            if left_s <= 0:
                break
            if opening.owes_frame:
                login = self._talk.compose_login(introduction.values)
                with contextlib.suppress(ConnectionLost):  # the reader reports it
                    self.heartbeat.sent(connection.send_message(login))
            else:
                self._changes.wait(left_s)
        if self._connection is connection and opening.is_open:
            if frame is not None:
                self._run.report("connect", "login", (time.perf_counter() - started_s) * 1000)
            return
        detail = opening.refused or opening.missing
        if self._connection is connection:
            self.leave() if opening.refused else self.drop()
        elif self._end:
            detail = f"{detail}: {self._end}"
        self._credentials.forget(self._tenant.identity)
        self._refused("auth" if opening.refused or opening.awaits_answer else "ready", None, detail,
                      SessionUnavailable(detail))  # fmt: skip

    def _refused(self, stage: str, status: int | None, detail: str, error: Exception) -> None:
        detail = self._tenant.conceal(detail)
        if self._tenant.conceal(str(error)) != str(error):
            error = SessionUnavailable(detail)
        self._log.refused(stage, status, detail, error)
        raise SessionUnavailable(detail) from None
