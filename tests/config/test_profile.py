from __future__ import annotations

import pytest
from pydantic import ValidationError

from config.profile import ATTEMPT, CONTROL
from config.template import placeholders
from tests.config.profiles import REMOVE, changed, reference


def test_the_reference_profile_fits_its_own_schema() -> None:
    profile = reference()
    assert profile.target.url == "ws://127.0.0.1:8000/ws"
    assert profile.operations.chat.cost == 7
    assert profile.stores.redis is not None and profile.stores.postgres is not None
    assert profile.provisioning.redis_remove


def test_a_profile_does_not_change_after_loading() -> None:
    with pytest.raises(ValidationError):
        reference().target.url = "ws://elsewhere"  # type: ignore[misc]


@pytest.mark.parametrize("name", ["ping", "routing", "chat", "history", "state_read", "state_write", "resume"])
def test_operations_are_had_by_name(name: str) -> None:
    operation = reference().operations.get(name)
    assert operation is not None and operation.ends


@pytest.mark.parametrize("name", ["dance", "get", "model_config", "__class__", ""])
def test_what_is_no_operation_is_none(name: str) -> None:
    assert reference().operations.get(name) is None


def test_an_operation_may_be_left_out() -> None:
    plain = reference().model_dump()
    plain["operations"]["resume"] = None
    assert type(reference()).model_validate(plain).operations.get("resume") is None


@pytest.mark.parametrize("statement", ["DELETE FROM users", "DELETE FROM users WHERE id = %(number)s", "", "{tenant}"])
def test_sql_that_removes_without_the_tenant_is_refused(statement: str) -> None:
    with pytest.raises(ValidationError, match=r"without %\(tenant\)s, which could remove others"):
        changed(provisioning__sql_remove=["DELETE FROM users WHERE id = %(tenant)s", statement])


@pytest.mark.parametrize("pattern", ["*", "budget:*", "budget:{number}", "budget:%(tenant)s", ""])
def test_keys_removed_without_the_tenant_are_refused(pattern: str) -> None:
    with pytest.raises(ValidationError, match=r"without \{tenant\}, which could remove others"):
        changed(provisioning__redis_remove=["budget:{tenant}", pattern])


def test_a_short_budget_must_stay_in_the_band_that_names_nobody() -> None:
    assert changed(operations__chat__cost=116_000).operations.chat.cost == 116_000
    with pytest.raises(ValidationError, match="would look like another tenant's"):
        changed(operations__chat__cost=117_000)
    assert changed(operations__chat__cost=117_000, workload__short_budgets=0.0).workload.short_budgets == 0


def test_a_token_source_needs_its_table_unless_no_token_is_wanted() -> None:
    with pytest.raises(ValidationError, match=r"a table \[auth.jwt\] is needed"):
        changed(auth__source="jwt", auth__jwt=REMOVE, attempts__tokens=[])
    unguarded = changed(auth__source="jwt", auth__jwt=REMOVE, attempts__tokens=[], auth__place="none")
    assert unguarded.auth.jwt is None


def test_bad_tokens_other_than_none_need_a_way_to_make_good_ones() -> None:
    with pytest.raises(ValidationError, match=r"attempts.tokens needs a table \[auth.jwt\]"):
        changed(auth__jwt=REMOVE)
    assert changed(auth__jwt=REMOVE, attempts__tokens=["missing"]).attempts.tokens == ("missing",)


@pytest.mark.parametrize("prefix", [ATTEMPT, CONTROL])
def test_a_door_is_an_operation_of_the_attempt_and_of_its_control(prefix: str) -> None:
    profile = reference()
    assert profile.operation(f"{prefix}read_state") is profile.attempts.doors["read_state"]
    assert profile.operation(f"{prefix}chat") is None
    assert profile.operation("read_state") is None
    assert profile.operation("chat") is profile.operations.chat


def test_a_scheme_keeps_the_space_that_parts_it_from_the_token() -> None:
    assert changed(auth__scheme="Bearer ").auth.scheme == "Bearer "


def test_the_reference_messages_use_what_correspondence_fills() -> None:
    profile = reference()
    filled = {"message_id", "test_id", "tenant", "email", "prompt", "state_canary", "event_id", *profile.frames.learn}
    for name, operation in profile.operations.all().items():
        assert placeholders(operation.send) <= filled, name
    victims = {f"victim_{name}" for name in ("tenant", "email", *profile.frames.learn)}
    for name, door in profile.attempts.doors.items():
        assert placeholders(door.send) <= filled | victims, name


def test_a_placeholder_that_nobody_fills_is_refused_when_the_profile_is_loaded() -> None:
    with pytest.raises(ValidationError, match=r"operations\.chat\.send: nothing fills the placeholder \{mesage_id\}"):
        changed(operations__chat__send={"type": "chat", "id": "{mesage_id}"})


def test_a_message_may_carry_the_token_where_there_is_one() -> None:
    send = {"type": "chat", "key": "{token}"}
    assert changed(operations__chat__send=send)
    with pytest.raises(ValidationError, match=r"nothing fills the placeholder \{token\}"):
        changed(auth__place="none", operations__chat__send=send)


def test_only_doors_know_a_victim() -> None:
    with pytest.raises(ValidationError, match="victim_thread"):
        changed(operations__history__send={"type": "history", "message_id": "{message_id}", "t": "{victim_thread}"})


@pytest.mark.parametrize("times", [(5.0, 3.0), (-1.0, 3.0)])
def test_times_of_leaving_that_make_no_sense_are_named(times: tuple[float, float]) -> None:
    with pytest.raises(ValidationError, match=r"workload.departs_after_s is \[.*\]: give the shortest time"):
        changed(workload__departs_after_s=times)


@pytest.mark.parametrize(
    ("changes", "can"),
    [
        ({}, True),
        ({"provisioning__sql_remove": [], "provisioning__redis_remove": []}, False),
        ({"provisioning__sql_remove": []}, True),
        ({"provisioning__sql_remove": [], "stores__redis": None}, False),
        ({"provisioning__redis_remove": [], "stores__postgres": None}, False),
    ],
)
def test_tenants_can_be_removed_where_a_statement_meets_a_store(changes: dict[str, object], can: bool) -> None:
    assert changed(**changes).removes_tenants is can
