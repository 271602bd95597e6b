"""Access attempts: other tenants' doors, and tokens that must be refused."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from config.messages import Operation
from config.parts import Message, Name, Part, PositiveInt
from config.template import placeholders

Forgery = Literal[
    "missing", "unsigned", "expired", "wrong_key", "wrong_audience", "contradictory", "unknown", "other_name"
]
VICTIM = "victim_"
"""How placeholders begin that name what is another tenant's."""
UNSIGNED: frozenset[Forgery] = frozenset({"missing", "unknown", "other_name"})
"""Kinds of bad tokens that can be had without signing any."""


class Door(Operation):
    """Another tenant's door, tried with a tenant's own credentials. Placeholders {victim_…} name what is the other's:
    victim_tenant, victim_email, and victim_ with any learnt name; of what a login teaches, with the ids.

    The owner says the same first, of its own things: only a door that opens to its owner can be found shut.
    """

    does: Literal["read", "change", "resume", "subscribe", "spend"] = Field(
        description="What somebody would do who came through."
    )
    granted_by: Literal["answer", "victims_marks"] = Field(
        "answer",
        description="Whether any answer means that the door was open, or only one that shows the other's data.",
    )


class Entrance(Part):
    """Another tenant's door that is a connection: its room in the address, its conversation in the login or in what is
    said next. It is tried with a tenant's own token. Placeholders as in target.url and [auth.frame], and {victim_…} as
    in doors.

    The owner connects in the same way first, with its own token: only an entrance that lets its owner in, or shows it
    what is its own, can be found shut. What the connection shows of the owner's to another is a leak by itself.
    """

    does: Literal["read", "change", "resume", "subscribe", "spend"] = Field(
        description="What somebody would do who came in."
    )
    url: str | None = Field(None, pattern=r"^wss?://[^\s]+$", description="Said in place of target.url.")
    send: Message | None = Field(None, description="Said in place of auth.frame.send.")
    then: Message | None = Field(
        None,
        description="Said once in, where the room is asked for only then; placeholders as in operations, but ids other "
        "than {uuid} and {counter}, and canaries. Needs granted_by = 'victims_marks'.",
    )
    granted_by: Literal["answer", "victims_marks"] = Field(
        "answer",
        description="Whether whoever is let in was granted what is the other's; or, where the service lets everybody "
        "in, only who is shown the other's data. Its owner must then be shown marks of what it said or stored, as its "
        "name alone may stand in any greeting, and the other none of its own. What is said on each connection "
        "(on_connect, subscribe) is not said on these, for it asks for what is one's own.",
    )
    within_s: float = Field(
        2.0,
        gt=0,
        le=60,
        description="For so many seconds is listened to the connection once it is open: to what it shows, and to a "
        "refusal that follows a login. By marks, another than the owner is listened to for as much longer as the owner "
        "had to wait.",
    )

    @property
    def placeholders(self) -> set[str]:
        """Names of all that fills it."""
        return placeholders(self.url) | placeholders(self.send) | placeholders(self.then)

    @property
    def by_marks(self) -> bool:
        """Whether what the connection shows decides, and not that it opens."""
        return self.granted_by == "victims_marks"

    @model_validator(mode="after")
    def _names_the_other(self) -> Entrance:
        if not any(name.startswith(VICTIM) for name in self.placeholders):
            raise ValueError("names nothing of another tenant's: put {victim_…} into 'url', 'send' or 'then'")
        return self

    @model_validator(mode="after")
    def _can_be_judged(self) -> Entrance:
        if self.then is not None and not self.by_marks:
            raise ValueError(
                "then: what answers it decides nothing where granted_by is 'answer': say granted_by = 'victims_marks', "
                "or try it as a door ([attempts.doors])"
            )
        if self.by_marks and self.does in ("change", "spend"):
            raise ValueError(
                f"granted_by: 'victims_marks' can't tell whether somebody could {self.does} what is another's, as that "
                "shows nothing: say 'answer', or try it as a door ([attempts.doors])"
            )
        return self


class Attempts(Part):
    """Access attempts with a control: other tenants' doors, and tokens that must be refused."""

    doors: dict[Name, Door] = Field(
        default_factory=dict, description="Other tenants' doors, each under a name of your choice."
    )
    entrances: dict[Name, Entrance] = Field(
        default_factory=dict, description="Other tenants' doors that are connections, each under a name of your choice."
    )
    tokens: tuple[Forgery, ...] = Field(
        (),
        description="Tokens that must be refused. missing: none; unknown: of nobody, or made up; other_name: one's own "
        "under another tenant's name. The others need [auth.jwt], to sign tokens that are wrong in one thing.",
    )
    per_tenant: PositiveInt = Field(40, description="So many attempts a tenant makes at most.")
