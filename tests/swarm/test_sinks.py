from __future__ import annotations

from pathlib import Path
from typing import Any

import gevent
import pytest

from evidence.records import Gap, Row, decode
from evidence.runfolder import EvidenceWriter
from swarm.sinks import ChannelSink, FileSink
from swarm.stores import StoreError


def gap(number: int) -> Row:
    return Gap("local", float(number), f"gap {number}")


def test_a_file_sink_writes_every_row_and_counts_it(tmp_path: Path) -> None:
    path = tmp_path / "local.jsonl"
    sink = FileSink(EvidenceWriter(path))
    for number in range(3):
        sink.record(gap(number))
    sink.flush()
    assert [decode(line) for line in path.read_bytes().splitlines()] == [gap(0), gap(1), gap(2)]
    assert sink.rows == 3
    sink.close()
    sink.close()


def test_a_channel_sink_sends_nothing_before_it_is_flushed_and_everything_then() -> None:
    sent: list[dict[str, Any]] = []
    sink = ChannelSink(sent.append, "run-1", "worker-0")
    for number in range(3):
        sink.record(gap(number))
    assert sent == []
    sink.flush()
    sink.flush()
    (message,) = sent
    assert (message["run_id"], message["node"], message["rows"]) == ("run-1", "worker-0", 3)
    assert [decode(line) for line in message["lines"].splitlines()] == [gap(0), gap(1), gap(2)]


def test_messages_of_a_channel_sink_are_of_bounded_size_and_keep_the_order() -> None:
    sent: list[dict[str, Any]] = []
    sink = ChannelSink(sent.append, "run-1", "worker-0")
    for number in range(4_500):
        sink.record(gap(number))
    sink.close()
    assert [message["rows"] for message in sent] == [2_000, 2_000, 500]
    lines = b"".join(message["lines"] for message in sent).splitlines()
    assert [decode(line) for line in lines] == [gap(number) for number in range(4_500)]
    assert sink.rows == 4_500


def test_what_is_handed_over_is_waited_for_until_the_master_has_it() -> None:
    sent: list[dict[str, Any]] = []
    sink = ChannelSink(sent.append, "run-1", "worker-0")
    sink.record(gap(1))
    sink.flush()
    sink.record(gap(2))
    waiting = gevent.spawn(sink.hand_over)
    gevent.idle()
    assert [message["confirm"] for message in sent] == [False, True]
    sink.written(1)
    gevent.idle()
    assert not waiting.ready()
    sink.written(2)
    waiting.get(timeout=10)
    sink.hand_over()  # the master has all of it already
    assert [message["rows"] for message in sent] == [1, 1, 0]


def test_what_the_master_does_not_confirm_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swarm.sinks.CONFIRM_S", 0.01)
    sink = ChannelSink(lambda _: None, "run-1", "worker-0")
    sink.hand_over()
    sink.record(gap(1))
    with pytest.raises(StoreError, match="the master has not written down"):
        sink.hand_over()
