"""Patterns of the profile for names of keys."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Iterator


class KeyPatterns:
    """Globs of the profile, which match the bytes of a key's name.

    Args:
        patterns: the globs.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns = [(re.compile(fnmatch.translate(text).encode(), re.DOTALL), text) for text in patterns]

    def __iter__(self) -> Iterator[str]:
        """Yields the globs as the profile has them."""
        return (text for _, text in self._patterns)

    def __contains__(self, key: bytes) -> bool:
        """Whether a key fits one of them."""
        return self.of(key) is not None

    def of(self, key: bytes) -> str | None:
        """Returns the first that a key fits, if any."""
        return next((text for pattern, text in self._patterns if pattern.match(key)), None)
