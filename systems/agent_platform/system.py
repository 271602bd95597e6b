"""How to start the agent platform, as it is meant to be, as it was once found, and with faults."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Mapping

import psycopg2

from systems.errors import StartError
from systems.stage import Program, Stage, answers_http
from systems.system import ROOT, Misconfiguration, System


class AgentPlatform(System):
    """The stand-in for an agent platform: a process, a Redis, a Postgres, and an auth service that is not there."""

    name = "agent-platform"
    what = "an agent platform (a stand-in): chats without ids of their own, compressed snapshots, no auth service"
    misconfigurations = {
        "unmigrated": Misconfiguration(
            "nothing is wrong with isolation, but the migrations were not applied: tables are missing",
            verdict="ISOLATED",
        ),
        "silent": Misconfiguration("chats are taken and never answered", verdict="INCONCLUSIVE"),
        "shared-cache": Misconfiguration(
            "the cache in front of contexts has one entry for everybody",
            frozenset({"foreign-content"}),
            "tool_completed",
        ),
        "owner-unchecked": Misconfiguration(
            "a session and its thread are looked for by their id alone, whoever asks", frozenset({"access-granted"})
        ),
    }

    def install(self) -> None:
        """Nothing: it runs on the project's own requirements."""

    def start(self, stage: Stage, broken: str | None) -> Mapping[str, str]:
        """Start the stores, make the tables, start the platform."""
        redis_url, postgres_url, secret = stage.redis(), stage.postgres(), secrets.token_hex(32)
        self._make_tables(postgres_url, migrated=broken != "unmigrated")
        environment = {
            "PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": str(ROOT), "REDIS_URL": redis_url,
            "POSTGRES_URL": postgres_url, "JWT_SECRET": secret, **({"FAULT": broken} if broken else {}),
        }  # fmt: skip
        process = stage.process(
            Program(
                title="agent platform",
                command=lambda port: [sys.executable, "-m", "systems.agent_platform", str(port)],
                environment=lambda _port: environment,
                ready=lambda port: answers_http(f"http://127.0.0.1:{port}/health"),
                cwd=ROOT,
            )
        )
        return {
            "PLATFORM_URL": f"ws://127.0.0.1:{process.port}/ws",
            "PLATFORM_HTTP_URL": process.url,
            "PLATFORM_JWT_SECRET": secret,
            "REDIS_URL": redis_url,
            "POSTGRES_URL": postgres_url,
        }

    def _make_tables(self, postgres_url: str, *, migrated: bool) -> None:
        files = ["schema.sql", *(["migrations.sql"] if migrated else [])]
        try:
            connection = psycopg2.connect(postgres_url)
            try:
                with connection, connection.cursor() as cursor:
                    for name in files:
                        cursor.execute((self.folder / name).read_text(encoding="utf-8"))
            finally:
                connection.close()
        except psycopg2.Error as error:
            raise StartError(
                f"the platform's tables could not be made: {error.pgerror or type(error).__name__}"
            ) from None


SYSTEM = AgentPlatform()
