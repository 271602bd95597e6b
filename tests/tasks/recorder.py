"""A tenant that writes down what tasks make it do."""

from __future__ import annotations

import random
from collections.abc import Mapping
from types import MappingProxyType

from evidence.requests import Outcome, Request


class Recorder:
    """A speaker: ``said`` is what it did, in order; ``ends`` is how its requests end, None for not at all."""

    def __init__(self, ends: Outcome | None = Outcome.ANSWERED, *, connected: bool = True, sessions: int = 1) -> None:
        self.random = random.Random(1)
        self.said: list[tuple[object, ...]] = []
        self.extras: list[Mapping[str, object]] = []
        self.ends = ends
        self.reason = ""
        self.crowded = 0
        self.connected = connected
        self._sessions = sessions

    @property
    def sessions(self) -> int:
        return self._sessions

    @property
    def drop_after_ms(self) -> tuple[float, float]:
        return 10.0, 30.0

    @property
    def repeats(self) -> int:
        return 7

    def may_say_too_much(self, name: str) -> bool:
        self.said.append(("may say too much", name))
        return self.ends is not None

    def draw_loudness(self) -> int:
        return 3

    def wait_for_burst(self) -> None:
        self.said.append(("burst",))

    def ask(
        self,
        name: str,
        *,
        session: int | None = None,
        extra: Mapping[str, object] = MappingProxyType({}),
        crowding: bool = False,
    ) -> Request | None:
        self.crowded += crowding
        self.said.append(("ask", name) if session is None else ("ask", name, session))
        self.extras.append(extra)
        if not self.connected:
            return None
        number = len(self.said)
        return Request(f"m{number}", number, name, session or self._sessions - 1, 0, 0.0, 0.0, 1.0)

    def wait(self, request: Request) -> bool:
        self.said.append(("wait", request.operation))
        request.outcome, request.reason = self.ends, self.reason
        return self.ends is not None

    def pause(self, low_ms: float, high_ms: float) -> None:
        self.said.append(("pause", low_ms, high_ms))

    def drop(self, session: int) -> None:
        self.said.append(("drop", session))

    def leave(self, session: int) -> None:
        self.said.append(("leave", session))

    def reopen(self, session: int, *, resume: bool) -> None:
        self.said.append(("reopen", session, resume))

    def as_victim(self) -> dict[str, object]:
        return {"victim_tenant": "the neighbour"}


class Player:
    """A user that plays a recorder."""

    def __init__(self, presence: Recorder | None) -> None:
        self._presence = presence

    @property
    def presence(self) -> Recorder | None:
        return self._presence
