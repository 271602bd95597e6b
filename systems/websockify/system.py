"""websockify 0.13 in front of Valkey: each customer is a user of Redis, with keys of its own."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from urllib.parse import urlsplit

from systems.stage import Program, Stage, listens
from systems.system import Misconfiguration, System
from systems.wheels import install_wheels
from target.embedded.ports import LOOPBACK


class Websockify(System):
    """A browser's way to a TCP service: what comes in binary WebSocket messages goes on as a stream, and back."""

    name = "websockify"
    what = "Redis in binary WebSocket messages: no ids at all, replies strictly in order, access lists of Redis"
    misconfigurations = {
        "all-keys": Misconfiguration(
            "the access lists have no key pattern (~*): every user may use every key",
            frozenset({"access-granted"}),
        ),
        "shared-notes": Misconfiguration(
            "one list of notes for everybody: the key lacks its user",
            frozenset({"foreign-content"}),
        ),
    }

    def install(self) -> None:
        """Websockify and what it needs, from PyPI."""
        install_wheels(self.name, self.folder / "requirements.txt")

    def start(self, stage: Stage, broken: str | None) -> Mapping[str, str]:
        """A Redis, and websockify in front of it."""
        redis_url = stage.redis()
        packages = install_wheels(self.name, self.folder / "requirements.txt")
        to = f"{LOOPBACK}:{urlsplit(redis_url).port}"
        process = stage.process(
            Program(
                "websockify",
                command=lambda port: [sys.executable, "-m", "websockify", f"{LOOPBACK}:{port}", to],
                environment=lambda _: {"PYTHONPATH": str(packages), "OPENBLAS_NUM_THREADS": "1"},
                ready=listens,
            )
        )
        return {
            "WEBSOCKIFY_URL": f"ws://{LOOPBACK}:{process.port}/",
            "REDIS_URL": redis_url,
            "REDIS_KEYS": "*" if broken else "{tenant}:*",
            "REDIS_NOTES": "notes" if broken == "shared-notes" else "{tenant}:notes",
        }


SYSTEM = Websockify()
