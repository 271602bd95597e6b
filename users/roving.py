"""The tenant kind that comes and goes."""

from __future__ import annotations

from tasks.coming_and_going import come_and_go, return_together, vanish_mid_read, vanish_mid_request
from tasks.conversing import converse, look_back
from users.base import TenantUser, weigh


class RovingTenant(TenantUser):
    """Drops out mid-request, reconnects, resumes; closes, stays away, and opens a new session."""

    mix = "roving"
    rate = "roving_rate"
    tasks = weigh(
        {vanish_mid_request: 4, vanish_mid_read: 4, come_and_go: 2, return_together: 1, converse: 2, look_back: 1}
    )
