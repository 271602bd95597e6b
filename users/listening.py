"""The tenant kind that mostly listens."""

from __future__ import annotations

from tasks.conversing import check_routing
from tasks.keeping_state import read_state
from tasks.listening import say_hello, stir
from users.base import TenantUser, weigh


class ListeningTenant(TenantUser):
    """Holds two sessions and waits for what is pushed to them."""

    mix = "listening"
    rate = "listening_rate"
    holds = 2
    tasks = weigh({say_hello: 2, stir: 2, read_state: 1, check_routing: 1})
