from __future__ import annotations

from checker.roster import roster
from evidence.oracle import control_pair
from evidence.records import IdLearnt, TenantProvisioned
from tests.checker.histories import START_S, healthy


def test_names_aliases_and_controls_are_known() -> None:
    history = healthy(tenants=2)
    holder = control_pair(0)[0]
    history.rows["local"] += [IdLearnt(number, "user_id", f"U {number}", names_tenant=True) for number in (1, holder)]
    known = roster(history.summary())
    assert (known.numbers["u 1"], known.numbers[f"u {holder}"]) == (1, holder)
    assert known.names[1] == "t-1"
    assert known.numbers["t0@example.org"] == 0
    assert control_pair(0)[0] in known.names
    assert known.learnt["agent-of-000001"] == 1


def test_what_says_nothing_about_whose_a_place_is_is_left_out() -> None:
    history = healthy(tenants=2)
    rows = history.rows["local"]
    rows += [IdLearnt(0, "thread", "17"), IdLearnt(1, "thread", "123456789012")]  # met by chance in any column
    rows += [IdLearnt(0, "agent", "agent-of-both"), IdLearnt(1, "agent", "agent-of-both")]
    rows += [IdLearnt(0, "agent", "same-in-two-things"), IdLearnt(1, "thread", "same-in-two-things")]
    rows += [TenantProvisioned(7, "Seven", "local", START_S, 1, aliases=["T0@example.org"])]
    known = roster(history.summary())
    assert not {"17", "123456789012", "agent-of-both", "same-in-two-things"} & set(known.learnt)
    assert "t0@example.org" not in known.numbers
    assert known.numbers["seven"] == 7
