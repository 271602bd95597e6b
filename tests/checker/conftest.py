from __future__ import annotations

import pytest


@pytest.fixture
def large_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that holds so much that a value could be large: keys are measured before they are read."""
    monkeypatch.setattr("checker.redis_scan.SMALL_SERVER_BYTES", 0)
    monkeypatch.setattr("checker.redis_elements.LARGE_BYTES", 64 * 1024)


@pytest.fixture(params=["small", "large"])
def any_server(request: pytest.FixtureRequest) -> None:
    if request.param == "large":
        request.getfixturevalue("large_server")
