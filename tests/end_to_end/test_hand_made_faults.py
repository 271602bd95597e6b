"""After a clean run: one thing changed by hand is found, exactly that; with it put back, the run is clean again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.end_to_end.locust_process import RunOutcome, verdict_of
from tests.end_to_end.stack import Stack


@pytest.fixture(scope="module")
def kept(whole_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunOutcome]:
    """A clean run whose data is still there."""
    whole_stack.begin(tmp_path_factory.mktemp("kept"))
    outcome = whole_stack.run_until_enough("--keep-data")
    assert (outcome.returncode, outcome.verdict["verdict"]) == (0, "ISOLATED"), outcome.verdict["reasons"]
    yield outcome
    whole_stack.end()


def check_again(stack: Stack, kept: RunOutcome) -> tuple[int, dict[str, Any]]:
    code, _ = stack.program("checker", str(kept.folder))
    return code, verdict_of(kept.folder)


@contextmanager
def found_while_so(stack: Stack, kept: RunOutcome) -> Iterator[list[dict[str, Any]]]:
    """Yield what a check finds of the change that was made; check again after the caller has undone it."""
    code, verdict = check_again(stack, kept)
    assert (code, verdict["verdict"]) == (1, "LEAKING"), verdict["reasons"]
    yield verdict["findings"]
    code, verdict = check_again(stack, kept)
    assert (code, verdict["verdict"]) == (0, "ISOLATED"), verdict["reasons"]
    assert verdict["findings"] == []


@pytest.fixture(scope="module")
def pair(kept: RunOutcome) -> tuple[str, str]:
    """Two tenants that have conversed, whose accounts are known to the unit and hold something that can be taken."""
    accounts = kept.verdict["accounts"]
    known = [account for account in accounts if account["low"] == account["high"] > 0 and account["charged"] >= 7]
    names = [account["tenant"]["name"] for account in known if account["place"].startswith("redis")]
    return names[0], names[1]


def the_finding(found: list[dict[str, Any]], kind: str, owner: str, recipient: str) -> dict[str, Any]:
    """The only finding, which must be of this kind and name these two."""
    (finding,) = found
    assert (finding["kind"], finding["severity"]) == (kind, "leak")
    assert finding["owner"]["name"] == owner
    assert finding["recipient"]["name"] == recipient
    return finding


# How a row of each table is made somebody else's: directly, or by way of the thread it belongs to.
OWNER = {
    "secrets": "user_id = %(to)s, key = 'moved' || key",
    "agent_state_snapshots": "user_id = %(to)s",
    "tool_usage_logs": "user_id = %(to)s",
    "messages": "thread_id = (SELECT id FROM threads WHERE user_id = %(to)s LIMIT 1)",
}
CHOSEN = {
    "messages": "role = 'user' AND thread_id IN (SELECT id FROM threads WHERE user_id = %(owner)s)",
    "tool_usage_logs": "tool = 'chat' AND user_id = %(owner)s",
}


@pytest.mark.parametrize("table", OWNER)
def test_a_row_moved_to_another_tenant(whole_stack: Stack, kept: RunOutcome, pair: tuple[str, str], table: str) -> None:
    owner, other = pair
    values = {"owner": owner, "to": other}
    chosen = f"SELECT ctid FROM {table} WHERE {CHOSEN.get(table, 'user_id = %(owner)s')} LIMIT 1"
    ((identity,),) = whole_stack.sql(f"SELECT id FROM {table} WHERE ctid = ({chosen})", values)
    ((before,),) = whole_stack.sql(f"SELECT to_jsonb(t)::text FROM {table} t WHERE id = %(id)s", {"id": identity})
    whole_stack.sql(f"UPDATE {table} SET {OWNER[table]} WHERE id = %(id)s", {**values, "id": identity})

    with found_while_so(whole_stack, kept) as found:
        finding = the_finding(found, "misfiled-data", owner, other)
        assert table in finding["group"]
        assert finding["reproduce"]
        assert str(identity) in finding["reproduce"] or str(identity) in finding["places"][0]
        whole_stack.sql(f"DELETE FROM {table} WHERE id = %(id)s", {"id": identity})
        row = f"SELECT * FROM jsonb_populate_record(NULL::{table}, %(before)s::jsonb)"
        whole_stack.sql(f"INSERT INTO {table} OVERRIDING SYSTEM VALUE {row}", {"before": before})


@pytest.mark.parametrize("key", ["agent_state:{}", "user_context:{}"])
def test_a_redis_value_copied_under_the_key_of_another_tenant(
    whole_stack: Stack, kept: RunOutcome, pair: tuple[str, str], key: str
) -> None:
    owner, other = pair
    with whole_stack.redis_client() as client:
        before = client.hgetall(key.format(other))
        client.copy(key.format(owner), key.format(other), replace=True)

        with found_while_so(whole_stack, kept) as found:
            finding = the_finding(found, "misfiled-data", owner, other)
            assert key.format(other) in finding["places"][0]
            client.delete(key.format(other))
            client.hset(key.format(other), mapping=before)


def test_a_budget_in_redis_lowered_by_one_unit(whole_stack: Stack, kept: RunOutcome, pair: tuple[str, str]) -> None:
    tenant, _ = pair
    with whole_stack.redis_client() as client:
        client.decr(f"budget:{tenant}")

        with found_while_so(whole_stack, kept) as found:
            finding = the_finding(found, "account-mismatch", tenant, tenant)
            assert finding["group"] == "redis budget:{tenant}"
            assert "1 too little" in finding["detail"]
            client.incr(f"budget:{tenant}")


@pytest.mark.parametrize(("units", "words"), [(-1, "1 too little"), (1, "1 too much")])
def test_a_budget_in_postgres_off_by_one_unit(
    whole_stack: Stack, kept: RunOutcome, pair: tuple[str, str], units: int, words: str
) -> None:
    tenant, _ = pair
    change = "UPDATE budgets SET remaining = remaining + %(units)s WHERE user_id = %(tenant)s"
    whole_stack.sql(change, {"units": units, "tenant": tenant})

    with found_while_so(whole_stack, kept) as found:
        finding = the_finding(found, "account-mismatch", tenant, tenant)
        assert finding["group"] == "postgres budgets.remaining"
        assert words in finding["detail"]
        whole_stack.sql(change, {"units": -units, "tenant": tenant})


def test_a_charge_moved_to_another_budget(whole_stack: Stack, kept: RunOutcome, pair: tuple[str, str]) -> None:
    victim, gainer = pair
    with whole_stack.redis_client() as client:
        client.decrby(f"budget:{victim}", 7)
        client.incrby(f"budget:{gainer}", 7)

        with found_while_so(whole_stack, kept) as found:
            the_finding(found, "account-mismatch", victim, gainer)
            client.incrby(f"budget:{victim}", 7)
            client.decrby(f"budget:{gainer}", 7)
