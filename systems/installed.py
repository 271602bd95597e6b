"""The ignored folder ``.systems``, where everything that systems are made of is installed, once."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from systems.errors import InstallError
from systems.system import ROOT

INSTALLED = ROOT / ".systems"
STAMP = ".installed"


def once(place: Path, described_by: Sequence[Path], install: Callable[[], None]) -> None:
    """Call ``install`` on an empty folder ``place``, unless it was done already for files of this content."""
    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in described_by)).hexdigest()
    stamp = place / STAMP
    if stamp.is_file() and stamp.read_text() == digest:
        return
    print(f"systems: installing {place.name} into {place.parent.name}/, once", file=sys.stderr, flush=True)
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    install()
    stamp.write_text(digest)


def carry_out(
    command: Sequence[str | Path], folder: Path, environment: Mapping[str, str] = os.environ, advice: str = ""
) -> None:
    """Run a command that installs something, to its end.

    Args:
        command: the program and its arguments.
        folder: where it runs.
        environment: its whole environment.
        advice: what may help if it fails.

    Raises:
        InstallError: it can't be started or failed; the message has its last words.
    """
    name = Path(command[0]).name
    try:
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    except OSError as error:
        raise InstallError(f"{command[0]} can't be started: {error.strerror}") from None
    if done.returncode:
        words = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        said = words[-1] if words else "without a word"
        raise InstallError(f"{name} failed to install into {folder}: {said}{f' ({advice})' if advice else ''}")
