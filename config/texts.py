"""How long a text may be that tenants send, and what becomes of one that is longer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from config.parts import Part, PositiveInt
from config.template import placeholders

OWN_TEXTS = frozenset({"prompt", "canary", "state_canary"})
"""Placeholders whose text is ours to make shorter or longer."""
CANARY_LENGTH = 29
"""Characters, and bytes, of the shortest text that names its owner."""


class TextLimit(Part):
    """How long the texts with {prompt}, {canary} or {state_canary} may be, each with what stands around these in
    ``send``, and what becomes of a longer one.

    Ordinary texts are kept within it. Now and then a longer one is tried, and looked for as any other.
    """

    most: PositiveInt = Field(description="So long a text is still taken as it is.")
    unit: Literal["characters", "bytes"] = Field(
        "characters", description="What is counted: characters, or bytes of UTF-8."
    )
    beyond: Literal["refused", "dropped", "cut"] = Field(
        description="What becomes of a longer one: it is refused; it is answered as if all were well, and dropped; or "
        "it is answered and cut short. The operation's cost is the most that a longer one costs, too."
    )
    tries: int = Field(
        2, ge=0, description="So many longer texts each process tries in a run, most and a little more long; 0: none."
    )

    def length(self, text: str) -> int:
        """Returns how long a text is, in the unit that counts."""
        return len(text) if self.unit == "characters" else len(text.encode("utf-8", "surrogatepass"))

    def __str__(self) -> str:
        return f"{self.most:,} {self.unit}"


def texts_of(send: object) -> Iterator[str]:
    """Yields the texts in a message that have a place for one of ours, with their placeholders."""
    if isinstance(send, str):
        if not OWN_TEXTS.isdisjoint(placeholders(send)):
            yield send
    elif isinstance(send, dict):
        for value in send.values():
            yield from texts_of(value)
    elif isinstance(send, (list, tuple)):
        for value in send:
            yield from texts_of(value)
