"""One's own words come back: a refusal that repeats whose door it was has told nobody anything."""

from __future__ import annotations

import re
from collections.abc import Mapping

_BLANK = "(as we said)"
_SECRETS = frozenset({"token", "password"})


class Echoes:
    """What a tenant has said of others on purpose: the ids that an attempt names, the name that it comes under.

    Only what refuses is looked at without them, and only they are left out: everything else in a refusal is looked at
    as ever, and in any other frame they count like all that belongs to somebody else.
    """

    def __init__(self) -> None:
        self._said: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def forget(self) -> None:
        """Begins anew: what was said on a connection can't come back on the next one."""
        self._said.clear()
        self._pattern = None

    def say(self, values: Mapping[str, object]) -> None:
        """Notes what names somebody else; values without a name (None) and secrets are left out."""
        said = {str(value) for name, value in values.items() if value is not None and name not in _SECRETS}
        if said <= self._said:
            return
        self._said |= said
        longest_first = sorted(filter(None, self._said), key=len, reverse=True)
        # Whole words only: a short number must not be cut out of somebody's mark.
        words = "|".join(re.escape(word) for word in longest_first)
        self._pattern = re.compile(rf"(?<![0-9A-Za-z])(?:{words})(?![0-9A-Za-z])")

    def out_of_text(self, text: str) -> str:
        """Returns the text without what was said."""
        return text if self._pattern is None else self._pattern.sub(_BLANK, text)

    def out_of_bytes(self, data: bytes) -> bytes:
        """Returns the bytes of a message without what was said in it as text."""
        return data if self._pattern is None else self.out_of_text(data.decode("latin-1")).encode("latin-1")

    def out_of(self, document: object) -> object:
        """Returns the document without what was said, in its strings and as its numbers."""
        if self._pattern is None:
            return document
        if isinstance(document, str):
            text = self.out_of_text(document)
            return "" if text == _BLANK else text  # a field with nothing else in it names nobody
        if isinstance(document, dict):
            return {self.out_of(key): self.out_of(value) for key, value in document.items()}
        if isinstance(document, (list, tuple)):
            return [self.out_of(value) for value in document]
        if isinstance(document, int) and not isinstance(document, bool) and str(document) in self._said:
            return ""
        return document
