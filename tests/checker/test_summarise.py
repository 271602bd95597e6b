from __future__ import annotations

import dataclasses

from checker.summarise import summarise
from evidence.records import RowDamaged, TenantLedger
from tests.checker.histories import START_S, a_chat, healthy


def test_a_row_with_values_of_the_wrong_type_is_damaged() -> None:
    history = healthy()
    history.rows["local"].append(dataclasses.replace(a_chat(0, 99, START_S), sent_at_s="soon"))  # type: ignore[arg-type]
    summary = history.summary()
    assert summary.damaged == 1
    assert summary.damaged_example == "local.jsonl line 93: a request row with values that do not fit (TypeError)"


def test_a_line_that_is_no_row_is_counted_and_named() -> None:
    summary = summarise(healthy().header, [("w.jsonl", 3, RowDamaged("not JSON: unexpected end of data"))])
    assert (summary.damaged, summary.damaged_example) == (1, "w.jsonl line 3: not JSON: unexpected end of data")


def test_ledgers_and_canaries_are_kept_by_tenant() -> None:
    history = healthy(tenants=2, chats=3)
    summary = history.summary()
    assert [list(tenant.stored["chat"]) for tenant in summary.tenants.values()] == [[1, 2, 3], [1, 2, 3]]
    assert isinstance(summary.tenants[1].ledger, TenantLedger)
    assert len(summary.controls) == 2
