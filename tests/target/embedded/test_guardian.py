from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from signal import SIGTERM

from target.embedded import Guardian
from tests.target.processes import gone, vanished

OWNER = """
import os, subprocess, sys
from pathlib import Path
from signal import SIGTERM
from target.embedded import Guardian
with Guardian() as guardian:
    sleeper = subprocess.Popen(["sleep", "60"])
    guardian.watch(sleeper.pid, SIGTERM)
    guardian.remove_folder(Path(sys.argv[1]))
    print(sleeper.pid, flush=True)
    sleeper.wait()
"""


def test_what_a_killed_owner_named_is_ended_and_removed(tmp_path: Path) -> None:
    folder = tmp_path / "left"
    folder.mkdir()
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(folder)], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    with owner.stdout:
        pid = int(owner.stdout.readline())
    owner.kill()
    owner.wait()
    gone([pid])
    vanished(folder)


def test_a_forgotten_process_is_left_alone() -> None:
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        with Guardian() as guardian:
            guardian.watch(sleeper.pid, SIGTERM)
            guardian.forget(sleeper.pid)
        assert sleeper.poll() is None
        sleeper.kill()
