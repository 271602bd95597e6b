"""Names of a form that the target asks for: a pattern, or whole numbers from a range that belongs to nobody."""

from __future__ import annotations

import re

from evidence.marks import MAX_TENANT, RunKey

_ORDINAL_BITS = 18
_SLOTS = 64
_CONTROL_WORKER = 1023
_TOP = 1 << (_ORDINAL_BITS - 1)


class PatternNaming:
    """Names with a form of the target's, made the run's own by its tag.

    Args:
        key: the run's mark key.
        pattern: text with {run} and {ordinal}.
    """

    def __init__(self, key: RunKey, pattern: str = "{run}-{ordinal}") -> None:
        self._pattern = pattern.replace("{run}", f"r{key.tag:04x}")
        before, _, after = self._pattern.partition("{ordinal}")
        rest = re.escape(after).replace(re.escape("{ordinal}"), r"\1")
        self._form = re.compile(re.escape(before) + r"(0|[1-9][0-9]{0,8})" + rest)

    def name(self, number: int) -> str:
        """Returns the tenant's name: the pattern with the run's tag and the tenant's number put in."""
        return self._pattern.replace("{ordinal}", str(number))

    def get(self, name: str, /) -> int | None:
        """Returns whose name this is, or None."""
        match = self._form.fullmatch(name)
        return int(match[1]) if match is not None and int(match[1]) <= MAX_TENANT else None


class RangeNaming:
    """Names are whole numbers from a range, which 63 workers and the controls share in equal parts.

    Where in the range a run begins is told by its key: what one run left behind is rarely in the next one's way.

    Args:
        key: the run's mark key.
        first: the range's first number.
        last: its last.
    """

    def __init__(self, key: RunKey, first: int, last: int) -> None:
        self._first = first
        self._part = (last - first + 1) // _SLOTS
        self._count = self._part * _SLOTS
        self._shift = int.from_bytes(key.derive(b"range")[:8]) % self._count

    def name(self, number: int) -> str:
        """Returns the tenant's number in decimal digits.

        Raises:
            ValueError: the range has no room for this tenant.
        """
        worker, ordinal = number >> _ORDINAL_BITS, number & ((1 << _ORDINAL_BITS) - 1)
        slot = 0 if worker == _CONTROL_WORKER else worker + 1
        # The upper half of a worker's ordinals is nobody's; some are shown where a name of nobody is wanted.
        place = ordinal if ordinal < _TOP else self._part - 1 - (ordinal - _TOP)
        half = (self._part + 1) // 2
        if slot >= _SLOTS or (ordinal < _TOP and place >= half) or place < 0:
            raise ValueError(
                f"the whole numbers from {self._first} on are too few: there is room for {_SLOTS - 1} workers with "
                f"{half} tenants each; widen tenants.integers"
            )
        return str(self._first + (slot * self._part + place + self._shift) % self._count)

    def get(self, name: str, /) -> int | None:
        """Returns whose number this is, or None."""
        if not (name.isascii() and name.isdecimal() and len(name) <= 19):
            return None
        offset = int(name) - self._first
        if not 0 <= offset < self._count or str(int(name)) != name:
            return None
        slot, place = divmod((offset - self._shift) % self._count, self._part)
        ordinal = place if place < (self._part + 1) // 2 else _TOP + self._part - 1 - place
        worker = _CONTROL_WORKER if slot == 0 else slot - 1
        return worker << _ORDINAL_BITS | ordinal
