"""``python -m benchmarks.detection``: play what was not played yet, and write the page."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import zip_longest
from pathlib import Path
from types import FrameType

from benchmarks.detection.measuring import measure, outcomes
from benchmarks.detection.page import write_json, write_page
from benchmarks.detection.running import PROJECT, Stopped, is_done, play
from benchmarks.detection.trials import Trial, all_defects, blinded, faultless, of_defects, rare
from target.errors import TargetError

RARE_TIMES = 2  # so much longer is a run that is to see a rare leak


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 0; 1 if a faultless run was called LEAKING; 2 for what can't be asked for; 130 if told to stop."""
    options = _parser().parse_args(arguments)
    try:
        trials = _trials(options)
    except TargetError as error:
        print(f"benchmarks.detection: {error}", file=sys.stderr)
        return 2
    stop = threading.Event()

    def told(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, told)
    with ThreadPoolExecutor(options.jobs) as pool:
        waiting = [pool.submit(_play, trial, options.out, stop) for trial in trials]
        while wait(waiting, timeout=0.5).not_done:  # with a limit, so that signals are heard
            continue
    for future in waiting:
        future.result()
    measured = outcomes(options.out)
    write_json(measured, options.out / "detection.json")
    write_page(measured, options.page)
    if stop.is_set():
        return 130
    return int(any(outcome.clean and outcome.detected for outcome in measured))


def _trials(options: argparse.Namespace) -> list[Trial]:
    if options.table_only:
        return []
    asked = list(options.defect or [])
    asked += all_defects(lower=False) if options.all else []
    asked += all_defects(lower=True) if options.lower else []
    kinds = (
        of_defects(asked, options.users, options.seconds),
        faultless(options.clean, options.users, options.seconds),
        rare(options.rare, options.users, RARE_TIMES * options.seconds),
        blinded(options.users, options.seconds) if options.blind else (),
    )
    # By turns, so that a benchmark that is stopped early has measured a little of everything.
    trials = [trial for turn in zip_longest(*kinds) for trial in turn if trial is not None]
    return list({trial.name: trial for trial in trials}.values())


def _play(trial: Trial, out: Path, stop: threading.Event) -> None:
    folder = out / trial.name
    if stop.is_set() or is_done(folder):
        return
    began_s = time.monotonic()
    try:
        play(trial, folder, stop)
    except Stopped:
        return
    told = measure(folder)
    print(
        f"{trial.name}: {told.verdict} (exit {told.exit_code}), {told.replies} replies, {told.strikes} strikes, "
        f"{told.kinds}, {time.monotonic() - began_s:.0f} s",
        flush=True,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detection", description=__doc__)
    parser.add_argument("--defect", action="append", metavar="NAME[:RATE]", help="a defect to have; may be repeated")
    parser.add_argument("--all", action="store_true", help="every defect at its natural rate")
    parser.add_argument("--lower", action="store_true", help="every defect at a fifth of its natural rate")
    parser.add_argument("--clean", type=int, default=0, metavar="N", help="N runs of the faultless target")
    parser.add_argument("--rare", type=int, default=0, metavar="N", help="N runs with a leak of 1 in 1,000 replies")
    parser.add_argument("--blind", action="store_true", help="each part of the oracle switched off in turn")
    parser.add_argument("--users", type=int, default=40, help="tenants (%(default)s)")
    parser.add_argument("--seconds", type=int, default=20, help="length of a run (%(default)s)")
    parser.add_argument("--jobs", type=int, default=1, help="runs at once (%(default)s)")
    parser.add_argument("--out", type=Path, default=PROJECT / "runs" / "detection", help="folder of the results")
    parser.add_argument("--page", type=Path, default=PROJECT / "docs" / "detection.md", help="the page to write")
    parser.add_argument("--table-only", action="store_true", help="play nothing, only write the page")
    return parser


if __name__ == "__main__":
    sys.exit(main())
