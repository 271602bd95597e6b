"""Looking at all that a session receives: what in it is somebody else's is sighted, what is handed out is learnt."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping

import orjson

from evidence.findings import Severity
from evidence.oracle import Inspection
from evidence.records import IdLearnt
from evidence.requests import Request
from evidence.written_forms import is_text
from users.dialects.base import Message
from users.echoes import Echoes
from users.run import NodeRun
from users.tenant import Tenant


class Inspector:
    """Looks at the frames of one session, with the node's oracle.

    Args:
        run: the run.
        tenant: whose session it is.
        ordinal: the session's number within the tenant.
    """

    def __init__(self, run: NodeRun, tenant: Tenant, ordinal: int) -> None:
        self._run = run
        self._tenant = tenant
        self._ordinal = ordinal
        self._echoes = Echoes()
        self._name = f"{ordinal} of tenant {tenant.number}"

    def reconnecting(self) -> None:
        """Begins anew: what was said on the connection before can't come back on the next one."""
        self._echoes.forget()

    def said(self, values: Mapping[str, object]) -> None:
        """Notes what the tenant says of others on purpose: a refusal that repeats it tells nothing."""
        self._echoes.say(values)

    def all_of(self, message: Message, document: object) -> Message:
        """A message, and what was made of it where that may be more than can be read in it: of bytes, by an adapter."""
        adapted = self._run.profile.target.adapter is not None
        if isinstance(message, str):
            return f"{message}\n{dumped(document).decode()}" if adapted else message
        return message + b"\n" + dumped(document) if adapted or not is_text(message) else message

    def inspect(self, text: Message, document: object, arrived_s: float, kind: str = "") -> Inspection:
        """Looks at a frame, which may be none of ours (no document); ``sight`` reports what that has shown."""
        inspection = self._run.oracle.inspect(
            text, document, tenant=self._tenant.number, session=self._name, at_s=self._run.unix_s(arrived_s), kind=kind
        )
        if self._run.watcher is not None:
            self._run.watcher.saw(inspection)
        return inspection

    def inspect_refusal(self, text: Message, document: object, arrived_s: float, kind: str) -> Inspection:
        """Looks at a frame that turns somebody away, without what was said of others."""
        unsaid = self._echoes.out_of_text(text) if isinstance(text, str) else self._echoes.out_of_bytes(text)
        return self.inspect(unsaid, self._echoes.out_of(document), arrived_s, kind)

    def look_at(self, text: str) -> None:
        """Looks at text that is no frame: what the target says when it refuses a connection."""
        place = f"{self._name}, at its refusal"
        at_s = self._run.unix_s(time.perf_counter())
        unsaid = self._echoes.out_of_text(text)
        inspection = self._run.oracle.inspect(unsaid, None, tenant=self._tenant.number, session=place, at_s=at_s)
        self.sight(inspection)

    def sight(self, inspection: Inspection, name: str = "") -> None:
        """Reports what a frame showed of others, and the ids that it handed out; of an operation that leaks by design
        the former is known, whoever they turn out to be, and the latter may be anybody's.
        """
        operation = self._run.profile.operation(name) if name else None
        by_design = operation is not None and operation.leaks_by_design is not None
        for sighting in inspection.sightings:
            if by_design:
                group = f"reply to {name.rpartition(': ')[2]}"
                sighting = dataclasses.replace(sighting, severity=Severity.KNOWN, group=group, name="")
            self._run.sight(sighting)
        for thing, value in inspection.learnt:
            at_s = round(inspection.at_s, 6)
            row = IdLearnt(self._tenant.number, thing, value, self._ordinal, inspection.kind[:40], at_s, by_design)
            self._run.record(row)

    def learn_of(self, request: Request, document: object, inspection: Inspection, arrived_s: float) -> None:
        """Has the oracle learn the ids that only replies to this operation hand out."""
        operation = self._run.profile.operation(request.operation)
        if operation is None or not operation.learn:
            return
        trusted = not any(sighting.severity is Severity.LEAK for sighting in inspection.sightings)
        found = self._run.oracle.learn(
            document, operation.learn, tenant=self._tenant.number, session=self._name, kind=f"of {request.operation}",
            at_s=self._run.unix_s(arrived_s), trusted=trusted,
        )  # fmt: skip
        self.sight(found, request.operation)


def dumped(document: object) -> bytes:
    """Returns a document as text to look at, whatever an adapter has put into it."""
    try:
        return orjson.dumps(document, default=str, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:  # numbers too large, text that is none
        return repr(document).encode("utf-8", "backslashreplace")
