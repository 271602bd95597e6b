"""Directus 11: a WebSocket protocol of its own, users made and logged in over HTTP, policies per role."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from systems.directus.application import set_up
from systems.errors import StartError
from systems.installed import INSTALLED
from systems.node import environment, install_packages, node
from systems.stage import Program, Stage, answers_http
from systems.system import Misconfiguration, System
from target.embedded.ports import LOOPBACK


class Directus(System):
    """Directus with a collection of notes and one of settings."""

    name = "directus"
    what = "data platform; a WebSocket protocol of its own, users made over HTTP, policies per role"
    seconds = 40  # users are made and logged in one by one, by a process that has to answer all the others as well
    misconfigurations = {
        "no-owner-filter": Misconfiguration(
            "the policy lets tenants read notes without asking whose they are", frozenset({"foreign-content"})
        ),
        "no-update-filter": Misconfiguration(
            "the policy lets tenants change notes without asking whose: the answer is a refusal, yet it is done",
            frozenset({"misfiled-data"}),
            "notes",
        ),
        "access-tokens": Misconfiguration(
            "clients log in for access tokens, which nobody looks up and which outlive their user",
            frozenset({"survived-delete"}),
            "return after removal",
            profile="directus-access-tokens",
        ),
        "admin-policy": Misconfiguration(
            "the tenants' role was given a policy with admin access", frozenset({"foreign-content"})
        ),
    }

    def install(self) -> None:
        """Directus and what it needs, from npm."""
        install_packages(self.name, self.folder)

    def start(self, stage: Stage, broken: str | None) -> Mapping[str, str]:
        """Stores, Directus with its own tables, and the application in it."""
        postgres_url, redis_url = stage.postgres(), stage.redis()
        token, secret = secrets.token_hex(16), secrets.token_hex(32)
        packages = INSTALLED / self.name
        settings = {
            "KEY": secrets.token_hex(16),
            "SECRET": secret,
            "DB_CLIENT": "pg",
            "DB_CONNECTION_STRING": postgres_url,
            "REDIS": redis_url,
            "CACHE_ENABLED": "true",
            "CACHE_STORE": "redis",
            "SYNCHRONIZATION_STORE": "redis",
            "WEBSOCKETS_ENABLED": "true",
            "WEBSOCKETS_HEARTBEAT_PERIOD": "10",  # s; so that a short run meets it
            "ADMIN_EMAIL": "admin@example.com",
            "ADMIN_PASSWORD": secrets.token_hex(16),
            "ADMIN_TOKEN": token,
            # Passwords that live for one run need not be slow to try; users must be made and logged in within seconds.
            "HASH_MEMORY_COST": "1024",
            "HASH_TIME_COST": "2",
            "PRESSURE_LIMITER_ENABLED": "false",  # it turns logins away where the machine has other work
            "TELEMETRY": "false",
            "LOG_LEVEL": "warn",
            "STORAGE_LOCATIONS": "local",
            "STORAGE_LOCAL_ROOT": str(stage.folder / "uploads"),
            "EXTENSIONS_PATH": str(stage.folder / "extensions"),
        }
        cli = packages / "node_modules" / "directus" / "cli.js"
        if stage.run([node(), cli, "bootstrap"], environment(settings), packages) != 0:
            raise StartError(f"directus bootstrap failed: {stage.last_words()}")
        process = stage.process(
            Program(
                "Directus",
                command=lambda _: [node(), cli, "start"],
                environment=lambda port: environment({**settings, "HOST": LOOPBACK, "PORT": str(port)}),
                ready=lambda port: answers_http(f"http://{LOOPBACK}:{port}/server/ping"),
                cwd=packages,
            )
        )
        role = set_up(process.url, token, broken)
        return {
            "DIRECTUS_URL": f"{process.url.replace('http', 'ws', 1)}/websocket",
            "DIRECTUS_HTTP_URL": process.url,
            "DIRECTUS_ADMIN_TOKEN": token,
            "DIRECTUS_JWT_SECRET": secret,
            "DIRECTUS_ROLE": role,
            "POSTGRES_URL": postgres_url,
            "REDIS_URL": redis_url,
        }


SYSTEM = Directus()
