"""Locust's web page, used as a browser uses it."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from tests.end_to_end.stack import HOST
from tests.waiting import until

TIMEOUT_S = 5.0


class WebPage:
    """The page of a ``locust`` process that listens at ``port``."""

    def __init__(self, port: int) -> None:
        self._base = f"http://{HOST}:{port}"

    def get(self, path: str) -> tuple[str, str]:
        """The address that redirects led to, and the body."""
        with urllib.request.urlopen(self._base + path, timeout=TIMEOUT_S) as answer:
            return answer.geturl(), answer.read().decode()

    def status(self, path: str) -> int:
        """The HTTP status of an address."""
        try:
            with urllib.request.urlopen(self._base + path, timeout=TIMEOUT_S) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def statistics(self) -> dict[str, Any]:
        """What the page asks for every two seconds; empty while nobody listens yet."""
        try:
            found: dict[str, Any] = json.loads(self.get("/stats/requests")[1])
        except urllib.error.HTTPError:
            raise
        except (urllib.error.URLError, ConnectionError):
            return {}
        return found

    def wait_for_workers(self, count: int) -> None:
        """Return when so many workers are connected."""
        until(lambda: len(self.statistics().get("workers", [])) == count, f"{count} workers are there")

    def start(self, users: int) -> None:
        """Press "Start"."""
        until(self.statistics, "the page is there")
        self._post("/swarm", {"user_count": users, "spawn_rate": users})

    def stop(self) -> None:
        """Press "Stop"."""
        self._post("/stop", {})

    def rows(self) -> dict[str, str]:
        """The rows of the tab "Isolation"."""
        tables = {table["key"]: table["data"] for table in self.statistics()["extended_stats"]}
        return {row["what"]: row["value"] for row in tables["isolation"]}

    def requests(self) -> int:
        """How many requests of tenants Locust has counted, whatever their end."""
        return sum(entry["num_requests"] for entry in self.statistics()["stats"] if entry["method"] == "reply")

    def _post(self, path: str, fields: dict[str, object]) -> None:
        data = urllib.parse.urlencode(fields).encode()
        with urllib.request.urlopen(self._base + path, data=data, timeout=TIMEOUT_S) as answer:
            assert json.loads(answer.read())["success"]
