"""The tenant kind that starts agents and converses."""

from __future__ import annotations

from tasks.conversing import be_loud_or_not, check_routing, converse, converse_in_turn, look_back
from users.base import TenantUser, weigh


class AgentTenant(TenantUser):
    """Keeps several agents at work; some of these tenants run out of budget and expect to be refused."""

    mix = "agent"
    rate = "chat_rate"
    may_run_out = True
    may_depart = True
    tasks = weigh({converse: 4, be_loud_or_not: 2, converse_in_turn: 2, look_back: 1, check_routing: 1})
