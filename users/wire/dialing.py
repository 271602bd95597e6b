"""From an endpoint to a connected socket, under gevent and within a deadline."""

from __future__ import annotations

import errno
import os
import socket
import time
from typing import Any

import gevent
import gevent.monkey
import gevent.socket
from gevent.hub import Waiter

from users.wire.clock import ask_for_stamps
from users.wire.endpoint import Endpoint
from users.wire.errors import ConnectRefused

_WRITABLE = 2
_CONNECTING = frozenset((errno.EINPROGRESS, errno.EWOULDBLOCK, getattr(errno, "WSAEWOULDBLOCK", errno.EWOULDBLOCK)))

_open_socket: type[socket.socket] = gevent.monkey.get_original("socket", "socket")


def dial(endpoint: Endpoint, deadline_s: float) -> tuple[socket.socket, bool]:
    """A connected socket that does not wait, and whether the kernel stamps what arrives on it.

    The first of the host's addresses that answers is taken.

    Raises:
        ConnectRefused: at stage resolve or tcp; also when `deadline_s` (`time.perf_counter`) passes.
    """
    problem = "the name has no address"
    for family, address in _addresses(endpoint, deadline_s):
        try:
            return _connect(family, address, deadline_s)
        except OSError as error:
            problem = _plain(error)
    raise ConnectRefused(endpoint.shown, "tcp", problem)


def _connect(family: int, address: Any, deadline_s: float) -> tuple[socket.socket, bool]:
    sock = _open_socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stamped = ask_for_stamps(sock)
        outcome = sock.connect_ex(address)
        if outcome in _CONNECTING:
            if not _wait_writable(sock, deadline_s - time.perf_counter()):
                raise TimeoutError(errno.ETIMEDOUT, "no answer in time")
            outcome = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if outcome:
            raise OSError(outcome, os.strerror(outcome))
    except BaseException:
        sock.close()
        raise
    return sock, stamped


def _addresses(endpoint: Endpoint, deadline_s: float) -> list[tuple[int, Any]]:
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, endpoint.host)
        except (OSError, UnicodeError):
            continue
        return [(family, (endpoint.host, endpoint.port))]  # an address: no need to go to the resolver's threads
    try:
        with gevent.Timeout(
            max(deadline_s - time.perf_counter(), 0.0), TimeoutError("no answer from the resolver in time")
        ):
            found = gevent.socket.getaddrinfo(endpoint.host, endpoint.port, 0, socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ConnectRefused(endpoint.shown, "resolve", _plain(error)) from None
    return [(int(family), address) for family, _, _, _, address in found]


def _wait_writable(sock: socket.socket, timeout_s: float) -> bool:
    hub = gevent.get_hub()
    waiter: Waiter[Any] = Waiter(hub)
    watcher = hub.loop.io(sock.fileno(), _WRITABLE)
    watcher.start(waiter.switch, True)
    try:
        return get_within(waiter, timeout_s)
    finally:
        watcher.stop()
        watcher.close()


def get_within(waiter: Waiter[Any], timeout_s: float) -> bool:
    """What `waiter` is switched to, or False when `timeout_s` is over."""
    timer = waiter.hub.loop.timer(max(timeout_s, 0.0))
    timer.start(waiter.switch, False, update=True)
    try:
        return bool(waiter.get())
    finally:
        timer.stop()
        timer.close()


def _plain(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
