"""What is said and heard between the upgrade and the first request. No sockets here."""

from __future__ import annotations

from collections.abc import Mapping

from config.auth import OpeningFrame
from evidence.paths import dig


class Opening:
    """Follows one connection from the upgrade until the session may be used.

    The target greets (if it does), the tenant says who it is (if that is said in a frame), the target accepts or
    refuses, and the frame that makes the session ready arrives (if there is one).

    Args:
        frame: what is said; None if the upgrade says it all.
        ready: type of the frame that makes the session ready; None if there is none.

    Attributes:
        refused: why the target would not have the tenant; empty as long as it has not said so.
    """

    def __init__(self, frame: OpeningFrame | None, ready: str | None) -> None:
        self._frame = frame
        self._ready = ready
        self._awaits_greeting = frame is not None and bool(frame.after)
        self._owes_frame = frame is not None
        self._awaits_answer = frame is not None
        self._awaits_ready = ready is not None
        self.refused = ""

    @property
    def is_open(self) -> bool:
        """Whether the session may be used."""
        return not (self._awaits_answer or self._awaits_ready or self.refused)

    @property
    def owes_frame(self) -> bool:
        """Whether it is time to say who one is."""
        return self._owes_frame and not self._awaits_greeting

    @property
    def awaits_answer(self) -> bool:
        """Whether the tenant has not been let in yet, after a greeting or a frame of its own."""
        return self._awaits_answer

    @property
    def missing(self) -> str:
        """What has not arrived yet, in a few words."""
        if self._frame is not None and self._awaits_greeting:
            return f"no {' or '.join(self._frame.after)} frame after the upgrade"
        if self._frame is not None and self._awaits_answer:
            return f"no {' or '.join(self._frame.accepted)} frame after the login"
        return f"no {self._ready} frame after the upgrade"

    def said(self) -> None:
        """Notes that the tenant has said who it is."""
        self._owes_frame = False

    def hear(self, kind: str, document: object) -> bool:
        """Takes a frame; returns whether it changed anything."""
        before = (self._awaits_greeting, self._awaits_answer, self._awaits_ready, self.refused)
        frame = self._frame
        if frame is not None and self._awaits_greeting:
            self._awaits_greeting = kind not in frame.after
        elif frame is not None and self._awaits_answer and not self._owes_frame:
            if kind in frame.accepted and _holds(document, frame.accepted_where):
                self._awaits_answer = False
            elif kind in frame.refused and _holds(document, frame.refused_where):
                self.refused = f"the login was answered with the frame {kind[:40]}"
        if kind == self._ready:
            self._awaits_ready = False
        return before != (self._awaits_greeting, self._awaits_answer, self._awaits_ready, self.refused)


def _holds(document: object, wanted: Mapping[str, object]) -> bool:
    return all(value in dig(document, path) for path, value in wanted.items())
