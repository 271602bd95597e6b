"""What is asked of something else than the target's WebSocket: an HTTP request, a command."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SecretStr, StringConstraints, model_validator

from config.parts import Part, Template
from config.template import placeholders

Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$")]


class HttpCall(Part):
    """An HTTP request. Address, headers, body and form may hold placeholders."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = Field("POST", description="HTTP method.")
    url: Url = Field(description="Address, http:// or https://; what fills a placeholder is escaped.")
    headers: dict[str, SecretStr] = Field(
        default_factory=dict, description="Further headers, with placeholders; never shown."
    )
    body: dict[str, object] | list[object] | None = Field(None, description="JSON body; placeholders as in messages.")
    form: dict[str, str] | None = Field(None, description="Form fields, in place of a JSON body.")
    expect: tuple[Annotated[int, Field(ge=100, le=599)], ...] = Field(
        (), description="Statuses that mean success; without any, those from 200 to 299."
    )
    timeout_s: float = Field(10.0, gt=0, description="Longest wait for the answer.")
    retries: int = Field(
        2, ge=0, le=10, description="How often it is said again after no connection, or status 429 or 503."
    )

    @model_validator(mode="after")
    def _one_body(self) -> HttpCall:
        if self.body and self.form:
            raise ValueError("has a body and a form: a request carries one of them")
        return self

    @property
    def names(self) -> set[str]:
        """The placeholders it holds, those in headers apart: braces in a secret may be none."""
        return placeholders([self.url, self.body, self.form])


class CommandCall(Part):
    """A command, run without a shell; what it needs to know of a tenant comes by environment or standard input.

    It inherits this process's environment, so that a secret which stands there needs no mention.
    """

    argv: tuple[str, ...] = Field(min_length=1, description="The program and its arguments; shown to everybody.")
    environment: dict[str, SecretStr] = Field(default_factory=dict, description="Further variables; placeholders.")
    input: Template | None = Field(None, description="A JSON document for its standard input; placeholders.")
    timeout_s: float = Field(10.0, gt=0, description="It is killed, with its children, after so long.")

    @property
    def names(self) -> set[str]:
        """The placeholders it holds, those in its environment apart: braces in a secret may be none."""
        return placeholders([self.argv, self.input])
