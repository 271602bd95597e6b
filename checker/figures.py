"""Figures in sentences: the same spelling in every reason, whoever writes it."""

from __future__ import annotations

import math
from collections.abc import Iterable


def count(number: int, singular: str, plural: str | None = None) -> str:
    """Returns ``1 tenant`` or ``1,200 tenants``."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def percent(part: float, whole: float, digits: int = 1) -> str:
    """Returns a share in percent that never rounds to 0 or 100 unless it is exactly that; ``–`` of nothing."""
    if not whole:
        return "–"
    share = 100.0 * part / whole
    for places in range(digits, 6):
        text = f"{share:.{places}f}"
        if (float(text) == 0.0) == (part == 0) and (float(text) == 100.0) == (part == whole):
            return f"{text.rstrip('0').rstrip('.')} %"
    return f"{share:.6g} %"


def listed(names: Iterable[str], shown: int = 3) -> str:
    """Returns ``a, b, c and 4 more``."""
    names = list(names)
    rest = len(names) - shown
    return ", ".join(names[:shown]) + (f" and {rest:,} more" if rest > 0 else "")


def tenants(names: Iterable[str], shown: int = 3) -> str:
    """Returns ``tenant a`` or ``5 tenants, for example a, b, c``."""
    names = list(names)
    if len(names) == 1:
        return f"tenant {names[0]}"
    return f"{len(names):,} tenants, for example {', '.join(names[:shown])}"


def duration(seconds: float) -> str:
    """Returns ``42 s``, ``3 min 5 s``, ``2 h 10 min`` or ``12 days``."""
    whole = round(seconds)
    if whole < 120:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    if whole < 7200:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 48 * 3600:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86400:,} days"


def rate(value: float, *, up: bool) -> str:
    """Returns the end of a bound in percent, with two digits that matter and rounded away from what was measured.

    No sentence may claim more than the figure: the upper end is rounded up, the lower one down.
    """
    shown = 100 * value
    if shown <= 0 or shown >= 100:
        return f"{shown:.0f} %"
    places = max(0, 1 - math.floor(math.log10(shown)))
    digits = round(shown * 10**places, 6)
    text = f"{(math.ceil(digits) if up else math.floor(digits)) / 10**places:.{places}f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} %"
