"""How tenants prove who they are: where a token goes and where it comes from."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal

import jwt
from pydantic import Field, SecretStr, StringConstraints, model_validator

from config.calls import CommandCall, HttpCall
from config.files import ProfileFile, column, read_table
from config.parts import Message, Part, PositiveInt, Template
from config.template import placeholders

Source = Literal["jwt", "service", "file", "command", "token", "password"]
_DESCRIBED = {"jwt", "service", "file", "command"}
Place = Literal["query", "header", "cookie", "subprotocol", "path", "basic", "frame", "none"]


class SignedToken(Part):
    """Tokens we sign ourselves, as JSON Web Tokens."""

    algorithm: str = Field("HS256", description="Any that PyJWT has: HS*, RS*, PS*, ES*, EdDSA.")
    secret: SecretStr | None = Field(None, description="Shared secret, or private key in PEM.")
    secret_file: ProfileFile | None = Field(None, description="File that holds it, in place of 'secret'.")
    headers: dict[str, str] = Field(default_factory=dict, description="Further headers of the token, such as kid.")
    lifetime_s: PositiveInt = Field(3600, description="Seconds from iat to exp.")
    claims: dict[str, object] = Field(description="Claims beside iat and exp; placeholders as in messages.")

    @cached_property
    def key(self) -> str:
        """The shared secret, or the private key in PEM."""
        if self.secret_file is not None:
            return self.secret_file.read_text(encoding="utf-8").strip()
        return self.secret.get_secret_value() if self.secret is not None else ""

    @model_validator(mode="after")
    def _key_fits(self) -> SignedToken:
        if (self.secret is None) == (self.secret_file is None):
            raise ValueError("needs one of 'secret' and 'secret_file'")
        algorithm = jwt.algorithms.get_default_algorithms().get(self.algorithm)
        key = "secret" if self.secret_file is None else "secret_file"
        try:
            if algorithm is not None:
                algorithm.prepare_key(self.key)
        except (jwt.PyJWTError, TypeError, ValueError, OSError) as error:
            raise ValueError(f"{key}: holds no key for algorithm {self.algorithm} ({type(error).__name__})") from None
        return self


class TokenService(HttpCall):
    """Tokens that an HTTP service issues, or a login with user and password; body or form take the tenant's own
    placeholders, {password} among them.
    """

    body: Template = Field(default_factory=dict, description="JSON body; placeholders as in messages.")
    token: str = Field("access_token", description="Path of the token in the JSON answer.")
    token_cookie: str | None = Field(None, description="Name of the cookie that is the token, in place of a path.")
    token_header: str | None = Field(None, description="Name of the answer's header that is the token.")


class TokenFile(Part):
    """Tokens in a file: CSV with a head line, or lines of JSON objects."""

    path: ProfileFile = Field(description="The file.")
    tenant: str = Field("tenant", description="Column with the tenant's id.")
    token: str = Field("token", description="Column with its token.")

    @cached_property
    def tokens(self) -> dict[str, str]:
        """Tokens by tenant."""
        table = read_table(self.path)
        names = column(self.path, table, self.tenant, "auth.file.tenant")
        return dict(zip(names, column(self.path, table, self.token, "auth.file.token"), strict=True))

    @model_validator(mode="after")
    def _can_be_read(self) -> TokenFile:
        if not self.tokens:
            raise ValueError(f"path: {self.path.name} holds no tokens")
        return self


class TokenCommand(CommandCall):
    """A command that writes a token to its standard output."""

    token: str | None = Field(None, description="Path of the token, if the command writes JSON.")


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

    Placeholders in ``send``: {token} and the tenant's own (tenant, email, number).
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

    @property
    def places(self) -> tuple[Placement, ...]:
        """Every place the token goes to."""
        return tuple(placement for placement in (self, *self.also) if placement.place != "none")

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
