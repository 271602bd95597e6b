"""What is said on one session: requests composed, frames inspected and given to the requests they answer.

No sockets here: ``users.session`` brings frames and takes what is to be sent. Times are on the ``perf_counter`` line.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import MappingProxyType

from config.attempts import VICTIM
from config.messages import Operation
from config.profile import ATTEMPT, MADE_UP
from config.template import fill, placeholders
from evidence.marks import MarkKind
from evidence.oracle import Inspection
from evidence.paths import dig, first
from evidence.requests import Request, RequestBook
from users.composing import Composer
from users.dialects.base import Message
from users.dialects.choosing import dialect_of
from users.inspecting import Inspector, dumped
from users.matching import Matching
from users.opening import Opening
from users.placing import names_said
from users.replies import Replies
from users.run import NodeRun
from users.settling import Settling
from users.tenant import Tenant


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
        self._on_change = on_change
        self.book = RequestBook()
        self.opening = Opening(None, None)
        self._frames = run.profile.frames
        self._refusal = run.profile.refusal
        self._reader = run.reader
        self._composer = Composer(run, tenant, ordinal)
        self._inspector = Inspector(run, tenant, ordinal)
        self._settling = Settling(run, tenant, ordinal, self.book, on_change)
        self._matching = Matching(run, self.book, self._settling)
        self._replies = Replies(run, tenant, self.book, self._matching, self._settling, self._composer)
        self._dialect = dialect_of(run.profile)
        asked = [kind for answer in run.profile.frames.answers for kind in answer.to]
        self._own_kinds = frozenset((*run.profile.frames.housekeeping, *asked))

    @property
    def learnt(self) -> dict[str, str]:
        """The latest id of each thing that the target has handed out on this session."""
        return self._composer.learnt

    @property
    def out_of_step(self) -> bool:
        """Whether replies come in order and one was lost: what arrives on this connection can't be told apart."""
        return self._matching.out_of_step

    def compose(
        self, name: str, operation: Operation, intended_s: float, extra: Mapping[str, object]
    ) -> tuple[Request, Message]:
        """Opens a request and returns it with the frame to send; ``extra`` fills further placeholders.

        Raises:
            PlaceholderUnknown: the profile's template names a placeholder that nobody fills.
        """
        request, document = self._composer.compose(name, operation, intended_s, extra)
        if name.startswith((ATTEMPT, MADE_UP)):  # what the message names, and nothing else that is known of the other
            self._inspector.said({said: extra[said] for said in placeholders(operation.send) if said in extra})
        message = self._dialect.encode(document)
        self._settling.open(request)
        if operation.subscribes:
            self._matching.subscribed(name, (request.request_id, *request.aliases))
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
            self._inspector.sight(self._inspector.inspect(message, None, arrived_s))
            counts.inspected += 1
            counts.unmatched += 1
            self._run.exposures["undecodable"] += 1
            self._matching.lose_step(arrived_s, "a frame before its reply could not be read")
            return []
        said: list[Message] = []
        if len(documents) != 1:  # none of its parts is the message: it is looked at as a whole as well
            self._inspector.sight(self._inspector.inspect(message, None, arrived_s))
        for document in documents:
            alone = len(documents) == 1
            part = text if alone else dumped(document).decode()
            shown = self._inspector.all_of(message, document) if alone else part
            kind = self._reader.kind(document)
            turns_away = self._turns_away(document, kind)
            inspect = self._inspector.inspect_refusal if turns_away else self._inspector.inspect
            inspection = inspect(shown, document, arrived_s, kind)
            said += self._dialect.answer(document)
            said += self._answers(document, kind)
            self._dispatch(document, kind, inspection, arrived_s, part)
        counts.inspected += 1
        return said

    def _turns_away(self, document: object, kind: str) -> bool:
        """Whether a frame refuses a request or a login, whosever."""
        login = self._run.profile.auth.frame
        return self._reader.refuses(document, kind) or (login is not None and kind in login.refused)

    def hear_close(self, reason: str, code: int | None, arrived_s: float) -> None:
        """Takes the end of the connection: its reason is inspected like a refusal, its code may refuse a request."""
        if reason:
            self._tenant.counts.frames += 1
            self._run.exposures["frames"] += 1
            self._inspector.sight(self._inspector.inspect_refusal(reason, None, arrived_s, "close"))
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
        self._composer.reconnected()
        self._tenant.counts.unmatched += self._matching.reconnected()
        return list(self._dialect.opening(login=login is not None))

    def introduces(self, values: Mapping[str, object]) -> None:
        """Notes as whom the tenant comes to a new connection, with which token and what came with it: perhaps to be
        turned away.
        """
        self._inspector.reconnecting()
        self._composer.goes_on_with(values)
        said = {name: values[name] for name in names_said(self._run.profile) if name in values}
        if values.get("tenant") == self._tenant.identity.json_name:
            said = {name: value for name, value in said.items() if name.startswith(VICTIM)}
        self._inspector.said(said)

    def goes_on_with(self, values: Mapping[str, object]) -> None:
        """Notes the token that the tenant has renewed its login with, and what came with it."""
        self._composer.goes_on_with(values)

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
        return self._dialect.keep_alive() if settings is None else self.compose_apart(settings.send)

    def compose_apart(self, template: object, extra: Mapping[str, object] = MappingProxyType({})) -> Message:
        """Returns a message that is no request; ``extra`` fills further placeholders, which name what is another's."""
        self._inspector.said({said: extra[said] for said in placeholders(template) if said in extra})
        return self._dialect.encode(fill(template, {**self._composer.said_apart(template), **extra}))

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
        """Inspects what the target says when it refuses a connection, which is no frame."""
        self._inspector.look_at(text)

    def expire(self, now_s: float) -> None:
        """Ends replies that are over by silence, and gives up requests whose deadline has passed."""
        for request in self.book:
            operation = self._run.profile.operation(request.operation)
            silence_s = operation.ends_after_silence_s if operation is not None else None
            if operation is not None and silence_s is not None and request.events:
                last_s = request.events[-1][1]
                if now_s >= last_s + silence_s:  # compared as deadlines are: a difference of clocks is rounded
                    self._settling.answered(request, operation, last_s)
        for request in self.book.overdue(now_s):
            self._settling.unknown(request, now_s, "timed out")
            if request.reply_by == "order":
                self._matching.lose_step(now_s, "a reply before its own was lost")

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
            self._replies.learn(document)
        heard = self.opening.hear(kind, document)
        if heard:
            self._on_change()
        request = None if kind in self._own_kinds else self._matching.find(document, kind, inspection.own)
        if request is None:
            self._inspector.sight(inspection, self._matching.subscription_of(document))
            if not heard and kind not in self._own_kinds:
                if self._run.watcher is not None and self._reader.turns_down(document, kind):
                    self._run.watcher.refused(self._reader.code(document, text, self._tenant.conceal_said))
                shows_own = any(found.mark.kind >= MarkKind.PROMPT for found in inspection.own)
                self._replies.take_unmatched(document, kind, text, arrived_s, shows_own=shows_own)
            return
        self._inspector.sight(inspection, request.operation)
        self._inspector.learn_of(request, document, inspection, arrived_s)
        for found in inspection.own:
            mark = found.mark
            said = mark.kind is MarkKind.PROMPT and mark.sequence in request.canaries
            request.own_marks += mark.kind >= MarkKind.PROMPT and not said
        request.shows_owner = request.shows_owner or request.own_marks > 0 or self._names_tenant(document, inspection)
        request.foreign_owners |= inspection.foreign_owners
        self._replies.take(request, document, kind, text, arrived_s)

    def _names_tenant(self, document: object, inspection: Inspection) -> bool:
        """Whether a frame names the tenant: by a mark, or where the profile says that tenants are named."""
        if any(found.mark.kind is MarkKind.TENANT for found in inspection.own):
            return True
        named = (str(value) for path in self._frames.tenant for value in dig(document, path))
        return any(self._run.naming.get(name) == self._tenant.number for name in named)
