"""A TCP stream under gevent: read in bulk, stamped by the kernel, written without ever tearing a frame.

It uses the platform's own sockets without waiting on them, and gevent's event loop to wait, so it behaves the same
whether or not the standard library is patched.
"""

from __future__ import annotations

import errno
import socket
import struct
import sys
import time
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import gevent
from gevent.event import AsyncResult
from gevent.hub import Waiter

from users.wire.clock import STAMP_ANCILLARY_BYTES, ArrivalClock
from users.wire.dialing import dial, get_within

if TYPE_CHECKING:
    from users.wire.endpoint import Endpoint

READ_BYTES = 64 * 1024

_READABLE, _WRITABLE = 1, 2
#: struct linger: on, for no time
_RESET_ON_CLOSE = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


class Arrival(NamedTuple):
    """Bytes, none at the end of the stream, and when they arrived (`time.perf_counter`)."""

    data: bytes
    arrived_s: float


class TcpStream:
    """A connected socket. One greenlet may read while any number write; use it on the thread that opened it."""

    __slots__ = ("_backlog", "_clock", "_closed", "_hub", "_readable", "_reader", "_socket", "_stamped", "_writable")

    def __init__(self, sock: socket.socket, *, stamped: bool) -> None:
        self._hub = gevent.get_hub()
        self._socket = sock
        self._stamped = stamped
        self._clock = ArrivalClock()
        self._readable = self._hub.loop.io(sock.fileno(), _READABLE)
        self._reader: Waiter[Any] | None = None
        self._writable: Any = None
        self._backlog: deque[_Unsent] = deque()
        self._closed = False

    @classmethod
    def open(cls, endpoint: Endpoint, deadline_s: float) -> TcpStream:
        """Resolves the host and connects to the first of its addresses that answers.

        Raises:
            ConnectRefused: at stage resolve or tcp; also when `deadline_s` (`time.perf_counter`) passes.
        """
        sock, stamped = dial(endpoint, deadline_s)
        return cls(sock, stamped=stamped)

    @property
    def time_source(self) -> str:
        """Where the time of the latest arrival came from: kernel or process."""
        return "kernel" if self._clock.stamped else "process"

    @property
    def backlogged(self) -> bool:
        """Whether something written still waits for the peer to read."""
        return bool(self._backlog)

    def receive(self, timeout_s: float | None = None) -> Arrival | None:
        """Waits for bytes and takes all there are, up to 64 KiB; None when none came in time.

        Raises:
            OSError: the connection broke, or was closed here while waiting (ConnectionAbortedError).
        """
        while True:
            self._check_open()
            if not self._wait_readable(timeout_s):
                self._check_open()
                return None
            try:
                if self._stamped:
                    data, ancillary, _, _ = self._socket.recvmsg(READ_BYTES, STAMP_ANCILLARY_BYTES)
                    return Arrival(data, self._clock.arrived_s(ancillary))
                return Arrival(self._socket.recv(READ_BYTES), time.perf_counter())
            except (BlockingIOError, InterruptedError):
                continue

    def _check_open(self) -> None:
        if self._closed:
            raise _closed_here()

    def _wait_readable(self, timeout_s: float | None) -> bool:
        waiter: Waiter[Any] = Waiter(self._hub)
        self._reader = waiter
        readable = self._readable
        readable.start(waiter.switch, True)
        try:
            if timeout_s is None:
                return bool(waiter.get())
            return get_within(waiter, timeout_s)
        finally:
            readable.stop()
            self._reader = None

    def send(self, data: bytes) -> float:
        """Hands `data` to the kernel, waiting while the peer does not read; returns when (`time.perf_counter`).

        Whoever stops waiting (a timeout, a kill) leaves `data` in the queue: what is sent stays in whole frames.

        Raises:
            OSError: the connection broke or was closed.
        """
        if not self._backlog and not self._closed:
            sent_s = time.perf_counter()
            sent_bytes = self._send_now(data)
            if sent_bytes == len(data):
                return sent_s
            data = data[sent_bytes:]
        outcome: AsyncResult[Any] = AsyncResult()
        self._queue(_Unsent(memoryview(data), outcome))
        return cast("float", outcome.get())

    def post(self, data: bytes) -> None:
        """Sends `data` without waiting: what the kernel does not take now follows when it will.

        Raises:
            OSError: the connection broke or was closed.
        """
        if not self._backlog and not self._closed:
            data = data[self._send_now(data) :]
        if data:
            self._queue(_Unsent(memoryview(data), None))

    def _send_now(self, data: bytes | memoryview) -> int:
        try:
            return self._socket.send(data)
        except (BlockingIOError, InterruptedError):
            return 0

    def _queue(self, unsent: _Unsent) -> None:
        self._check_open()
        self._backlog.append(unsent)
        if self._writable is None:
            self._writable = self._hub.loop.io(self._socket.fileno(), _WRITABLE)
        if not self._writable.active:
            self._writable.start(self._drain)

    def _drain(self) -> None:
        """Runs in the hub when the peer has made room; must not wait."""
        try:
            while self._backlog:
                data, outcome = self._backlog[0]
                sent_s = time.perf_counter()
                sent_bytes = self._send_now(data)
                if sent_bytes < len(data):
                    self._backlog[0] = _Unsent(data[sent_bytes:], outcome)
                    return
                self._backlog.popleft()
                if outcome is not None:
                    outcome.set(sent_s)
        except OSError as error:
            self._fail_backlog(error)
        self._writable.stop()

    def _fail_backlog(self, error: OSError) -> None:
        while self._backlog:
            outcome = self._backlog.popleft().outcome
            if outcome is not None:
                outcome.set_exception(error)

    def close(self) -> None:
        """Closes the socket; what the kernel has taken is still delivered. Once is enough, again does no harm."""
        if self._closed:
            return
        self._closed = True
        for watcher in (self._readable, self._writable):
            if watcher is not None:
                watcher.stop()
                watcher.close()
        self._socket.close()
        self._fail_backlog(_closed_here())
        if self._reader is not None:
            self._hub.loop.run_callback(self._reader.switch, False)

    def abort(self) -> None:
        """Drops the connection at once: the peer gets a reset instead of an orderly end."""
        if not self._closed:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.close()


class _Unsent(NamedTuple):
    data: memoryview
    outcome: AsyncResult[Any] | None


def _closed_here() -> ConnectionAbortedError:
    return ConnectionAbortedError(errno.ECONNABORTED, "closed on this side")
