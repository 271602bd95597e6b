from __future__ import annotations

from pathlib import Path

from evidence.runfolder import RunFolder
from swarm import channel


def test_a_worker_has_one_name_for_as_long_as_its_master_lives() -> None:
    assert [channel.node_name(index) for index in (0, 1, 12)] == ["worker-0", "worker-1", "worker-12"]


def test_a_worker_s_name_can_name_its_evidence_file(tmp_path: Path) -> None:
    assert RunFolder(tmp_path).evidence_file(channel.node_name(3)).name == "worker-3.jsonl"


def test_no_two_messages_share_a_type() -> None:
    types = [
        channel.RUN_OPEN, channel.RUN_JOINED, channel.RUN_REFUSED, channel.RUN_FAILED, channel.EVIDENCE, channel.DRAIN,
        channel.EVIDENCE_WRITTEN,        channel.DRAINED,
    ]  # fmt: skip
    assert len(set(types)) == len(types)
    # Locust's own message types must not be taken over.
    assert not set(types) & {"spawn", "stop", "quit", "ack", "heartbeat", "stats", "client_ready", "client_stopped"}
