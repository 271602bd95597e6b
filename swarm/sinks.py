"""Where rows of evidence go: into a file here, or over Locust's channel to the master."""

from __future__ import annotations

import time
from collections.abc import Callable

import gevent
from gevent.event import Event

from evidence.records import Row, encode
from evidence.runfolder import EvidenceWriter
from swarm.stores import StoreError

FLUSH_S = 1.0
CONFIRM_S = 30.0
"""For so long a worker waits for the master to have written something down."""
_ROWS_A_MESSAGE = 2000


class FileSink:
    """Writes rows to this process's own evidence file.

    Args:
        writer: the file.
    """

    def __init__(self, writer: EvidenceWriter) -> None:
        self._writer = writer
        self.rows = 0

    def record(self, row: Row) -> None:
        """Writes a row down."""
        self._writer.write(row)
        self.rows += 1

    def flush(self) -> None:
        """Hands what was written to the operating system."""
        self._writer.flush()

    def hand_over(self) -> None:
        """The same: what the operating system has outlives this process."""
        self.flush()

    def close(self) -> None:
        """Closes the file."""
        self._writer.close()


class ChannelSink:
    """Collects rows and sends them to the master in batches; ``flush`` is to be called about once a second.

    Args:
        send: sends one payload of message type ``evidence``.
        run_id: the run's id.
        node: this process's name.
    """

    def __init__(self, send: Callable[[dict[str, object]], None], run_id: str, node: str) -> None:
        self._send = send
        self._run_id = run_id
        self._node = node
        self._lines: list[bytes] = []
        self._written = 0
        self._news = Event()
        self.rows = 0

    def record(self, row: Row) -> None:
        """Keeps a row for the next flush."""
        self._lines.append(encode(row))
        self.rows += 1

    def flush(self) -> None:
        """Sends what was collected, in messages of bounded size."""
        self._send_all(confirm=False)

    def hand_over(self) -> None:
        """Sends what was collected, and waits until the master has written it down.

        Raises:
            StoreError: it has not within ``CONFIRM_S``: what is done now nobody would know of, were this process lost.
        """
        rows = self.rows
        self._send_all(confirm=True)
        until_s = time.monotonic() + CONFIRM_S
        while self._written < rows:
            self._news.clear()
            if not self._news.wait(max(0.0, until_s - time.monotonic())):
                raise StoreError(
                    f"the master has not written down within {CONFIRM_S:g} s what this worker sent, and nothing is "
                    "made that nobody would know of: check the master and the network between"
                )

    def written(self, rows: int) -> None:
        """Is told by the master how many rows of this node it has written down."""
        self._written = max(self._written, rows)
        self._news.set()

    def _send_all(self, *, confirm: bool) -> None:
        lines, self._lines = self._lines, []
        for start in range(0, max(len(lines), confirm), _ROWS_A_MESSAGE):
            part = lines[start : start + _ROWS_A_MESSAGE]
            last = start + _ROWS_A_MESSAGE >= len(lines)
            self._send({
                "run_id": self._run_id, "node": self._node, "rows": len(part), "lines": b"".join(part),
                "confirm": confirm and last,
            })  # fmt: skip

    def close(self) -> None:
        """Sends what is left."""
        self.flush()


Sink = FileSink | ChannelSink


def flush_regularly(sink: Sink) -> None:
    """Flushes the sink once a second for ever; to be spawned, and killed when the sink is closed."""
    while True:
        gevent.sleep(FLUSH_S)
        sink.flush()
