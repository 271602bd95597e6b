"""PostGraphile 5: GraphQL over WebSocket, a token in ``connection_init``, tenants kept apart by row-level security."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import closing
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from systems.installed import INSTALLED
from systems.node import environment, install_packages, node
from systems.stage import Program, Stage, answers_http
from systems.system import Misconfiguration, System
from target.embedded.ports import LOOPBACK

ROLE = "app_server"

# Each is one line that somebody forgot, or wrote because it made an error go away.
WRONG_SQL = {
    "no-row-security": "ALTER TABLE app.notes DISABLE ROW LEVEL SECURITY",
    "owners-view": "ALTER VIEW app.profiles SET (security_invoker = false)",
    "definer-function": "ALTER FUNCTION app.recent_notes SECURITY DEFINER",
    "shared-topic": """
        CREATE OR REPLACE FUNCTION app_private.tell() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM pg_notify('notes', json_build_object('id', NEW.id, 'preview', left(NEW.body, 200))::text);
            RETURN NEW;
        END $$
    """,
}


class PostGraphile(System):
    """PostGraphile in front of ``schema.sql``."""

    name = "postgraphile"
    what = "GraphQL API made from a Postgres schema; row-level security by a claim of the token"
    misconfigurations = {
        "no-row-security": Misconfiguration(
            "row-level security was never enabled on the table of notes", frozenset({"foreign-content"})
        ),
        "owners-view": Misconfiguration(
            "the view of profiles has its owner's rights (security_invoker is off)", frozenset({"foreign-content"})
        ),
        "definer-function": Misconfiguration(
            "the function that lists recent notes is SECURITY DEFINER", frozenset({"foreign-content"})
        ),
        "shared-topic": Misconfiguration(
            "all subscribers listen to one topic, where every new note is announced with how it begins",
            frozenset({"foreign-content"}),
            "frame pushed",
        ),
        "unverified-token": Misconfiguration(
            "tokens are decoded, and nobody verifies who signed them and until when they are good",
            frozenset({"access-granted"}),
            "token: ",
        ),
    }

    def install(self) -> None:
        """PostGraphile and what it needs, from npm."""
        install_packages(self.name, self.folder)

    def start(self, stage: Stage, broken: str | None) -> Mapping[str, str]:
        """A Postgres with the schema, and PostGraphile as a role that owns nothing."""
        owner_url, password, secret = stage.postgres(), secrets.token_hex(16), secrets.token_hex(32)
        with closing(psycopg2.connect(owner_url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(
                (self.folder / "schema.sql").read_text(encoding="utf-8").replace(":password", f"'{password}'")
            )
            if broken in WRONG_SQL:
                cursor.execute(WRONG_SQL[broken])
        packages = INSTALLED / self.name / "node_modules"
        app = {
            "NODE_PATH": str(packages),
            "NODE_ENV": "production",
            "APP_DATABASE_URL": _as_role(owner_url, ROLE, password),
            "APP_JWT_SECRET": secret,
            "APP_BROKEN": broken or "",
        }
        cli = packages / "postgraphile" / "dist" / "cli-run.js"
        process = stage.process(
            Program(
                "PostGraphile",
                command=lambda _: [node(), cli, "-C", self.folder / "graphile.config.cjs"],
                environment=lambda port: environment({**app, "APP_PORT": str(port)}),
                ready=lambda port: answers_http(f"http://{LOOPBACK}:{port}/graphql?query=%7B__typename%7D", status=405),
                cwd=packages.parent,
            )
        )
        return {
            "POSTGRAPHILE_URL": f"{process.url.replace('http', 'ws', 1)}/graphql",
            "POSTGRAPHILE_JWT_SECRET": secret,
            "POSTGRES_URL": owner_url,
        }


def _as_role(owner_url: str, role: str, password: str) -> str:
    parts = urlsplit(owner_url)
    return urlunsplit(parts._replace(netloc=f"{role}:{password}@{parts.netloc.rpartition('@')[2]}"))


SYSTEM = PostGraphile()
