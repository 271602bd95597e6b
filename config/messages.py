"""What tenants say and what comes back: where things stand in a frame, and the operations."""

from __future__ import annotations

from pydantic import Field

from config.parts import Name, Part, Template


class Frames(Part):
    """What is where in a frame. All are field paths: ``a.b``, ``list[].a``."""

    type: str = Field("type", description="Path of the frame's type.")
    request_id: tuple[str, ...] = Field(min_length=1, description="Paths of the id that a reply repeats.")
    tenant: tuple[str, ...] = Field((), description="Paths that name the tenant a frame is for.")
    budget: tuple[str, ...] = Field((), description="Paths of remaining amounts.")
    charged: str | None = Field(None, description="Path of what the request was charged.")
    learn: dict[Name, str] = Field(default_factory=dict, description="Ids handed out to one tenant: name to path.")
    event_id: str | None = Field(None, description="Path of an event's id, from which a session can be resumed.")
    ready: str | None = Field(None, description="Type of the frame that follows a successful connect.")
    pushes: tuple[str, ...] = Field((), description="Types that may arrive unasked.")


class Refusal(Part):
    """What a refusal looks like."""

    type: str = Field("error", description="Type of a frame that refuses a request.")
    code: str = Field("code", description="Path of the reason's code.")
    budget: tuple[str, ...] = Field((), description="Codes that say the budget does not suffice.")
    broken: tuple[str, ...] = Field((), description="Codes of failures: no refusal, whatever was tried.")
    free: tuple[str, ...] = Field(
        (), description="Codes after which nothing was charged; after others it may have been."
    )


class Operation(Part):
    """One thing a tenant can say, and what the reply looks like.

    Placeholders in ``send``: {message_id}, {test_id}, {tenant}, {session}, {thread} and other learnt names, {prompt},
    {state_canary}, {event_id}. A string that is one placeholder alone takes the placeholder's value and type.
    """

    send: Template
    events: tuple[str, ...] = Field((), description="Types of frames before the final one, in their usual order.")
    ends: tuple[str, ...] = Field(min_length=1, description="Types of the final frame.")
    cost: int = Field(0, ge=0, description="What it is charged, in units.")
    shows_own: bool = Field(False, description="Whether the reply must show marks of the tenant's own.")
    stored_in: tuple[Name, ...] = Field((), description="Names of the stores that keep what was sent.")
    resumable: bool = Field(False, description="Whether its reply can still arrive after a resume.")


class Operations(Part):
    """The operations by the part they play in the workload; each may be left out if the target has none."""

    ping: Operation | None = None
    routing: Operation | None = None
    chat: Operation
    history: Operation | None = None
    state_read: Operation | None = None
    state_write: Operation | None = None
    resume: Operation | None = None

    def get(self, name: str) -> Operation | None:
        """Returns the operation of this name, or None if the profile has none."""
        value = getattr(self, name, None)
        return value if isinstance(value, Operation) else None
