from __future__ import annotations

import os
import re
import stat
from pathlib import Path

import orjson
import pytest

from evidence.marks import RunKey
from evidence.records import Gap, IdLearnt, RowDamaged, encode
from evidence.runfolder import RunFolder, RunFolderError, RunHeader, new_run_id

KEY = RunKey(bytes(range(32)))


def header(run_id: str = "20260101T000000Z-abcd") -> RunHeader:
    return RunHeader(run_id, "p.toml", "reference", {"target": {"name": "x"}}, "local", 10, 2.5, 1000.5)


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path, header(), KEY)


def test_what_was_written_is_read_back(folder: RunFolder, tmp_path: Path) -> None:
    again = RunFolder(tmp_path / header().run_id)
    assert again.header() == header()
    assert again.key().key == KEY.key


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_the_key_is_readable_by_its_owner_alone(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        made = RunFolder.create(tmp_path / "runs", header(), KEY)
    finally:
        os.umask(before)
    assert stat.S_IMODE((made.path / "run.key").stat().st_mode) == 0o600


def test_a_header_is_replaced_whole(folder: RunFolder) -> None:
    changed = header()
    changed.ended_at_s, changed.drained = 2000.0, ["worker-1"]
    folder.write_header(changed)
    assert folder.header() == changed
    assert sorted(path.name for path in folder.path.iterdir()) == ["evidence", "run.json", "run.key"]


def test_a_run_id_is_taken_once(folder: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match=f"can't create the run folder .*{header().run_id}: File exists"):
        RunFolder.create(tmp_path, header(), KEY)


def test_a_parent_that_is_a_file_is_an_error_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("")
    with pytest.raises(RunFolderError, match=re.escape(str(tmp_path / "runs"))):
        RunFolder.create(tmp_path / "runs", header(), KEY)


def test_a_folder_without_header_is_no_run_folder(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match=r"is no run folder: it has no run\.json"):
        RunFolder(tmp_path).header()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"{", "can't be read"),
        (b"", "can't be read"),
        (b"\xff", "can't be read"),
        (b"[]", "is not of format 1; use the version that wrote it"),
        (b"null", "is not of format 1"),
        (b"{}", "is not of format 1"),
        (b'{"format": 2}', "is not of format 1"),
        (b'{"format": 1}', "is damaged"),
        (b'{"format": 1, "run_id": "x", "more": 1}', "is damaged"),
    ],
)
def test_a_damaged_header_is_a_sentence_with_the_file(folder: RunFolder, content: bytes, says: str) -> None:
    (folder.path / "run.json").write_bytes(content)
    with pytest.raises(RunFolderError, match=says) as caught:
        folder.header()
    assert str(folder.path / "run.json") in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [None, "", "xyz", "00" * 31, KEY.key.hex() + "00"])
def test_a_missing_or_damaged_key_is_a_sentence_without_the_key(folder: RunFolder, content: str | None) -> None:
    path = folder.path / "run.key"
    path.unlink()
    if content is not None:
        path.write_text(content)
    with pytest.raises(RunFolderError, match="can't be used, no mark can be recognised") as caught:
        folder.key()
    assert KEY.key.hex() not in str(caught.value)


def test_earlier_keys_are_those_of_other_runs_newest_first(tmp_path: Path) -> None:
    keys = [RunKey(bytes([number]) * 32) for number in range(5)]
    folders = [RunFolder.create(tmp_path, header(f"2026010{number}T000000Z-aaaa"), keys[number]) for number in range(5)]
    (folders[3].path / "run.key").write_text("damaged")
    (tmp_path / "no run").mkdir()
    assert [key.key for key in folders[2].earlier_keys()] == [keys[4].key, keys[1].key, keys[0].key]
    assert [key.key for key in folders[2].earlier_keys(limit=2)] == [keys[4].key, keys[1].key]


@pytest.mark.parametrize("node", ["local", "worker-1", "host.example_3-77", "a" * 120])
def test_a_node_writes_to_a_file_of_its_name(folder: RunFolder, node: str) -> None:
    assert folder.evidence_file(node) == folder.path / "evidence" / f"{node}.jsonl"


@pytest.mark.parametrize("node", ["", "a/b", "../x", "a b", "ä", "a\n", "a" * 121, "a\0", "*"])
def test_a_node_name_that_is_no_file_name_is_refused(folder: RunFolder, node: str) -> None:
    with pytest.raises(RunFolderError, match="can't name a file: use letters"):
        folder.evidence_file(node)


def test_rows_of_all_nodes_come_back_and_damaged_lines_stand_where_they_were(folder: RunFolder) -> None:
    gap, learnt = Gap("b", 1.0, "x"), IdLearnt(1, "thread", "t1")
    writer = folder.writer("b")
    writer.write(gap)
    writer.write_lines(encode(learnt) + encode(learnt), 2)
    assert writer.rows == 3
    writer.close()
    writer.close()
    (folder.path / "evidence" / "a.jsonl").write_bytes(b"torn\n" + encode(gap) + encode(gap)[:9])
    rows = list(folder.rows())
    assert [(name, number) for name, number, _ in rows] == [
        ("a.jsonl", 1), ("a.jsonl", 2), ("a.jsonl", 3), ("b.jsonl", 1), ("b.jsonl", 2), ("b.jsonl", 3),
    ]  # fmt: skip
    assert [row for _, _, row in rows[1:2] + rows[3:]] == [gap, gap, learnt, learnt]
    assert isinstance(rows[0][2], RowDamaged) and isinstance(rows[2][2], RowDamaged)


def test_a_writer_goes_on_where_an_earlier_one_ended(folder: RunFolder) -> None:
    for _ in range(2):
        writer = folder.writer("a")
        writer.write(Gap("a", 1.0, "x"))
        writer.flush()
        assert folder.evidence_file("a").read_bytes().endswith(b"\n")
        writer.close()
    assert len(list(folder.rows())) == 2


def test_run_ids_sort_by_time_and_do_not_repeat() -> None:
    assert re.fullmatch(r"20010909T014640Z-[0-9a-f]{4}", new_run_id(1_000_000_000))
    assert new_run_id(1_000_000_000) < new_run_id(1_000_000_001)
    assert re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{4}", new_run_id())


def test_the_header_is_json_for_people(folder: RunFolder) -> None:
    text = (folder.path / "run.json").read_text()
    assert orjson.loads(text)["run_id"] == header().run_id
    assert text.count("\n") > 10
