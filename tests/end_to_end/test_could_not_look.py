"""Whatever could not be looked at is said in a sentence, and is never called isolated."""

from __future__ import annotations

import shutil
from collections import Counter
from urllib.parse import urlsplit, urlunsplit

import pytest

from target.embedded.ports import free_port
from tests.end_to_end import evidence_counts
from tests.end_to_end.locust_process import RunOutcome
from tests.end_to_end.profiles import short_profile
from tests.end_to_end.secret_search import assert_no_secret
from tests.end_to_end.stack import HOST, Stack

WRONG = "planted-password-that-is-wrong"


def assert_nothing_is_proven(stack: Stack, outcome: RunOutcome) -> str:
    """Exit code 3, one verdict, no stack trace, no secret; returns the first reason."""
    assert outcome.returncode == 3, outcome.output[-3000:]
    assert outcome.verdict["verdict"] == "INCONCLUSIVE"
    assert "Traceback" not in outcome.output
    assert "ISOLATED" not in outcome.output
    assert not (outcome.folder / "checker-errors.log").exists()
    assert_no_secret([*stack.secrets(), WRONG], outcome.output, outcome.folder)
    first = outcome.verdict["reasons"][0]
    assert first in _unwrapped(outcome.output)
    return str(first)


def _unwrapped(output: str) -> str:
    return " ".join(output.split())


def _with_password(url: str, password: str) -> str:
    parts = urlsplit(url)
    user = parts.username or ""
    return urlunsplit(parts._replace(netloc=f"{user}:{password}@{parts.hostname}:{parts.port}"))


def test_a_silent_target(stack: Stack) -> None:
    with stack.another_target("--silent") as target:
        profile = short_profile(stack.folder / "silent.toml", reply_timeout_s=1.5, drain_s=0.2)
        outcome = stack.run_until(
            lambda folder: any(row["operation"] == "chat" for row in evidence_counts.rows(folder, "request")),
            "a chat is given up", profile=profile, environment=stack.environment(target_port=target.port),
        )  # fmt: skip

    first = assert_nothing_is_proven(stack, outcome)
    assert outcome.requests.adds_up
    answered: set[str] = set()
    asked: Counter[str] = Counter()
    for row in evidence_counts.rows(outcome.folder, "request"):
        # Attempts at other tenants' doors are no requests of the tenants' own.
        if row["outcome"] == "unknown" and not row["operation"].startswith(("attempt: ", "control: ")):
            asked[row["operation"]] += 1
        elif row["outcome"] != "unknown":
            answered.add(row["operation"])
    assert not answered & {"chat", "history", "state_read", "state_write"}
    silent = sum(count for operation, count in asked.items() if operation not in answered)
    assert first.startswith(f"0 of {silent} requests answered of the kinds ")
    assert "chat" in first


def test_missing_tables(stack: Stack, fresh_database: str) -> None:
    outcome = stack.run(environment={"POSTGRES_URL": fresh_database}, seconds=30)

    first = assert_nothing_is_proven(stack, outcome)
    where = f"{urlsplit(fresh_database).hostname}:{urlsplit(fresh_database).port}"
    assert first.startswith(f"Postgres at {where}")
    assert 'relation "users" does not exist' in first
    assert "apply the target's migrations" in first


def test_an_auth_service_that_is_down(stack: Stack) -> None:
    stack.auth.kill()

    outcome = stack.run(seconds=30)

    first = assert_nothing_is_proven(stack, outcome)
    assert first == f"auth service at {HOST}:{stack.auth.port}/health did not answer: connection refused"


def test_a_target_that_is_down(stack: Stack) -> None:
    stack.target.kill()

    outcome = stack.run(seconds=30)

    first = assert_nothing_is_proven(stack, outcome)
    assert first == f"target at {HOST}:{stack.target.port}/health did not answer: connection refused"


def test_a_redis_that_refuses_connections(stack: Stack) -> None:
    port = free_port()

    outcome = stack.run(environment={"REDIS_URL": f"redis://:{WRONG}@{HOST}:{port}/0"}, seconds=30)

    first = assert_nothing_is_proven(stack, outcome)
    assert first.startswith(f"Redis at {HOST}:{port}")
    assert "connection refused" in first


def test_a_redis_that_refuses_the_password(stack: Stack) -> None:
    outcome = stack.run(environment={"REDIS_URL": _with_password(stack.redis.url, WRONG)}, seconds=30)

    first = assert_nothing_is_proven(stack, outcome)
    assert first.startswith(f"Redis at {HOST}:{stack.redis.port}")
    assert "the password was refused" in first


def test_a_postgres_that_refuses_the_password(stack: Stack) -> None:
    url = stack.database.owner_url

    outcome = stack.run(environment={"POSTGRES_URL": _with_password(url, WRONG)}, seconds=30)

    first = assert_nothing_is_proven(stack, outcome)
    assert first.startswith(f"Postgres at {HOST}:{urlsplit(url).port}")
    assert "the password was refused" in first


def test_workers_whose_stores_refuse_them(stack: Stack, fresh_database: str) -> None:
    port = str(free_port())

    outcome = stack.run(
        "--processes", "2", "--master-bind-port", port, "--master-port", port, seconds=30,
        environment={"POSTGRES_URL": fresh_database},
    )  # fmt: skip

    assert 'relation "users" does not exist' in assert_nothing_is_proven(stack, outcome)


def test_a_checker_that_looks_into_other_stores(stack: Stack, fresh_redis: str, fresh_database: str) -> None:
    outcome = stack.run_until_enough("--keep-data")
    assert (outcome.returncode, outcome.verdict["verdict"]) == (0, "ISOLATED"), outcome.verdict["reasons"]
    assert_no_secret(stack.secrets(), outcome.output, outcome.folder)
    refusing = f"redis://:{WRONG}@{HOST}:{free_port()}/0"
    wrong = _with_password(stack.database.owner_url, WRONG)
    for options, words in [
        (("--redis-url", fresh_redis), "own marks"),
        (("--redis-url", refusing), "refused"),
        (("--redis-url", _with_password(stack.redis.url, WRONG)), "password"),
        (("--postgres-url", fresh_database), "does not exist"),
        (("--postgres-url", wrong), "password"),
    ]:
        code, output = stack.program("checker", str(outcome.folder), *options)
        again = RunOutcome(code, output, outcome.folder, outcome.statistics)
        assert words in assert_nothing_is_proven(stack, again), options


def test_a_checker_that_misses_evidence(stack: Stack) -> None:
    outcome = stack.run_until_enough("--keep-data", "--no-check")
    evidence = outcome.folder / "evidence" / "local.jsonl"
    whole = evidence.read_bytes()
    lines = whole.splitlines(keepends=True)
    for what, damaged in {
        "lost": b"".join(lines[: len(lines) // 2]),
        "rows": b"".join(line for number, line in enumerate(lines) if number != len(lines) // 2),
        "can't be read": whole + b'{"row": "requ',
        "none of its evidence": None,
    }.items():
        if damaged is None:
            evidence.unlink()
        else:
            evidence.write_bytes(damaged)
        code, output = stack.program("checker", str(outcome.folder))
        assert_nothing_is_proven(stack, RunOutcome(code, output, outcome.folder, outcome.statistics))
        reasons = " ".join(RunOutcome(code, output, outcome.folder, outcome.statistics).verdict["reasons"])
        assert what in reasons, reasons
    evidence.write_bytes(whole)
    assert stack.program("checker", str(outcome.folder))[0] == 0


@pytest.mark.parametrize(("name", "programs"), [("run.key", ["checker"]), ("run.json", ["checker", "swarm clean"])])
def test_a_run_folder_that_can_not_be_used(stack: Stack, name: str, programs: list[str]) -> None:
    outcome = stack.run("--keep-data", "--no-check", seconds=3)
    copied = stack.folder / "copied"
    shutil.copytree(outcome.folder, copied)
    (copied / name).write_text("damaged")

    for program in programs:
        code, output = stack.program(*program.split(), str(copied))
        assert code == 2
        assert str(copied / name) in output
        assert len(output.splitlines()) == 1
