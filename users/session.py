"""A tenant's persistent session: opened once, read by its own reader, kept alive, reconnected when it drops."""

from __future__ import annotations

import contextlib
import ssl
import time
from collections.abc import Mapping
from types import MappingProxyType

import gevent
from gevent.event import Event
from gevent.lock import BoundedSemaphore

from config.messages import Operation
from config.profile import RENEWAL
from evidence.records import NOT_RENEWED, RENEWED
from evidence.requests import Outcome, Request
from users.correspondence import Correspondence
from users.credentials import CredentialRefused, Credentials
from users.dialects.base import Message
from users.placing import Introduction, connect
from users.renewing import Renewing
from users.run import NodeRun
from users.session_log import SessionLog
from users.tenant import Tenant
from users.wire.connection import Connection, ConnectionLost, ConnectRefused

_CLOSE_S = 2.0


class SessionUnavailable(Exception):
    """The session has no open connection and could not get one in time."""


class Session:
    """One persistent session of a tenant, over one connection at a time.

    Args:
        run: the run.
        tenant: whose session it is.
        ordinal: its number within the tenant.
        credentials: makes tokens.
        tls: for wss addresses.
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
        self._talk = Correspondence(run, tenant, ordinal, self._wake)
        self._connection: Connection | None = None
        self._connections = 0
        self._changed = Event()
        self._opening = BoundedSemaphore(1)
        self._closed = False
        self._end = ""
        self._reader: gevent.Greenlet[..., None] | None = None
        self._mender: gevent.Greenlet[..., None] | None = None
        self._last_sent_s = 0.0
        self._pinged_s = 0.0
        self._kept_alive_s = 0.0
        self._introduced = False
        self._renewing = Renewing(run, tenant, credentials)
        self._moving = False
        self.awaits_pong = False

    @property
    def is_open(self) -> bool:
        """Whether the session has a connection now, which is not about to be closed, and the tenant was let in."""
        return self._connection is not None and self._introduced and self._talk.opening.is_open and not self._moving

    @property
    def turned_away(self) -> str:
        """How the target turned the latest login away; empty if it did not. It may have hung up at the same moment."""
        return self._talk.opening.refused

    @property
    def in_flight(self) -> int:
        """How many requests are open."""
        return len(self._talk.book)

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
            introduction, auth_ms = self._credentials.introduce(self._tenant.identity)
            self._talk.introduces(introduction.values)
            self._tenant.tokens.add(str(introduction.values.get("token") or ""))
            connection = connect(settings, introduction, self._tls)
        except CredentialRefused as error:
            self._refused("auth", error.status, str(error), error)
        except ConnectRefused as error:
            self._credentials.forget(self._tenant.identity)
            self._talk.look_at(error.response_body.decode("utf-8", "replace"))  # a refusal can leak like a reply
            self._refused(error.stage, error.status, error.detail, error)
        if self._closed:  # ended by somebody else meanwhile: nobody would ever close this connection
            connection.abort()
            raise SessionUnavailable("the session has ended")
        connection.listener = self._run.listener
        total_ms = (time.perf_counter() - started_s) * 1000
        self.awaits_pong = False
        self._connection = connection
        ordinal, self._connections = self._connections, self._connections + 1
        self._last_sent_s = self._kept_alive_s = time.perf_counter()
        previous = self._talk.learnt.get("session")
        self._introduced = False
        said_first = self._talk.begin()
        self._log.opened(connection.timings, auth_ms, total_ms, ordinal, resumed=resume)
        self._reader = gevent.spawn(self._read, connection, ordinal)
        for message in said_first:
            _say(connection, message)
        self._wait_ready(connection, introduction)
        self._say_on_connect(connection)
        self._introduced = True
        self._renewing.logged_in(introduction.expires_in_s)
        if resume:
            self._resume(previous)
        self._wake()

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
        self._last_sent_s = request.sent_s
        return request

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
        while request.outcome is None and not self._closed:
            left_s = until_s - time.perf_counter()
            if left_s <= 0:
                self._talk.expire(time.perf_counter())  # whoever waits must not depend on somebody to call ``keep``
                break
            self._changed.wait(left_s)
        return request.outcome is not None

    def wait_open(self, timeout_s: float) -> bool:
        """Waits until the session is open, at most ``timeout_s``; returns whether it is."""
        deadline_s = time.perf_counter() + timeout_s
        while not self.is_open and not self._closed and (left_s := deadline_s - time.perf_counter()) > 0:
            self._changed.wait(left_s)
        return self.is_open

    def wait_for_room(self, limit: int) -> None:
        """Waits until fewer than ``limit`` requests are open."""
        while len(self._talk.book) >= limit and not self._closed:
            self._changed.wait()

    def wait_idle(self, timeout_s: float) -> None:
        """Waits until no request is open, at most ``timeout_s``."""
        deadline_s = time.perf_counter() + timeout_s
        while len(self._talk.book) and not self._closed and (left_s := deadline_s - time.perf_counter()) > 0:
            self._changed.wait(left_s)

    def keep(self, now_s: float) -> None:
        """Pings an idle connection and gives up overdue requests; called a few times a second for every session."""
        self._talk.expire(now_s)
        connection, every_s = self._connection, self._run.profile.target.ping_every_s
        if connection is None:
            return
        if self._talk.out_of_step:
            self._give_up(connection, "a reply in order was lost")
            return
        self._keep_alive(connection, now_s)
        if self.is_open and not self._run.stopping:
            self._renewing.when_due(now_s, self.renew)
        if self.awaits_pong:
            if now_s - self._pinged_s >= 2 * every_s:
                self._give_up(connection, "no answer to a ping")
        elif now_s - self._last_sent_s >= every_s:
            self._last_sent_s = self._pinged_s = now_s
            self.awaits_pong = True
            # Apart, because a send waits while the peer does not read, and one caller keeps all sessions.
            gevent.spawn(_ping, connection)

    def renew(self) -> Request | None:
        """Renews the login with a fresh token, in a message or on a new connection; returns the message, if there is
        one. A renewal that does not succeed costs the connection: the next one logs in anew.
        """
        operation, connection = self._run.profile.renewing, self._connection
        if operation is None:
            self._renew_by_connecting()
            return None
        try:
            token, expires_in_s = self._renewing.fresh_token()
            self._tenant.tokens.add(token)
            request = self.ask(RENEWAL, operation, time.perf_counter(), {"token": token})
        except CredentialRefused as error:
            self._log.refused("auth", error.status, f"renewal: {self._tenant.conceal(str(error))}", error)
            if connection is not None and self._connection is connection:
                self._not_renewed(connection, "no fresh token was to be had")
            return None
        except SessionUnavailable:
            return None  # the session was lost meanwhile: whoever mends it logs in
        self.wait(request)
        if request.outcome is Outcome.ANSWERED:
            self._talk.goes_on_with(token)
            self._renewing.logged_in(expires_in_s)
            self._count_renewal(True)
        elif connection is not None and self._connection is connection:
            self._not_renewed(connection, "the renewal of its login was not accepted")
        return request

    def _not_renewed(self, connection: Connection, reason: str) -> None:
        self._count_renewal(False)
        self._renewing.forget()
        self._give_up(connection, reason)

    def _count_renewal(self, renewed: bool) -> None:
        self._run.exposures[RENEWED if renewed else NOT_RENEWED] += 1

    def _renew_by_connecting(self) -> None:
        """Closes the connection once its replies are in, and opens another one with a fresh token."""
        self._moving = True  # nobody says anything more on this one
        try:
            self.wait_idle(self._run.profile.target.reply_timeout_s)
            self._renewing.forget()
            self.leave()
        finally:
            self._moving = False
        if not self._run.stopping:
            self.reopen(resume=False)
            self._count_renewal(self.is_open)

    def _keep_alive(self, connection: Connection, now_s: float) -> None:
        """Says what the protocol wants said every few seconds, beside the pings of WebSocket itself."""
        every_s = self._talk.keep_alive_s
        if every_s is None or not self.is_open or now_s - self._kept_alive_s < every_s:
            return
        self._kept_alive_s = now_s
        if (message := self._talk.keep_alive()) is not None:
            gevent.spawn(_say, connection, message)  # apart, as for a ping

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
            self._mend_later()

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
        if self._mender is not None:
            self._mender.kill(block=False)
        connection = self._connection
        if connection is not None:
            self._left(connection, "closed", None, "")
        self._talk.abandon(reason)
        self._wake()
        if connection is not None:
            connection.close(timeout_s=_CLOSE_S)

    def _read(self, connection: Connection, ordinal: int) -> None:
        try:
            while True:
                received = connection.read()
                self.awaits_pong = False
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
                            gevent.spawn(_say, connection, answer)  # apart: a reader must never wait to send
        except ConnectionLost as lost:
            if self._connection is connection:
                self._report_lost(connection, ordinal, lost)

    def _report_lost(self, connection: Connection, ordinal: int, lost: ConnectionLost) -> None:
        in_flight, reason = len(self._talk.book), self._tenant.conceal(lost.reason)
        self._end = f"closed with code {lost.code}" if lost.code is not None else "connection lost"
        self._left(connection, "lost", lost.code, reason[:120], keep_resumable=True)
        self._log.lost(ordinal, lost.code, reason, in_flight)
        self._mend_later()

    def _mend_later(self) -> None:
        if not self._closed and not self._run.stopping and (self._mender is None or self._mender.dead):
            self._mender = gevent.spawn(self._mend)

    def _mend(self) -> None:
        """Reconnects with a pause that doubles, and resumes where the target can."""
        settings = self._run.profile.target
        pause_s = settings.reconnect_first_s
        while self._connection is None and not self._closed and not self._run.stopping:
            gevent.sleep(pause_s * (0.5 + self._run.random.random()))
            try:
                if self._connection is None:
                    self.open(resume=True)
            except SessionUnavailable:
                pause_s = min(pause_s * 2, settings.reconnect_limit_s)

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
        self._wake()

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
                    self._last_sent_s = connection.send_message(login)
            else:
                self._changed.wait(left_s)
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

    def _wake(self) -> None:
        """Wakes all who wait for a change. Each wait has its own event, so that none can clear another's."""
        changed, self._changed = self._changed, Event()
        changed.set()


def _say(connection: Connection, message: Message) -> None:
    with contextlib.suppress(ConnectionLost):  # the reader reports it
        connection.send_message(message)


def _ping(connection: Connection) -> None:
    with contextlib.suppress(ConnectionLost):  # the reader reports it
        connection.send_ping()
