"""What is meant for the people who run the service and is shown to its tenants."""

from __future__ import annotations

import base64
from typing import Any
from uuid import UUID

import orjson
from starlette.websockets import WebSocket

from target.defects.around import EventsAround, RecordsAround, ScopeAround
from target.defects.defect import Defect
from target.defects.dice import Dice
from target.defects.last_tenant import LastOf
from target.event_stream import EventStream
from target.records import Background, Chat, Records
from target.scope import Scope
from target.seams import Foundations

ERROR_CHARACTERS = 300
REASON_BYTES = 123  # RFC 6455: a control frame's payload is at most 125 bytes, two of them the code
TRACED = "tool_completed"


class _Breadcrumbs(Defect):
    """Keeps the last request's text for error reports, in one place for the whole process."""

    def __init__(self, dice: Dice, stores: Foundations) -> None:
        super().__init__(dice, stores)
        self.last = LastOf[str]()

    def records(self, honest: Records) -> Records:
        return _LeavingBreadcrumbs(honest, self)


class _LeavingBreadcrumbs(RecordsAround):
    def __init__(self, inner: Records, defect: _Breadcrumbs) -> None:
        super().__init__(inner)
        self._defect = defect

    async def accept_chat(self, chat: Chat, cost: int) -> Background:
        self._defect.last.leave(chat.user_id, chat.content)
        return await super().accept_chat(chat, cost)


class TextInError(_Breadcrumbs):
    """An error's message quotes the last request's text."""

    name = "text-in-error"

    def scope(self, honest: Scope) -> Scope:
        return _QuotingScope(honest, self)


class _QuotingScope(ScopeAround):
    def __init__(self, inner: Scope, defect: TextInError) -> None:
        super().__init__(inner)
        self._defect = defect

    def reply(self, frame: dict[str, Any]) -> None:
        text = self._defect.last.of_another(self.session.user_id)
        if frame["type"] == "error" and text is not None and self._defect.dice.strikes():
            frame = {**frame, "message": f"{frame['message']} (last request: {text[:ERROR_CHARACTERS]})"}
        super().reply(frame)


class CloseReasonText(_Breadcrumbs):
    """The reason of a close is the last error report's text."""

    name = "close-reason-text"

    def socket(self, honest: WebSocket) -> WebSocket:
        return _TalkativeSocket(honest, self)


class _TalkativeSocket(WebSocket):
    def __init__(self, inner: WebSocket, defect: CloseReasonText) -> None:
        super().__init__(inner.scope, inner._receive, inner._send)
        self._defect = defect
        self._user_id = UUID(int=0)  # of no tenant: whoever is closed may be told anybody's text

    async def close(self, code: int = 1000, reason: str | None = None) -> None:
        text = self._defect.last.of_another(self._user_id)
        if text is not None and self._defect.dice.strikes():
            cut = f"{text} ({reason})".encode()[:REASON_BYTES]
            reason = cut.decode(errors="ignore")
        await super().close(code, reason)


class DebugTrace(Defect):
    """Events carry a trace for debugging; its buffer is the process's."""

    name = "debug-trace"

    def __init__(self, dice: Dice, stores: Foundations) -> None:
        super().__init__(dice, stores)
        self.last = LastOf[dict[str, Any]]()

    def events(self, honest: EventStream) -> EventStream:
        return _TracingEvents(honest, self)

    def shown(self, trace: dict[str, Any]) -> Any:
        """How a trace is put into an event."""
        return trace


class EncodedTrace(DebugTrace):
    """The same trace, in base64, as tokens and cursors are."""

    name = "encoded-trace"

    def shown(self, trace: dict[str, Any]) -> Any:
        return base64.b64encode(orjson.dumps(trace)).decode()


class _TracingEvents(EventsAround):
    def __init__(self, inner: EventStream, defect: DebugTrace) -> None:
        super().__init__(inner)
        self._defect = defect

    async def emit(self, user_id: UUID, session_id: UUID, event: dict[str, Any]) -> None:
        if event["type"] == TRACED:
            trace = self._defect.last.of_another(user_id)
            self._defect.last.leave(user_id, event)
            if trace is not None and self._defect.dice.strikes(UUID(trace["user_id"])):
                event = {**event, "trace": self._defect.shown(trace)}
        await super().emit(user_id, session_id, event)


DEFECTS: tuple[type[Defect], ...] = (TextInError, CloseReasonText, DebugTrace, EncodedTrace)
