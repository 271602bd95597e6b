"""An embedded Valkey, which speaks Redis."""

from __future__ import annotations

import contextlib
import secrets
import socket
import subprocess
from pathlib import Path
from signal import SIGTERM

from target.embedded.binaries import valkey_server
from target.embedded.child_process import launch
from target.embedded.guardian import Guardian
from target.embedded.ports import LOOPBACK
from target.embedded.server_process import ServerProcess

# The append-only file is never forced to disk: it costs little and keeps the data over a restart and over SIGKILL.
SETTINGS = """\
bind {host}
port {port}
dir "{folder}"
requirepass {password}
save ""
appendonly yes
appendfsync no
auto-aof-rewrite-percentage 0
daemonize no
maxclients 4000
loglevel notice
"""


class EmbeddedRedis(ServerProcess):
    """A Valkey server on a free loopback port, protected by a random password.

    >>> with EmbeddedRedis(folder) as server:  # doctest: +SKIP
    ...     client = redis.from_url(server.url)
    """

    title = "Valkey"
    stop_signal = SIGTERM

    def __init__(self, directory: str | Path, *, guardian: Guardian | None = None) -> None:
        """See ``ServerProcess``; the password lives as long as this object."""
        super().__init__(directory, guardian=guardian)
        self._password = secrets.token_hex(16)

    def __enter__(self) -> EmbeddedRedis:
        self.start()
        return self

    @property
    def url(self) -> str:
        """``redis://:password@127.0.0.1:port/0``; never print it."""
        return f"redis://:{self._password}@{LOOPBACK}:{self.port}/0"

    def prepare(self) -> None:
        """Valkey needs nothing but its folder."""

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start valkey-server with its settings on standard input, where the password is not to be seen."""
        settings = SETTINGS.format(
            host=LOOPBACK, port=self.port, folder=self.directory.resolve(), password=self._password
        )
        return launch(
            [valkey_server(), "-"],
            stdin_text=settings,
            log_path=self.log_path,
            cwd="/",
            guardian=self._guardian,
        )

    def answers(self) -> bool:
        """Whether an authenticated PING is answered: false while the server still loads its data."""
        with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, self.port), timeout=1) as connection:
            connection.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
            received = b""
            while received.count(b"\r\n") < 2:
                chunk = connection.recv(256)
                if not chunk:
                    return False
                received += chunk
            return received == b"+OK\r\n+PONG\r\n"
        return False
