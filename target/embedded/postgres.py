"""An embedded Postgres 16.

``initdb`` and ``postgres`` refuse root. Under root they run as ``nobody``, from a copy of their files in the store's
own folder that ``nobody`` can read (copying takes about 0.2 s, so there is no cache to keep fresh).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import secrets
import shutil
import subprocess
from pathlib import Path
from signal import SIGINT, SIGQUIT

from target.embedded.binaries import POSTGRES_CARRIER, postgres_installation, postgres_shared_libraries
from target.embedded.child_process import launch
from target.embedded.errors import StoreStartError
from target.embedded.folders import Account, require_others_in, unprivileged_account
from target.embedded.guardian import Guardian
from target.embedded.ports import LOOPBACK
from target.embedded.server_process import ServerProcess

SUPERUSER = "postgres"
DATABASE = "postgres"
READY = "ready"

# Data that lives for one run need not survive a power cut.
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "dynamic_shared_memory_type": "mmap",  # files in the data folder instead of /dev/shm: nothing left by SIGKILL
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "30min",
    "autovacuum_naptime": "1min",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class EmbeddedPostgres(ServerProcess):
    """A Postgres server on a free loopback port, for one superuser with a random password.

    >>> with EmbeddedPostgres(folder) as server:  # doctest: +SKIP
    ...     connection = psycopg2.connect(server.url)
    """

    title = "Postgres"
    stop_signal = SIGINT  # "fast": end the sessions, keep the data

    def __init__(self, directory: str | Path, *, guardian: Guardian | None = None) -> None:
        """See ``ServerProcess``; under root everybody must be able to enter the folders above ``directory``."""
        super().__init__(directory, guardian=guardian)
        self._password = secrets.token_hex(16)
        self._installation: Path | None = None

    def __enter__(self) -> EmbeddedPostgres:
        self.start()
        return self

    @property
    def url(self) -> str:
        """``postgresql://postgres:password@127.0.0.1:port/postgres``, a superuser; never print it."""
        return f"postgresql://{SUPERUSER}:{self._password}@{LOOPBACK}:{self.port}/{DATABASE}"

    @property
    def data(self) -> Path:
        """The cluster's data folder."""
        return self.directory.resolve() / "data"

    def prepare(self) -> None:
        """Make the installation reachable and the cluster, the first time only."""
        account = unprivileged_account()
        if self._installation is None:
            self._installation = self._reachable_installation(account)
        if not (self.data / "PG_VERSION").exists():
            self._make_cluster(self._installation, account)

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start the postmaster; SIGQUIT at our death lets it release its shared memory."""
        assert self._installation is not None
        arguments: list[str | Path] = [self._installation / "bin" / "postgres", "-D", self.data, "-p", str(self.port)]
        for name, value in SETTINGS.items():
            arguments += ["-c", f"{name}={value}"]
        return launch(
            arguments,
            death_signal=SIGQUIT,
            log_path=self.log_path,
            account=unprivileged_account(),
            cwd="/",
            environment=_environment(),
            guardian=self._guardian,
        )

    def answers(self) -> bool:
        """Whether this very postmaster says in its lock file that it takes connections."""
        lines = self._lock_file_lines()
        return len(lines) >= 8 and lines[0].strip() == str(self.pid) and lines[7].strip() == READY

    def tidy(self, exit_code: int) -> None:
        """After SIGKILL, release the System V segment that the lock file names; Postgres had no time to."""
        lines = self._lock_file_lines()
        if exit_code < 0 and len(lines) >= 7 and len(lines[6].split()) == 2:
            with contextlib.suppress(ValueError, AttributeError):
                ctypes.CDLL(None).shmctl(int(lines[6].split()[1]), 0, None)  # 0 is IPC_RMID

    def _lock_file_lines(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []

    def _reachable_installation(self, account: Account | None) -> Path:
        installation = postgres_installation()
        if account is None:
            return installation
        self.directory.chmod(0o711)
        require_others_in(self.directory)
        copied = self.directory.resolve() / "software" / POSTGRES_CARRIER / installation.name
        if not copied.exists():
            shutil.copytree(installation, copied, ignore=shutil.ignore_patterns("include", "*.a", "pkgconfig"))
            libraries = postgres_shared_libraries()
            if libraries:  # the tools look for it three levels above themselves
                shutil.copytree(libraries, copied.parent.with_name(libraries.name))
        return copied

    def _make_cluster(self, installation: Path, account: Account | None) -> None:
        password_file = self.directory.resolve() / "password"
        self.data.mkdir(mode=0o700, exist_ok=True)
        password_file.touch(mode=0o600)
        password_file.write_text(self._password + "\n")
        if account:
            os.chown(self.data, account.uid, account.gid)
            os.chown(password_file, account.uid, account.gid)
        command: list[str | Path] = [installation / "bin" / "initdb", "-D", self.data, "-U", SUPERUSER]
        command += ["--no-locale", "-E", "UTF8", "-A", "scram-sha-256", "--no-sync", f"--pwfile={password_file}"]
        process = launch(
            command,
            log_path=self.log_path,
            account=account,
            cwd="/",
            environment=_environment(),
            guardian=self._guardian,
        )
        exit_code = process.wait()
        if self._guardian:
            self._guardian.forget(process.pid)
        password_file.unlink()
        if exit_code != 0:
            shutil.rmtree(self.data, ignore_errors=True)
            raise StoreStartError(f"initdb failed with exit code {exit_code}; {self._reason()}")


def _environment() -> dict[str, str]:
    # No PG* variable of the caller may reach the server, and messages stay in English for PASSING_TROUBLE.
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
