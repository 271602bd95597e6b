"""Where a crash of a part of the checker is written down: what failed and where, never with which values."""

from __future__ import annotations

import traceback
from pathlib import Path


class CrashLog:
    """Appends crashes to ``checker-errors.log``.

    An exception's text may hold whatever it was raised about, a connection string included. So only its type and the
    places in the code that it passed through are kept.
    """

    NAME = "checker-errors.log"

    def __init__(self, folder: Path) -> None:
        self.path = folder / self.NAME
        self.parts: list[str] = []

    def add(self, part: str, error: Exception) -> None:
        """Writes a crash down; a folder that can't be written to loses the log, never the verdict."""
        self.parts.append(part)
        frames = "".join(
            f"  {frame.filename}:{frame.lineno} in {frame.name}\n"
            for frame in traceback.extract_tb(error.__traceback__)
        )
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(f"{part}: {type(error).__module__}.{type(error).__name__}\n{frames}\n")
        except OSError:
            return
