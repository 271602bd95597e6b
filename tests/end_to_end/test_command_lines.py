"""Programs that are told something impossible say so in one sentence and exit with 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.stack import Stack


def assert_one_sentence(code: int, output: str, *words: str) -> None:
    assert code == 2, output
    assert "Traceback" not in output
    assert len(output.splitlines()) == 1, output
    for word in words:
        assert word in output


@pytest.mark.parametrize("program", [("checker",), ("swarm", "clean")])
def test_a_folder_that_is_no_run(stack: Stack, program: tuple[str, ...]) -> None:
    missing = stack.folder / "no-such-run"
    assert_one_sentence(*stack.program(*program, str(missing)), str(missing))

    empty = stack.folder / "empty"
    empty.mkdir()
    assert_one_sentence(*stack.program(*program, str(empty)), str(empty), "no run folder")

    file = stack.folder / "file"
    file.write_text("")
    assert_one_sentence(*stack.program(*program, str(file)), str(file))


@pytest.mark.parametrize(
    "program", [("checker",), ("swarm",), ("swarm", "clean"), ("checker", "a", "b"), ("swarm", "x")]
)
def test_arguments_that_do_not_fit(stack: Stack, program: tuple[str, ...]) -> None:
    code, output = stack.program(*program)
    assert code == 2
    assert "Traceback" not in output
    assert "error: " in output.splitlines()[-1]


def test_a_profile_that_can_not_be_used(stack: Stack) -> None:
    profile = stack.folder / "missing.toml"
    for word in (str(profile), "[target"):
        code, output = _locust(stack, profile)
        assert code == 2
        assert str(profile) in output
        assert "Traceback" not in output
        profile.write_text(word)


def test_a_variable_that_is_not_set(stack: Stack) -> None:
    locust = stack.locust("--headless", "-u", "1", "-t", "5s", environment={"TARGET_URL": ""})
    assert locust.wait() == 2
    assert "TARGET_URL" in locust.output() or "target.url" in locust.output()
    assert "Traceback" not in locust.output()
    assert not list(locust.runs.glob("*"))


def test_a_place_for_runs_that_can_not_be_written(stack: Stack) -> None:
    file = stack.folder / "file"
    file.write_text("")
    locust = stack.locust("--headless", "-u", "1", "-t", "30s", runs=file / "runs")
    assert locust.wait(20) == 2
    assert "can't create the run folder" in locust.output()
    assert "Traceback" not in locust.output()


def _locust(stack: Stack, profile: Path) -> tuple[int, str]:
    locust = stack.locust("--headless", "-u", "1", "-t", "5s", profile=profile)
    return locust.wait(), locust.output()
