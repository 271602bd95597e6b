from __future__ import annotations

import pytest

from config.attempts import Door
from config.messages import Operation
from config.profile import HealthCheck, Profile, Target
from config.schema_tables import Model, Step, tables, tables_at


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ((), Profile),
        (("target",), Target),
        (("health", 0), HealthCheck),
        (("operations", "chat"), Operation),
        (("attempts", "doors", "send"), Door),  # a door may bear any name, that of a key too
    ],
)
def test_a_path_leads_to_its_table(path: tuple[Step, ...], model: Model) -> None:
    assert tables_at(path) == [model]


@pytest.mark.parametrize(
    "path", [("nothing",), ("target", "url"), ("target", 0), ("health",), ("operations", "chat", "send", "x")]
)
def test_what_is_no_table_is_none(path: tuple[Step, ...]) -> None:
    assert tables_at(path) == []


def test_every_table_is_named_as_people_write_it() -> None:
    found = dict(tables())
    assert found[""] is Profile and found["health[]"] is HealthCheck and found["attempts.doors.NAME"] is Door
