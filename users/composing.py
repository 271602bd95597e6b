"""Composing what a tenant says: placeholders filled, the request opened under the ids that its reply may repeat."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping

from config.messages import IDS, Operation
from config.profile import TOO_LONG
from config.template import fill, placeholders
from evidence.marks import MarkKind
from evidence.records import OVERLONG
from evidence.requests import Request
from users.run import NodeRun
from users.tenant import Tenant
from users.texts import fits, lengthened, prompt


def content_alias(kind: MarkKind, sequence: int) -> str:
    """Returns what a request is known by whose content carries this mark of its tenant."""
    return f"content: {kind.name} {sequence}"


class Composer:
    """Composes the messages of one session.

    Args:
        run: the run.
        tenant: who speaks.
        ordinal: the session's number within the tenant.

    Attributes:
        learnt: the latest id of each thing that the target has handed out on this session.
        event_id: the latest event id, from which the session can be resumed.
    """

    def __init__(self, run: NodeRun, tenant: Tenant, ordinal: int) -> None:
        self._run = run
        self._tenant = tenant
        self._ordinal = ordinal
        self._names = run.profile.learnt_names
        self._shown: dict[str, object] = dict.fromkeys(("token", *run.profile.auth.taught))
        self._counter = 0
        self.learnt: dict[str, str] = {}
        self.event_id: str | None = None

    def goes_on_with(self, values: Mapping[str, object]) -> None:
        """Notes what the tenant has shown last: the token among ``values``, and what the login has taught beside it."""
        self._shown = {name: values.get(name) for name in self._shown}

    def reconnected(self) -> None:
        """Begins to count anew: ids that grow do so on each connection."""
        self._counter = 0

    def values(self) -> dict[str, object]:
        """Returns what fills any message."""
        identity, now_s = self._tenant.identity, time.time()
        return {
            **dict.fromkeys(self._names),
            **self.learnt,
            **identity.placeholders,
            "budget": identity.budget,
            "event_id": self.event_id,
            **self._shown,
            "now": int(now_s),
            "now_ms": int(now_s * 1000),
        }

    def said_apart(self, template: object) -> dict[str, object]:
        """Returns what fills a message that is no request: no answer to it is awaited, and it carries no canary."""
        values = self.values()
        if "counter" in placeholders(template):
            values["counter"] = self.counter()
        if "uuid" in placeholders(template):
            values["uuid"] = str(uuid.uuid4())
        return values

    def counter(self) -> int:
        """Returns the next number of this connection, from 1."""
        self._counter += 1
        return self._counter

    def compose(
        self, name: str, operation: Operation, intended_s: float, extra: Mapping[str, object]
    ) -> tuple[Request, object]:
        """Returns a request, not yet opened, and the document to send; ``extra`` fills further placeholders.

        Raises:
            PlaceholderUnknown: the profile's template names a placeholder that nobody fills.
        """
        tenant, now_s = self._tenant, time.perf_counter()
        sequence = tenant.next_sequence()
        used = operation.placeholders
        values, said = {**self.values(), **self._ids(used, sequence)}, []
        if "message_id" in used:
            said.append((MarkKind.MESSAGE, sequence))
        if "test_id" in used:
            said.append((MarkKind.TEST, sequence))
        canaries: list[int] = []
        if "prompt" in used or "canary" in used:
            canaries.append(sequence)
            said.append((MarkKind.PROMPT, sequence))
            values["canary"] = canary = tenant.prompt_canary(sequence)
            values["prompt"] = prompt(canary, sequence)
        if "state_canary" in used:
            values["state_canary"] = tenant.next_state_canary()
            said.append((MarkKind.STATE, tenant.state_sequence))
        values.update(extra)
        if name.startswith(TOO_LONG):
            values.update(lengthened(operation, values))
        elif not fits(operation, values):
            values["prompt"] = values.get("canary")
            self._run.exposures[f"{OVERLONG}{name}"] += not fits(operation, values)
        request_id, aliases = f"{name} {sequence}", [str(values[key]) for key in IDS if key in used]
        for key in ("message_id", "test_id"):
            if key in used:
                request_id = str(values[key])
        by = self._run.profile.reply_by(operation)
        if by == "content":
            aliases += [content_alias(kind, number) for kind, number in said]
        request = Request(
            request_id=request_id,
            sequence=sequence,
            operation=name,
            session=self._ordinal,
            cost=operation.cost,
            intended_s=intended_s,
            sent_s=now_s,
            deadline_s=now_s + self._run.profile.target.reply_timeout_s,
            resumable=operation.resumable and by != "order",
            reply_by=by,
            aliases=[alias for alias in aliases if alias != request_id],
            canaries=canaries,
        )
        return request, fill(operation.send, values)

    def _ids(self, used: frozenset[str], sequence: int) -> dict[str, object]:
        ids: dict[str, object] = {}
        if "message_id" in used:
            ids["message_id"] = self._tenant.message_id(sequence)
        if "test_id" in used:
            ids["test_id"] = self._tenant.test_id(sequence)
        if "uuid" in used:
            ids["uuid"] = str(uuid.uuid4())
        if "counter" in used:
            ids["counter"] = self.counter()
        return ids
