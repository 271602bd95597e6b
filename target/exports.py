"""The variables that tell a command where everything is."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from target.errors import SettingsError

SECRET = ("AUTH_SERVICE_KEY", "TARGET_JWT_SECRET", "REDIS_URL", "POSTGRES_URL", "TARGET_POSTGRES_URL")


@dataclass(frozen=True)
class Exports:
    """Where the running services are, and the keys to them; left out of ``repr``."""

    http_url: str
    auth_url: str | None
    pids: Mapping[str, int]
    secrets: Mapping[str, str] = field(repr=False)

    def variables(self) -> dict[str, str]:
        """All of them by name."""
        variables = {
            "TARGET_URL": f"{self.http_url.replace('http', 'ws', 1)}/ws",
            "TARGET_HTTP_URL": self.http_url,
            "TARGET_PIDS": json.dumps(dict(self.pids)),
            **self.secrets,
        }
        if self.auth_url:
            variables["TARGET_AUTH_URL"] = self.auth_url
        return variables

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """``base`` with our variables; an auth service of an earlier run must not shine through."""
        inherited = {name: value for name, value in base.items() if name not in ("TARGET_AUTH_URL", "AUTH_SERVICE_KEY")}
        return {**inherited, **self.variables()}

    def shell_lines(self, *, reveal: bool) -> str:
        """``export NAME=value`` lines; without ``reveal`` the secret ones become comments."""
        lines = []
        for name, value in self.variables().items():
            if name in SECRET and not reveal:
                lines.append(f"# {name} is secret: --env-file FILE writes it")
            else:
                lines.append(f"export {name}={shlex.quote(value)}")
        return "\n".join(lines) + "\n"

    def write(self, path: Path) -> None:
        """Write all variables to a file that only its owner can read.

        Raises:
            SettingsError: the file can't be written.
        """
        try:
            path.unlink(missing_ok=True)  # an older file may have had a wider mode, or be a link to elsewhere
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(self.shell_lines(reveal=True))
        except OSError as error:
            raise SettingsError(f"--env-file {path} can't be written: {error.strerror}") from None
