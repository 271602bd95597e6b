from __future__ import annotations

import socket
import struct
import sys
import time

import pytest

from users.wire.clock import STAMP_ANCILLARY_BYTES, Ancillary, ArrivalClock, arrival_s, ask_for_stamps, stamp_ns

NOW_NS = 1_750_000_000_000_000_000
MS = 1_000_000


def stamped(ns: int) -> Ancillary:
    return [(socket.SOL_SOCKET, 35, struct.pack("@ll", ns // 10**9, ns % 10**9))]


class Clocks:
    """Two clocks that a test sets."""

    def __init__(self) -> None:
        self.perf_s = 100.0
        self.realtime_ns = NOW_NS

    def advance_ms(self, ms: int) -> None:
        self.perf_s += ms / 1000
        self.realtime_ns += ms * MS

    def arrival_clock(self) -> ArrivalClock:
        return ArrivalClock(lambda: self.perf_s, lambda: self.realtime_ns)


def test_the_age_of_the_stamp_is_carried_over() -> None:
    assert arrival_s(NOW_NS - 50 * MS, NOW_NS, 100.0, 99.0) == pytest.approx(99.95, abs=1e-9)


def test_a_stamp_from_the_future_cannot_be_true() -> None:
    assert arrival_s(NOW_NS + 1, NOW_NS, 100.0, 99.0) is None


def test_a_stamp_older_than_the_read_before_cannot_be_true() -> None:
    assert arrival_s(NOW_NS - 2000 * MS, NOW_NS, 100.0, 99.0) is None


def test_jitter_does_not_make_a_stamp_untrue_but_never_goes_back_in_time() -> None:
    assert arrival_s(NOW_NS - 1000 * MS - 10_000, NOW_NS, 100.0, 99.0) == 99.0


def test_the_stamp_is_found_among_other_ancillary_data() -> None:
    other = (socket.SOL_SOCKET, 1, b"1234")
    assert stamp_ns([other, *stamped(NOW_NS)]) == NOW_NS
    assert stamp_ns([other]) is None
    assert stamp_ns([]) is None


def test_a_stamp_of_another_size_is_not_read() -> None:
    assert stamp_ns([(socket.SOL_SOCKET, 35, b"1234")]) is None


def test_a_read_that_is_late_reports_when_the_bytes_arrived() -> None:
    clocks = Clocks()
    clock = clocks.arrival_clock()
    clocks.advance_ms(500)
    assert clock.arrived_s(stamped(clocks.realtime_ns - 50 * MS)) == pytest.approx(100.45)
    assert clock.stamped


def test_without_a_stamp_it_is_the_time_of_the_read() -> None:
    clocks = Clocks()
    clock = clocks.arrival_clock()
    clocks.advance_ms(500)
    assert clock.arrived_s([]) == 100.5
    assert not clock.stamped


@pytest.mark.parametrize("step_ms", [3_600_000, -3_600_000], ids=["forward", "back"])
def test_setting_the_clock_spoils_one_reading_at_most(step_ms: int) -> None:
    clocks = Clocks()
    clock = clocks.arrival_clock()
    clocks.advance_ms(500)
    before_step = stamped(clocks.realtime_ns - MS)
    clocks.realtime_ns += step_ms * MS
    assert clock.arrived_s(before_step) == 100.5
    assert not clock.stamped
    clocks.advance_ms(500)
    assert clock.arrived_s(stamped(clocks.realtime_ns - 20 * MS)) == pytest.approx(100.98)
    assert clock.stamped


def test_arrivals_never_go_back() -> None:
    clocks = Clocks()
    clock = clocks.arrival_clock()
    clocks.advance_ms(100)
    first = clock.arrived_s(stamped(clocks.realtime_ns))
    assert clock.arrived_s(stamped(clocks.realtime_ns - MS // 2)) == first


@pytest.mark.skipif(sys.platform != "linux", reason="kernel time stamps are Linux's")
def test_the_kernel_stamps_what_arrives_on_a_real_socket() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as client:
        assert ask_for_stamps(client)
        client.connect(listener.getsockname())
        server, _ = listener.accept()
        with server:
            clock = ArrivalClock()
            before_s = time.perf_counter()
            server.sendall(b"x")
            data, ancillary, _, _ = client.recvmsg(100, STAMP_ANCILLARY_BYTES)
            arrived_s = clock.arrived_s(ancillary)
    assert data == b"x"
    assert before_s - 0.001 <= arrived_s <= time.perf_counter()
