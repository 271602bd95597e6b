"""What is where in a frame: its kind, whom it answers, what it shows; and what a refusal looks like."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, model_validator

from config.parts import Kinds, Message, Name, Part, Path, Paths, Pattern, Patterns

ReplyBy = Literal["id", "server_id", "order", "content", "kind", "none"]
"""How a reply is known: by our id, which it repeats; by the service's own id, learnt from an acknowledgement; strictly
in order; by its content, the canary that was sent; by its kind alone, the oldest first; or there is none."""

_SERVER_ERROR = re.compile(r"(?:http_)?5[0-9]{2}")
_FAILURES = frozenset(
    {
        "internal", "internal_error", "internal_server_error", "server_error", "unknown_error", "bad_gateway",
        "service_unavailable", "unavailable", "gateway_timeout", "timeout", "timed_out", "deadline_exceeded",
        "too_many_requests", "rate_limited", "rate_limit_exceeded", "resource_exhausted", "429", "http_429", "-32603",
    }
)  # fmt: skip
"""Codes that mean a failure, or not now, wherever they are met."""


class KindRule(Part):
    """How a kind of frame is recognised where no field names it. All that is said must hold."""

    has: Paths = Field((), description="Paths that lead to something other than null.")
    lacks: Paths = Field((), description="Paths that lead nowhere, or to null.")
    where: dict[Path, object] = Field(
        default_factory=dict, description="Path to the value that stands there, or to a list of values it may be."
    )
    matches: dict[Path, Pattern] = Field(
        default_factory=dict, description="Path to a regular expression that is found in the text there."
    )

    @model_validator(mode="after")
    def _says_something(self) -> KindRule:
        if not (self.has or self.lacks or self.where or self.matches):
            raise ValueError("needs one of has, lacks, where, matches: an empty rule would take every frame")
        return self


class Answer(Part):
    """What is said at once to a frame of the service's, such as its ping. Such a frame answers no request."""

    to: Kinds = Field(min_length=1, description="Kinds of frames that are answered so.")
    take: dict[Name, Path] = Field(
        default_factory=dict,
        description="Placeholders of this answer, by the path in the frame where their values are.",
    )
    send: Message = Field(description="What is said; placeholders as in operations (but ids), and those of take.")


class KeepAlive(Part):
    """What is said every few seconds, whatever else is said, so that a quiet client is not taken for dead."""

    send: Message = Field(description="What is said; placeholders as in operations, but canaries.")
    every_s: float = Field(20.0, gt=0, description="Pause between two of them, in seconds.")


class Frames(Part):
    """What is where in a frame. All are field paths: ``a.b``, ``list[].a``, ``list[0]``, ``[0]``.

    A path also leads into JSON that stands in a string.
    """

    type: Paths = Field(("type",), description="Paths of the frame's type; the first that leads somewhere counts.")
    kinds: dict[str, KindRule] = Field(
        default_factory=dict, description="Kinds of frames that no type names, by rule; the first that fits counts."
    )
    request_id: Paths = Field((), description="Paths of the id that a reply repeats; none if replies repeat none.")
    server_id: Paths = Field((), description="Paths of the service's own id for a request.")
    reply_by: ReplyBy = Field("id", description="How replies are known, where an operation does not say.")
    tenant: Paths = Field((), description="Paths that name the tenant a frame is for.")
    nobody: Patterns = Field(
        (),
        description="Regular expressions of what may stand there, as a whole, and is no tenant's name: system, all.",
    )
    strangers: Literal["doubt", "leak"] = Field(
        "doubt",
        description="What a name there is that no tenant of the run has, nor frames.nobody: a doubt, as it may be "
        "another name of a tenant's or none at all; or, where only tenants' ids stand there, a leak.",
    )
    budget: Paths = Field((), description="Paths of remaining amounts.")
    charged: Path | None = Field(None, description="Path of what the request was charged.")
    learn: dict[Name, Path] = Field(default_factory=dict, description="Ids handed out to one tenant: name to path.")
    event_id: Path | None = Field(None, description="Path of an event's id, from which a session can be resumed.")
    ready: str | None = Field(None, description="Kind of the frame that follows a successful connect.")
    pushes: Kinds = Field((), description="Kinds that may arrive unasked.")
    pushes_show_own: Kinds = Field(
        (),
        description="Kinds of pushes that show the tenant's own marks. Of each, one must have shown some: else "
        "nothing shows that such pushes arrive where they should, and the run is inconclusive.",
    )
    housekeeping: Kinds = Field(
        (),
        description="Kinds of the protocol's own, such as pongs: they answer no request. Those of the dialect need not "
        "be named.",
    )
    answers: tuple[Answer, ...] = Field((), description="What the service asks of a client, and what is said to it.")
    keep_alive: KeepAlive | None = Field(None, description="What is said every few seconds, or the service hangs up.")


class Refusal(Part):
    """What a refusal looks like."""

    type: Kinds = Field(("error",), description="Kinds of frames that refuse a request.")
    has: Paths = Field((), description="Paths that make a frame of any kind a refusal, such as payload.errors.")
    code: Paths = Field(("code",), description="Paths of the reason's code; the first that leads somewhere counts.")
    texts: dict[str, Pattern] = Field(
        default_factory=dict,
        description="Codes by regular expression on the frame's text, where it is said in words. They go first.",
    )
    without_id: Literal["unknown", "only", "oldest"] = Field(
        "unknown",
        description="Whom a refusal without the request's id ends: nobody, so that the request times out as unknown; "
        "the only one that is open (nobody, if there are several); or the oldest one.",
    )
    closes: tuple[int, ...] = Field(
        (),
        description="Close codes by which the service refuses without a word: they refuse the one request that is open "
        "(of several, none), with the code closed.",
    )
    budget: Kinds = Field((), description="Codes that say the budget does not suffice.")
    broken: Kinds = Field(
        (),
        description="Codes of failures: no refusal, whatever was tried. Codes that say so by themselves (500 to 599, "
        "429, internal_error, timeout, too_many_requests, -32603 and the like) need not be named.",
    )
    free: Kinds = Field((), description="Codes after which nothing was charged; after others it may have been.")

    def names(self, code: str) -> bool:
        """Returns whether it is known what a code means, so that it is a word of the service's and no secret."""
        return code in (*self.budget, *self.broken, *self.free) or self.is_failure(code)

    def is_failure(self, code: str) -> bool:
        """Returns whether a code says that the service failed, or would not answer now: nobody was refused by that."""
        words = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])-", "_", code.strip())
        named = re.sub(r"[^a-z0-9-]+", "_", words.lower())
        return code in self.broken or named in _FAILURES or _SERVER_ERROR.fullmatch(named) is not None
