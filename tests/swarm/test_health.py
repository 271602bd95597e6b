from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

from config.profile import HealthCheck
from swarm.health import ask
from target.embedded.ports import free_port
from tests.http_server import Reply, http_server


@contextmanager
def answering(status: int, body: str) -> Iterator[str]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def check(address: str) -> HealthCheck:
    return HealthCheck(
        name="target", url=f"http://{address}/health", timeout_s=1.0, pool_in_use="db.used", pool_limit="db.limit"
    )


def test_an_address_that_is_well_tells_its_pool() -> None:
    with answering(200, json.dumps({"db": {"used": 3, "limit": 10}})) as address:
        answer = ask(check(address))
    assert (answer.ok, answer.detail, answer.pool_in_use, answer.pool_limit) == (True, "", 3, 10)
    assert answer.latency_ms is not None


def test_an_address_that_is_not_well_says_which_dependency() -> None:
    body = json.dumps({"dependencies": {"redis": {"ok": False}, "postgres": {"ok": True}}})
    with answering(503, body) as address:
        answer = ask(check(address))
        assert answer.detail == f"target at {address}/health answered 503 (not ok: redis)"
    assert not answer.ok


def test_an_answer_that_is_no_json_is_still_an_answer() -> None:
    with answering(200, "fine") as address:
        answer = ask(check(address))
    assert (answer.ok, answer.pool_in_use, answer.pool_limit) == (True, None, None)


def test_figures_that_are_no_integers_are_left_out() -> None:
    with answering(200, json.dumps({"db": {"used": True, "limit": "10"}})) as address:
        answer = ask(check(address))
    assert (answer.pool_in_use, answer.pool_limit) == (None, None)


def test_nobody_listening_is_one_sentence() -> None:
    port = free_port()
    answer = ask(check(f"127.0.0.1:{port}"))
    assert not answer.ok
    assert answer.detail == f"target at 127.0.0.1:{port}/health did not answer: connection refused"
    assert answer.latency_ms is None


def test_a_redirect_is_followed_nowhere() -> None:
    with http_server(lambda _: Reply(200, {})) as elsewhere:
        with http_server(lambda _: Reply(302, headers={"Location": elsewhere.url})) as server:
            answer = ask(HealthCheck(name="target", url=server.url, timeout_s=1.0))
        assert not answer.ok and answer.detail.endswith("answered 302")
        assert elsewhere.asked == []
