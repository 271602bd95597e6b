"""Keeping an idle connection open, and noticing that it is dead: pings of WebSocket and of the protocol itself."""

from __future__ import annotations

import contextlib

import gevent

from users.correspondence import Correspondence
from users.dialects.base import Message
from users.wire.connection import Connection, ConnectionLost


class Heartbeat:
    """The pings of one session.

    Args:
        talk: knows how the protocol says that it is alive, and how often.
        every_s: after so many seconds in which nothing was sent a ping is.

    Attributes:
        awaits_pong: whether nothing has arrived since the latest ping.
    """

    def __init__(self, talk: Correspondence, every_s: float) -> None:
        self._talk = talk
        self._every_s = every_s
        self._sent_s = 0.0
        self._pinged_s = 0.0
        self._kept_alive_s = 0.0
        self.awaits_pong = False

    def connected(self, now_s: float) -> None:
        """Begins anew on a new connection."""
        self.awaits_pong = False
        self._sent_s = self._kept_alive_s = now_s

    def sent(self, at_s: float) -> None:
        """Notes that something was sent: the connection isn't idle."""
        self._sent_s = at_s

    def heard(self) -> None:
        """Notes that something has arrived: the connection is alive."""
        self.awaits_pong = False

    def beat(self, connection: Connection, now_s: float) -> bool:
        """Pings the connection if it is idle; returns False if the latest ping has been answered by nothing at all."""
        if self.awaits_pong:
            return now_s < self._pinged_s + 2 * self._every_s
        if now_s >= self._sent_s + self._every_s:
            self._sent_s = self._pinged_s = now_s
            self.awaits_pong = True
            # Apart, because a send waits while the peer does not read, and one caller keeps all sessions.
            gevent.spawn(_ping, connection)
        return True

    def keep_alive(self, connection: Connection, now_s: float) -> None:
        """Says what the protocol wants said every few seconds, beside the pings of WebSocket itself."""
        every_s = self._talk.keep_alive_s
        if every_s is None or now_s < self._kept_alive_s + every_s:
            return
        self._kept_alive_s = now_s
        if (message := self._talk.keep_alive()) is not None:
            gevent.spawn(say, connection, message)  # apart, as for a ping


def say(connection: Connection, message: Message) -> None:
    """Sends a message that nobody waits for; that the connection is lost is the reader's to report."""
    with contextlib.suppress(ConnectionLost):
        connection.send_message(message)


def _ping(connection: Connection) -> None:
    with contextlib.suppress(ConnectionLost):  # the reader reports it
        connection.send_ping()
