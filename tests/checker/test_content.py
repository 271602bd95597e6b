from __future__ import annotations

import base64
import gzip
import json

from checker.amounts import Amounts
from checker.content import Content
from checker.names import NameIndex
from checker.ownership import EARLIER_RUN, Standing
from evidence.budgets import BudgetBands
from evidence.marks import Mark, MarkKind
from tests.checker.store_worlds import EARLIER, KEY, KEYRING, A, B, canary, named_world, tenant

ROSTER = named_world({A: "acme", B: "zenith"}).roster()
CONTENT = Content(KEYRING, NameIndex(ROSTER, KEYRING), Amounts(BudgetBands(KEY), ROSTER.names, ["left"]))


def standings(value: bytes, *, names_place: bool = False) -> list[tuple[Standing, int, str]]:
    decoded = CONTENT.decoded(value, "the value", lambda: "the value", names_place=names_place)
    return [(claim.standing, claim.tenant, claim.path) for claim in decoded.claims]


def test_a_name_that_is_the_whole_value_names_the_place_and_one_in_a_part_only_mentions() -> None:
    name = base64.b64encode(tenant(A).encode())
    assert standings(name) == [(Standing.NAME, A, "base64")]
    assert standings(b'{"who": "' + name + b'"}') == [(Standing.MENTION, A, "base64")]
    assert standings(b"cache:" + name + b":v1", names_place=True) == [(Standing.NAME, A, "base64")]


def test_names_and_amounts_count_behind_encodings_too() -> None:
    text = json.dumps({"user": "acme", "left": BudgetBands(KEY).starting(B), "note": canary(A)}).encode()
    assert sorted(standings(gzip.compress(text))) == [
        (Standing.MENTION, A, "gzip"),
        (Standing.DATA, A, "gzip"),
        (Standing.AMOUNT, B, "gzip"),
    ]


def test_a_mark_counts_once_however_often_it_is_seen_and_one_of_an_earlier_run_is_told_apart() -> None:
    old = EARLIER.mint_canary(Mark(MarkKind.PROMPT, A, 1))
    packed = gzip.compress(f"{canary(A)} {canary(A)} {old} {old}".encode())
    decoded = CONTENT.decoded(packed, "the value", lambda: "")
    assert [len(decoded.claims), len(decoded.strangers)] == [1, 1]
    assert decoded.strangers[0].tenant == EARLIER_RUN
    seen_already = json.dumps(json.dumps(old)).encode()
    assert CONTENT.decoded(seen_already, "the value", lambda: "").strangers == []


def test_what_was_decoded_already_is_looked_at_itself() -> None:
    decoded = CONTENT.decoded(canary(A).encode(), "the value", lambda: "", form="bytea")
    assert [(claim.tenant, claim.path) for claim in decoded.claims] == [(A, "bytea")]
