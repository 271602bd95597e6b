"""Etherpad 1.8.14: Socket.IO 2, sessions made over its HTTP API, pads in groups, everything in one Postgres table."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from systems.installed import INSTALLED
from systems.node import environment, install_packages, node
from systems.stage import Program, Stage, answers_http
from systems.system import Misconfiguration, System
from target.embedded.ports import LOOPBACK

API = "api/1.2.14"


class Etherpad(System):
    """Etherpad with its pads in Postgres."""

    name = "etherpad"
    what = "collaborative editor: Socket.IO, sessions from an HTTP API, private pads, pushes"
    misconfigurations = {
        "one-group": Misconfiguration(
            "all customers' pads are in one group, so that everybody's session is good for everybody's pads",
            frozenset({"access-granted"}),
            "enter_pad",
        ),
    }

    def install(self) -> None:
        """Etherpad and what it needs, from npm, laid out as its own repository is: it looks for itself in ``src``."""
        place = install_packages(self.name, self.folder)
        packaged, source = place / "node_modules" / "ep_etherpad-lite", place / "src"
        if not source.exists():
            shutil.move(packaged, source)
            packaged.symlink_to(Path("..") / "src")

    def start(self, stage: Stage, broken: str | None) -> Mapping[str, str]:
        """A Postgres, and Etherpad in front of it."""
        postgres_url, key = stage.postgres(), secrets.token_hex(16)
        database, root = urlsplit(postgres_url), INSTALLED / self.name
        api_key = stage.folder / "api-key"
        api_key.touch(mode=0o600)
        api_key.write_text(key)
        settings = {
            "NODE_ENV": "production",
            "DB_PORT": str(database.port),
            "DB_USER": database.username or "",
            "DB_PASSWORD": database.password or "",
            "DB_NAME": database.path.removeprefix("/"),
        }
        options: list[str | Path] = ["--settings", self.folder / "settings.json", "--apikey", api_key]
        options += ["--sessionkey", stage.folder / "session-key", "--credentials", stage.folder / "none"]
        process = stage.process(
            Program(
                "Etherpad",
                command=lambda _: [node(), root / "src" / "node" / "server.js", *options],
                environment=lambda port: environment({**settings, "PORT": str(port)}),
                ready=lambda port: answers_http(f"http://{LOOPBACK}:{port}/api/"),
                cwd=root,
            )
        )
        socket = f"{process.url.replace('http', 'ws', 1)}/socket.io/?EIO=3&transport=websocket"
        return {
            "ETHERPAD_URL": socket,
            "ETHERPAD_API": f"{process.url}/{API}",
            "ETHERPAD_API_KEY": key,
            "ETHERPAD_GROUP": "everybody" if broken == "one-group" else "{tenant}",
            "POSTGRES_URL": postgres_url,
        }


SYSTEM = Etherpad()
