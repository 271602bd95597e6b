from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from systems.stage import Program, Stage, answers_http
from target.embedded import Guardian, StoreStartError
from target.embedded.ports import LOOPBACK

SERVER = """
import http.server, sys
http.server.test(http.server.SimpleHTTPRequestHandler, port=int(sys.argv[1]), bind='127.0.0.1')
"""


def program(source: str) -> Program:
    return Program(
        "Small server",
        command=lambda port: [sys.executable, "-c", source, str(port)],
        environment=lambda _: os.environ,
        ready=lambda port: answers_http(f"http://{LOOPBACK}:{port}/"),
    )


def test_what_was_started_on_a_stage_answers_and_ends_with_it() -> None:
    with Guardian() as guardian:
        with Stage("test", guardian) as stage:
            process = stage.process(program(SERVER))
            folder = stage.folder
            assert answers_http(process.url)
            assert not answers_http(f"{process.url}/nothing")
            assert answers_http(f"{process.url}/nothing", status=404)
        assert not answers_http(process.url)
        assert not folder.exists()


def test_a_program_that_ends_at_once_is_told_with_its_last_words() -> None:
    with (
        Guardian() as guardian,
        Stage("test", guardian) as stage,
        pytest.raises(StoreStartError, match=r"Small server ended at once; .* no licence"),
    ):
        stage.process(program("raise SystemExit('no licence')"))


def test_a_command_is_run_to_its_end_and_what_it_said_is_kept(tmp_path: Path) -> None:
    with Guardian() as guardian, Stage("test", guardian) as stage:
        says = [sys.executable, "-c", "import os; print(os.getcwd()); raise SystemExit(3)"]
        assert stage.run(says, os.environ, tmp_path) == 3
        assert str(tmp_path) in (stage.folder / "commands.log").read_text()
