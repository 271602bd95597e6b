from __future__ import annotations

import base64
import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.budgets import BudgetBands
from evidence.findings import FindingKind, Severity, Sighting
from evidence.marks import Keyring, Mark, MarkKind, RunKey
from evidence.oracle import (
    CONTROL_WORKER,
    FrameFields,
    Inspection,
    Oracle,
    control_pair,
    is_control,
    tenant_number,
)
from evidence.strangers import STRANGERS_A_FRAME

KEY, EARLIER = RunKey(bytes(range(32))), RunKey(bytes(32))
BANDS = BudgetBands(KEY)
OWN, OTHER = 4, 5
FIELDS = FrameFields(
    tenant=["user_id", "items[].user_id"],
    budget=["remaining", "budget.remaining"],
    learn={"thread": "thread_id", "run": "meta.run_id"},
)


def oracle(roster: dict[str, int] | None = None) -> Oracle:
    return Oracle(Keyring(KEY, [EARLIER]), BANDS, FIELDS, roster)


def look(document: object, *, tenant: int = OWN, of: Oracle | None = None) -> Inspection:
    text = document if isinstance(document, str) else json.dumps(document)
    parsed = None if isinstance(document, str) else document
    return (of or oracle()).inspect(text, parsed, tenant=tenant, session=f"0 of tenant {tenant}", at_s=12.5)


def kinds(inspection: Inspection) -> list[tuple[FindingKind, int | None, Severity]]:
    return [(sighting.kind, sighting.owner, sighting.severity) for sighting in inspection.sightings]


def name_of(tenant: int) -> str:
    return KEY.mint_id(Mark(MarkKind.TENANT, tenant))


def own_frame() -> dict[str, object]:
    return {
        "type": "agent_completed",
        "message_id": KEY.mint_id(Mark(MarkKind.MESSAGE, OWN, 9)),
        "user_id": name_of(OWN),
        "thread_id": "thread of mine",
        "content": f"about {KEY.mint_canary(Mark(MarkKind.PROMPT, OWN, 9))}",
        "remaining": BANDS.starting(OWN) - 7,
    }


def test_an_own_frame_is_clean_and_shows_own_marks() -> None:
    inspection = look(own_frame())
    assert inspection.sightings == []
    assert [found.mark.kind for found in inspection.own] == [MarkKind.MESSAGE, MarkKind.TENANT, MarkKind.PROMPT]
    assert inspection.learnt == [("thread", "thread of mine")]


@pytest.mark.parametrize(
    ("mark", "finding"),
    [
        (MarkKind.MESSAGE, FindingKind.MISROUTED_REPLY),
        (MarkKind.TEST, FindingKind.MISROUTED_REPLY),
        (MarkKind.TENANT, FindingKind.WRONG_IDENTITY),
        (MarkKind.PROMPT, FindingKind.FOREIGN_CONTENT),
        (MarkKind.CONTEXT, FindingKind.FOREIGN_CONTENT),
        (MarkKind.STATE, FindingKind.FOREIGN_CONTENT),
        (MarkKind.SECRET, FindingKind.FOREIGN_CONTENT),
        (MarkKind.ROW, FindingKind.FOREIGN_CONTENT),
    ],
)
@pytest.mark.parametrize("canary", [False, True])
def test_a_mark_of_another_tenant_anywhere_is_a_leak(mark: MarkKind, finding: FindingKind, canary: bool) -> None:
    text = (KEY.mint_canary if canary else KEY.mint_id)(Mark(mark, OTHER, 3))
    for frame in ({"type": "x", "deep": [{"er": f"({text})"}]}, {"type": "x", text: 1}, f"no JSON {text}"):
        inspection = look(frame)
        assert kinds(inspection) == [(finding, OTHER, Severity.LEAK)]
        (sighting,) = inspection.sightings
        assert text in sighting.excerpt
        assert (sighting.recipient, sighting.at_s) == (OWN, 12.5)
        assert sighting.place.endswith("of session 0 of tenant 4")


def test_one_cause_in_one_frame_is_sighted_once_and_several_owners_apart() -> None:
    canaries = [KEY.mint_canary(Mark(MarkKind.PROMPT, owner, n)) for owner in (OTHER, 6) for n in range(5)]
    inspection = look({"type": "history", "items": canaries})
    assert kinds(inspection) == [
        (FindingKind.FOREIGN_CONTENT, OTHER, Severity.LEAK),
        (FindingKind.FOREIGN_CONTENT, 6, Severity.LEAK),
    ]


def test_the_group_of_a_sighting_names_the_frame_and_nobody() -> None:
    text = KEY.mint_canary(Mark(MarkKind.PROMPT, OTHER, 1))
    (sighting,) = oracle().inspect(text, None, tenant=OWN, session="0", at_s=1.0, kind="history").sightings
    assert sighting.group == "frame history"


def test_marks_of_another_run_are_its_tenants_data_and_name_nobody_of_this_one() -> None:
    old = EARLIER.mint_canary(Mark(MarkKind.PROMPT, OTHER, 1)) + " " + EARLIER.mint_id(Mark(MarkKind.MESSAGE, OWN, 1))
    inspection = look({"type": "history", "items": old})
    seen = [FindingKind.FOREIGN_CONTENT, FindingKind.MISROUTED_REPLY]
    assert kinds(inspection) == [(kind, None, Severity.LEAK) for kind in seen]
    assert inspection.own == []


def test_marks_of_an_unknown_run_are_nothing() -> None:
    text = RunKey(b"x" * 32).mint_canary(Mark(MarkKind.PROMPT, OTHER, 1))
    assert look({"content": text}) == Inspection([], [], [])


def test_a_roster_says_whose_other_names_are() -> None:
    roster = {"own@example.com": OWN, "other@example.com": OTHER, "17": OTHER}
    assert kinds(look({"user_id": "own@example.com"}, of=oracle(roster))) == []
    for value in ("other@example.com", 17):
        inspection = look({"user_id": value}, of=oracle(roster))
        assert kinds(inspection) == [(FindingKind.WRONG_IDENTITY, OTHER, Severity.LEAK)]
        assert str(value) in inspection.sightings[0].excerpt


def test_a_roster_may_grow_while_it_is_in_use() -> None:
    roster: dict[str, int] = {}
    grown = oracle(roster)
    roster["other@example.com"] = OTHER
    assert kinds(look({"user_id": "other@example.com"}, of=grown)) == [
        (FindingKind.WRONG_IDENTITY, OTHER, Severity.LEAK)
    ]


def test_an_unknown_name_is_a_suspicion_and_never_a_leak() -> None:
    inspection = look({"user_id": "somebody else"})
    assert kinds(inspection) == [(FindingKind.WRONG_IDENTITY, None, Severity.SUSPICION)]
    assert inspection.sightings[0].name == "somebody else"


def test_every_unknown_name_in_a_frame_is_noted_once_and_no_more_than_say_something() -> None:
    # One of them may be a tenant of another process, whom only the checker knows.
    names = [f"somebody {number}" for number in range(STRANGERS_A_FRAME + 5)]
    inspection = look({"items": [{"user_id": name} for name in (*names, *names)]})
    assert [sighting.name for sighting in inspection.sightings] == names[:STRANGERS_A_FRAME]


@pytest.mark.parametrize("value", [None, ""])
def test_a_field_that_names_nobody_is_no_suspicion(value: object) -> None:
    assert look({"user_id": value}).sightings == []


def test_a_foreign_tenant_id_in_a_tenant_field_is_one_leak() -> None:
    assert kinds(look({"items": [{"user_id": name_of(OWN)}, {"user_id": name_of(OTHER)}]})) == [
        (FindingKind.WRONG_IDENTITY, OTHER, Severity.LEAK)
    ]


def test_an_amount_from_another_band_names_its_victim() -> None:
    for frame in ({"remaining": BANDS.starting(OTHER) - 70}, {"budget": {"remaining": BANDS.starting(OTHER)}}):
        assert kinds(look(frame)) == [(FindingKind.FOREIGN_BUDGET, OTHER, Severity.LEAK)]


@pytest.mark.parametrize("amount", [0, 3, 59, -4, None, True, "5", 1.5, 10**15 * 9])
def test_amounts_of_nobodys_band_are_left_to_the_account(amount: object) -> None:
    assert look({"remaining": amount}).sightings == []


def test_a_number_elsewhere_than_in_a_budget_field_is_no_budget() -> None:
    assert look({"took_ms": BANDS.starting(OTHER)}).sightings == []


def test_an_id_handed_to_two_tenants_is_a_leak_to_the_second() -> None:
    shared = oracle()
    assert look({"thread_id": "t1"}, of=shared).learnt == [("thread", "t1")]
    assert look({"thread_id": "t1"}, of=shared).learnt == []
    inspection = look({"thread_id": "t1"}, tenant=OTHER, of=shared)
    assert kinds(inspection) == [(FindingKind.SHARED_ID, OWN, Severity.LEAK)]
    assert inspection.learnt == []
    assert look({"meta": {"run_id": "t1"}}, tenant=OTHER, of=shared).sightings == []


@pytest.mark.parametrize("value", [True, False, None, "", 1.5, [], {}])
def test_what_is_no_id_is_not_learnt(value: object) -> None:
    shared = oracle()
    assert look({"thread_id": value}, of=shared).learnt == []
    assert look({"thread_id": value}, tenant=OTHER, of=shared).sightings == []


def test_nothing_is_learnt_from_a_frame_that_belongs_to_somebody_else() -> None:
    shared = oracle()
    leaked = {"message_id": KEY.mint_id(Mark(MarkKind.MESSAGE, OTHER, 1)), "thread_id": "t of other"}
    assert look(leaked, of=shared).learnt == []
    assert look({"thread_id": "t of other"}, tenant=OTHER, of=shared).learnt == [("thread", "t of other")]


documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "user_id", "items", "remaining", "budget", "thread_id", "meta", "run_id"]), inner
        )
    ),
    max_leaves=12,
)


@given(documents)
def test_any_frame_can_be_looked_at_and_none_without_marks_names_anybody(document: object) -> None:
    # An amount may fall into a band by chance, and only there does a bare number name anybody.
    found = look(document).sightings
    assert all(sighting.severity is Severity.SUSPICION or _is_budget(sighting) for sighting in found)


def _is_budget(sighting: Sighting) -> bool:
    return sighting.kind is FindingKind.FOREIGN_BUDGET


def test_content_of_another_tenant_is_seen_behind_an_encoding() -> None:
    foreign, own = KEY.mint_canary(Mark(MarkKind.SECRET, OTHER, 1)), KEY.mint_canary(Mark(MarkKind.STATE, OWN, 1))
    packed = base64.b64encode(gzip.compress(f"{foreign} beside {own}".encode())).decode()
    found = look(own_frame() | {"snapshot": packed})
    assert kinds(found) == [(FindingKind.FOREIGN_CONTENT, OTHER, Severity.LEAK)]
    assert found.sightings[0].excerpt.startswith(f"base64 › gzip › {foreign}")
    assert Mark(MarkKind.STATE, OWN, 1) in [sighted.mark for sighted in found.own]


def test_an_excerpt_shows_marks_and_no_token_beside_them() -> None:
    foreign, token = KEY.mint_canary(Mark(MarkKind.SECRET, OTHER, 1)), "r8Zq1Xw5TnB0vLk7JmD3"
    own = KEY.mint_id(Mark(MarkKind.TENANT, OWN))
    for near, kept in ((own, True), (token, False)):
        (sighting,) = look({**own_frame(), "a": near, "b": foreign}).sightings
        assert foreign in sighting.excerpt
        assert (near[-16:] in sighting.excerpt) is kept


def test_control_numbers_are_those_of_no_tenant() -> None:
    tenants = {tenant_number(worker, ordinal) for worker in (0, 1, 1022) for ordinal in (0, 1, (1 << 18) - 1)}
    assert len(tenants) == 9
    assert not any(is_control(number) for number in tenants)
    controls = [number for node in range(1024) for number in control_pair(node)]
    assert len(set(controls)) == 2048
    assert all(is_control(number) for number in controls)


@pytest.mark.parametrize(("worker", "ordinal"), [(-1, 0), (CONTROL_WORKER, 0), (0, -1), (0, 1 << 18)])
def test_numbers_beyond_the_ranges_are_refused(worker: int, ordinal: int) -> None:
    with pytest.raises(ValueError, match="is outside 0"):
        tenant_number(worker, ordinal)


def test_an_oracle_beside_another_knows_its_ids_and_teaches_it_none() -> None:
    one = oracle()
    look({"thread_id": "t-1"}, tenant=OTHER, of=one)
    beside = one.beside()
    assert look({"thread_id": "t-1"}, of=beside).foreign_owners == {OTHER}
    look({"thread_id": "t-2"}, of=beside)
    assert look({"thread_id": "t-2"}, tenant=OTHER, of=one).foreign_owners == set()
