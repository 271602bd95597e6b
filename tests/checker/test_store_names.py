from __future__ import annotations

from checker.store_names import named
from config.stores import PostgresBudget
from tests.checker.store_worlds import A, B, canary, execute, marked_world, tenant


def test_a_named_store_is_named_wherever_something_lies(fresh_database: str) -> None:
    execute(
        fresh_database,
        "CREATE TABLE notes (who uuid PRIMARY KEY, body text, left_over bigint)",
        f"INSERT INTO notes VALUES ('{tenant(B)}', '{canary(A)}', 12)",
    )
    budget = PostgresBudget(table="notes", owner="who", amount="left_over")
    scan = named(marked_world().postgres(fresh_database, budgets=[budget]), "billing")
    (finding,) = scan.findings
    place = f"billing public.notes who={tenant(B)} column body"
    assert (scan.store, finding.group, finding.places) == ("billing", "billing public.notes", [place])
    assert (finding.first.place, finding.first.group) == (place, "billing public.notes")
    assert finding.first.reproduce.startswith('psql "$BILLING_URL" -c ')
    assert (scan.budget_places, scan.amounts) == (
        ["billing notes.left_over"],
        {("billing notes.left_over", B): 12},
    )


def test_the_only_store_of_its_kind_keeps_its_name(fresh_database: str) -> None:
    scan = marked_world().postgres(fresh_database)
    assert named(scan, "postgres") is scan and scan.store == "postgres"
