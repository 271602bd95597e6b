from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
import redis

from target.embedded import EmbeddedPostgres, EmbeddedRedis, StoreStartError, server_process
from target.embedded.folders import temporary_folder
from target.embedded.ports import free_port
from target.embedded.server_process import ServerProcess
from tests.target.processes import gone
from tests.waiting import until

Make = Callable[[Path], ServerProcess]
BOTH = pytest.mark.parametrize("make", [EmbeddedRedis, EmbeddedPostgres])


@pytest.fixture
def folder() -> Iterator[Path]:
    made = temporary_folder("test-embedded-")
    yield made
    shutil.rmtree(made)


def write(server: ServerProcess) -> None:
    if isinstance(server, EmbeddedRedis):
        with redis.Redis.from_url(server.url) as client:
            client.set("kept", "yes")
        return
    with closing(psycopg2.connect(server.url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept AS SELECT 'yes' AS word")


def read(server: ServerProcess) -> str:
    if isinstance(server, EmbeddedRedis):
        with redis.Redis.from_url(server.url, decode_responses=True) as client:
            return str(client.get("kept"))
    with closing(psycopg2.connect(server.url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT word FROM kept")
        row = cursor.fetchone()
        assert row is not None
        return str(row[0])


def ended(server: ServerProcess) -> None:
    """Return when a killed server can be started again: when its last thread is gone, too."""
    until(lambda: not server.running, "the server has ended")


@BOTH
def test_data_and_port_survive_a_restart_and_a_kill(make: Make, folder: Path) -> None:
    with make(folder) as server:
        write(server)
        port = server.port
        server.restart()
        assert (read(server), server.port) == ("yes", port)
        os.kill(server.pid, signal.SIGKILL)
        ended(server)
        server.start()
        assert (read(server), server.port) == ("yes", port)
    assert not server.running


@BOTH
def test_a_wrong_password_is_refused(make: Make, folder: Path) -> None:
    with make(folder) as server:
        scheme, _, rest = server.url.partition("://")
        url = f"{scheme}://{rest.split(':')[0]}:wrong@{rest.split('@')[1]}"
        with pytest.raises((redis.AuthenticationError, psycopg2.OperationalError)):
            if isinstance(server, EmbeddedRedis):
                redis.Redis.from_url(url).ping()
            else:
                psycopg2.connect(url)


@BOTH
def test_a_port_taken_in_the_last_moment_is_exchanged_for_another(
    make: Make, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = [taken.getsockname()[1]]
        monkeypatch.setattr(server_process, "free_port", lambda: ports.pop() if ports else free_port())
        with make(folder) as server:
            write(server)
            assert server.port != taken.getsockname()[1]


def test_a_server_that_ends_at_once_is_reported_with_its_last_words(folder: Path) -> None:
    with EmbeddedPostgres(folder) as server:
        pass
    (server.data / "postgresql.conf").write_text("no_such_setting = on\n")
    with pytest.raises(StoreStartError, match="ended at once"):
        server.start()


OWNER = """
import sys, time
from pathlib import Path
from target.embedded import EmbeddedPostgres, EmbeddedRedis
folder = Path(sys.argv[1])
stores = [EmbeddedRedis(folder / "redis"), EmbeddedPostgres(folder / "postgres")]
for store in stores:
    store.start()
print(*(store.pid for store in stores), flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells children of their parent's death")
def test_the_servers_end_when_their_owner_is_killed(folder: Path) -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(folder)], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    with owner.stdout:
        pids = [int(word) for word in owner.stdout.readline().split()]
    assert len(pids) == 2
    began_s = time.monotonic()
    owner.kill()
    owner.wait()
    gone(pids)
    assert time.monotonic() - began_s < 10
