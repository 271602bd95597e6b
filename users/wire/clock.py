"""From the kernel's time stamps to the time line of `time.perf_counter`.

A reply waits in the socket until the process gets to it, and a load generator that stamps it then counts its own
lateness as the server's. Linux stamps the bytes when they arrive (SO_TIMESTAMPNS), on the clock of the wall, which can
be set while we run. So the age of a stamp is taken against that same clock at every read, and only the age, a
difference of two close readings, is carried over: there is no offset that could go stale.
"""

from __future__ import annotations

import socket
import struct
import sys
import time
from collections.abc import Callable, Sequence
from typing import Final

_SO_TIMESTAMPNS: Final = 35
_TIMESPEC = struct.Struct("@ll")
_NS_PER_S = 1_000_000_000
_JITTER_S = 0.001

STAMP_ANCILLARY_BYTES: Final = 64

Ancillary = Sequence[tuple[int, int, bytes]]


def ask_for_stamps(sock: socket.socket) -> bool:
    """Has the kernel stamp what arrives on `sock`; False where the platform cannot."""
    if sys.platform != "linux" or not hasattr(sock, "recvmsg"):
        return False
    try:
        sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    except OSError:
        return False
    return True


def stamp_ns(ancillary: Ancillary) -> int | None:
    """The kernel's time stamp in what `recvmsg` returned beside the bytes, in ns since the epoch."""
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS and len(data) == _TIMESPEC.size:
            seconds, nanoseconds = _TIMESPEC.unpack(data)
            return int(seconds) * _NS_PER_S + int(nanoseconds)
    return None


def arrival_s(stamp_ns: int, realtime_ns: int, now_s: float, not_before_s: float) -> float | None:
    """When the bytes arrived, on the time line of `now_s`.

    Args:
        stamp_ns: the kernel's stamp, in ns since the epoch.
        realtime_ns: the clock the kernel stamps with, read just before `now_s`.
        now_s: `time.perf_counter()`.
        not_before_s: when what was read before arrived; bytes of one connection arrive in order.

    Returns:
        None for a stamp that cannot be true: from the future, or from before `not_before_s`, as when the clock was
        set. Up to a millisecond before counts as at `not_before_s`: one segment read in two pieces has one stamp.
    """
    age_ns = realtime_ns - stamp_ns
    if age_ns < 0:
        return None
    arrived_s = now_s - age_ns / _NS_PER_S
    if arrived_s >= not_before_s:
        return arrived_s
    return not_before_s if not_before_s - arrived_s <= _JITTER_S else None


class ArrivalClock:
    """Tells for one connection when what was just read arrived.

    Args:
        perf_counter: the time line of the answers, in seconds.
        realtime_ns: the clock that the kernel stamps with.
    """

    __slots__ = ("_last_s", "_perf_counter", "_realtime_ns", "stamped")

    def __init__(
        self,
        perf_counter: Callable[[], float] = time.perf_counter,
        realtime_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._perf_counter = perf_counter
        self._realtime_ns = realtime_ns
        self._last_s = perf_counter()
        #: whether the latest answer came from the kernel's stamp
        self.stamped = False

    def arrived_s(self, ancillary: Ancillary) -> float:
        """The arrival of what came with `ancillary`: by its stamp, or now when there is none that can be true."""
        # This order: should the process be put aside between the two, the answer errs towards now, never below.
        realtime_ns = self._realtime_ns()
        now_s = self._perf_counter()
        stamp = stamp_ns(ancillary)
        arrived_s = None if stamp is None else arrival_s(stamp, realtime_ns, now_s, self._last_s)
        self.stamped = arrived_s is not None
        if arrived_s is None:
            arrived_s = now_s
        self._last_s = arrived_s
        return arrived_s
