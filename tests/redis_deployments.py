"""Redis in the forms that other people run it: a cluster, a master behind sentinels, behind TLS."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import redis
import trustme

from target.embedded.binaries import valkey_server
from target.embedded.child_process import launch
from target.embedded.folders import temporary_folder
from target.embedded.ports import free_port
from tests.waiting import until

HOST = "127.0.0.1"
PASSWORD = "for-tests-only"
SERVICE = "the-master"
SENTINEL_PASSWORD = "for-sentinels-only"
DEADLINE_S = 30.0


def wait_for(condition: Callable[[], object]) -> None:
    """Waits until it holds; a server that is not there yet counts as no."""

    def holds() -> object:
        with suppress(redis.RedisError, OSError):
            return condition()
        return None

    until(holds, "what was waited for has come", DEADLINE_S)


@contextmanager
def valkey(folder: Path, *settings: str, sentinel: bool = False) -> Iterator[int]:
    """A server of its own with these settings; yields its port."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    file = folder / "valkey.conf"
    lines = [f"bind {HOST}", f"port {port}", f"dir {folder}", 'save ""' if not sentinel else "", *settings]
    file.write_text("\n".join(lines) + "\n")
    process = launch([valkey_server(), file, *(["--sentinel"] if sentinel else [])], log_path=folder / "log")
    try:
        wait_for(lambda: _listens(port))
        yield port
    finally:
        process.kill()
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)


def _listens(port: int) -> bool:
    with socket.create_connection((HOST, port), timeout=1):
        return True


@contextmanager
def cluster(masters: int = 3) -> Iterator[list[int]]:
    """A cluster that serves every slot; yields the ports of its masters."""
    folder = temporary_folder("test-cluster-")
    settings = ("cluster-enabled yes", f"requirepass {PASSWORD}", "cluster-node-timeout 5000")
    try:
        with ExitStack() as stack:
            ports = []
            for number in range(masters):
                bus = free_port()
                own = [*settings, f"cluster-port {bus}"]
                ports.append((stack.enter_context(valkey(folder / str(number), *own)), bus))
            nodes = [stack.enter_context(redis.Redis(host=HOST, port=port, password=PASSWORD)) for port, _ in ports]
            share = 16_384 // masters
            for number, node in enumerate(nodes):
                last = 16_383 if number == masters - 1 else (number + 1) * share - 1
                node.execute_command("CLUSTER", "ADDSLOTSRANGE", number * share, last)
                node.execute_command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
            for port, bus in ports[1:]:
                nodes[0].execute_command("CLUSTER", "MEET", HOST, port, bus)
            wait_for(lambda: all(_is_whole(node, masters) for node in nodes))
            yield [port for port, _ in ports]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _is_whole(node: redis.Redis, masters: int) -> bool:
    """Whether the node knows a master for every slot."""
    state = node.execute_command("CLUSTER", "INFO")
    return b"cluster_state:ok" in state and len(node.execute_command("CLUSTER", "SLOTS")) == masters


@contextmanager
def sentinel() -> Iterator[tuple[int, int]]:
    """A master and a sentinel that knows it; yields the sentinel's port and the master's."""
    folder = temporary_folder("test-sentinel-")
    try:
        with valkey(folder / "master", f"requirepass {PASSWORD}") as master:
            watching = (
                f"sentinel monitor {SERVICE} {HOST} {master} 1",
                f"sentinel auth-pass {SERVICE} {PASSWORD}",
                f"requirepass {SENTINEL_PASSWORD}",
            )
            with valkey(folder / "sentinel", *watching, sentinel=True) as port:
                yield port, master
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def behind_tls(port: int, authority: trustme.CA, client_authority: trustme.CA | None = None) -> Iterator[int]:
    """TLS in front of a server that has none; with a client authority it wants a certificate. Yields its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST, "localhost").configure_cert(context)
    if client_authority is not None:
        client_authority.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    with socket.create_server((HOST, 0)) as listener:
        threading.Thread(target=_accept, args=(listener, context, port), daemon=True).start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, context: ssl.SSLContext, port: int) -> None:
    while True:
        try:
            raw, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(raw, context, port), daemon=True).start()


def _serve(raw: socket.socket, context: ssl.SSLContext, port: int) -> None:
    """Each direction by turns: what Redis speaks is a request and its reply."""
    try:
        with context.wrap_socket(raw, server_side=True) as client, socket.create_connection((HOST, port)) as server:
            back = threading.Thread(target=_pump, args=(server, client), daemon=True)
            back.start()
            _pump(client, server)
            back.join(timeout=10)
    except OSError:
        raw.close()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
