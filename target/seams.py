"""Where the service is put together from parts, and where a defect may take the place of one.

Each method is given the part that would be used and returns the part that will be. An honest service has no seams at
all; a defect (``target.defects``) overrides one or two of them. Several defects wrap one another in the order given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

import redis.asyncio as redis
from starlette.websockets import WebSocket

from target.agent import Agent
from target.budget_counters import BudgetCounters
from target.event_stream import EventStream
from target.hot_copies import HotCopies
from target.records import Records
from target.scope import Scope
from target.subscriptions import Subscriptions
from target.tenant_database import TenantDatabase
from target.tenant_state import TenantState
from target.tokens import Identity
from target.work import Work

Part = TypeVar("Part")
Verifier = Callable[[str, str], Identity]
IdMaker = Callable[[], UUID]


@dataclass(frozen=True)
class Foundations:
    """What every part stands on: the process's connections to the stores."""

    client: redis.Redis
    database: TenantDatabase


class Seams:
    """Uses every part as it is."""

    def verifier(self, honest: Verifier) -> Verifier:
        """What tells whom a token names."""
        return honest

    def socket(self, honest: WebSocket) -> WebSocket:
        """A connection that has just come."""
        return honest

    def new_id(self, honest: IdMaker) -> IdMaker:
        """What names sessions, threads and runs."""
        return honest

    def scope(self, honest: Scope) -> Scope:
        """Who asked, and where the answer goes."""
        return honest

    def work(self, honest: Work) -> Work:
        """What begins a request's work."""
        return honest

    def records(self, honest: Records) -> Records:
        """Conversations in Postgres."""
        return honest

    def hot_copies(self, honest: HotCopies) -> HotCopies:
        """Context, state and quota in Redis."""
        return honest

    def state(self, honest: TenantState) -> TenantState:
        """The state as tenants read and change it."""
        return honest

    def counters(self, honest: BudgetCounters) -> BudgetCounters:
        """Budgets in Redis."""
        return honest

    def events(self, honest: EventStream) -> EventStream:
        """Events of sessions, kept and published."""
        return honest

    def subscriptions(self, honest: Subscriptions) -> Subscriptions:
        """Who hears which tenant's channel."""
        return honest

    def agent(self, honest: Agent) -> Agent:
        """What answers chats."""
        return honest


def put_in(part: Part, seams: Iterable[Callable[[Part], Part]]) -> Part:
    """The part that is used in the end, after each seam has had its turn."""
    for seam in seams:
        part = seam(part)
    return part
