"""Results to show: one of each verdict, and one full of what must be escaped."""

from __future__ import annotations

import dataclasses

from checker.look import Look
from checker.result import Result
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


ALL = {"isolated": isolated, "leaking": leaking, "inconclusive": inconclusive, "hostile": hostile}
