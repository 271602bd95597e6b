"""What is asked of something else than the target's WebSocket: an HTTP request, a command."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr, StringConstraints, model_validator

from config.parts import Part, Path, Pattern, Template
from config.template import placeholders

Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$")]


class Extract(Part):
    """Where a value stands in an answer: at a path of its JSON, in a header, in a cookie, or anywhere in its text.

    A text alone is a path. ``matches`` finds the value in what the others lead to, or in the whole body.
    """

    path: Path | None = Field(None, description="Path in the JSON of the answer.")
    header: str | None = Field(None, min_length=1, description="Name of a header of the answer.")
    cookie: str | None = Field(None, min_length=1, description="Name of a cookie, of this answer or kept from before.")
    matches: Pattern | None = Field(
        None,
        description='Regular expression whose first group is the value, as in \'name="csrf" value="([^"]+)"\'; it is '
        "looked for in the body if nothing else is said.",
    )

    @property
    def is_of_http(self) -> bool:
        """Whether only the answer to an HTTP request can have it."""
        return self.header is not None or self.cookie is not None

    @model_validator(mode="after")
    def _says_one_place(self) -> Extract:
        places = [name for name in ("path", "header", "cookie") if getattr(self, name) is not None]
        if len(places) > 1:
            raise ValueError(f"says {' and '.join(places)}: a value is taken from one place")
        if not places and self.matches is None:
            raise ValueError("needs one of path, header, cookie, matches")
        if self.matches is not None and not re.compile(self.matches).groups:
            raise ValueError("matches: needs a group in parentheses, which is the value")
        return self


def _as_extract(value: object) -> object:
    return {"path": value} if isinstance(value, str) else value


Extracted = Annotated[Extract, BeforeValidator(_as_extract, json_schema_input_type=str | Extract)]
"""A path of the answer's JSON, or a table that says where else the value stands."""


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
