"""How tenants prove who they are: where a token goes and where it comes from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SecretStr, StringConstraints, model_validator

from config.parts import Part, PositiveInt, Template


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


class Auth(Part):
    """How a tenant proves who it is when it connects."""

    place: Literal["query", "header", "none"] = "query"
    parameter: str = Field("token", description="Name of the query parameter or header.")
    scheme: Annotated[str, StringConstraints(strip_whitespace=False)] = Field(
        "", description="Put before the token in a header, such as 'Bearer ' with its space."
    )
    source: Literal["jwt", "service"] = "jwt"
    jwt: SignedToken | None = None
    service: TokenService | None = None

    @model_validator(mode="after")
    def _source_is_described(self) -> Auth:
        if self.place != "none" and getattr(self, self.source) is None:
            raise ValueError(f"source is '{self.source}', so a table [auth.{self.source}] is needed")
        return self
