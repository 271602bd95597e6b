"""One figure of `round_trips`, in a process of its own: sessions that send, wait for the echo, and send again."""

from gevent import monkey

monkey.patch_all()

import sys  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402

import gevent  # noqa: E402
import websocket  # noqa: E402

from users.wire.connection import Connection  # noqa: E402

_WARM_UP_S = 0.3


def usual(url: str, text: str) -> Callable[[], object]:
    client = websocket.create_connection(url)

    def round_trip() -> object:
        client.send(text)
        return client.recv()

    return round_trip


def tuned(url: str, text: str) -> Callable[[], object]:
    client = websocket.create_connection(url, skip_utf8_validation=True, enable_multithread=False)
    payload = text.encode()

    def round_trip() -> object:
        client.send(payload)
        return client.recv()

    return round_trip


def wire(url: str, text: str) -> Callable[[], object]:
    connection = Connection.open(url)
    payload = text.encode()

    def round_trip() -> object:
        connection.send_text(payload)
        return connection.read()[0].text

    return round_trip


def main(way: str, port: int, size_bytes: int, duration_s: float, sessions: int) -> None:
    open_session = {"usual": usual, "tuned": tuned, "wire": wire}[way]
    text = ("0123456789" * (size_bytes // 10 + 1))[:size_bytes]
    round_trips = [open_session(f"ws://127.0.0.1:{port}/", text) for _ in range(sessions)]
    made = [0]

    def loop(round_trip: Callable[[], object]) -> None:
        if round_trip() != text:
            raise AssertionError("the echo is not what was sent")
        while True:
            round_trip()
            made[0] += 1

    greenlets = [gevent.spawn(loop, round_trip) for round_trip in round_trips]
    gevent.sleep(_WARM_UP_S)
    made_before, cpu_before_s, before_s = made[0], time.process_time(), time.perf_counter()
    gevent.sleep(duration_s)
    count = made[0] - made_before
    print((time.process_time() - cpu_before_s) / count * 1e6, count / (time.perf_counter() - before_s))
    gevent.killall(greenlets)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5]))
