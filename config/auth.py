"""How tenants prove who they are: where a token goes and where it comes from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SecretStr, StringConstraints, model_validator

from config.parts import Part, PositiveInt, Template
from config.template import placeholders

Place = Literal["query", "header", "cookie", "subprotocol", "path", "basic", "frame", "none"]


class SignedToken(Part):
    """Tokens we sign ourselves, as JSON Web Tokens."""

    algorithm: str = "HS256"
    secret: SecretStr = Field(description="Shared secret, or private key in PEM.")
    lifetime_s: PositiveInt = 3600
    claims: dict[str, object] = Field(description="Claims beside iat and exp; placeholders as in messages.")


class TokenService(Part):
    """Tokens that an HTTP service issues."""

    url: str = Field(pattern=r"^https?://[^\s]+$")
    method: Literal["GET", "POST"] = "POST"
    headers: dict[str, SecretStr] = Field(default_factory=dict)
    body: Template = Field(default_factory=dict, description="JSON body; placeholders as in messages.")
    token: str = Field("access_token", description="Path of the token in the JSON answer.")
    timeout_s: float = Field(10.0, gt=0)


class Placement(Part):
    """A place where a tenant's token goes.

    query and header need the name of the parameter; so does cookie. subprotocol offers the token as a further
    subprotocol, behind those of ``target.subprotocols``. path puts it where ``target.url`` says ``{token}``. basic is
    HTTP's user and password. frame says it in the first frame, as ``[auth.frame]`` describes.
    """

    place: Place = "query"
    parameter: str = Field("token", min_length=1, description="Name of the query parameter, header or cookie.")
    scheme: Annotated[str, StringConstraints(strip_whitespace=False)] = Field(
        "", description="Put before the token in a header or subprotocol, such as 'Bearer ' with its space."
    )
    username: str = Field("{tenant}", description="User name of place 'basic', whose password is the token.")


class OpeningFrame(Part):
    """What is said in the first frames after the upgrade, and what the target answers.

    Placeholders in ``send``: {token} and the tenant's own (tenant, email, number).
    """

    after: tuple[str, ...] = Field((), description="Types of the target's greeting; nothing is said before it.")
    send: Template
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


class Auth(Placement):
    """How a tenant proves who it is when it connects."""

    also: tuple[Placement, ...] = Field((), description="Further places that the same token goes to.")
    frame: OpeningFrame | None = None
    source: Literal["jwt", "service"] = "jwt"
    jwt: SignedToken | None = None
    service: TokenService | None = None

    @property
    def places(self) -> tuple[Placement, ...]:
        """Every place the token goes to."""
        return tuple(placement for placement in (self, *self.also) if placement.place != "none")

    @model_validator(mode="after")
    def _source_is_described(self) -> Auth:
        if self.place != "none" and getattr(self, self.source) is None:
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
