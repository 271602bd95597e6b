"""Python packages from PyPI, in the ignored folder ``.systems``, apart from the project's own."""

from __future__ import annotations

import sys
from pathlib import Path

from systems.installed import INSTALLED, carry_out, once


def install_wheels(name: str, requirements: Path) -> Path:
    """Install what a file of pinned and hashed requirements lists.

    Returns:
        The folder to put on ``PYTHONPATH``.

    Raises:
        InstallError: it could not be had.
    """
    place = INSTALLED / name
    pip: list[str | Path] = [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "--target", place]
    once(place, [requirements], lambda: carry_out([*pip, "--requirement", requirements], place))
    return place
