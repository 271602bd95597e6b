from __future__ import annotations

from evidence.marks import Mark, MarkKind
from evidence.records import TenantLedger
from tests.users.fixtures import KEY, OWN, identity
from users.tenant import Tenant, TenantIdentity


def test_a_tenants_marks_are_its_own_and_never_repeat() -> None:
    tenant = Tenant.of(identity(), KEY)
    sequences = [tenant.next_sequence() for _ in range(3)]
    assert sequences == [1, 2, 3]
    assert KEY.open_id(tenant.message_id(2)) == Mark(MarkKind.MESSAGE, OWN, 2)
    assert KEY.open_id(tenant.test_id(2)) == Mark(MarkKind.TEST, OWN, 2)
    assert KEY.open_canary(tenant.prompt_canary(2)) == Mark(MarkKind.PROMPT, OWN, 2)
    assert [KEY.open_canary(tenant.next_state_canary()) for _ in range(2)] == [
        Mark(MarkKind.STATE, OWN, 2),  # 1 is the one that provisioning wrote
        Mark(MarkKind.STATE, OWN, 3),
    ]


def test_a_whole_number_goes_into_json_as_one() -> None:
    name = identity().name
    assert TenantIdentity(1, name, "e", 0).json_name == name
    assert TenantIdentity(1, "17", "e", 0).json_name == "17"
    assert TenantIdentity(1, "17", "e", 0, numeric=True).json_name == 17


def test_a_ledger_is_the_closed_account_and_all_counts() -> None:
    tenant = Tenant.of(identity(budget=100), KEY)
    for number in range(3):
        tenant.account.open(f"m{number}", 7)
    tenant.account.answered("m0", 7)
    tenant.account.lost("m1")
    tenant.account.refused("m2")
    counts = tenant.counts
    counts.sent, counts.answered, counts.refused, counts.unknown = 3, 1, 1, 1
    counts.frames, counts.inspected, counts.unsolicited, counts.duplicates, counts.unmatched = 9, 8, 7, 6, 5
    assert tenant.ledger() == TenantLedger(
        tenant=OWN, starting=100, charged=7, unknown=7, low=86, high=93, step=7, sent=3, answered=1, refused=1,
        unknown_requests=1, frames=9, frames_inspected=8, unsolicited=7, duplicates=6, unmatched=5,
    )  # fmt: skip
