"""What every part of a profile has in common: the base of its models, and the types of common keys."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

Template = dict[str, object]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
PositiveInt = Annotated[int, Field(gt=0)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]

_PATH = re.compile(r"(?:[^.\[\]/$\s]+|(?=\[))(?:\[-?\d*\])*(?:\.[^.\[\]/$\s]+(?:\[-?\d*\])*)*")


class Part(BaseModel):
    """Base of every part of a profile: unknown keys are errors, values don't change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, hide_input_in_errors=True)


def _as_list(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _checked_path(path: str) -> str:
    if not _PATH.fullmatch(path):
        raise ValueError(f"is no field path (a.b is b in the object a, list[].b that of each element), found {path!r}")
    return path


def _checked_pattern(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from None
    return pattern


def _checked_message(message: object) -> object:
    if not isinstance(message, (dict, list, str)):
        raise ValueError("is neither an object, nor an array, nor a line of text")
    return message


Message = Annotated[object, AfterValidator(_checked_message)]
"""What is said: an object, an array (as in ``["GET", "{tenant}"]``) or a line of text."""
Path = Annotated[str, AfterValidator(_checked_path)]
Pattern = Annotated[str, AfterValidator(_checked_pattern)]
Paths = Annotated[tuple[Path, ...], BeforeValidator(_as_list, json_schema_input_type=str | tuple[str, ...])]
"""One path, or several in a list."""
Patterns = Annotated[tuple[Pattern, ...], BeforeValidator(_as_list, json_schema_input_type=str | tuple[str, ...])]
"""One regular expression, or several in a list."""
Kinds = Annotated[tuple[str, ...], BeforeValidator(_as_list, json_schema_input_type=str | tuple[str, ...])]
"""One kind of frame, or several in a list."""
