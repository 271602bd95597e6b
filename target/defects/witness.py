"""Writes down every strike of a defect and whom it concerned: the truth that a detector can be measured against.

One JSON object a line: ``{"at_s", "defect", "asker", "tenants"}``. ``asker`` is the tenant whose request was being
served, null if it was none's; ``tenants`` are those that the defect itself knows to be concerned.
"""

from __future__ import annotations

import json
import os
import time
from contextvars import ContextVar
from pathlib import Path
from uuid import UUID

from target.scope import Scope
from target.seams import Seams


class Witness:
    """Appends to ``path``; several processes may write to one file, since every line is one write."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._asking: ContextVar[UUID | None] = ContextVar("asking", default=None)

    def asks(self, user_id: UUID) -> None:
        """From now on this task, and those that it starts, serve a request of the tenant."""
        self._asking.set(user_id)

    def struck(self, defect: str, *tenants: UUID) -> None:
        """Write down a strike."""
        asker = self._asking.get()
        line = {
            "at_s": time.time(),
            "defect": defect,
            "asker": str(asker) if asker else None,
            "tenants": [str(tenant) for tenant in tenants],
        }
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, json.dumps(line).encode() + b"\n")
        finally:
            os.close(descriptor)


class Witnessed(Seams):
    """Changes nothing, and tells the witness who asks."""

    def __init__(self, witness: Witness) -> None:
        self._witness = witness

    def scope(self, honest: Scope) -> Scope:
        self._witness.asks(honest.user_id)
        return honest
