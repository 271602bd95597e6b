"""How tenants prove who they are: where a token goes and where it comes from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from config.messages import Operation
from config.parts import Message, Part
from config.template import placeholders
from config.tokens import RefreshCall, SignedToken, TokenCommand, TokenFile, TokenService

Source = Literal["jwt", "service", "file", "command", "token", "password"]
_DESCRIBED = {"jwt", "service", "file", "command"}
_FRESH = {"jwt", "service", "command"}
"""Sources that make another token each time they are asked."""
Place = Literal["query", "header", "cookie", "subprotocol", "path", "basic", "frame", "none"]


class Placement(Part):
    """A place where a tenant's token goes.

    query and header need the name of the parameter; so does cookie. subprotocol offers the token as a further
    subprotocol, behind those of ``target.subprotocols``. path puts it where ``target.url`` says ``{token}``. basic is
    HTTP's user and password. frame says it in the first frame, as ``[auth.frame]`` describes.
    """

    place: Place = Field("query", description="Where the token goes when a tenant connects; none: nowhere.")
    parameter: str = Field("token", min_length=1, description="Name of the query parameter, header or cookie.")
    scheme: Annotated[str, StringConstraints(strip_whitespace=False)] = Field(
        "", description="Put before the token in a header or subprotocol, such as 'Bearer ' with its space."
    )
    username: str = Field("{tenant}", description="User name of place 'basic', whose password is the token.")


class OpeningFrame(Part):
    """What is said in the first frames after the upgrade, and what the target answers.

    Placeholders in ``send``: {token}, the tenant's own (tenant, email, number), what a login over HTTP has taught, and
    {uuid}, a random id that is another one for each connection.
    """

    after: tuple[str, ...] = Field((), description="Types of the target's greeting; nothing is said before it.")
    send: Message = Field(description="What is said: an object, an array or a line of text, with placeholders.")
    accepted: tuple[str, ...] = Field(min_length=1, description="Types of the frame that lets the tenant in.")
    accepted_where: dict[str, object] = Field(
        default_factory=dict, description="Path to value: what must stand in such a frame as well."
    )
    refused: tuple[str, ...] = Field((), description="Types of the frame that turns the tenant away.")
    refused_where: dict[str, object] = Field(
        default_factory=dict, description="Path to value: what must stand in such a frame as well."
    )
    timeout_s: float = Field(10.0, gt=0, description="Longest wait for the answer.")

    @model_validator(mode="after")
    def _answers_differ(self) -> OpeningFrame:
        both = sorted(set(self.accepted) & set(self.refused))
        if both and self.accepted_where == self.refused_where:
            raise ValueError(
                f"'{both[0]}' is listed as accepted and as refused: tell them apart by accepted_where and refused_where"
            )
        return self


class Renewal(Part):
    """How a session that is held for longer than its token lives goes on: with a fresh token, said in a message or
    shown on a new connection. The token is made as the first was, or asked for by a request of its own.

    A renewal that is refused or not answered is a fault: it counts as a refused or unanswered request, the session
    logs in anew, and the run is inconclusive.
    """

    every_s: float | None = Field(None, gt=0, description="Seconds from when a token was made to its renewal.")
    before_expiry_s: float | None = Field(
        None,
        gt=0,
        description="Or so long before the token expires, which a JSON Web Token says itself (exp), and of any other "
        "expires_in of the answer that brought it.",
    )
    service: RefreshCall | None = Field(
        None,
        description="The request that brings the fresh token, for source 'service'. Left out: the login is made anew.",
    )
    operation: Operation | None = Field(
        None,
        description="What is said, with the fresh {token}, and what a reply looks like: as any operation. Left out: "
        "the session is closed once its replies are in, and opened again with the fresh token.",
    )

    @model_validator(mode="after")
    def _says_when_and_what(self) -> Renewal:
        if (self.every_s is None) == (self.before_expiry_s is None):
            raise ValueError("needs one of 'every_s' and 'before_expiry_s'")
        if self.operation is not None:
            if "token" not in self.operation.placeholders:
                raise ValueError("operation.send: needs {token}, which is what is renewed")
            if self.operation.reply_by == "none":
                raise ValueError(
                    "operation.reply_by: is 'none', so nobody would know of a refusal: say what answers a renewal"
                )
        return self


class Auth(Placement):
    """How a tenant proves who it is when it connects."""

    also: tuple[Placement, ...] = Field((), description="Further places that the same token goes to.")
    frame: OpeningFrame | None = Field(
        None,
        description="The first frames after the upgrade, for place 'frame' and for services that want to be greeted.",
    )
    source: Source = Field(
        "jwt",
        description="jwt: signed here; service: asked for over HTTP; file: from a file; command: a command says it; "
        "token, password: the tenant's own, from its account or from provisioning.",
    )
    jwt: SignedToken | None = Field(None, description="How tokens are signed, for source 'jwt'.")
    service: TokenService | None = Field(None, description="Where tokens are asked for, for source 'service'.")
    file: TokenFile | None = Field(None, description="Where tokens stand, for source 'file'.")
    command: TokenCommand | None = Field(None, description="What says a token, for source 'command'.")
    proved_by: Literal["opening", "operation"] = Field(
        "opening",
        description="What shows that a token was accepted: that the session opens, or, where every login is "
        "acknowledged, that an operation is answered.",
    )
    proof: str | None = Field(
        None,
        description="That operation; without it the first of state_read, history, routing, chat that costs nothing.",
    )
    reuse_s: float = Field(300.0, ge=0, description="A token serves a tenant's reconnects for so long at most.")
    renewal: Renewal | None = Field(None, description="How a session goes on whose token expires while it is held.")

    @property
    def places(self) -> tuple[Placement, ...]:
        """Every place the token goes to."""
        return tuple(placement for placement in (self, *self.also) if placement.place != "none")

    @property
    def asked(self) -> TokenService | None:
        """The login over HTTP that every tenant goes through; None if there is none."""
        return self.service if self.places and self.source == "service" else None

    @property
    def taught(self) -> frozenset[str]:
        """Names of what a login teaches beside the token, which fill placeholders from then on."""
        return self.asked.taught if self.asked is not None else frozenset()

    @property
    def ids(self) -> tuple[str, ...]:
        """Those of them by which the tenant goes."""
        return self.asked.ids if self.asked is not None else ()

    @property
    def refresh(self) -> RefreshCall | None:
        """The request that renews a login; None if that is done by logging in anew."""
        return self.renewal.service if self.renewal is not None else None

    @model_validator(mode="after")
    def _source_is_described(self) -> Auth:
        if self.places and self.source in _DESCRIBED and getattr(self, self.source) is None:
            raise ValueError(f"source is '{self.source}', so a table [auth.{self.source}] is needed")
        return self

    @model_validator(mode="after")
    def _frame_is_described(self) -> Auth:
        says_it = self.frame is not None and "token" in placeholders(self.frame.send)
        if any(placement.place == "frame" for placement in self.places):
            if not says_it:
                raise ValueError("place is 'frame', so a table [auth.frame] with {token} in its 'send' is needed")
        elif says_it:
            raise ValueError("frame.send holds {token}, so place must be 'frame' (or one of 'also')")
        return self

    @model_validator(mode="after")
    def _renews_what_it_shows(self) -> Auth:
        renewal = self.renewal
        if renewal is None:
            return self
        if not self.places:
            raise ValueError("renewal: there is no token to renew, since place is 'none'")
        if self.source not in _FRESH:
            raise ValueError(
                f"renewal: needs a source that makes fresh tokens (jwt, service, command), and source is "
                f"'{self.source}'"
            )
        if renewal.service is not None and self.source != "service":
            raise ValueError(
                f"renewal.service: renews a login of source 'service', and source is '{self.source}', which makes a "
                "fresh token each time: remove it"
            )
        if renewal.service is not None and (unknown := sorted(renewal.service.learn.keys() - self.taught)):
            raise ValueError(
                f"renewal.service.learn: has '{unknown[0]}', which no 'learn' of [auth.service] teaches, and a renewal "
                "replaces what the login has taught: let the login learn it first"
            )
        before_s = renewal.before_expiry_s
        if before_s is not None and self.jwt is not None and self.source == "jwt" and before_s >= self.jwt.lifetime_s:
            raise ValueError(
                f"renewal.before_expiry_s: is {before_s:g}, and a token lives for {self.jwt.lifetime_s} s: lower it"
            )
        return self
