"""What is said on one session: requests composed, frames inspected and given to the requests they answer.

No sockets here: ``users.session`` brings frames and takes what is to be sent. Times are on the ``perf_counter`` line.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable, Mapping

import orjson

from config.messages import Operation
from config.profile import ATTEMPT, MADE_UP
from config.template import fill, placeholders
from evidence.answers import shape_of
from evidence.findings import Severity
from evidence.marks import MarkKind
from evidence.oracle import Inspection
from evidence.paths import dig, first
from evidence.records import IdLearnt
from evidence.requests import Outcome, Request, RequestBook
from users.composing import Composer, content_alias
from users.dialects.base import Message
from users.dialects.choosing import dialect_of
from users.echoes import Echoes
from users.opening import Opening
from users.placing import names_said
from users.run import NodeRun
from users.settling import Settling
from users.tenant import Tenant

_HELD = 64  # frames with a service's id that no acknowledgement has taught yet
_INTRUDING = (ATTEMPT, MADE_UP)


class Correspondence:
    """Requests and replies of one session.

    Args:
        run: the run.
        tenant: whose session it is.
        ordinal: the session's number within the tenant.
        on_change: called whenever a request has ended or the session has become ready.

    Attributes:
        out_of_step: set when replies come strictly in order and one of them was lost: what arrives on this connection
            can't be attributed any more.
    """

    def __init__(self, run: NodeRun, tenant: Tenant, ordinal: int, on_change: Callable[[], None]) -> None:
        self._run = run
        self._tenant = tenant
        self._on_change = on_change
        self.book = RequestBook()
        self.opening = Opening(None, None)
        self.out_of_step = False
        self._frames = run.profile.frames
        self._refusal = run.profile.refusal
        self._reader = run.reader
        self._composer = Composer(run, tenant, ordinal)
        self._settling = Settling(run, tenant, ordinal, self.book, on_change)
        self._held: dict[str, list[tuple[object, str, str, float]]] = {}
        self._subscriptions: dict[str, str] = {}
        self._dialect = dialect_of(run.profile)
        self._echoes = Echoes()
        asked = [kind for answer in run.profile.frames.answers for kind in answer.to]
        self._own_kinds = frozenset((*run.profile.frames.housekeeping, *asked))
        self._name = f"{ordinal} of tenant {tenant.number}"

    @property
    def learnt(self) -> dict[str, str]:
        """The latest id of each thing that the target has handed out on this session."""
        return self._composer.learnt

    def compose(
        self, name: str, operation: Operation, intended_s: float, extra: Mapping[str, object]
    ) -> tuple[Request, Message]:
        """Opens a request and returns it with the frame to send; ``extra`` fills further placeholders.

        Raises:
            PlaceholderUnknown: the profile's template names a placeholder that nobody fills.
        """
        request, document = self._composer.compose(name, operation, intended_s, extra)
        if name.startswith(ATTEMPT):  # what was named in the message, and nothing else that is known of the other
            self._echoes.say({said: extra[said] for said in placeholders(operation.send) if said in extra})
        message = self._dialect.encode(document)
        self._settling.open(request)
        if operation.subscribes:
            self._subscriptions |= dict.fromkeys((request.request_id, *request.aliases), name)
        return request, message

    def receive(self, message: Message, arrived_s: float) -> list[Message]:
        """Takes a message: inspects all of it, then gives what it holds to the requests that are answered.

        Returns:
            What is to be said at once: answers to pings, to a greeting.
        """
        text = message if isinstance(message, str) else message.decode("utf-8", "replace")
        counts = self._tenant.counts
        counts.frames += 1
        self._run.exposures["frames"] += 1
        try:
            documents = list(self._dialect.decode(message))
        except Exception:  # an adapter may fail in any way: what it can't read is looked at all the same
            self._sight(self._inspect(text, None, arrived_s))
            counts.inspected += 1
            counts.unmatched += 1
            self._run.exposures["undecodable"] += 1
            self._lose_step(arrived_s, "a frame before its reply could not be read")
            return []
        said: list[Message] = []
        if len(documents) != 1:  # none of its parts is the message: it is looked at as a whole as well
            self._sight(self._inspect(text, None, arrived_s))
        for document in documents:
            part = text if len(documents) == 1 else orjson.dumps(document, default=str).decode("utf-8", "replace")
            kind = self._reader.kind(document)
            if self._turns_away(document, kind):
                echoless = self._echoes.out_of(document)
                inspection = self._inspect(self._echoes.out_of_text(part), echoless, arrived_s, kind)
            else:
                inspection = self._inspect(part, document, arrived_s, kind)
            said += self._dialect.answer(document)
            said += self._answers(document, kind)
            self._dispatch(document, kind, inspection, arrived_s, part)
        counts.inspected += 1
        return said

    def _turns_away(self, document: object, kind: str) -> bool:
        """Whether a frame refuses a request or a login, whosever."""
        login = self._run.profile.auth.frame
        return self._reader.refuses(document, kind) or (login is not None and kind in login.refused)

    def _inspect(self, text: str, document: object, arrived_s: float, kind: str = "") -> Inspection:
        run, tenant = self._run, self._tenant
        inspection = run.oracle.inspect(
            text, document, tenant=tenant.number, session=self._name, at_s=run.unix_s(arrived_s), kind=kind
        )
        self._note_learnt(inspection.learnt)
        return inspection

    def _note_learnt(self, learnt: Iterable[tuple[str, str]]) -> None:
        for thing, value in learnt:
            self._run.record(IdLearnt(self._tenant.number, thing, value))

    def _sight(self, inspection: Inspection, name: str = "") -> None:
        """Reports what a frame showed of others; of an operation that leaks by design, as known."""
        operation = self._run.profile.operation(name) if inspection.sightings and name else None
        for sighting in inspection.sightings:
            if operation is not None and operation.leaks_by_design is not None:
                group = f"reply to {name.rpartition(': ')[2]}"
                sighting = dataclasses.replace(sighting, severity=Severity.KNOWN, group=group)
            self._run.sight(sighting)

    def hear_close(self, reason: str, code: int | None, arrived_s: float) -> None:
        """Takes the end of the connection: its reason is inspected like a frame, its code may refuse a request."""
        if reason:
            self._tenant.counts.frames += 1
            self._run.exposures["frames"] += 1
            self._sight(self._inspect(reason, None, arrived_s, "close"))
            self._tenant.counts.inspected += 1
        requests = list(self.book)
        if code in self._refusal.closes and len(requests) == 1:
            self._settling.refused(requests[0], "closed", [], arrived_s, len(reason))

    def begin(self) -> list[Message]:
        """Begins a connection: nothing but what opens the session may be said until ``opening`` is open.

        Nothing of the connection before is awaited by number or in order any more.

        Returns:
            What the dialect says first.
        """
        login = self._run.profile.auth.frame
        self._dialect = dialect_of(self._run.profile)
        self.opening = Opening(login, self._frames.ready)
        self.out_of_step = False
        self._composer.reconnected()
        self.book.forget_aliases()
        self._subscriptions.clear()
        self._drop_held()
        return list(self._dialect.opening(login=login is not None))

    def introduces(self, values: Mapping[str, object]) -> None:
        """Notes as whom the tenant comes to a new connection, and with which token: perhaps to be turned away."""
        self._echoes.forget()
        self._composer.token = values.get("token")
        if values.get("tenant") != self._tenant.identity.json_name:
            self._echoes.say({name: values[name] for name in names_said(self._run.profile) if name in values})

    def compose_login(self, values: Mapping[str, object]) -> Message:
        """Returns the frame in which the tenant says who it is; ``values`` holds the token."""
        frame = self._run.profile.auth.frame
        assert frame is not None  # nobody owes a frame that the profile has not
        self.opening.said()
        return self._dialect.encode(fill(frame.send, values))

    @property
    def keep_alive_s(self) -> float | None:
        """How often something is said to be taken for alive, in seconds; None if that is not needed."""
        settings = self._frames.keep_alive
        return self._dialect.keep_alive_s if settings is None else settings.every_s

    def keep_alive(self) -> Message | None:
        """Returns what is said to be taken for alive."""
        settings = self._frames.keep_alive
        if settings is None:
            return self._dialect.keep_alive()
        return self._dialect.encode(fill(settings.send, self._composer.said_apart(settings.send)))

    def _answers(self, document: object, kind: str) -> list[Message]:
        """What the profile says at once to a frame of this kind."""
        said = []
        for answer in self._frames.answers:
            if kind in answer.to:
                taken = {name: first(document, path) for name, path in answer.take.items()}
                said.append(
                    self._dialect.encode(fill(answer.send, {**self._composer.said_apart(answer.send), **taken}))
                )
        return said

    def look_at(self, text: str) -> None:
        """Inspects text that is no frame: what the target says when it refuses a connection."""
        place = f"{self._name}, at its refusal"
        at_s = self._run.unix_s(time.perf_counter())
        unsaid = self._echoes.out_of_text(text)
        inspection = self._run.oracle.inspect(unsaid, None, tenant=self._tenant.number, session=place, at_s=at_s)
        for sighting in inspection.sightings:
            self._run.sight(sighting)

    def expire(self, now_s: float) -> None:
        """Ends replies that are over by silence, and gives up requests whose deadline has passed."""
        for request in self.book:
            operation = self._run.profile.operation(request.operation)
            silence_s = operation.ends_after_silence_s if operation is not None else None
            if operation is not None and silence_s is not None and request.events:
                last_s = request.events[-1][1]
                if now_s - last_s >= silence_s:
                    self._settling.answered(request, operation, last_s)
        for request in self.book.overdue(now_s):
            self._settling.unknown(request, now_s, "timed out")
            if request.reply_by == "order":
                self._lose_step(now_s, "a reply before its own was lost")

    def abandon(self, reason: str, *, keep_resumable: bool = False) -> None:
        """Ends what is open as unknown; ``keep_resumable`` leaves what a resume may still bring."""
        now_s = time.perf_counter()
        for request in self.book:
            if not (keep_resumable and request.resumable):
                self._settling.unknown(request, now_s, reason)

    def _dispatch(self, document: object, kind: str, inspection: Inspection, arrived_s: float, text: str) -> None:
        if (event_id := self._reader.event_id(document)) is not None:
            self._composer.event_id = event_id
        if kind == self._frames.ready:
            self._learn(document)
        heard = self.opening.hear(kind, document)
        if heard:
            self._on_change()
        request = None if kind in self._own_kinds else self._find(document, kind, inspection)
        if request is None:
            self._sight(inspection, self._subscription_of(document))
            if not heard and kind not in self._own_kinds:
                self._take_unmatched(
                    document,
                    kind,
                    text,
                    arrived_s,
                    shows_own=any(found.mark.kind >= MarkKind.PROMPT for found in inspection.own),
                )
            return
        self._sight(inspection, request.operation)
        self._learn_of(request, document, inspection, arrived_s)
        request.own_marks += sum(
            1
            for found in inspection.own
            if found.mark.kind > MarkKind.PROMPT
            or (found.mark.kind is MarkKind.PROMPT and found.mark.sequence not in request.canaries)
        )
        request.shows_owner = request.shows_owner or request.own_marks > 0 or self._names_tenant(document, inspection)
        request.foreign_marks += sum(1 for sighting in inspection.sightings if sighting.severity is Severity.LEAK)
        self._take(request, document, kind, text, arrived_s)

    def _names_tenant(self, document: object, inspection: Inspection) -> bool:
        """Whether a frame names the tenant: by a mark, or where the profile says that tenants are named."""
        if any(found.mark.kind is MarkKind.TENANT for found in inspection.own):
            return True
        named = (str(value) for path in self._frames.tenant for value in dig(document, path))
        return any(self._run.naming.get(name) == self._tenant.number for name in named)

    def _take(self, request: Request, document: object, kind: str, text: str, arrived_s: float) -> None:
        """Gives a frame to the open request it belongs to."""
        reader, operation = self._reader, self._run.profile.operation(request.operation)
        if operation is None:
            raise KeyError(f"the profile has no operation {request.operation!r}, yet it was sent")
        refuses = reader.refuses(document, kind, operation)
        if request.operation.startswith(_INTRUDING) and (refuses or kind in operation.ends):
            request.answer = shape_of(document, reader.code(document, text) if refuses else None)
        if refuses:
            request.events.append((kind, arrived_s))
            self._settling.refused(request, reader.code(document, text), reader.amounts(document), arrived_s, len(text))
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
            self._learn(document, operation)
            self._know_by_server_ids(request, document)
        elif reader.ends(document, kind, operation, len(request.events)):
            if operation.subscribes:
                self._subscriptions |= dict.fromkeys(reader.server_ids(document), request.operation)
            self._settle(request, document, operation)
            self._settling.answered(request, operation, arrived_s, len(text))
        elif kind in operation.settles:
            self._settle(request, document, operation)

    def _settle(self, request: Request, document: object, operation: Operation) -> None:
        self._learn(document, operation)
        charged, amounts = self._reader.charged(document, operation), self._reader.amounts(document)
        request.charged = request.charged if charged is None else charged
        request.remaining = amounts or request.remaining

    def _know_by_server_ids(self, request: Request, document: object) -> None:
        """The service's own id for a request is learnt; frames that overtook it are given to the request now."""
        operation = self._run.profile.operation(request.operation)
        for alias in self._reader.server_ids(document):
            if operation is not None and operation.subscribes:
                self._subscriptions[alias] = request.operation
            self.book.add_alias(request, alias)
            for held, kind, text, arrived_s in self._held.pop(alias, ()):
                if request.outcome is None:
                    self._take(request, held, kind, text, arrived_s)
                else:
                    self._tenant.counts.duplicates += 1

    def _find(self, document: object, kind: str, inspection: Inspection) -> Request | None:
        """The open request that a frame belongs to, or None."""
        reader, book = self._reader, self.book
        ids = reader.ids(document)
        for value in (*ids, *reader.server_ids(document)):
            if (request := book.get(value)) is not None:
                return None if self._is_push(kind, request) else request
        for found in inspection.own:
            alias = content_alias(found.mark.kind, found.mark.sequence)
            if (request := book.get(alias)) is not None and self._may_take(request, document, kind):
                return request
        if ids or kind in self._frames.pushes:
            return None
        return self._find_without_id(document, kind)

    def _find_without_id(self, document: object, kind: str) -> Request | None:
        """By acknowledgement in order, strictly in order, or by kind; the oldest first."""
        refuses = self._reader.refuses(document, kind)
        for request in self.book:
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
                self._lose_step(time.perf_counter(), f"a {kind[:40]} frame can't be the reply to {request.operation}")
                return None
            if request.reply_by == "kind" and self._reader.may_reply(kind, operation) and not refuses:
                return request
        if refuses:
            return self._refused_without_id()
        return None

    def _refused_without_id(self) -> Request | None:
        """Whom a refusal belongs to that names nobody: strictly as the profile says."""
        requests = list(self.book)
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

    def _take_unmatched(self, document: object, kind: str, text: str, arrived_s: float, *, shows_own: bool) -> None:
        """A frame that answers nothing open: a push, a duplicate, an answer that came after we gave up, or a stray."""
        counts, server_ids = self._tenant.counts, self._reader.server_ids(document)
        ids = (*self._reader.ids(document), *server_ids)
        subscription = self._subscription_of(document)
        if subscription and not self._reader.refuses(document, kind):
            self._take_push(shows_own)
            self._run.exposures[f"pushes_showing_own: {subscription}"] += shows_own
            return
        for value in ids:
            ended = self.book.ended(value)
            if ended is Outcome.UNKNOWN:
                if (request := self.book.given_up(value)) is not None:
                    self._settling.late(request, document, kind, text, arrived_s)
                return
            if ended is not None and kind not in self._frames.pushes:
                counts.duplicates += 1
                return
        if kind in self._frames.pushes:
            if kind != self._frames.ready:
                self._take_push(shows_own and (kind in self._frames.pushes_show_own))
            return
        if server_ids and self._hold(server_ids[0], document, kind, text, arrived_s):
            return
        counts.unmatched += 1

    def _subscription_of(self, document: object) -> str:
        """The operation by which was subscribed what a frame brings; empty if it names no subscription."""
        if not self._subscriptions:
            return ""
        ids = (*self._reader.ids(document), *self._reader.server_ids(document))
        return next((self._subscriptions[value] for value in ids if value in self._subscriptions), "")

    def _take_push(self, shows_own: bool) -> None:
        self._tenant.counts.unsolicited += 1
        self._run.exposures["unsolicited"] += 1
        self._run.exposures["pushes_showing_own"] += shows_own

    def _hold(self, alias: str, document: object, kind: str, text: str, arrived_s: float) -> bool:
        """Keeps a frame that may have overtaken the acknowledgement which teaches its id."""
        awaited = any(request.reply_by == "server_id" and not request.acknowledged for request in self.book)
        if not awaited or sum(map(len, self._held.values())) >= _HELD:
            return False
        self._held.setdefault(alias, []).append((document, kind, text, arrived_s))
        return True

    def _drop_held(self) -> None:
        self._tenant.counts.unmatched += sum(map(len, self._held.values()))
        self._held.clear()

    def _lose_step(self, now_s: float, reason: str) -> None:
        """Where replies come in order, one that is lost makes all after it unknown: none may end the wrong request."""
        for request in self.book:
            if request.reply_by == "order":
                self.out_of_step = True
                self._settling.unknown(request, now_s, reason)

    def _learn(self, document: object, operation: Operation | None = None) -> None:
        """Keeps the ids that a frame hands out, for what is said later."""
        learn = {**self._frames.learn, **operation.learn} if operation is not None else self._frames.learn
        self.learnt.update(self._reader.learnt(document, learn))

    def _learn_of(self, request: Request, document: object, inspection: Inspection, arrived_s: float) -> None:
        """Has the oracle learn the ids that only replies to this operation hand out."""
        operation = self._run.profile.operation(request.operation)
        if operation is None or not operation.learn:
            return
        trusted = not any(sighting.severity is Severity.LEAK for sighting in inspection.sightings)
        found = self._run.oracle.learn(
            document, operation.learn, tenant=self._tenant.number, session=self._name, kind=f"of {request.operation}",
            at_s=self._run.unix_s(arrived_s), trusted=trusted,
        )  # fmt: skip
        self._note_learnt(found.learnt)
        self._sight(found, request.operation)
