"""How far reading a store has come, on standard error: a bar where a person watches, a line now and then elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from checker.scan import Progress as Report

LINE_EVERY_S = 5.0


class ShownProgress:
    """Shows progress while it is entered; nothing is printed if ``shown`` is false.

    Args:
        stream: standard error, or what stands for it.
        shown: whether to show anything.
    """

    def __init__(self, stream: TextIO, shown: bool = True) -> None:
        self._stream = stream
        self._shown = shown
        self._bars: Progress | None = None
        if shown and stream.isatty():
            self._bars = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=Console(file=stream),
                transient=True,
            )

    def __enter__(self) -> Self:
        if self._bars is not None:
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars is not None:
            self._bars.stop()

    def of(self, store: str) -> Report:
        """Returns what a scanner of this store calls with (units read, units expected or None)."""
        if not self._shown:
            return lambda done, expected: None
        if self._bars is not None:
            return self._bar(self._bars, store)
        return self._lines(store)

    @staticmethod
    def _bar(bars: Progress, store: str) -> Report:
        task: TaskID = bars.add_task(f"reading {store}", total=None)

        def show(done: int, expected: int | None) -> None:
            bars.update(task, completed=done, total=expected)

        return show

    def _lines(self, store: str) -> Report:
        next_s = time.monotonic() + LINE_EVERY_S
        print(f"reading {store}", file=self._stream, flush=True)

        def show(done: int, expected: int | None) -> None:
            nonlocal next_s
            if time.monotonic() >= next_s:
                next_s = time.monotonic() + LINE_EVERY_S
                of = f" of about {expected:,}" if expected else ""
                print(f"reading {store}: {done:,}{of}", file=self._stream, flush=True)

        return show
