"""Client CPU per round trip: websocket-client the usual way against our connection. About 20 seconds.

Run it with `python -m benchmarks.wire.round_trips`. Each figure comes from a process of its own, patched as Locust
patches it, with one greenlet a session in a closed loop; the echo server is another process. Trust the ratio, not the
single figures.
"""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

SESSIONS = 100
SIZES_BYTES = (200, 4096)
WAYS = ("usual", "tuned", "wire")
TITLES = {
    "usual": "websocket-client, the usual way",
    "tuned": "websocket-client, no UTF-8 check, no locks",
    "wire": "users.wire.Connection",
}


@contextmanager
def echo_server() -> Iterator[int]:
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.wire.echo_server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert server.stdout is not None
        yield int(server.stdout.readline())
    finally:
        server.communicate(timeout=10)


def measured(way: str, port: int, size_bytes: int, duration_s: float) -> tuple[float, float]:
    """CPU in µs per round trip, and round trips a second."""
    command = [sys.executable, "-m", "benchmarks.wire.closed_loop", way, str(port), str(size_bytes), str(duration_s)]
    answer = subprocess.run(
        [*command, str(SESSIONS)], stdout=subprocess.PIPE, check=True, timeout=duration_s + 30, text=True
    )
    cpu_us, rate = answer.stdout.split()
    return float(cpu_us), float(rate)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--duration-s", type=float, default=2.5, help="how long each of the six figures is taken")
    duration_s = parser.parse_args().duration_s
    wsaccel = "installed" if importlib.util.find_spec("wsaccel") else "not installed"
    print(f"{SESSIONS} sessions, closed loop, wsaccel {wsaccel}\n")
    print(f"{'client':<45}{'bytes':>6}{'CPU µs':>9}{'a second':>11}{'ratio':>8}")
    with echo_server() as port:
        for size_bytes in SIZES_BYTES:
            figures = {way: measured(way, port, size_bytes, duration_s) for way in WAYS}
            for way, (cpu_us, rate) in figures.items():
                ratio = figures["usual"][0] / cpu_us
                print(f"{TITLES[way]:<45}{size_bytes:>6}{cpu_us:>9.1f}{rate:>11,.0f}{ratio:>7.1f}x")


if __name__ == "__main__":
    main()
