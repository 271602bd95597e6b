"""Everything a run needs, brought up in order and torn down in reverse: stores, schema, auth service, service."""

from __future__ import annotations

import contextlib
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from urllib.parse import quote, urlsplit, urlunsplit

from target.defects.choice import DefectChoice
from target.embedded import EmbeddedPostgres, EmbeddedRedis, Guardian
from target.embedded.folders import temporary_folder
from target.embedded.server_process import ServerProcess
from target.errors import SettingsError
from target.exports import Exports
from target.service_process import ServiceCommand, ServiceProcess
from target.service_role import ServiceRole
from target.settings import POSTGRES_SCHEMES, REDIS_SCHEMES, checked_url

FOLDER_PREFIX = "reference-target-"


@dataclass(frozen=True)
class StackOptions:
    """What to start and what is there already. URLs of the user's own replace the embedded stores."""

    serve_options: tuple[str, ...] = ()
    defects: tuple[DefectChoice, ...] = ()
    host: str = "127.0.0.1"
    port: int = 0
    auth: bool = True
    migrate: bool = True
    redis_url: str | None = field(default=None, repr=False)
    postgres_url: str | None = field(default=None, repr=False)
    service_url: str | None = field(default=None, repr=False)
    keep: Path | None = None


class Stack:
    """The services of one run. A context manager: what came up is taken down, also if the next thing does not."""

    def __init__(self, options: StackOptions, environment: Mapping[str, str], guardian: Guardian) -> None:
        self._options = options
        self._environment = environment
        self._guardian = guardian
        self._teardown = contextlib.ExitStack()
        self._pids: dict[str, int] = {}

    def __enter__(self) -> Exports:
        """Start everything and say where it is.

        Raises:
            TargetError, EmbeddedStoreError: something did not come up.
        """
        with self._teardown as unfinished:
            exports = self._start()
            self._teardown = unfinished.pop_all()
        return exports

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._teardown.close()

    def _start(self) -> Exports:
        folder = self._folder()
        redis_url = self._redis(folder)
        owner_url = self._postgres(folder)
        service_url = self._options.service_url or _url_of_role(owner_url, ServiceRole("app", secrets.token_hex(16)))
        if self._options.migrate:
            from target.migrate import migrate, service_role  # alembic takes a while to import

            migrate(owner_url, service_role({"TARGET_POSTGRES_URL": service_url}), self._options.defects)
        signing = {"TARGET_JWT_SECRET": secrets.token_hex(32)}
        stores = {"REDIS_URL": redis_url, "TARGET_POSTGRES_URL": service_url}
        key: dict[str, str] = {}
        where: dict[str, str] = {}
        if self._options.auth:
            key["AUTH_SERVICE_KEY"] = secrets.token_hex(16)
            where["TARGET_AUTH_URL"] = self._run("auth", "auth service", ["auth"], {**signing, **key}, folder, 0)
        http_url = self._run(
            "target",
            "service",
            ["serve", *self._options.serve_options],
            {**signing, **stores, **where},
            folder,
            self._options.port,
        )
        keys = {**signing, **key, **stores, "POSTGRES_URL": owner_url}
        return Exports(http_url, where.get("TARGET_AUTH_URL"), self._pids, keys)

    def _folder(self) -> Path:
        if self._options.keep:
            try:
                self._options.keep.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise SettingsError(f"--keep {self._options.keep} can't be made: {error.strerror}") from None
            return self._options.keep.resolve()
        folder = temporary_folder(FOLDER_PREFIX)
        self._guardian.remove_folder(folder)
        self._teardown.callback(shutil.rmtree, folder, ignore_errors=True)
        return folder

    def _redis(self, folder: Path) -> str:
        if self._options.redis_url:
            return checked_url({"REDIS_URL": self._options.redis_url}, "REDIS_URL", REDIS_SCHEMES)
        return self._embedded("redis", EmbeddedRedis(folder / "redis", guardian=self._guardian))

    def _postgres(self, folder: Path) -> str:
        if self._options.postgres_url:
            return checked_url({"POSTGRES_URL": self._options.postgres_url}, "POSTGRES_URL", POSTGRES_SCHEMES)
        return self._embedded("postgres", EmbeddedPostgres(folder / "postgres", guardian=self._guardian))

    def _embedded(self, name: str, server: ServerProcess) -> str:
        self._teardown.callback(server.stop)
        server.start()
        self._pids[name] = server.pid
        return server.url

    def _run(
        self, name: str, title: str, arguments: list[str], keys: Mapping[str, str], folder: Path, port: int
    ) -> str:
        command = ServiceCommand(title, arguments, _environment(self._environment, keys), self._options.host, port)
        process = ServiceProcess(command, folder, self._guardian)
        self._teardown.callback(process.stop)
        process.start()
        self._pids[name] = process.pid
        return process.http_url


def _environment(base: Mapping[str, str], keys: Mapping[str, str]) -> dict[str, str]:
    # Each service gets its own keys and nobody else's: the service, for one, never sees the owner of the database.
    ours = ("TARGET_", "AUTH_SERVICE_KEY", "REDIS_URL", "POSTGRES_URL")
    return {**{name: value for name, value in base.items() if not name.startswith(ours)}, **keys}


def _url_of_role(owner_url: str, role: ServiceRole) -> str:
    parts = urlsplit(owner_url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(role.name)}:{quote(role.password)}@{host}"))
