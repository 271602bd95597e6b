"""Where rows of evidence go: into a file here, or over Locust's channel to the master."""

from __future__ import annotations

from collections.abc import Callable

import gevent

from evidence.records import Row, encode
from evidence.runfolder import EvidenceWriter

FLUSH_S = 1.0
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
        self.rows = 0

    def record(self, row: Row) -> None:
        """Keeps a row for the next flush."""
        self._lines.append(encode(row))
        self.rows += 1

    def flush(self) -> None:
        """Sends what was collected, in messages of bounded size."""
        lines, self._lines = self._lines, []
        for start in range(0, len(lines), _ROWS_A_MESSAGE):
            part = lines[start : start + _ROWS_A_MESSAGE]
            self._send({"run_id": self._run_id, "node": self._node, "rows": len(part), "lines": b"".join(part)})

    def close(self) -> None:
        """Sends what is left."""
        self.flush()


Sink = FileSink | ChannelSink


def flush_regularly(sink: Sink) -> None:
    """Flushes the sink once a second for ever; to be spawned, and killed when the sink is closed."""
    while True:
        gevent.sleep(FLUSH_S)
        sink.flush()
