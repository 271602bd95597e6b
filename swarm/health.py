"""Asking the target's health addresses, before the run and during it."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable

import gevent
import orjson
import urllib3

from config.address import shown
from config.profile import HealthCheck
from evidence.paths import first
from evidence.records import HealthAnswer, Row
from users.http_calls import reason_of

POLL_S = 5.0


def ask(check: HealthCheck, tls: ssl.SSLContext | None = None) -> HealthAnswer:
    """Returns what one health address answered; never raises. ``tls`` is for https, the platform's when None."""
    started_s = time.perf_counter()
    with urllib3.PoolManager(retries=False, ssl_context=tls) as http:
        try:
            answer = http.request("GET", check.url, timeout=check.timeout_s, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            detail = f"{check.name} at {shown(check.url)} did not answer: {reason_of(error)}"
            return HealthAnswer(check.name, time.time(), False, None, detail)
    latency_ms = round((time.perf_counter() - started_s) * 1000, 3)
    document = _parsed(answer.data)
    ok = answer.status < 300
    detail = "" if ok else f"{check.name} at {shown(check.url)} answered {answer.status}{_failed(document)}"
    return HealthAnswer(
        check.name, time.time(), ok, latency_ms, detail, _integer(document, check.pool_in_use),
        _integer(document, check.pool_limit),
    )  # fmt: skip


def poll(checks: tuple[HealthCheck, ...], record: Callable[[Row], None], tls: ssl.SSLContext | None = None) -> None:
    """Asks every address every few seconds for ever; to be spawned, and killed at the end of the run."""
    while True:
        gevent.sleep(POLL_S)
        for check in checks:
            record(ask(check, tls))


def _parsed(data: bytes) -> object:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return None


def _integer(document: object, path: str | None) -> int | None:
    value = first(document, path) if path else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _failed(document: object) -> str:
    """Which dependencies are down, where the answer lists them as ours does."""
    dependencies = document.get("dependencies") if isinstance(document, dict) else None
    if not isinstance(dependencies, dict):
        return ""
    down = [name for name, state in dependencies.items() if isinstance(state, dict) and state.get("ok") is False]
    return f" (not ok: {', '.join(down)})" if down else ""
