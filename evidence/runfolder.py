"""The run folder ``runs/<run id>/``: what the checker needs, and nothing that opens the target.

::

    run.json                what was to be done, by whom, with which profile (secrets left out)
    run.key                 the run's mark key, readable by its owner alone
    evidence/<node>.jsonl   the rows of each node
    verdict.json, report.html, junit.xml, summary.md, console.txt   written after the run
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import orjson

from evidence.marks import RunKey
from evidence.records import EvidenceError, Row, RowDamaged, decode, encode

FORMAT = 1
_NODE_NAME = re.compile(r"[A-Za-z0-9_.-]{1,120}\Z")


class RunFolderError(EvidenceError):
    """The run folder is missing, incomplete or of another version; the message names it and says what to do."""


@dataclass(slots=True)
class RunHeader:
    """What ``run.json`` says.

    Attributes:
        run_id: name of the run, and of its folder.
        profile_path: the profile file the run was started with.
        profile_name: the target's name in it.
        profile: the profile with every secret left out.
        topology: local, or distributed.
        users: how many tenants were asked for.
        spawn_rate: tenants a second.
        started_at_s, ended_at_s: Unix seconds; ended is None while the run lasts or if it never ended.
        nodes: every node that was told to take part, by name.
        drained: the nodes that said they were done.
        stopped_by: why the run ended (run time, user, abort).
        locust_requests: what Locust's own statistics counted as ended requests, and as failed, at the end.
        clean_up: whether what the run created is to be removed.
        cleaned_at_s: when that was done, so that the stores hold nothing of this run any more.
        allowed_hosts: machines that options have given permission to test, beside those of the profile.
        transactions: by Postgres store, the number its transactions had reached when the run began: older rows are not
            the run's.
    """

    run_id: str
    profile_path: str
    profile_name: str
    profile: dict[str, object]
    topology: str
    users: int
    spawn_rate: float
    started_at_s: float
    ended_at_s: float | None = None
    nodes: list[str] = field(default_factory=list)
    drained: list[str] = field(default_factory=list)
    refused_nodes: list[str] = field(default_factory=list)
    stopped_by: str = ""
    locust_requests: int | None = None
    locust_failures: int | None = None
    clean_up: bool = True
    cleaned_at_s: float | None = None
    allowed_hosts: list[str] = field(default_factory=list)
    transactions: dict[str, int] = field(default_factory=dict)
    format: int = FORMAT


def new_run_id(now_s: float | None = None) -> str:
    """Returns a fresh run id: UTC time to the second and four random hexadecimal digits."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now_s)) + "-" + secrets.token_hex(2)


class RunFolder:
    """A run's folder on disk.

    Args:
        path: the folder itself, ``runs/<run id>``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, parent: Path, header: RunHeader, key: RunKey) -> RunFolder:
        """Makes the folder with its header and key.

        Raises:
            RunFolderError: it exists already or can't be written.
        """
        folder = cls(parent / header.run_id)
        try:
            folder.path.mkdir(parents=True)
            (folder.path / "evidence").mkdir()
            descriptor = os.open(folder.path / "run.key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(key.key.hex() + "\n")
            folder.write_header(header)
        except OSError as error:
            raise RunFolderError(f"can't create the run folder {folder.path}: {error.strerror}") from None
        return folder

    def write_header(self, header: RunHeader) -> None:
        """Replaces ``run.json`` in one step."""
        draft = self.path / "run.json.new"
        draft.write_bytes(orjson.dumps(asdict(header), option=orjson.OPT_INDENT_2))
        draft.replace(self.path / "run.json")

    def header(self) -> RunHeader:
        """Returns what ``run.json`` says.

        Raises:
            RunFolderError: it is missing, damaged or of another format.
        """
        try:
            values = orjson.loads((self.path / "run.json").read_bytes())
        except FileNotFoundError:
            raise RunFolderError(f"{self.path} is no run folder: it has no run.json") from None
        except (OSError, orjson.JSONDecodeError) as error:
            raise RunFolderError(f"{self.path / 'run.json'} can't be read: {error}") from None
        if not isinstance(values, dict) or values.get("format") != FORMAT:
            raise RunFolderError(f"{self.path / 'run.json'} is not of format {FORMAT}; use the version that wrote it")
        try:
            return RunHeader(**values)
        except TypeError as error:
            raise RunFolderError(f"{self.path / 'run.json'} is damaged: {error}") from None

    def key(self) -> RunKey:
        """Returns the run's key.

        Raises:
            RunFolderError: ``run.key`` is missing or damaged, so that no mark can be recognised.
        """
        try:
            return RunKey(bytes.fromhex((self.path / "run.key").read_text().strip()))
        except (OSError, ValueError) as error:
            raise RunFolderError(f"{self.path / 'run.key'} can't be used, no mark can be recognised: {error}") from None

    def earlier_keys(self, limit: int = 50) -> list[RunKey]:
        """Returns the keys of at most ``limit`` other runs in the same parent folder, the newest first."""
        return [key for _, key in self.earlier(limit)]

    def earlier(self, limit: int = 50) -> list[tuple[RunFolder, RunKey]]:
        """Returns at most ``limit`` other runs in the same parent folder whose keys can be read, the newest first."""
        found: list[tuple[RunFolder, RunKey]] = []
        folders = sorted((path.parent for path in self.path.parent.glob("*/run.key")), reverse=True)
        for path in folders:
            if path.name != self.path.name and len(found) < limit:
                with contextlib.suppress(RunFolderError):
                    found.append((RunFolder(path), RunFolder(path).key()))
        return found

    def writer(self, node: str) -> EvidenceWriter:
        """Returns a writer of this node's evidence file."""
        return EvidenceWriter(self.evidence_file(node))

    def evidence_file(self, node: str) -> Path:
        """Returns the path of this node's evidence file.

        Raises:
            RunFolderError: the node's name is not fit for a file name.
        """
        if not _NODE_NAME.match(node):
            raise RunFolderError(f"node name {node!r} can't name a file: use letters, digits, '_', '.', '-'")
        return self.path / "evidence" / f"{node}.jsonl"

    def rows(self) -> Iterator[tuple[str, int, Row | RowDamaged]]:
        """Yields (file name, line number, row) of every evidence file; a damaged line yields the error instead."""
        for path in sorted((self.path / "evidence").glob("*.jsonl")):
            with path.open("rb") as file:
                for number, line in enumerate(file, start=1):
                    try:
                        yield path.name, number, decode(line)
                    except RowDamaged as error:
                        yield path.name, number, error


class EvidenceWriter:
    """Appends rows to one node's evidence file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = 0
        self._file = path.open("ab", buffering=1 << 16)

    def write(self, row: Row) -> None:
        """Appends a row; it reaches the disk at the next ``flush``."""
        self._file.write(encode(row))
        self.rows += 1

    def write_lines(self, lines: bytes, rows: int) -> None:
        """Appends ``rows`` rows that are encoded already."""
        self._file.write(lines)
        self.rows += rows

    def flush(self) -> None:
        """Hands what was written to the operating system."""
        self._file.flush()

    def close(self) -> None:
        """Flushes and closes the file. May be called again."""
        if not self._file.closed:
            self._file.close()
