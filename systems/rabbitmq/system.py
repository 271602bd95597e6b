"""RabbitMQ 3.10 with Web-STOMP: one virtual host, a user for each customer, topics kept apart by permissions."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from pathlib import Path

from systems.debian import unpack_packages
from systems.installed import INSTALLED
from systems.stage import Program, Stage, answers_http, listens
from systems.system import Misconfiguration, System
from target.embedded.ports import LOOPBACK, free_port

PLUGINS = "[rabbitmq_web_stomp,rabbitmq_management]."
ADMINISTRATOR = "administrator"


class RabbitMq(System):
    """RabbitMQ as it comes out of Debian's packages, on loopback ports of its own."""

    name = "rabbitmq"
    what = "message broker: STOMP over WebSocket, receipts, messages pushed to subscribers, permissions by topic"
    misconfigurations = {
        "any-topic": Misconfiguration(
            "users may read and write every topic (permissions '.*')", frozenset({"access-granted"})
        ),
        "shared-topic": Misconfiguration(
            "all customers publish to one topic and subscribe to it", frozenset({"foreign-content"}), "MESSAGE"
        ),
    }

    def install(self) -> None:
        """RabbitMQ and Erlang, from Debian."""
        root = unpack_packages(self.name, self.folder / "packages.txt")
        # The start scripts know only where Debian would have put them.
        for script in (root / "usr/lib/erlang").glob("**/bin/erl"):
            text = script.read_text(encoding="utf-8")
            script.write_text(text.replace("=/usr/lib/erlang", f"={root}/usr/lib/erlang"), encoding="utf-8")

    def start(self, stage: Stage, broken: str | None) -> Mapping[str, str]:
        """The port mapper that Erlang wants, then the broker."""
        root = INSTALLED / self.name / "root"
        erlang = root / "usr/lib/erlang"
        home = stage.folder / "home"
        home.mkdir()
        password, management, between_nodes = secrets.token_hex(16), free_port(), free_port()
        shared = {"PATH": f"{erlang}/bin:/usr/bin:/bin", "HOME": str(home), "LC_ALL": "C.UTF-8"}
        mapper = stage.process(
            Program(
                "port mapper",
                command=lambda port: [next(erlang.glob("erts-*/bin/epmd")), "-address", LOOPBACK, "-port", str(port)],
                environment=lambda _: shared,
                ready=listens,
            )
        )
        (home / "plugins").write_text(PLUGINS)
        settings = {
            "RABBITMQ_NODENAME": "broker@localhost",
            "RABBITMQ_DIST_PORT": str(between_nodes),
            "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": str(home / "none"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
            "RABBITMQ_LOG_BASE": str(home / "log"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none",
            "ERL_EPMD_PORT": str(mapper.port),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "RUNNING_UNDER_SYSTEMD": "1",  # the script then becomes the broker, which ends when told to
        }

        def environment(port: int) -> Mapping[str, str]:
            _write_settings(home / "rabbitmq.conf", port, management, password)
            return {**shared, **settings}

        broker = stage.process(
            Program(
                "RabbitMQ",
                command=lambda _: [next((root / "usr/lib/rabbitmq/lib").glob("*/sbin/rabbitmq-server"))],
                environment=environment,
                ready=lambda port: (
                    listens(port) and answers_http(f"http://{LOOPBACK}:{management}/api/overview", status=401)
                ),
                cwd=home,
            )
        )
        credentials = base64.b64encode(f"{ADMINISTRATOR}:{password}".encode()).decode()
        return {
            "RABBITMQ_URL": f"ws://{LOOPBACK}:{broker.port}/ws",
            "RABBITMQ_API": f"http://{LOOPBACK}:{management}/api",
            "RABBITMQ_ADMINISTRATOR": f"Basic {credentials}",
            "RABBITMQ_TOPICS": ".*" if broken else "^{tenant}[.]",
            "RABBITMQ_TOPIC": "everybody" if broken == "shared-topic" else "{tenant}",
        }


def _write_settings(path: Path, port: int, management: int, password: str) -> None:
    path.touch(mode=0o600)
    settings = {
        "listeners.tcp": "none",
        "stomp.listeners.tcp": "none",
        "web_stomp.tcp.ip": LOOPBACK,
        "web_stomp.tcp.port": port,
        "management.tcp.ip": LOOPBACK,
        "management.tcp.port": management,
        "default_user": ADMINISTRATOR,
        "default_pass": password,
        "log.console": "true",
        "log.console.level": "warning",
        "log.file": "false",
    }
    path.write_text("".join(f"{key} = {value}\n" for key, value in settings.items()), encoding="utf-8")


SYSTEM = RabbitMq()
