"""Keys that the profile says can't be read: they are counted, and no doubt."""

from __future__ import annotations

from collections.abc import Iterable

from checker.redis_patterns import KeyPatterns
from checker.scan import StoreScan


class OpaqueKeys:
    """The profile's word on keys whose content is encrypted, or in a form that nobody documents.

    Args:
        patterns: globs, from the profile.
        scan: takes the counts.
    """

    def __init__(self, patterns: Iterable[str], scan: StoreScan) -> None:
        self._patterns = KeyPatterns(patterns)
        self._scan = scan

    def __contains__(self, key: bytes) -> bool:
        """Whether the profile says of this key that it can't be read."""
        return key in self._patterns

    def count(self, key: bytes) -> bool:
        """Counts a key if it fits a pattern, and returns whether it does."""
        pattern = self._patterns.of(key)
        if pattern is None:
            return False
        self._scan.left_out[pattern] = self._scan.left_out.get(pattern, 0) + 1
        return True

    def close(self) -> None:
        """Says which patterns fit no key: one misspelt would leave a doubt where none is expected, and the reverse."""
        for text in self._patterns:
            if text not in self._scan.left_out:
                self._scan.notes.append(f"opaque names keys {text}, and there was none")
