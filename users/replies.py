"""What a frame does to the request that it answers, and what becomes of one that answers none that is open."""

from __future__ import annotations

from config.messages import Operation
from config.profile import ATTEMPT, MADE_UP
from evidence.answers import shape_of
from evidence.records import PUSHED_OWN, SUBSCRIBED_OWN, UNMATCHED
from evidence.requests import Outcome, Request, RequestBook
from users.composing import Composer
from users.matching import HeldFrame, Matching
from users.run import NodeRun
from users.settling import Settling
from users.tenant import Tenant

_INTRUDING = (ATTEMPT, MADE_UP)
_KINDS = 8  # so many kinds of frames that fit nothing are told apart: the target may put anything where a kind stands
_KIND_LENGTH = 40


class Replies:
    """Takes the frames of one session.

    Args:
        run: the run.
        tenant: whose session it is.
        book: the session's requests.
        matching: says what else a frame may belong to.
        settling: ends requests.
        composer: is told the ids that replies hand out, for what is said later.
    """

    def __init__(
        self, run: NodeRun, tenant: Tenant, book: RequestBook, matching: Matching, settling: Settling,
        composer: Composer,
    ) -> None:  # fmt: skip
        self._run = run
        self._tenant = tenant
        self._book = book
        self._matching = matching
        self._settling = settling
        self._composer = composer
        self._reader = run.reader
        self._frames = run.profile.frames

    def take(self, request: Request, document: object, kind: str, text: str, arrived_s: float) -> None:
        """Gives a frame to the open request it belongs to.

        Raises:
            KeyError: the profile has no such operation.
        """
        reader, operation = self._reader, self._run.profile.operation(request.operation)
        if operation is None:
            raise KeyError(f"the profile has no operation {request.operation!r}, yet it was sent")
        refuses = reader.refuses(document, kind, operation)
        code = reader.code(document, text, self._tenant.conceal_said) if refuses else None
        if request.operation.startswith(_INTRUDING) and (refuses or kind in operation.ends):
            request.answer = self._tenant.conceal(shape_of(document, code))
        if code is not None:
            request.told_something = kind in operation.kinds and reader.tells(document, operation)
            request.events.append((kind, arrived_s))
            self._settling.refused(request, code, reader.amounts(document), arrived_s, len(text))
            return
        since_ms = (arrived_s - request.sent_s) * 1000
        if not request.events:
            self._run.report("first", request.operation, since_ms)
        request.events.append((kind, arrived_s))
        if operation.events:
            # Only declared types may name a statistic: what else the target sends could hold anything, ids included.
            declared = kind in operation.kinds
            self._run.report("event", f"{request.operation}: {kind[:40] if declared else 'other'}", since_ms)
        if kind in operation.acknowledged:
            request.acknowledged = True
            self.learn(document, operation)
            self._know_by_server_ids(request, document, operation)
        elif reader.ends(document, kind, operation, len(request.events)):
            if operation.subscribes:
                self._matching.subscribed(request.operation, reader.server_ids(document))
            self._settle(request, document, operation)
            self._settling.answered(request, operation, arrived_s, len(text))
        elif kind in operation.settles:
            self._settle(request, document, operation)

    def take_unmatched(self, document: object, kind: str, text: str, arrived_s: float, *, shows_own: bool) -> None:
        """Takes what answers nothing open: a push, a duplicate, an answer after we gave up, or a stray.

        Args:
            document: the frame.
            kind: its kind.
            text: the same as text.
            arrived_s: when it arrived.
            shows_own: whether it shows content of the tenant's own.
        """
        counts, server_ids = self._tenant.counts, self._reader.server_ids(document)
        ids = (*self._reader.ids(document), *server_ids)
        subscription = self._matching.subscription_of(document)
        if subscription and not self._reader.refuses(document, kind):
            self._take_push(kind, shows_own)
            self._run.exposures[f"{SUBSCRIBED_OWN}{subscription}"] += shows_own
            return
        for value in ids:
            ended = self._book.ended(value)
            if ended is Outcome.UNKNOWN:
                if (request := self._book.given_up(value)) is not None:
                    self._settling.late(request, document, kind, text, arrived_s)
                return
            if ended is not None and kind not in self._frames.pushes:
                counts.duplicates += 1
                return
        if kind in self._frames.pushes:
            if kind != self._frames.ready:
                self._take_push(kind, shows_own)
            return
        if server_ids and self._matching.hold(server_ids[0], HeldFrame(document, kind, text, arrived_s)):
            return
        counts.unmatched += 1
        self._note_kind(kind)

    def _note_kind(self, kind: str) -> None:
        """Counts a frame that fits nothing by its kind, so that it can be said what the profile has to name."""
        exposures, name = self._run.exposures, f"{UNMATCHED}{self._tenant.conceal_said(kind)[:_KIND_LENGTH]}"
        if name in exposures or sum(other.startswith(UNMATCHED) for other in exposures) < _KINDS:
            exposures[name] += 1

    def learn(self, document: object, operation: Operation | None = None) -> None:
        """Keeps the ids that a frame hands out, for what is said later."""
        learn = self._frames.learn
        if operation is not None and operation.learn:
            learn = {**learn, **operation.learn}
        self._composer.learnt.update(self._reader.learnt(document, learn))

    def _settle(self, request: Request, document: object, operation: Operation) -> None:
        self.learn(document, operation)
        charged, amounts = self._reader.charged(document, operation), self._reader.amounts(document)
        request.charged = request.charged if charged is None else charged
        request.remaining = amounts or request.remaining

    def _know_by_server_ids(self, request: Request, document: object, operation: Operation) -> None:
        """The service's own id for a request is learnt; frames that overtook it are given to the request now."""
        for alias in self._reader.server_ids(document):
            for held in self._matching.known_as(request, operation, alias):
                if request.outcome is None:
                    self.take(request, held.document, held.kind, held.text, held.arrived_s)
                else:
                    self._tenant.counts.duplicates += 1

    def _take_push(self, kind: str, shows_own: bool) -> None:
        self._tenant.counts.unsolicited += 1
        self._run.exposures["unsolicited"] += 1
        if kind in self._frames.pushes_show_own:
            self._run.exposures[f"{PUSHED_OWN}{kind}"] += shows_own
