from __future__ import annotations

from checker.gathered_claims import GatheredClaims
from checker.ownership import Claim, Standing, judge
from evidence.marks import Mark, MarkKind

A, B = 1, 2


def claim(standing: Standing, tenant: int, text: bytes = b"x" * 10, mark: Mark | None = None) -> Claim:
    return Claim(standing, tenant, "w", "what", text, 0, 5, mark)


def test_what_is_gathered_over_a_large_place_is_judged_as_if_it_had_been_read_at_once() -> None:
    gathered = GatheredClaims()
    text = b"x" * 10_000
    for standing, tenant in [(Standing.DATA, B), (Standing.MENTION, A), (Standing.DATA, A), (Standing.NAME, A)]:
        gathered.add(Claim(standing, tenant, "w", "what", text, 5000, 5010))
    holder, foreign = judge(gathered.claims())
    assert holder is not None and (holder.tenant, holder.standing) == (A, Standing.NAME)
    assert [(one.tenant, one.standing) for one in foreign] == [(B, Standing.DATA)]
    assert all(len(one.text) < 250 for one in gathered.claims())


def test_gathering_stays_bounded() -> None:
    gathered = GatheredClaims(kept=2)
    for tenant in range(5):
        gathered.add(claim(Standing.DATA, tenant))
    assert {one.tenant for one in gathered.claims()} == {0, 1}
    assert gathered.left_out == 3


def test_marks_are_kept_whoever_finds_no_room() -> None:
    gathered = GatheredClaims(kept=1)
    marks = [Mark(MarkKind.PROMPT, tenant, 7) for tenant in (A, B)]
    for mark in marks:
        gathered.add(claim(Standing.DATA, mark.tenant, mark=mark))
    assert gathered.marks == {(MarkKind.PROMPT, A, 7), (MarkKind.PROMPT, B, 7)}
