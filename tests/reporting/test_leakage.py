from __future__ import annotations

from checker.result import Result
from reporting.leakage import MATRIX_TENANTS, Leakage, leakage
from tests.checker.histories import a_sighting, healthy
from tests.reporting.results import isolated, leaking


def shown(result: Result) -> Leakage | None:
    return leakage(result.pairs, result.pairs_total)


def test_no_leaks_no_matrix() -> None:
    assert shown(isolated()) is None


def test_cells_count_what_reached_whom() -> None:
    table = shown(leaking())
    assert table is not None
    assert table.cells[table.owners.index("t-7")][table.recipients.index("t-8")] == 8
    assert table.cells[table.owners.index("t-2")][table.recipients.index("t-1")] == 3
    assert table.pairs[0] == ("t-7", "t-8", 8)
    assert table.most == 8


def test_of_many_tenants_only_the_worst_are_shown_and_the_rest_counted() -> None:
    history = healthy(tenants=60, chats=1)
    history.rows["local"] += [a_sighting(owner, owner + 1) for owner in range(50)]
    table = shown(history.judged())
    assert table is not None
    assert len(table.owners) == len(table.recipients) == MATRIX_TENANTS
    assert (len(table.pairs), table.more) == (20, 30)
