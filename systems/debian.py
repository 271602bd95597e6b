"""Programs from Debian packages, unpacked into the ignored folder ``.systems``; that needs no root."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from systems.errors import InstallError
from systems.node import INSTALLED, once

RELEASE = "12"


def unpack_packages(name: str, listed: Path) -> Path:
    """Fetch the packages named in the file ``listed``, one a line, with what ``apt-get`` knows, and unpack them.

    ``apt-get`` checks what it fetches against the archive's signature. The packages' own scripts are not run.

    Returns:
        The folder that stands for the root of the file system.

    Raises:
        InstallError: they could not be had.
    """
    place = INSTALLED / name
    packages = [line for line in listed.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]

    def install() -> None:
        if _release() != ("debian", RELEASE):
            raise InstallError(
                f"{name} comes out of the packages of Debian {RELEASE} and this is another system: use a container"
            )
        fetched, root = place / "packages", place / "root"
        fetched.mkdir()
        root.mkdir()
        # As the user who asks, not as apt's own, who may not write into this folder.
        _run(["apt-get", "download", "--quiet", "--option", "APT::Sandbox::User=root", *packages], fetched)
        for package in sorted(fetched.glob("*.deb")):
            _run(["dpkg-deb", "--extract", str(package), str(root)], place)

    once(place, [listed], install)
    return place / "root"


def _release() -> tuple[str, str]:
    path = Path("/etc/os-release")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    said = dict(line.split("=", 1) for line in lines if "=" in line)
    return said.get("ID", "").strip('"'), said.get("VERSION_ID", "").strip('"')


def _run(command: Sequence[str], folder: Path) -> None:
    try:
        done = subprocess.run(command, cwd=folder, env=os.environ, capture_output=True, text=True, check=False)
    except OSError as error:
        raise InstallError(f"{command[0]} can't be started: {error.strerror}") from None
    if done.returncode:
        words = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        said = words[-1] if words else "without a word"
        raise InstallError(f"{command[0]} failed: {said} (perhaps its lists are old: apt-get update)")
