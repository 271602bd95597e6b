from __future__ import annotations

from checker.postgres_parents import Contested, Late, Parents, resolve_late
from checker.scan import FindingShelf, StoreScan
from evidence.findings import Finding, FindingKind, Sighting

A, B, C = 1, 2, 3
THREADS = (10, ("id",))


def sighting(owner: int, recipient: int, group: str) -> Sighting:
    return Sighting(FindingKind.MISFILED_DATA, owner, recipient, f"postgres {group}", group, 1.0)


def settled(shelf: FindingShelf) -> list[tuple[int | None, int | None, str, int]]:
    scan = StoreScan("postgres", "here")
    shelf.hand_over(scan)
    return [_who(finding) for finding in scan.findings]


def _who(finding: Finding) -> tuple[int | None, int | None, str, int]:
    return finding.owner, finding.recipient, finding.group, finding.count


def disagree(parents: Parents, tenant: int, times: int) -> None:
    for _ in range(times):
        parents.suspect(THREADS, b"t", tenant, sighting(tenant, B, "threads"), sighting(tenant, B, "messages"))


def test_children_that_all_disagree_with_their_parent_blame_the_parent() -> None:
    shelf = FindingShelf()
    parents = Parents(shelf)
    parents.map_of(THREADS)[b"t"] = B << 1
    disagree(parents, A, 3)
    assert settled(shelf) == []
    parents.settle()
    assert settled(shelf) == [(A, B, "threads", 3)]


def test_one_child_that_agrees_leaves_the_blame_with_the_others() -> None:
    shelf = FindingShelf()
    parents = Parents(shelf)
    parents.map_of(THREADS)[b"t"] = B << 1
    disagree(parents, A, 2)
    parents.confirm(THREADS, b"t")
    parents.settle()
    assert settled(shelf) == [(A, B, "messages", 2)]


def test_children_of_two_other_tenants_are_each_to_blame() -> None:
    shelf = FindingShelf()
    parents = Parents(shelf)
    parents.map_of(THREADS)[b"t"] = B << 1
    disagree(parents, A, 1)
    disagree(parents, C, 1)
    parents.settle()
    assert sorted(settled(shelf), key=str) == [(A, B, "messages", 1), (C, B, "messages", 1)]


def test_a_confirmed_parent_is_not_suspected() -> None:
    shelf = FindingShelf()
    parents = Parents(shelf)
    parents.map_of(THREADS)[b"t"] = B << 1 | 1
    disagree(parents, A, 1)
    assert settled(shelf) == [(A, B, "messages", 1)]


def test_grandchildren_follow_the_cause_of_their_parent() -> None:
    shelf = FindingShelf()
    parents = Parents(shelf)
    parents.map_of(THREADS)[b"t"] = B << 1
    cause = parents.suspect(THREADS, b"t", A, sighting(A, B, "threads"), sighting(A, B, "messages"))
    parents.count(cause, A)
    parents.settle()
    assert settled(shelf) == [(A, B, "threads", 2)]


def test_late_foreign_keys_pass_holders_on_down_a_chain() -> None:
    parents = Parents(FindingShelf())
    holders = parents.map_of(THREADS)
    holders[b"root"] = A << 1
    late = [
        Late(THREADS, b"middle", None, False, ((THREADS, b"leaf"),), 10, b"leaf"),
        Late(THREADS, b"root", None, False, ((THREADS, b"middle"),), 10, b"middle"),
        Late(THREADS, b"leaf", B, True, (), 11, b"x"),
        Late(THREADS, b"nowhere", B, True, (), 11, b"y"),
    ]
    resolved = [(row.row, tenant) for row, tenant in resolve_late(late, parents)]
    assert resolved == [(b"middle", A), (b"leaf", A), (b"x", A)]
    assert holders[b"leaf"] == A << 1


def test_a_contested_parent_passes_on_its_holder() -> None:
    parents = Parents(FindingShelf())
    parents.map_of(THREADS)[b"t"] = Contested(B, {})
    late = [Late(THREADS, b"t", None, False, (), 10, b"x")]
    assert [tenant for _, tenant in resolve_late(late, parents)] == [B]
