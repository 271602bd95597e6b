"""Load-tests a multi-tenant WebSocket service and proves whether its tenants are isolated.

Wiring only: which users Locust offers, and the plug-in that adds the run to Locust.
"""

from __future__ import annotations

from locust import events

from swarm.plugin import install
from users.agent import AgentTenant
from users.listening import ListeningTenant
from users.roving import RovingTenant
from users.state import StateTenant
from users.trespassing import TrespassingTenant

__all__ = ["AgentTenant", "ListeningTenant", "RovingTenant", "StateTenant", "TrespassingTenant"]

install(events)
