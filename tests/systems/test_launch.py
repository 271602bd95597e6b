from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from systems.errors import SystemsError, UnknownNameError
from systems.launch import run, swarm
from systems.stage import Stage
from systems.system import Misconfiguration, System
from target.embedded import Guardian
from target.embedded.foreground import Interruptions


class Notes(System):
    """A system that starts nothing."""

    name = "notes"
    what = "notes"
    misconfigurations = {"open": Misconfiguration("anybody may read", frozenset({"foreign-content"}))}

    def install(self) -> None:
        pass

    def start(self, stage: Stage, broken: str | None) -> Mapping[str, str]:
        assert stage.folder.is_dir()
        return {"NOTES_FOLDER": str(stage.folder), "NOTES_BROKEN": str(broken)}


@pytest.fixture
def interruptions() -> Interruptions:
    return object.__new__(Interruptions)  # the signals of the test process stay as they are


def test_the_command_gets_the_variables_and_its_exit_code_is_ours(tmp_path: Path, interruptions: Interruptions) -> None:
    says = tmp_path / "says"
    command = [sys.executable, "-c", f"import os; open({str(says)!r}, 'w').write(os.environ['NOTES_BROKEN']); exit(7)"]
    with Guardian() as guardian:
        assert run(Notes(), "open", command, guardian, interruptions) == 7
    assert says.read_text() == "open"


def test_a_command_that_cannot_be_started_is_named(interruptions: Interruptions) -> None:
    with Guardian() as guardian, pytest.raises(SystemsError, match="/no/such can't be started"):
        run(Notes(), None, ["/no/such"], guardian, interruptions)


def test_a_misconfiguration_that_is_not_there_starts_nothing(interruptions: Interruptions) -> None:
    with Guardian() as guardian, pytest.raises(UnknownNameError, match="it has: open"):
        run(Notes(), "closed", ["true"], guardian, interruptions)


def test_the_swarm_is_aimed_with_the_system_s_profile() -> None:
    command = swarm(Notes(), None, None, 5, ["--keep-data"])
    assert str(Notes().profile()) in command
    assert command[-7:] == ["-u", "20", "-r", "20", "-t", "5s", "--keep-data"]


def test_the_command_line_says_in_one_sentence_what_is_wrong() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "systems", "run", "nothing"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("systems: there is no system 'nothing'")
    assert len(done.stderr.splitlines()) == 1
