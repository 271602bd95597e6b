from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from target.embedded.folders import temporary_folder
from tests.target.conftest import Stores
from tests.target.processes import alive, gone, vanished

OURS = ("TARGET_", "AUTH_SERVICE_KEY", "REDIS_URL", "POSTGRES_URL")
Start = Callable[..., subprocess.Popen[str]]

# A command that says what it was told and waits until it is told to end.
REPORTER = "import json, os; print(json.dumps(dict(os.environ, PID=str(os.getpid()))), flush=True); input()"


@pytest.fixture
def place() -> Iterator[Path]:
    """A temporary folder for the run's own temporary folders, so that what is left can be seen."""
    folder = temporary_folder("test-run-")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def start(place: Path) -> Iterator[Start]:
    running: list[subprocess.Popen[str]] = []

    def begin(*arguments: str, **environment: str) -> subprocess.Popen[str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        process = subprocess.Popen(
            [sys.executable, "-m", "target", "run", *arguments],
            env={**inherited, "TMPDIR": str(place), **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        return process

    yield begin
    for process in running:
        process.kill()
        process.communicate()


def test_the_command_gets_everything_its_exit_code_is_ours_and_nothing_is_left(start: Start, place: Path) -> None:
    code = f"{REPORTER.replace('; input()', '')}; raise SystemExit(7)"
    process = start("--workers", "2", "--", sys.executable, "-c", code)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 7, err
    told = json.loads(out)
    assert told["TARGET_URL"].startswith("ws://127.0.0.1:")
    assert {"TARGET_HTTP_URL", "TARGET_AUTH_URL", "AUTH_SERVICE_KEY", "TARGET_JWT_SECRET"} <= told.keys()
    assert {"REDIS_URL", "POSTGRES_URL", "TARGET_POSTGRES_URL"} <= told.keys()
    pids = json.loads(told["TARGET_PIDS"])
    assert pids.keys() == {"redis", "postgres", "target", "auth"}
    assert alive(pids.values()) == []
    assert list(place.iterdir()) == []


def own_stores(stores: Stores) -> dict[str, str]:
    return {
        "REDIS_URL": stores.redis_url,
        "POSTGRES_URL": stores.owner_url,
        "TARGET_POSTGRES_URL": stores.service_url,
    }


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_when_the_run_is_ended_by_a_signal(
    start: Start, place: Path, stores: Stores, how: signal.Signals
) -> None:
    urls = {} if how == signal.SIGKILL else own_stores(stores)
    process = start(
        "--no-auth", "--no-migrate" if urls else "--workers=1", "--", sys.executable, "-c", REPORTER, **urls
    )
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    process.send_signal(how)
    process.wait(30)
    assert process.returncode == (128 + how if how == signal.SIGTERM else -how)
    gone([*json.loads(told["TARGET_PIDS"]).values(), int(told["PID"])])
    for folder in place.iterdir():
        vanished(folder)


def test_a_killed_target_does_not_end_the_command(start: Start, stores: Stores) -> None:
    process = start("--no-auth", "--no-migrate", "--", sys.executable, "-c", REPORTER, **own_stores(stores))
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    pid = json.loads(told["TARGET_PIDS"])["target"]
    os.kill(pid, signal.SIGKILL)
    gone([pid])
    process.communicate("go on\n", timeout=30)
    assert process.returncode == 0


def test_without_a_command_secrets_go_to_the_env_file_only(
    start: Start, place: Path, tmp_path: Path, stores: Stores
) -> None:
    env_file = tmp_path / "run.env"
    urls = own_stores(stores)
    process = start("--no-auth", "--no-migrate", "--env-file", str(env_file), **urls)
    assert process.stdout is not None
    shown = ""
    while "Ctrl-C" not in shown:
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        shown += line
    written = env_file.read_text()
    assert env_file.stat().st_mode & 0o777 == 0o600
    assert "export TARGET_URL=ws://127.0.0.1:" in shown
    assert stores.owner_url in written
    for url in urls.values():
        assert url not in shown
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    assert not env_file.exists()
    assert list(place.iterdir()) == []


def test_a_command_that_is_not_there_is_one_sentence(start: Start, stores: Stores) -> None:
    urls = own_stores(stores)
    process = start("--no-auth", "--no-migrate", "--", "no-such-command", **urls)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert err == "target: the command no-such-command can't be started: No such file or directory\n"
