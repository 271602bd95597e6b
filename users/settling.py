"""Ending requests: the outcome is counted, the account settled, the evidence written, Locust told; each once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from config.messages import Operation
from config.profile import ATTEMPT, MADE_UP, TOO_LONG
from evidence.account import Violation
from evidence.findings import Sighting
from evidence.records import RequestEnded
from evidence.requests import Outcome, Request, RequestBook
from users.run import NodeRun
from users.tenant import Tenant


class RequestUnanswered(Exception):
    """How a request of unknown end shows in Locust's failures; the text is the reason, without ids."""


class RequestRefused(Exception):
    """How a refusal that was not due shows in Locust's failures; the text is the refusal's code."""


class Settling:
    """Ends the requests of one session.

    Args:
        run: the run.
        tenant: whose session it is.
        ordinal: the session's number within the tenant.
        book: where its requests stand.
        on_change: called whenever a request has ended.
    """

    def __init__(
        self, run: NodeRun, tenant: Tenant, ordinal: int, book: RequestBook, on_change: Callable[[], None]
    ) -> None:
        self._run = run
        self._tenant = tenant
        self._ordinal = ordinal
        self._book = book
        self._reader = run.reader
        self._on_change = on_change
        self._refusal = run.profile.refusal

    def open(self, request: Request) -> None:
        """Enters a request before it is sent. One that nothing is ever answered to ends with that."""
        if request.reply_by == "none":
            self._said(request)
            return
        if len(self._book):
            self._run.exposures["in_flight_overlaps"] += 1
        self._book.open(request)
        self._tenant.account.open(request.request_id, request.cost)
        self._tenant.counts.sent += 1

    def _said(self, request: Request) -> None:
        account = self._tenant.account
        account.open(request.request_id, request.cost)
        account.lost(request.request_id)  # nobody says whether it was charged
        request.outcome, request.ended_s = Outcome.SAID, request.sent_s
        self._run.exposures["said_without_reply"] += 1
        self._write_down(request, Outcome.SAID, "", True, 0)
        self._run.report("said", request.operation, None)

    def answered(self, request: Request, operation: Operation, at_s: float, length: int = 0) -> None:
        """Ends a request as answered; what its frames said it was charged and remains settles the account."""
        charged, violations = self._charge(request, operation, request.charged, request.remaining)
        self._end(request, Outcome.ANSWERED, at_s, charged=charged, length=length)
        self._sight_all(violations, request)

    def refused(self, request: Request, code: str, amounts: Sequence[int], at_s: float, length: int = 0) -> None:
        """Ends a request as refused; the code says what that means for the account."""
        account = self._tenant.account
        if code in self._refusal.budget:
            self._tenant.refusals_seen += 1
            violations = account.refused_for_budget(request.request_id, self._own(amounts))
            self._end(request, Outcome.REFUSED, at_s, code, expected=not violations, length=length)
            self._sight_all(violations, request)
            return
        if code in self._refusal.free:
            account.refused(request.request_id)
        else:
            account.lost(request.request_id)  # an error of the target's may follow a charge
        due = self._expects_refusal(request) and not self._refusal.is_failure(code)
        self._end(request, Outcome.REFUSED, at_s, code, expected=due, length=length)

    def _expects_refusal(self, request: Request) -> bool:
        if request.operation.startswith(TOO_LONG):
            operation = self._run.profile.operation(request.operation)
            limit = operation.text_limit if operation is not None else None
            return limit is not None and limit.beyond == "refused"
        return request.operation.startswith((ATTEMPT, MADE_UP))

    def _charge(
        self, request: Request, operation: Operation, told: int | None, amounts: Sequence[int]
    ) -> tuple[int, list[Violation]]:
        """Settles the account with an answer: what was charged, and what can't be explained."""
        if told is None and request.operation.startswith(TOO_LONG):
            self._tenant.account.lost(request.request_id)  # what is dropped or cut short may be cheaper, or free
            return 0, []
        charged = operation.cost if told is None else told
        return charged, self._tenant.account.answered(request.request_id, charged, self._own(amounts))

    def unknown(self, request: Request, at_s: float, reason: str) -> None:
        """Ends a request as unknown: it may have been done, and charged, or not."""
        self._end(request, Outcome.UNKNOWN, at_s, reason)

    def late(self, request: Request, document: object, kind: str, text: str, at_s: float) -> None:
        """Takes a frame of a reply that was given up: the final one settles the account; the request stays unknown."""
        operation = self._run.profile.operation(request.operation)
        if operation is None:
            return
        reader, account, charged = self._reader, self._tenant.account, 0
        violations: list[Violation] = []
        if reader.refuses(document, kind, operation):
            outcome, reason = Outcome.REFUSED, reader.code(document, text, self._tenant.conceal_said)
            if reason in self._refusal.free or reason in self._refusal.budget:
                account.refused(request.request_id)
        elif reader.ends(document, kind, operation, len(request.events) + 1):
            outcome, reason = Outcome.ANSWERED, ""
            told = reader.charged(document, operation)
            amounts = reader.amounts(document) or request.remaining
            charged, violations = self._charge(request, operation, request.charged if told is None else told, amounts)
        else:
            return
        self._book.settle_late(request.request_id)
        request.ended_s = at_s
        self._write_down(request, outcome, reason, True, charged, late=True)
        self._sight_all(violations, request)

    def _end(
        self, request: Request, outcome: Outcome, at_s: float, reason: str = "", *, expected: bool = False,
        charged: int = 0, length: int = 0,
    ) -> None:  # fmt: skip
        if not self._book.end(request, outcome, at_s, reason):
            return
        run, counts = self._run, self._tenant.counts
        error: Exception | None = None
        if outcome is Outcome.ANSWERED:
            counts.answered += 1
            run.exposures["replies"] += 1
        elif outcome is Outcome.REFUSED:
            counts.refused += 1
            error = None if expected else RequestRefused(reason)
        else:
            counts.unknown += 1
            self._tenant.account.lost(request.request_id)
            error = RequestUnanswered(reason)
        self._write_down(request, outcome, reason, expected or outcome is Outcome.ANSWERED, charged)
        ms = None if outcome is Outcome.UNKNOWN else (at_s - request.sent_s) * 1000
        run.report("reply", request.operation, ms, length, error=error)
        if ms is not None:
            run.report("intended", request.operation, (at_s - request.intended_s) * 1000)
        if outcome is Outcome.ANSWERED:
            run.hooks.reply_received.fire(tenant=self._tenant.number, session=self._ordinal, request=request)
        self._on_change()

    def _own(self, amounts: Sequence[int]) -> list[int]:
        own = (None, self._tenant.number)  # an amount of somebody else's band is a finding of its own already
        return [amount for amount in amounts if self._run.bands.owner(amount) in own]

    def _sight_all(self, violations: list[Violation], request: Request) -> None:
        for violation in violations:
            self._run.sight(
                Sighting(
                    kind=violation.kind,
                    owner=self._tenant.number,
                    recipient=None,
                    place=(
                        f"reply to {request.operation} {request.sequence} on session {self._ordinal} of tenant "
                        f"{self._tenant.number}"
                    ),
                    group=f"reply to {request.operation}",
                    at_s=self._run.unix_s(request.ended_s),
                    detail=violation.detail,
                )
            )

    def _write_down(
        self, request: Request, outcome: Outcome, reason: str, expected: bool, charged: int, *, late: bool = False
    ) -> None:
        first_s, replied = request.first_s, outcome in (Outcome.ANSWERED, Outcome.REFUSED)
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
                reply_ms=round((request.ended_s - request.sent_s) * 1000, 3) if replied else None,
                events=[[kind, round((at_s - request.sent_s) * 1000, 3)] for kind, at_s in request.events],
                frames=len(request.events),
                charged=charged,
                canaries=request.canaries,
                own_marks=request.own_marks,
                late_answer=late,
                ended_at_s=round(self._run.unix_s(request.ended_s), 6),
            )
        )
