"""What tenants say and what comes back: the operations. What is where in a frame stands in ``config.frames``."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

from pydantic import Field, field_validator

from config.frames import ReplyBy
from config.parts import Kinds, Message, Name, Part, Path, PositiveInt
from config.retention import Retention
from config.template import placeholders
from config.texts import TextLimit

ANY = "*"
IDS = ("message_id", "test_id", "uuid", "counter")
"""Placeholders that make an id for a request, which its reply repeats."""
PLACEHOLDERS = frozenset(
    {
        *IDS, "tenant", "email", "number", "budget", "event_id", "prompt", "canary", "state_canary", "now", "now_ms",
    }
)  # fmt: skip
"""What fills a message beside the names of ids that were learnt."""


class Operation(Part):
    """One thing a tenant can say, and what the reply looks like.

    Placeholders in ``send``: {message_id}, {test_id} (marks, as UUIDs), {uuid}, {counter} (a whole number that grows
    from 1 on each connection), {tenant}, {email}, {number}, {budget}, {now}, {now_ms}, {prompt} (a sentence with a
    canary), {canary} (the canary alone), {state_canary}, {event_id}, {session}, {thread} and other learnt names,
    {token} (the session's, where services want it again in a message; never written down), and what a login over HTTP
    has taught. A string that is one
    placeholder alone takes the placeholder's value and type; {name:int} and {name:str} convert it.
    """

    send: Message = Field(description="What is said: an object, an array or a line of text, with placeholders.")
    reply_by: ReplyBy | None = Field(
        None, description="How its reply is known; frames.reply_by if left out, and kind if it carries no id."
    )
    acknowledged: Kinds = Field(
        (),
        description="Kinds of frames that acknowledge it; they teach the service's own id for it (frames.server_id).",
    )
    events: Kinds = Field((), description="Kinds of frames before the final one, in their usual order.")
    ends: Kinds = Field((), description="Kinds of the final frame; '*' is any that neither refuses nor is pushed.")
    ends_when: dict[Path, object] = Field(
        default_factory=dict,
        description="A frame of the reply with this value at this path (or one of a list) is the final one.",
    )
    ends_after: PositiveInt | None = Field(None, description="The reply is over after so many frames.")
    ends_after_silence_s: float | None = Field(
        None, gt=0, description="The reply is over when, after its first frame, none has come for so long."
    )
    errors: Kinds = Field((), description="Kinds of frames that refuse it or break it off, beside refusal.type.")
    settles: Kinds = Field(
        (), description="Kinds of frames whose amounts and ids count, if these do not stand in the final one."
    )
    cost: int = Field(0, ge=0, description="What it is charged, in units; the most, where the reply says what it was.")
    charged: Path | None = Field(None, description="Path of what it was charged; frames.charged if left out.")
    price: dict[Path, PositiveInt] = Field(
        default_factory=dict, description="What it was charged: quantities in the reply (paths), each times its price."
    )
    learn: dict[Name, Path] = Field(
        default_factory=dict, description="Ids that its reply hands out, beside those of frames.learn."
    )
    shows_own: bool = Field(False, description="Whether the reply must show marks of the tenant's own.")
    stored_in: tuple[Name, ...] = Field((), description="Names of the stores that keep what was sent.")
    retention: dict[Name, Retention] = Field(
        default_factory=dict,
        description="By name of a store of stored_in: how long it keeps what was sent, if not for good.",
    )
    on_connect: bool = Field(False, description="Whether it is said on each new connection, before anything else.")
    subscribes: bool = Field(
        False, description="Whether frames with its id are pushes once its reply is over, as long as the connection is."
    )
    leaks_by_design: str | None = Field(
        None,
        min_length=1,
        description="Why it is known to leak: what its replies show of others is then left out of the verdict, and the "
        "report says so.",
    )
    resumable: bool = Field(False, description="Whether its reply can still arrive after a resume.")
    text_limit: TextLimit | None = Field(
        None, description="How long its texts may be, where the service takes no longer ones."
    )

    @property
    def speakers(self) -> tuple[str, ...]:
        """The kinds of tenants that say more of it than their kind does anyway."""
        return ("agent", "state")

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of frames that its reply is made of."""
        return frozenset((*self.acknowledged, *self.events, *self.ends, *self.settles, *self.errors))

    @cached_property
    def placeholders(self) -> frozenset[str]:
        """The names of all placeholders in what is said."""
        return frozenset(placeholders(self.send))

    @property
    def carries_id(self) -> bool:
        """Whether a request of it carries an id that a reply could repeat."""
        return not self.placeholders.isdisjoint(IDS)


class ExtraOperation(Operation):
    """One more thing that tenants say: whatever else the service can do."""

    role: Literal["read", "write"] = Field("read", description="Whether it reads or changes what is the tenant's.")
    by: tuple[Literal["agent", "state", "roving", "listening"], ...] = Field(
        (), description="Kinds of tenants that say it; if left out, state tenants, and agent tenants too if it writes."
    )
    weight: PositiveInt = Field(
        2, description="How often such a tenant says it, beside what its kind does anyway (10 to 20 in all)."
    )

    @property
    def speakers(self) -> tuple[str, ...]:
        """The kinds of tenants that say it."""
        return self.by or (("state", "agent") if self.role == "write" else ("state",))


class Operations(Part):
    """The operations by the part they play in the workload; each but chat may be left out if the target has none."""

    ping: Operation | None = Field(
        None, description="The cheapest question there is, with an answer that shows the connection lives."
    )
    routing: Operation | None = Field(
        None, description="A question whose answer names the tenant or the session that it is for."
    )
    chat: Operation = Field(
        description="What the service is there for: a request, perhaps with a price, and its reply, perhaps a stream."
    )
    history: Operation | None = Field(None, description="Reads what was said before.")
    state_read: Operation | None = Field(None, description="Reads what the service keeps for the tenant.")
    state_write: Operation | None = Field(None, description="Changes what the service keeps for the tenant.")
    resume: Operation | None = Field(None, description="Takes up a dropped session on a new connection.")
    subscribe: Operation | None = Field(
        None, description="Said on each new connection, before anything else; what comes of it are pushes."
    )

    extra: dict[Name, ExtraOperation] = Field(
        default_factory=dict, description="Whatever else the service can do, by a name of your choice."
    )

    @field_validator("extra")
    @classmethod
    def _names_are_free(cls, extra: dict[str, ExtraOperation]) -> dict[str, ExtraOperation]:
        if taken := sorted(set(extra) & set(cls.model_fields)):
            raise ValueError(f"has an operation {taken[0]!r}, whose name is taken: choose another one")
        return extra

    @field_validator("subscribe")
    @classmethod
    def _subscribes(cls, operation: Operation | None) -> Operation | None:
        return operation and operation.model_copy(update={"on_connect": True, "subscribes": True})

    def get(self, name: str) -> Operation | None:
        """Returns the operation of this name, or None if the profile has none."""
        value = getattr(self, name, None)
        return value if isinstance(value, Operation) else self.extra.get(name)

    def trying_long_texts(self) -> dict[str, Operation]:
        """Returns those whose texts may be too long, and of which longer ones are tried, by name."""
        return {name: found for name, found in self.all().items() if found.text_limit and found.text_limit.tries}

    def all(self) -> dict[str, Operation]:
        """Returns every operation that the profile has, by name."""
        return {name: value for name, value in self if isinstance(value, Operation)} | self.extra

    @property
    def writes(self) -> frozenset[str]:
        """The names of those that change something."""
        own = {name for name, operation in self.extra.items() if operation.role == "write"}
        return frozenset({"chat", "state_write", *own} & self.all().keys())
