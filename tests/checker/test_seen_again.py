from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from checker.seen_again import amount_in_store, in_the_evidence
from config.stores import Stores
from evidence.findings import FindingKind
from evidence.records import IdLearnt, Row, SightingSeen, decode
from tests.checker.histories import POSTGRES_PLACE, REDIS_PLACE, History, a_sighting, healthy, profile


def shown(history: History, command: str, parent: Path) -> list[Row]:
    """What the command prints when it is run beside the run folder."""
    command = command.replace(f"runs/{history.header.run_id}", str(history.write(parent).path))
    output = subprocess.run(["sh", "-c", command], capture_output=True, check=True, timeout=30).stdout
    return [decode(line) for line in output.splitlines()]


def test_what_was_seen_live_is_shown_again_from_the_evidence(tmp_path: Path) -> None:
    history = healthy()
    history.rows["local"] += [a_sighting(2, 1), a_sighting(3, 1), a_sighting(2, 1, kind=FindingKind.MISROUTED_REPLY)]
    [command] = [
        f.reproduce
        for f in history.judged().findings
        if f.kind == "foreign-content" and f.owner and f.owner.number == 2
    ]
    assert shown(history, command, tmp_path) == [a_sighting(2, 1)]


def test_a_tenant_that_nobody_knows_is_found_again_too(tmp_path: Path) -> None:
    history = healthy()
    history.rows["local"].append(a_sighting(77_777, 1, kind=FindingKind.FOREIGN_BUDGET))
    [finding] = history.judged().findings
    [row] = shown(history, finding.reproduce, tmp_path)
    assert isinstance(row, SightingSeen) and row.owner == 77_777


def test_an_id_that_two_tenants_learnt_shows_both(tmp_path: Path) -> None:
    history = healthy()
    history.rows["local"] += [IdLearnt(0, "agent", "it's $(one)"), IdLearnt(1, "agent", "it's $(one)")]
    [finding] = history.judged().findings
    assert [row.tenant for row in shown(history, finding.reproduce, tmp_path) if isinstance(row, IdLearnt)] == [0, 1]


@pytest.mark.parametrize(
    ("place", "command"),
    [
        (REDIS_PLACE, 'redis-cli -u "$REDIS_URL" GET budget:t-3'),
        (
            POSTGRES_PLACE,
            'psql "$POSTGRES_URL" -c '
            '\'SELECT "remaining"::text FROM "public"."budgets" WHERE "user_id"::text = \'"\'"\'t-3\'"\'"\'\'',
        ),
        ("redis nothing:{tenant}", ""),
    ],
)
def test_an_amount_is_read_again_from_its_place(place: str, command: str) -> None:
    assert amount_in_store(profile().stores, place, "t-3") == command


def test_hash_fields_and_hostile_names_are_quoted() -> None:
    stores = Stores.model_validate(
        {"redis": {"url": "redis://127.0.0.1", "budgets": [{"key": "b:{tenant}", "field": "left over"}]}}
    )
    command = amount_in_store(stores, "redis b:{tenant} field left over", "$(x)")
    assert command == "redis-cli -u \"$REDIS_URL\" HGET 'b:$(x)' 'left over'"


def test_an_account_that_is_off_says_how_to_read_it() -> None:
    history = healthy()
    history.scans["redis"].amounts[REDIS_PLACE, 3] -= 5
    [finding] = history.judged().findings
    assert finding.reproduce == 'redis-cli -u "$REDIS_URL" GET budget:t-3'


def test_stores_bring_their_own_commands() -> None:
    assert in_the_evidence("run", next(iter(healthy().scans["redis"].control_findings))) == ""
