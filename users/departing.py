"""Leaving for good: a tenant that has acted is removed from the target while the others go on, and tries to come back.

The checker expects nothing of it in the stores from then on, and holds against the target what is still there.
"""

from __future__ import annotations

import time

import gevent

from config.profile import Profile
from evidence.findings import FindingKind, Sighting
from evidence.records import RETURN, AccessAttempt, TenantRemoved
from users.presence import Presence
from users.returning import try_to_return
from users.run import NodeRun, TenantNotRemoved

LEFT = "left for good"


def time_to_leave(run: NodeRun) -> float | None:
    """Returns when the next tenant is to leave, on the ``perf_counter`` line; None if it stays to the end."""
    workload = run.profile.workload
    if not run.profile.removes_tenants or not run.is_turn_of("departures", workload.departures):
        return None
    return time.perf_counter() + run.random.uniform(*workload.departs_after_s)


def leave_for_good(run: NodeRun, presence: Presence) -> bool:
    """Ends a tenant's sessions, removes it from the target and has it try to come back; returns whether it has left.

    It stays if the run is being stopped, or if not everything it asked for has been answered: what the target still did
    for it would come after the removal, and rightly so.
    """
    if presence.tenant.counts.unknown:
        return False
    presence.drain()
    if run.stopping or not presence.is_settled:
        return False
    presence.finish(LEFT)
    tenant = presence.tenant
    gevent.sleep(_quiet_s(run.profile))
    # Written down before it is done: should this be cut short, nothing is expected of a tenant removed in part.
    run.record(TenantRemoved(tenant.number, _now_s(run), "begun"))
    try:
        things = run.tenants.remove(tenant.identity)
    except TenantNotRemoved as error:
        run.record(TenantRemoved(tenant.number, _now_s(run), "failed", detail=str(error)))
        return True
    run.record(TenantRemoved(tenant.number, _now_s(run), "removed", things))
    run.exposures["departures"] += 1
    # Where nobody shows a token the target can't tell who comes, and lets everybody in.
    if run.profile.provisioning.revokes and run.profile.auth.place != "none":
        gevent.sleep(run.profile.provisioning.removed_within_s)
        _come_back(run, presence)
    return True


def _come_back(run: NodeRun, presence: Presence) -> None:
    """The control is the tenant's own session: it was open until the tenant left, with this token."""
    number = presence.tenant.number
    outcome, detail = try_to_return(run, presence)
    now_s = _now_s(run)
    run.exposures["access_attempts"] += 1
    run.record(AccessAttempt(number, number, RETURN, "return", outcome, now_s, detail[:120]))
    if outcome == "granted":
        place = f"attempt: {RETURN}"
        run.sight(Sighting(FindingKind.SURVIVED_DELETE, number, None, place, place, now_s, detail=detail))


def _quiet_s(profile: Profile) -> float:
    """For how long the target may go on writing what it has answered already."""
    settling_s = [store.settle_s for store in profile.stores.named().values()]
    return max([profile.provisioning.quiet_before_removal_s, *settling_s])


def _now_s(run: NodeRun) -> float:
    return run.unix_s(time.perf_counter())
