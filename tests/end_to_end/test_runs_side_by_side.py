"""Runs that leave their data behind are judged each by its own, also when another machine made the leftovers."""

from __future__ import annotations

import shutil

from tests.end_to_end.locust_process import verdict_of
from tests.end_to_end.profiles import short_profile
from tests.end_to_end.stack import Stack


def test_two_runs_beside_each_others_leftovers(stack: Stack) -> None:
    profile = short_profile(stack.folder / "both.toml")
    first = stack.run_until_enough("--keep-data", profile=profile)
    second = stack.run_until_enough("--keep-data", profile=profile, runs=first.folder.parent)

    assert (first.returncode, first.verdict["verdict"]) == (0, "ISOLATED"), first.verdict["reasons"]
    assert (second.returncode, second.verdict["verdict"]) == (0, "ISOLATED"), second.verdict["reasons"]
    assert second.folder.parent == first.folder.parent
    assert second.folder != first.folder
    assert all(store["earlier_runs"] == 0 for store in first.verdict["coverage"])
    assert all(store["earlier_runs"] > 0 for store in second.verdict["coverage"])

    # The first is still judged by its own, with the second's data beside it.
    assert stack.program("checker", str(first.folder))[0] == 0
    assert verdict_of(first.folder)["verdict"] == "ISOLATED"

    # And so is a run whose neighbours' keys nobody here has.
    alone = stack.folder / "elsewhere" / second.folder.name
    shutil.copytree(second.folder, alone)
    assert stack.program("checker", str(alone))[0] == 0
    assert verdict_of(alone)["verdict"] == "ISOLATED"
