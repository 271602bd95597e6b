from __future__ import annotations

import socket
import time

import pytest

from users.wire.dialing import dial
from users.wire.endpoint import Endpoint
from users.wire.errors import ConnectRefused

PATIENCE_S = 10.0


def endpoint(port: int, host: str = "127.0.0.1") -> Endpoint:
    return Endpoint.of(f"ws://{host}:{port}/ws?token=s3cret")


def test_a_port_where_nobody_listens_refuses_at_tcp() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ConnectRefused, match="refused") as refused:
        dial(endpoint(port), time.perf_counter() + PATIENCE_S)
    assert (refused.value.stage, refused.value.status) == ("tcp", None)
    assert "s3cret" not in str(refused.value)


def test_a_name_that_does_not_exist_refuses_at_resolve() -> None:
    with pytest.raises(ConnectRefused) as refused:
        dial(endpoint(1, "no-such-host.invalid"), time.perf_counter() + PATIENCE_S)
    assert refused.value.stage == "resolve"
    assert "s3cret" not in str(refused.value)


def test_a_name_is_resolved() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sock, _ = dial(endpoint(listener.getsockname()[1], "localhost"), time.perf_counter() + PATIENCE_S)
        sock.close()


def test_a_server_that_does_not_accept_refuses_at_tcp_in_time() -> None:
    """A full queue of a listener drops further connects on Linux; elsewhere it may refuse them."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        sockets = []
        try:
            with pytest.raises(ConnectRefused) as refused:
                for _ in range(8):
                    sockets.append(dial(endpoint(port), time.perf_counter() + 0.2)[0])  # noqa: PERF401
            assert refused.value.stage == "tcp"
        finally:
            for sock in sockets:
                sock.close()
