"""The project's locustfile, and a listener as a user of the project would add one: it writes what the hooks bring."""

from __future__ import annotations

from locust import events
from locust.env import Environment

import json
import os
from pathlib import Path

from evidence.findings import Sighting
from locustfile import AgentTenant, ListeningTenant, RovingTenant, StateTenant, TrespassingTenant
from users.hooks import isolation_events

__all__ = ["AgentTenant", "ListeningTenant", "RovingTenant", "StateTenant", "TrespassingTenant"]


def listen(environment: Environment, **_kwargs: object) -> None:
    heard = Path(os.environ["HEARD"])

    def write(what: str, **details: object) -> None:
        with heard.open("a") as file:
            file.write(json.dumps({"hook": what, **details}) + "\n")

    def sighted(sighting: Sighting, **_kwargs: object) -> None:
        write("leak_sighted", kind=sighting.kind, owner=sighting.owner, recipient=sighting.recipient)

    def reached(result: object, **_kwargs: object) -> None:
        write("verdict_reached", verdict=getattr(result, "verdict", None))

    hooks = isolation_events(environment)
    hooks.leak_sighted.add_listener(sighted)
    hooks.verdict_reached.add_listener(reached)


events.init.add_listener(listen)
