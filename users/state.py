"""The tenant kind that reads and changes its state and history."""

from __future__ import annotations

from tasks.conversing import check_routing, converse, look_back
from tasks.keeping_state import change_and_read_back, change_state, read_again_and_again, read_state
from users.base import TenantUser, weigh


class StateTenant(TenantUser):
    """Mixes reads of the past with writes, right after other tenants' reads."""

    mix = "state"
    rate = "read_rate"
    may_depart = True
    tasks = weigh(
        {
            read_state: 4,
            look_back: 3,
            change_state: 2,
            change_and_read_back: 2,
            read_again_and_again: 1,
            converse: 1,
            check_routing: 1,
        }
    )
