from __future__ import annotations

import sys
from pathlib import Path

import gevent
import pytest

from config.calls import CommandCall
from tests.users.small_target import until
from users.commands import CommandFailed, run_command

VALUES = {"tenant": "t-1", "password": "PLANTED-password"}


def command(script: str, *words: str, **more: object) -> CommandCall:
    return CommandCall.model_validate({"argv": [sys.executable, "-c", script, *words], "timeout_s": 20.0, **more})


def test_a_command_is_told_by_argument_environment_and_input() -> None:
    script = "import os, sys; print(sys.argv[1], os.environ['PASSWORD'], sys.stdin.read(), 'PATH' in os.environ)"
    call = command(script, "{tenant}", environment={"PASSWORD": "{password}"}, input={"who": "{tenant}"})
    assert run_command("step", call, VALUES).decode().split() == ["t-1", "PLANTED-password", '{"who":"t-1"}', "True"]


def test_a_command_that_fails_is_a_sentence_without_what_it_said() -> None:
    call = command("import sys; print('PLANTED'); sys.stderr.write('PLANTED'); sys.exit(3)", "{tenant}")
    with pytest.raises(CommandFailed, match=r"step \(python[^)]*\) ended with code 3: run it by hand") as caught:
        run_command("step", call, VALUES)
    assert "PLANTED" not in str(caught.value)
    nowhere = CommandCall.model_validate({"argv": ["/nowhere/at-all"]})
    with pytest.raises(CommandFailed, match=r"step \(at-all\) can't be started: no such file or directory"):
        run_command("step", nowhere, VALUES)


def test_a_command_that_takes_too_long_is_a_sentence() -> None:
    with pytest.raises(CommandFailed, match=r"did not end within 0.2 s"):
        run_command("step", command("import time; time.sleep(600)", timeout_s=0.2), VALUES)


def test_nothing_of_a_command_is_left_when_whoever_waited_is_killed(tmp_path: Path) -> None:
    held = tmp_path / "pid"
    script = (
        "import os, subprocess, sys, time; "
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); "
        f"open({str(held)!r} + '.new', 'w').write(str(child.pid)); os.rename({str(held)!r} + '.new', {str(held)!r}); "
        "time.sleep(600)"
    )
    waiting = gevent.spawn(run_command, "step", command(script, timeout_s=600.0), VALUES)
    until(held.exists, "the command's child")
    waiting.kill()
    until(lambda: _is_dead(int(held.read_text())), "its end")


def _is_dead(pid: int) -> bool:
    """Whether it is gone, or a zombie that nobody has waited for yet."""
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except (ProcessLookupError, FileNotFoundError):
        return True
