"""Where tokens come from: signed by us, asked for over HTTP, from a file, from a command."""

from __future__ import annotations

from functools import cached_property

import jwt
from pydantic import Field, SecretStr, model_validator

from config.calls import CommandCall, Extract, Extracted, HttpCall
from config.files import ProfileFile, column, read_table
from config.parts import Name, Part, Path, PositiveInt, Template


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


class LoginStep(HttpCall):
    """A request that comes before the one for the token: a page with a form, the form, a second factor.

    Each step is told the tenant's own placeholders, {password} among them, and what the steps before it have learnt.
    Cookies are kept from step to step, as a browser keeps them. A redirect is not followed: expect its status, and
    learn from its header Location.
    """

    name: str = Field("", description="What the step does, for messages.")
    learn: dict[Name, Extracted] = Field(
        default_factory=dict,
        description="Name to path (or { header = … }, { cookie = … }, { matches = … }): what fills placeholders from "
        "then on, in the steps after it, the upgrade and messages.",
    )


class TokenCall(HttpCall):
    """A request that is answered with a token."""

    body: Template = Field(default_factory=dict, description="JSON body; placeholders as in messages.")
    token: Extracted = Field(
        Extract(path="access_token"),
        description="Path of the token in the JSON answer, or { matches = … } where the answer is text.",
    )
    token_cookie: str | None = Field(None, description="Name of the cookie that is the token, in place of a path.")
    token_header: str | None = Field(None, description="Name of the answer's header that is the token.")
    expires_in: Path | None = Field(
        None, description="Path in the JSON answer: for how many seconds the token is good."
    )
    learn: dict[Name, Extracted] = Field(
        default_factory=dict, description="What this answer teaches beside the token, as in a step of 'before'."
    )

    @property
    def extract(self) -> Extract:
        """Where in the answer the token is."""
        if self.token_cookie is not None:
            return Extract(cookie=self.token_cookie)
        return Extract(header=self.token_header) if self.token_header is not None else self.token


class RefreshCall(TokenCall):
    """A request that renews a login in place of logging in anew: most often with a refresh token, which the login has
    taught.

    Address, headers, body and form take what a login takes, what it has taught, and {token}, the token that is renewed.
    Its answer brings the fresh token. Where it brings a fresh refresh token too, ``learn`` takes that one, by the name
    that the login learnt it by, and the next renewal shows it.
    """

    learn: dict[Name, Extracted] = Field(
        default_factory=dict,
        description="What of that which the login has taught this answer replaces, such as the refresh token; what it "
        "does not bring stays as it is.",
    )


class TokenService(TokenCall):
    """Tokens that an HTTP service issues, or a login with user and password; body or form take the tenant's own
    placeholders, {password} among them, and what the steps in ``before`` have learnt.

    What a login teaches beside the token fills placeholders of target.url (in its path and query), target.headers,
    [auth.frame], messages and the renewal. It is kept with the token and renewed with it. It is a secret like the
    token, shown nowhere, unless ``ids`` says that the tenant goes by it.
    """

    before: tuple[LoginStep, ...] = Field((), description="Requests that come before this one, in this order.")
    token_learnt: Name | None = Field(None, description="What a step of 'before' has learnt that is the token.")
    ids: tuple[Name, ...] = Field(
        (),
        description="What of all that is learnt is an id by which this tenant goes, and no other: it may be shown, and "
        "where it stands for somebody else it is a leak. The rest is secret.",
    )

    @property
    def taught(self) -> frozenset[str]:
        """Names of all that a login teaches beside the token."""
        return frozenset(self.learn).union(*(step.learn for step in self.before))

    @property
    def named_steps(self) -> list[tuple[str, LoginStep]]:
        """The steps that come before, each with the name that messages call it by."""
        return [
            (f"auth.service.before[{index}]" + (f" ({step.name})" if step.name else ""), step)
            for index, step in enumerate(self.before)
        ]

    @model_validator(mode="after")
    def _steps_teach_names(self) -> TokenService:
        taken = {"tenant", "number", "email", "password", "token"}
        for index, step in enumerate(self.before):
            if clash := sorted(taken & step.learn.keys()):
                raise ValueError(f"before[{index}]: learns '{clash[0]}', which is taken: choose another name")
            taken |= step.learn.keys()
        if clash := sorted(taken & self.learn.keys()):
            raise ValueError(f"learn: has '{clash[0]}', which is taken: choose another name")
        if unknown := [name for name in self.ids if name not in self.taught]:
            raise ValueError(f"ids: names '{unknown[0]}', which no 'learn' of the login teaches")
        if self.token_learnt is not None and not any(self.token_learnt in step.learn for step in self.before):
            raise ValueError(f"token_learnt: no step of 'before' learns '{self.token_learnt}'")
        return self


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
