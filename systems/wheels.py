"""Python packages from PyPI, in the ignored folder ``.systems``, apart from the project's own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from systems.errors import InstallError
from systems.node import INSTALLED, once


def install_wheels(name: str, requirements: Path) -> Path:
    """Install what a file of pinned and hashed requirements lists.

    Returns:
        The folder to put on ``PYTHONPATH``.

    Raises:
        InstallError: it could not be had.
    """
    place = INSTALLED / name

    def install() -> None:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps"]
        command += ["--target", str(place), "--requirement", str(requirements)]
        done = subprocess.run(command, env=os.environ, capture_output=True, text=True, check=False)
        if done.returncode:
            words = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
            raise InstallError(f"installing {name} failed: {words[-1] if words else 'without a word'}")

    once(place, [requirements], install)
    return place
