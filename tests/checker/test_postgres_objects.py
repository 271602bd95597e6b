from __future__ import annotations

import pytest

from tests.checker.store_worlds import A, B, canary, execute, marked_world, tenant, who


def test_an_object_that_no_row_refers_to_is_judged_by_its_content(fresh_database: str) -> None:
    text = f"{tenant(B)} said {canary(A)}".encode().hex()
    execute(fresh_database, f"SELECT lo_from_bytea(4711, '\\x{text}')", "SELECT lo_from_bytea(4712, '\\x00')")
    scan = marked_world().postgres(fresh_database)
    assert [who(finding) for finding in scan.findings] == [(A, B, "large objects", 1)]
    assert scan.findings[0].first.place == "postgres large object 4711"
    assert scan.findings[0].first.reproduce == 'psql "$POSTGRES_URL" -c "SELECT lo_get(4711)"'
    assert (scan.units, scan.unattributed, scan.containers) == (2, 1, {"large objects": 2})
    assert marked_world().postgres(fresh_database, shared=["pg_largeobject"]).findings == []


@pytest.mark.parametrize("shift", [-20, 0, 5])
def test_a_mark_across_the_border_of_two_windows_of_an_object_is_found_once(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch, shift: int
) -> None:
    monkeypatch.setattr("checker.postgres_objects.WHOLE_BYTES", 5000)
    text = (b"x" * (5000 + shift) + canary(A).encode() + b"y" * 9000 + canary(B).encode()).hex()
    execute(fresh_database, f"SELECT lo_from_bytea(4711, '\\x{text}')")
    scan = marked_world().postgres(fresh_database)
    assert [who(finding) for finding in scan.findings] == [(B, A, "large objects", 1)]


def test_an_object_that_may_not_be_read_is_skipped_and_named(fresh_database: str) -> None:
    execute(
        fresh_database,
        "SELECT lo_from_bytea(4711, 'x'), lo_from_bytea(4712, 'y')",
        "DROP ROLE IF EXISTS lo_reader",
        "CREATE ROLE lo_reader LOGIN PASSWORD 'for-tests-only'",
        "GRANT SELECT ON LARGE OBJECT 4712 TO lo_reader",
    )
    host = fresh_database.rpartition("@")[2]
    scan = marked_world().postgres(f"postgresql://lo_reader:for-tests-only@{host}")
    assert len(scan.skipped) == 1 and "large object 4711" in scan.skipped[0]
    assert scan.containers == {"large objects": 1}
