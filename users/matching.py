"""Which open request a frame belongs to, in the ways that a profile can name: the memory that this takes.

By an id of ours, by the service's own, by content, by kind, or strictly in order. No sockets here, and nothing is done
to a request but that it is given up when no reply can be told to be its own any more.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from config.messages import Operation
from evidence.marks import Sighted
from evidence.requests import Request, RequestBook
from users.composing import content_alias
from users.run import NodeRun
from users.settling import Settling

_HELD = 64  # frames with a service's id that no acknowledgement has taught yet


@dataclass(frozen=True, slots=True)
class HeldFrame:
    """A frame that came before the acknowledgement which says whose it is."""

    document: object
    kind: str
    text: str
    arrived_s: float


class Matching:
    """Finds whom a frame answers, for one session.

    Args:
        run: the run.
        book: the session's requests.
        settling: ends those that can't be told apart any more.

    Attributes:
        out_of_step: set when replies come strictly in order and one of them was lost: what arrives on this connection
            can't be attributed any more.
    """

    def __init__(self, run: NodeRun, book: RequestBook, settling: Settling) -> None:
        self._run = run
        self._book = book
        self._settling = settling
        self._reader = run.reader
        self._frames = run.profile.frames
        self._refusal = run.profile.refusal
        self._held: dict[str, list[HeldFrame]] = {}
        self._subscriptions: dict[str, str] = {}
        self.out_of_step = False

    def reconnected(self) -> int:
        """Begins anew on a fresh connection: nothing of the one before is awaited by number or in order any more.

        Returns:
            How many frames were held and are nobody's now.
        """
        self.out_of_step = False
        self._book.forget_aliases()
        self._subscriptions.clear()
        left = sum(map(len, self._held.values()))
        self._held.clear()
        return left

    def find(self, document: object, kind: str, own: Sequence[Sighted]) -> Request | None:
        """Returns the open request that a frame belongs to, or None.

        Args:
            document: the frame.
            kind: its kind.
            own: the tenant's own marks in it.
        """
        reader, book = self._reader, self._book
        ids = reader.ids(document)
        for value in (*ids, *reader.server_ids(document)):
            if (request := book.get(value)) is not None:
                return None if self._is_push(kind, request) else request
        for found in own:
            alias = content_alias(found.mark.kind, found.mark.sequence)
            if (request := book.get(alias)) is not None and self._may_take(request, document, kind):
                return request
        if ids or kind in self._frames.pushes:
            return None
        return self._find_without_id(document, kind)

    def lose_step(self, now_s: float, reason: str) -> None:
        """Where replies come in order, one that is lost makes all after it unknown: none may end the wrong request."""
        for request in self._book:
            if request.reply_by == "order":
                self.out_of_step = True
                self._settling.unknown(request, now_s, reason)

    def subscribed(self, operation: str, names: Sequence[str]) -> None:
        """Notes by which operation was subscribed what comes under these names."""
        self._subscriptions |= dict.fromkeys(names, operation)

    def subscription_of(self, document: object) -> str:
        """Returns the operation by which was subscribed what a frame brings; empty if it names no subscription."""
        if not self._subscriptions:
            return ""
        ids = (*self._reader.ids(document), *self._reader.server_ids(document))
        return next((self._subscriptions[value] for value in ids if value in self._subscriptions), "")

    def hold(self, alias: str, frame: HeldFrame) -> bool:
        """Keeps a frame that may have overtaken the acknowledgement which teaches its id; returns whether it did."""
        awaited = any(request.reply_by == "server_id" and not request.acknowledged for request in self._book)
        if not awaited or sum(map(len, self._held.values())) >= _HELD:
            return False
        self._held.setdefault(alias, []).append(frame)
        return True

    def known_as(self, request: Request, operation: Operation, alias: str) -> list[HeldFrame]:
        """Has a request known by the service's own id for it; returns the frames that overtook this."""
        if operation.subscribes:
            self._subscriptions[alias] = request.operation
        self._book.add_alias(request, alias)
        return self._held.pop(alias, [])

    def _find_without_id(self, document: object, kind: str) -> Request | None:
        """By acknowledgement in order, strictly in order, or by kind; the oldest first."""
        refuses = self._reader.refuses(document, kind)
        for request in self._book:
            operation = self._run.profile.operation(request.operation)
            if operation is None:
                continue
            if request.reply_by == "server_id" and not request.acknowledged and kind in operation.acknowledged:
                return request
            if request.reply_by == "order":
                if self.out_of_step:
                    return None
                if self._may_take(request, document, kind):
                    return request
                self.lose_step(time.perf_counter(), f"a {kind[:40]} frame can't be the reply to {request.operation}")
                return None
            if request.reply_by == "kind" and self._reader.may_reply(kind, operation) and not refuses:
                return request
        if refuses:
            return self._refused_without_id()
        return None

    def _refused_without_id(self) -> Request | None:
        """Whom a refusal belongs to that names nobody: strictly as the profile says."""
        requests = list(self._book)
        if self._refusal.without_id == "oldest" or (self._refusal.without_id == "only" and len(requests) == 1):
            return requests[0] if requests else None
        self._run.exposures["refusals_without_id"] += 1
        return None

    def _may_take(self, request: Request, document: object, kind: str) -> bool:
        operation = self._run.profile.operation(request.operation)
        if operation is None:
            return False
        return self._reader.may_reply(kind, operation) or self._reader.refuses(document, kind, operation)

    def _is_push(self, kind: str, request: Request) -> bool:
        """Whether a frame with a request's id is none of its reply's: a push may overtake the reply that caused it."""
        operation = self._run.profile.operation(request.operation)
        if operation is None or self._reader.may_reply(kind, operation):
            return False
        return kind in self._frames.pushes or (operation.subscribes and kind not in self._refusal.type)
