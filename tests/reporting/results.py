"""Results to show: one of each verdict, and one full of what must be escaped."""

from __future__ import annotations

import dataclasses

from checker.look import Look
from checker.result import Result
from evidence.findings import FindingKind
from evidence.records import RequestEnded, TenantProvisioned
from tests.checker.histories import REDIS_PLACE, a_sighting, healthy, misfiled

HOSTILE = "<script>alert(1)</script>|`&\"'\x1b[31m\x00\u202e]]>\ud800"


def isolated() -> Result:
    return healthy(tenants=30).judged()


def leaking() -> Result:
    history = healthy(tenants=30)
    for owner in range(8):
        history.rows["local"] += [a_sighting(owner=owner, recipient=owner + 1)] * (owner + 1)
    history.scans["postgres"].findings = [misfiled(2, 1, count=3)]
    history.scans["redis"].amounts[REDIS_PLACE, 3] -= 7
    history.scans["redis"].amounts[REDIS_PLACE, 5] += 7
    return history.judged()


def inconclusive() -> Result:
    history = healthy()
    history.replace(
        RequestEnded,
        lambda row: dataclasses.replace(row, outcome="unknown", reason="timed out", first_ms=None, reply_ms=None),
    )
    refused = Look("redis", problem="Redis at 127.0.0.1:1/0 refused the connection; start it")
    return history.judged([refused, Look("postgres", scan=history.scans["postgres"])])


def hostile() -> Result:
    history = healthy()
    history.replace(TenantProvisioned, lambda row: dataclasses.replace(row, name=f"{row.name}{HOSTILE[:-1]}"))
    history.rows["local"] += [
        a_sighting(group=HOSTILE[:-1], excerpt=HOSTILE[:-1], place=HOSTILE[:-1], detail=HOSTILE[:-1])
    ]
    return history.judged()


def striking_everybody() -> Result:
    """One defect that strikes every pair of tenants, a rare one beside it, and a suspicion."""
    history = healthy(tenants=40)
    for owner in range(40):
        history.rows["local"] += [
            a_sighting(owner, recipient, place=f"frame agent_completed of session 0 of tenant {recipient}")
            for recipient in range(40)
            if recipient != owner
        ] * 2
    history.rows["local"] += [
        a_sighting(3, 9, kind=FindingKind.MISROUTED_REPLY, group="frame history"),
        a_sighting(77_777, 1, kind=FindingKind.FOREIGN_BUDGET),
    ]
    return history.judged()


def suspicious() -> Result:
    history = healthy()
    history.rows["local"] += [a_sighting(77_777, 1, kind=FindingKind.FOREIGN_BUDGET)] * 3
    return history.judged()


ALL = {
    "isolated": isolated,
    "leaking": leaking,
    "inconclusive": inconclusive,
    "hostile": hostile,
    "everybody": striking_everybody,
    "suspicious": suspicious,
}
