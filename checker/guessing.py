"""Can ids be guessed? A look at how the ids that the service handed out to different tenants follow one another.

Two signs are looked for, both far outside of what random ids show:

- Neighbours. Read as numbers, ids of different tenants lie so close together that a million guesses around one's own
  reach another's. Of n random ids of b bits, n² · 2^(20−b) are expected to: for n = 10,000 and the 74 random bits of a
  version-7 UUID (whose time stamp alone can be guessed) that is below 10⁻⁸.
- Room. The characters in which the ids differ at all leave room for fewer than 2^48 of them. This is an upper bound: a
  position counts as the whole alphabet of what stood there. So a time in milliseconds and a counter are found whatever
  stands before and behind them; sixteen random hexadecimal digits (64 bits) are not.

Too few ids show neither: then nothing is said.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from checker.figures import count
from checker.finding_reports import SuspicionReport
from checker.suspicion_kinds import SuspicionKind, suspicion

ENOUGH_IDS = 20
ENOUGH_TENANTS = 3
WITHIN = 1 << 20
"""Ids so close together are reached by a million guesses."""
NEIGHBOURS_SHARE = 0.1
"""Of so many ids a neighbour must be another tenant's: a service may make some of its ids well."""
ROOM_BITS = 48
_HEX = re.compile(r"[0-9a-fA-F-]+")
_DECIMAL = re.compile(r"[0-9]{1,39}")


def guessable_ids(owners: Mapping[tuple[str, str], int], names: Iterable[str] = ()) -> list[SuspicionReport]:
    """Returns a suspicion for each thing whose ids can be guessed.

    Args:
        owners: (thing, id) to the number of the tenant that was given it.
        names: ids of tenants, which the service did not make.
    """
    known = set(names)
    by_thing: dict[str, dict[str, int]] = defaultdict(dict)
    for (thing, value), owner in owners.items():
        if value not in known:
            by_thing[thing][value] = owner
    reports = []
    for thing, ids in sorted(by_thing.items()):
        if len(ids) < ENOUGH_IDS or len(set(ids.values())) < ENOUGH_TENANTS:
            continue
        close, room = close_to_others(ids), room_bits(list(ids))
        if close >= NEIGHBOURS_SHARE * len(ids):
            why = f"{close:,} of {count(len(ids), 'id')} lie within a million of an id of another tenant"
        elif room < ROOM_BITS:
            why = f"{count(len(ids), 'id')} differ in so few characters that there is room for 2^{room:.0f} of them"
        else:
            continue
        reports.append(_report(thing, sorted(ids), why))
    return reports


def close_to_others(ids: Mapping[str, int]) -> int:
    """Returns how many ids have a neighbour within a million that is another tenant's."""
    read = _reader(list(ids))
    ordered = sorted((read(value), owner) for value, owner in ids.items())
    return len({number for number, other in _next_of_others(ordered) if abs(number - other) <= WITHIN})


def _next_of_others(ordered: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yields each number with the next one of another owner, to both sides."""
    for line in (ordered, ordered[::-1]):
        last: tuple[int, int] | None = None
        last_of_other: tuple[int, int] | None = None
        for number, owner in line:
            if last is not None and last[1] != owner:
                last_of_other = last
            if last_of_other is not None:
                yield number, last_of_other[0]
            last = number, owner


def room_bits(ids: Sequence[str]) -> float:
    """Returns the most bits by which these ids can differ from one another, judged by the characters at each place."""
    if len({len(value) for value in ids}) > 1 and not all(_DECIMAL.fullmatch(value) for value in ids):
        return math.inf  # places can't be compared
    width = max(map(len, ids))
    at_each = (set(letters) for letters in zip(*(value.rjust(width, "0") for value in ids), strict=True))
    return sum(math.log2(_alphabet(letters)) for letters in at_each if len(letters) > 1)


def _alphabet(letters: set[str]) -> int:
    if all(letter.isdecimal() for letter in letters):
        return 10
    if all(_HEX.fullmatch(letter) for letter in letters):
        return 16
    return 36 if len({letter.lower() for letter in letters}) == len(letters) else 64


def _reader(ids: Sequence[str]) -> Callable[[str], int]:
    """How to read these ids as numbers, so that ids made one after the other become neighbours."""
    if all(_DECIMAL.fullmatch(value) for value in ids):
        return int
    if all(_HEX.fullmatch(value) and value.strip("-") for value in ids):
        return lambda value: int(value.replace("-", ""), 16)
    return lambda value: int.from_bytes(value.encode(), "big")


def _report(thing: str, ids: Sequence[str], why: str) -> SuspicionReport:
    return suspicion(
        SuspicionKind.GUESSABLE_IDS,
        where=f"ids of each {thing}",
        text=f"{why}, for example {ids[len(ids) // 2][:60]} and {ids[len(ids) // 2 + 1][:60]}",
    )
