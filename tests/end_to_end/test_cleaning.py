"""What a run created is removed, exactly that, whenever it is asked for."""

from __future__ import annotations

import signal
import uuid
from pathlib import Path
from typing import Any

from tests.end_to_end import evidence_counts
from tests.end_to_end.distributed import start_swarm
from tests.end_to_end.locust_process import header_of, verdict_of
from tests.end_to_end.stack import USERS, Stack

Contents = dict[str, Any]


def contents(stack: Stack) -> Contents:
    """All rows of all tables, and all keys with their values."""
    tables = stack.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    rows = {
        str(table): sorted(str(row) for (row,) in stack.sql(f'SELECT to_jsonb(t)::text FROM "{table}" t'))
        for (table,) in tables
    }
    with stack.redis_client() as client:
        keys = {key: client.dump(key) for key in client.scan_iter()}
    return {**rows, "redis": keys}


def add_a_stranger(stack: Stack) -> None:
    """A tenant of somebody else, with the same kinds of rows and keys."""
    stranger = str(uuid.uuid4())
    stack.sql(
        "INSERT INTO users (id, email, is_active) VALUES (%(id)s, 'stranger@example.com', true)", {"id": stranger}
    )
    stack.sql("INSERT INTO budgets (user_id, starting, remaining) VALUES (%(id)s, 5000, 5000)", {"id": stranger})
    stack.sql("INSERT INTO threads (id, user_id) VALUES (gen_random_uuid(), %(id)s)", {"id": stranger})
    with stack.redis_client() as client:
        client.set(f"budget:{stranger}", 5000)
        client.hset(f"user_context:{stranger}", mapping={"project": "nobody's business"})
        client.set("unrelated", "stays")


def names_of(folder: Path) -> set[str]:
    """Every tenant that the run's evidence names, those of the planted controls included."""
    return {row["name"] for row in evidence_counts.rows(folder, "tenant")}


def test_a_run_leaves_a_stranger_alone_and_nothing_of_its_own(stack: Stack) -> None:
    add_a_stranger(stack)
    before = contents(stack)

    outcome = stack.run_until_enough()

    assert (outcome.returncode, outcome.verdict["verdict"]) == (0, "ISOLATED"), outcome.verdict["reasons"]
    assert contents(stack) == before
    assert outcome.header["cleaned_at_s"] is not None
    assert "Clean-up: removed" in outcome.output

    code, output = stack.program("checker", str(outcome.folder))
    assert code == 3
    assert verdict_of(outcome.folder)["verdict"] == "INCONCLUSIVE"
    assert "what the run created was removed at" in verdict_of(outcome.folder)["reasons"][0]
    assert "Traceback" not in output


def test_data_is_kept_when_asked_for_and_can_be_removed_later(stack: Stack) -> None:
    add_a_stranger(stack)
    before = contents(stack)

    outcome = stack.run_until_enough("--keep-data")

    kept = str(contents(stack))
    names = names_of(outcome.folder)
    assert names
    assert outcome.header["cleaned_at_s"] is None
    assert sum(name in kept for name in names) >= 12
    code, output = stack.program("swarm", "clean", str(outcome.folder))
    assert code == 0
    assert output.startswith(f"removed {len(names)} tenants")
    assert contents(stack) == before
    # Once more does no harm.
    assert stack.program("swarm", "clean", str(outcome.folder))[0] == 0


def test_a_distributed_run_leaves_nothing(stack: Stack) -> None:
    add_a_stranger(stack)
    before = contents(stack)

    swarm = start_swarm(stack, users=USERS, seconds=60)
    swarm.master.until_enough(USERS)
    swarm.master.send(signal.SIGTERM)

    assert swarm.master.outcome().returncode == 0
    assert swarm.outcome_codes() == [0, 0]
    assert contents(stack) == before


def test_what_a_killed_run_left_can_be_removed(stack: Stack) -> None:
    add_a_stranger(stack)
    before = contents(stack)
    locust = stack.locust("--headless", "-u", "12", "-r", "12", "-t", "60s")
    folder = locust.until_answered(60)
    locust.send(signal.SIGKILL)
    locust.wait()
    assert header_of(folder)["ended_at_s"] is None
    stack.target.stop()  # so that what it still has at hand is written before we look
    stack.target.start()
    assert contents(stack) != before

    code, output = stack.program("swarm", "clean", str(folder))

    assert (code, output.count("\n")) == (0, 1)
    assert contents(stack) == before


def test_a_run_that_failed_half_way_is_cleaned_up_too(stack: Stack) -> None:
    before = contents(stack)
    stack.sql("ALTER TABLE secrets RENAME TO hidden")
    try:
        outcome = stack.run(seconds=30)
    finally:
        stack.sql("ALTER TABLE hidden RENAME TO secrets")

    assert outcome.returncode == 3
    assert 'relation "secrets" does not exist' in outcome.verdict["reasons"][0]
    assert contents(stack) == before


def test_what_can_not_be_removed_is_named(stack: Stack) -> None:
    outcome = stack.run("--keep-data", "--no-check", seconds=3)
    stack.redis.stop()

    code, output = stack.program("swarm", "clean", str(outcome.folder))

    assert code == 1
    assert f"not removed: Redis at 127.0.0.1:{stack.redis.port}" in output
    assert "connection refused" in output
    assert "Traceback" not in output
    assert header_of(outcome.folder)["cleaned_at_s"] is None
    stack.redis.start()
    assert stack.program("swarm", "clean", str(outcome.folder))[0] == 0
    assert header_of(outcome.folder)["cleaned_at_s"] is not None
