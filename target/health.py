"""Whether the service and what it depends on are well. Says nothing that an enemy could use."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from typing import Any

from target.charging import STORE_FAILURES
from target.health_probe import is_well
from target.service import Service

TIMEOUT_S = 2.0


async def report(service: Service) -> dict[str, Any]:
    """``status`` and one entry for each dependency; the pool's figures are this process's own."""
    redis_health, postgres_health, auth_health = await asyncio.gather(
        _timed(service.client.ping()), _timed(service.database.answers()), _auth(service)
    )
    use = service.database.use()
    postgres_health.update(pool_in_use=use.in_use, pool_size=use.size, pool_limit=use.limit)
    well = redis_health["ok"] and postgres_health["ok"]
    dependencies = {"redis": redis_health, "postgres": postgres_health}
    if auth_health is not None:
        dependencies["auth"] = auth_health
    whole: dict[str, Any] = {"status": "ok" if well else "degraded", "dependencies": dependencies}
    defects = service.settings.behaviour.defects
    return {**whole, "defects": [choice.name for choice in defects]} if defects else whole


async def _timed(question: Awaitable[Any]) -> dict[str, Any]:
    began_s = time.perf_counter()
    try:
        ok = bool(await asyncio.wait_for(question, TIMEOUT_S))
    except STORE_FAILURES:
        ok = False
    return {"ok": ok, "latency_ms": round((time.perf_counter() - began_s) * 1000, 2)}


async def _auth(service: Service) -> dict[str, Any] | None:
    # Optional: tokens are checked with a shared key, so the service works on while the auth service is away.
    if service.settings.auth_url is None:
        return None
    url = f"{service.settings.auth_url.rstrip('/')}/health"
    return {"ok": await asyncio.to_thread(is_well, url, TIMEOUT_S), "optional": True}
