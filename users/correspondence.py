"""What is said on one session: composing requests, matching replies, settling what they cost.

No sockets here: ``users.session`` brings frames and takes what is to be sent. Times are on the ``perf_counter`` line.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TypeGuard

import orjson

from config.messages import Operation
from config.profile import ATTEMPT, MADE_UP
from config.template import fill, placeholders
from evidence.account import Violation
from evidence.answers import shape_of
from evidence.findings import Severity, Sighting
from evidence.marks import MarkKind
from evidence.oracle import Inspection
from evidence.paths import dig, first
from evidence.records import IdLearnt, RequestEnded
from evidence.requests import Outcome, Request, RequestBook
from users.opening import Opening
from users.run import NodeRun
from users.tenant import Tenant

_EXACT = 1 << 53
_INTRUDING = (ATTEMPT, MADE_UP)
_PROMPTS = (
    "Summarise what you know about order {canary}.",
    "What is the status of ticket {canary}?",
    "Please draft a note to the customer of case {canary}.",
    "Compare last week's figures with those of report {canary}.",
)


class RequestUnanswered(Exception):
    """How a request of unknown end shows in Locust's failures; the text is the reason, without ids."""


class RequestRefused(Exception):
    """How a refusal that was not due shows in Locust's failures; the text is the refusal's code."""


class Correspondence:
    """Requests and replies of one session.

    Args:
        run: the run.
        tenant: whose session it is.
        ordinal: the session's number within the tenant.
        on_change: called whenever a request has ended or the session has become ready.
    """

    def __init__(self, run: NodeRun, tenant: Tenant, ordinal: int, on_change: Callable[[], None]) -> None:
        self._run = run
        self._tenant = tenant
        self._ordinal = ordinal
        self._on_change = on_change
        self.book = RequestBook()
        self.learnt: dict[str, str] = {}
        self.event_id: str | None = None
        self.opening = Opening(None, None)
        self._frames = run.profile.frames
        self._refusal = run.profile.refusal
        self._name = f"{ordinal} of tenant {tenant.number}"

    def compose(
        self, name: str, operation: Operation, intended_s: float, extra: Mapping[str, object]
    ) -> tuple[Request, bytes]:
        """Opens a request and returns it with the frame to send; ``extra`` fills further placeholders.

        Raises:
            PlaceholderUnknown: the profile's template names a placeholder that nobody fills.
        """
        tenant, now_s = self._tenant, time.perf_counter()
        sequence = tenant.next_sequence()
        values: dict[str, object] = {
            **dict.fromkeys(self._frames.learn),
            **self.learnt,
            "message_id": tenant.message_id(sequence),
            "test_id": tenant.test_id(sequence),
            **tenant.identity.placeholders,
            "event_id": self.event_id,
            **extra,
        }
        used = placeholders(operation.send)
        canaries: list[int] = []
        if "prompt" in used:
            canaries.append(sequence)
            values["prompt"] = _PROMPTS[sequence % len(_PROMPTS)].format(canary=tenant.prompt_canary(sequence))
        if "state_canary" in used:
            values["state_canary"] = tenant.next_state_canary()
        request_id = f"{name} {sequence}"
        for key in ("message_id", "test_id"):
            if key in used:
                request_id = str(values[key])
        frame = orjson.dumps(fill(operation.send, values))
        request = Request(
            request_id=request_id,
            sequence=sequence,
            operation=name,
            session=self._ordinal,
            cost=operation.cost,
            intended_s=intended_s,
            sent_s=now_s,
            deadline_s=now_s + self._run.profile.target.reply_timeout_s,
            resumable=operation.resumable,
            canaries=canaries,
        )
        if len(self.book):
            self._run.exposures["in_flight_overlaps"] += 1
        self.book.open(request)
        tenant.account.open(request_id, operation.cost)
        tenant.counts.sent += 1
        return request, frame

    def receive(self, text: str, arrived_s: float) -> None:
        """Takes a frame: inspects all of it, then gives it to the request it answers."""
        run, tenant = self._run, self._tenant
        tenant.counts.frames += 1
        run.exposures["frames"] += 1
        try:
            document: object = orjson.loads(text)
        except orjson.JSONDecodeError:
            document = None
        inspection = run.oracle.inspect(
            text, document, tenant=tenant.number, session=self._name, at_s=run.unix_s(arrived_s)
        )
        tenant.counts.inspected += 1
        for sighting in inspection.sightings:
            run.sight(sighting)
        for thing, value in inspection.learnt:
            run.record(IdLearnt(tenant.number, thing, value))
        if document is None:
            tenant.counts.unmatched += 1
            return
        self._dispatch(document, inspection, arrived_s, len(text))

    def begin(self) -> None:
        """Begins a connection: nothing but what opens the session may be said until ``opening`` is open."""
        self.opening = Opening(self._run.profile.auth.frame, self._frames.ready)

    def compose_login(self, values: Mapping[str, object]) -> bytes:
        """Returns the frame in which the tenant says who it is; ``values`` holds the token."""
        frame = self._run.profile.auth.frame
        assert frame is not None  # nobody owes a frame that the profile has not
        self.opening.said()
        return orjson.dumps(fill(frame.send, values))

    def look_at(self, text: str) -> None:
        """Inspects text that is no frame: what the target says when it refuses a connection."""
        place = f"{self._name}, at its refusal"
        at_s = self._run.unix_s(time.perf_counter())
        inspection = self._run.oracle.inspect(text, None, tenant=self._tenant.number, session=place, at_s=at_s)
        for sighting in inspection.sightings:
            self._run.sight(sighting)

    def end(
        self,
        request: Request,
        outcome: Outcome,
        at_s: float,
        reason: str = "",
        *,
        expected: bool = False,
        charged: int = 0,
        length: int = 0,
    ) -> None:
        """Ends a request, once: counts it, writes it down and tells Locust."""
        if not self.book.end(request, outcome, at_s, reason):
            return
        counts = self._tenant.counts
        error: Exception | None = None
        if outcome is Outcome.ANSWERED:
            counts.answered += 1
            self._run.exposures["replies"] += 1
        elif outcome is Outcome.REFUSED:
            counts.refused += 1
            error = None if expected else RequestRefused(reason)
        else:
            counts.unknown += 1
            self._tenant.account.lost(request.request_id)
            error = RequestUnanswered(reason)
        self._write_down(request, outcome, reason, expected or outcome is Outcome.ANSWERED, charged)
        ms = None if outcome is Outcome.UNKNOWN else (at_s - request.sent_s) * 1000
        self._run.report("reply", request.operation, ms, length, error=error)
        if ms is not None:
            self._run.report("intended", request.operation, (at_s - request.intended_s) * 1000)
        if outcome is Outcome.ANSWERED:
            self._run.hooks.reply_received.fire(tenant=self._tenant.number, session=self._ordinal, request=request)
        self._on_change()

    def expire(self, now_s: float) -> None:
        """Gives up requests whose deadline has passed."""
        for request in self.book.overdue(now_s):
            self.end(request, Outcome.UNKNOWN, now_s, "timed out")

    def abandon(self, reason: str, *, keep_resumable: bool = False) -> None:
        """Ends what is open as unknown; ``keep_resumable`` leaves what a resume may still bring."""
        now_s = time.perf_counter()
        for request in self.book:
            if not (keep_resumable and request.resumable):
                self.end(request, Outcome.UNKNOWN, now_s, reason)

    def _dispatch(self, document: object, inspection: Inspection, arrived_s: float, length: int) -> None:
        kind = str(first(document, self._frames.type))
        if self._frames.event_id is not None:
            event_id = first(document, self._frames.event_id)
            self.event_id = self.event_id if event_id is None else str(event_id)
        if kind == self._frames.ready:
            self._learn(document)
        if self.opening.hear(kind, document):
            self._on_change()
        request = self._find(document, kind)
        if request is None:
            self._take_unmatched(document, kind, arrived_s)
            return
        operation = self._run.profile.operation(request.operation)
        if operation is None:
            raise KeyError(f"the profile has no operation {request.operation!r}, yet it was sent")
        request.own_marks += sum(
            1
            for found in inspection.own
            if found.mark.kind > MarkKind.PROMPT
            or (found.mark.kind is MarkKind.PROMPT and found.mark.sequence not in request.canaries)
        )
        request.foreign_marks += sum(1 for sighting in inspection.sightings if sighting.severity is Severity.LEAK)
        if request.operation.startswith(_INTRUDING) and kind in (self._refusal.type, *operation.ends):
            code = first(document, self._refusal.code) if kind == self._refusal.type else None
            request.answer = shape_of(document, code)
        if kind == self._refusal.type:
            self._take_refusal(request, document, arrived_s, length)
            return
        since_ms = (arrived_s - request.sent_s) * 1000
        if not request.events:
            self._run.report("first", request.operation, since_ms)
        request.events.append((kind, arrived_s))
        if operation.events:
            # Only declared types may name a statistic: what else the target sends could hold anything, ids included.
            declared = kind in operation.events or kind in operation.ends
            self._run.report("event", f"{request.operation}: {kind[:40] if declared else 'other'}", since_ms)
        if kind in operation.ends:
            self._learn(document)
            charged = self._charged(document, operation.cost)
            violations = self._tenant.account.answered(request.request_id, charged, self._amounts(document))
            self.end(request, Outcome.ANSWERED, arrived_s, charged=charged, length=length)
            self._sight_all(violations, request)

    def _take_refusal(self, request: Request, document: object, arrived_s: float, length: int) -> None:
        code = str(first(document, self._refusal.code))[:60]
        request.events.append((self._refusal.type, arrived_s))
        if code in self._refusal.budget:
            self._tenant.refusals_seen += 1
            violations = self._tenant.account.refused_for_budget(request.request_id, self._amounts(document))
            self.end(request, Outcome.REFUSED, arrived_s, code, expected=not violations, length=length)
            self._sight_all(violations, request)
        else:
            if code in self._refusal.free:
                self._tenant.account.refused(request.request_id)
            else:
                self._tenant.account.lost(request.request_id)  # an error of the target's may follow a charge
            due = request.operation.startswith(_INTRUDING) and code not in self._refusal.broken
            self.end(request, Outcome.REFUSED, arrived_s, code, expected=due, length=length)

    def _take_unmatched(self, document: object, kind: str, arrived_s: float) -> None:
        """A frame that answers nothing open: a push, a duplicate, an answer that came after we gave up, or a stray."""
        counts = self._tenant.counts
        for value in self._ids(document):
            ended = self.book.ended(value)
            if ended is Outcome.UNKNOWN:
                self._take_late(value, document, kind, arrived_s)
                return
            if ended is not None:
                counts.duplicates += 1
                return
        if kind in self._frames.pushes:
            if kind != self._frames.ready:
                counts.unsolicited += 1
                self._run.exposures["unsolicited"] += 1
            return
        counts.unmatched += 1

    def _take_late(self, request_id: str, document: object, kind: str, arrived_s: float) -> None:
        """A frame of a reply that was given up: the final one settles the account; the request stays unknown."""
        request = self.book.given_up(request_id)
        operation = self._run.profile.operation(request.operation) if request is not None else None
        if request is None or operation is None:
            return
        if kind in operation.ends:
            charged = self._charged(document, operation.cost)
            violations = self._tenant.account.answered(request_id, charged, self._amounts(document))
            outcome, reason = Outcome.ANSWERED, ""
        elif kind == self._refusal.type:
            reason = str(first(document, self._refusal.code))[:60]
            violations, outcome = [], Outcome.REFUSED
            if reason in self._refusal.free or reason in self._refusal.budget:
                self._tenant.account.refused(request_id)
        else:
            return
        self.book.settle_late(request_id)
        request.ended_s = arrived_s
        self._write_down(request, outcome, reason, True, charged if outcome is Outcome.ANSWERED else 0, late=True)
        self._sight_all(violations, request)

    def _ids(self, document: object) -> list[str]:
        """The request ids that a frame repeats."""
        values = (first(document, path) for path in self._frames.request_id)
        return [str(value) for value in values if value is not None]

    def _find(self, document: object, kind: str) -> Request | None:
        ids = self._ids(document)
        for value in ids:
            if (request := self.book.get(value)) is not None:
                return request
        if ids:
            return None
        # A protocol's ping has no id: its answer belongs to the oldest open request that ends with this type.
        for request in self.book:
            if request.request_id == f"{request.operation} {request.sequence}":
                operation = self._run.profile.operation(request.operation)
                if operation is not None and kind in operation.ends:
                    return request
        return None

    def _learn(self, document: object) -> None:
        for thing, path in self._frames.learn.items():
            value = first(document, path)
            if isinstance(value, (str, int)) and not isinstance(value, bool):
                self.learnt[thing] = str(value)

    def _charged(self, document: object, cost: int) -> int:
        charged = first(document, self._frames.charged) if self._frames.charged else None
        return charged if _is_amount(charged) else cost

    def _amounts(self, document: object) -> list[int]:
        amounts = [value for path in self._frames.budget for value in dig(document, path)]
        own = (None, self._tenant.number)  # an amount of somebody else's band is a finding of its own already
        return [value for value in amounts if _is_amount(value) and self._run.bands.owner(value) in own]

    def _sight_all(self, violations: list[Violation], request: Request) -> None:
        for violation in violations:
            self._run.sight(
                Sighting(
                    kind=violation.kind,
                    owner=self._tenant.number,
                    recipient=None,
                    place=f"reply to {request.operation} {request.sequence} on session {self._name}",
                    group=f"reply to {request.operation}",
                    at_s=self._run.unix_s(request.ended_s),
                    detail=violation.detail,
                )
            )

    def _write_down(
        self, request: Request, outcome: Outcome, reason: str, expected: bool, charged: int, *, late: bool = False
    ) -> None:
        first_s = request.first_s
        self._run.record(
            RequestEnded(
                tenant=self._tenant.number,
                session=self._ordinal,
                sequence=request.sequence,
                operation=request.operation,
                outcome=str(outcome),
                sent_at_s=round(self._run.unix_s(request.sent_s), 6),
                late_ms=round((request.sent_s - request.intended_s) * 1000, 3),
                reason=reason,
                expected=expected,
                first_ms=None if first_s is None else round((first_s - request.sent_s) * 1000, 3),
                reply_ms=None if outcome is Outcome.UNKNOWN else round((request.ended_s - request.sent_s) * 1000, 3),
                events=[[kind, round((at_s - request.sent_s) * 1000, 3)] for kind, at_s in request.events],
                frames=len(request.events),
                charged=charged,
                canaries=request.canaries,
                own_marks=request.own_marks,
                late_answer=late,
                ended_at_s=round(self._run.unix_s(request.ended_s), 6),
            )
        )


def _is_amount(value: object) -> TypeGuard[int]:
    """Whether a value can be an amount in units: a whole number that JSON holds exactly."""
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _EXACT
