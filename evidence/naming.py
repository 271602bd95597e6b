"""How tenants are called: names that suit the target, from which the tenant's number can be read back.

Leaks through key names show only with names that a buggy key can confuse: prefixes of one another, differing only in
case or in ``-`` against ``_``, with a long common start or end, at a length limit. ``slug`` mixes such families with
well-spread names. Every style is a bijection of tenant numbers, so that recognition stays a computation.
"""

from __future__ import annotations

import hashlib
import re
from typing import Literal, Protocol, get_args

from evidence.chosen_naming import PatternNaming, RangeNaming
from evidence.marks import MAX_TENANT, Mark, MarkKind, RunKey

Style = Literal["uuid", "uuid_hex", "slug", "integer", "email", "pattern"]
EMAIL_DOMAIN = "@tenants.example.com"
"""Reserved (RFC 2606), so that no mail leaves; below .com, as services check that the last part is one there is."""
STYLES: tuple[str, ...] = get_args(Style)
SLUG_LIMIT = 63  # a DNS label, a Postgres identifier and many a name column end here
_COMMON = "tenant-of-one-and-the-same-long-common-part"


class Naming(Protocol):
    """A style of names."""

    def name(self, number: int) -> str:
        """Returns the tenant's name."""

    def get(self, name: str, /) -> int | None:
        """Returns the number of the tenant with this name, or None if nobody of this run is called so."""


def naming_of(
    style: Style, key: RunKey, *, pattern: str | None = None, integers: tuple[int, int] | None = None
) -> Naming:
    """Returns the naming of a style for a run.

    Args:
        style: how names look.
        key: the run's mark key.
        pattern: of names in the style ``pattern``.
        integers: first and last number of the range that names in the style ``integer`` are to be from.

    Raises:
        ValueError: there is no such style.
    """
    if style == "pattern" and pattern is not None:
        return PatternNaming(key, pattern)
    if style == "integer" and integers is not None:
        return RangeNaming(key, *integers)
    styles: dict[str, type[Naming]] = {
        "uuid": UuidNaming,
        "uuid_hex": UuidHexNaming,
        "slug": SlugNaming,
        "integer": IntegerNaming,
        "email": EmailNaming,
        "pattern": PatternNaming,
    }
    if style not in styles:
        raise ValueError(f"there is no naming style {style!r}; there are: {', '.join(STYLES)}")
    return styles[style](key)  # type: ignore[call-arg]  # a Protocol does not say how it is made


class UuidNaming:
    """Names are id marks: well spread, and recognised wherever they stand."""

    def __init__(self, key: RunKey) -> None:
        self._key = key

    def name(self, number: int) -> str:
        """Returns the tenant's id mark."""
        return self._key.mint_id(Mark(MarkKind.TENANT, number))

    def get(self, name: str, /) -> int | None:
        """Returns whose id mark this is, or None."""
        mark = self._key.open_id(name)
        return mark.tenant if mark is not None and mark.kind is MarkKind.TENANT else None


class UuidHexNaming(UuidNaming):
    """Id marks without hyphens, for targets that keep ids as 16 bytes."""

    def name(self, number: int) -> str:
        """Returns the tenant's id mark as 32 hexadecimal digits."""
        return super().name(number).replace("-", "")


class SlugNaming:
    """Eight families of slugs, seven of them built to collide in software that handles names carelessly."""

    FAMILIES = 8

    def __init__(self, key: RunKey) -> None:
        self._tag = f"r{key.tag:04x}"
        self._mask = int.from_bytes(hashlib.blake2b(key.derive(b"slug"), digest_size=4).digest())
        tag, digits = self._tag, r"(\d{1,8})"
        self._patterns = [
            re.compile(pattern)
            for pattern in (
                f"{tag}-t{digits}", f"{tag}-T{digits}", f"{tag}-x-{digits}", f"{tag}-x_{digits}",
                f"{tag}-{_COMMON}-{digits}", f"{digits}-{_COMMON}-{tag}", f"{tag}-{digits}z+",
                f"([0-9a-f]{{8}})-{tag}",
            )
        ]  # fmt: skip

    def name(self, number: int) -> str:
        """Returns the tenant's slug: lower-case but for one family, at most 63 characters."""
        index, family = divmod(number, self.FAMILIES)
        tag = self._tag
        match family:
            case 0:
                return f"{tag}-t{index}"
            case 1:
                return f"{tag}-T{index}"
            case 2:
                return f"{tag}-x-{index}"
            case 3:
                return f"{tag}-x_{index}"
            case 4:
                return f"{tag}-{_COMMON}-{index:07d}"
            case 5:
                return f"{index:07d}-{_COMMON}-{tag}"
            case 6:
                return f"{tag}-{index}".ljust(SLUG_LIMIT, "z")
            case _:
                return f"{self._spread(number):08x}-{tag}"

    def get(self, name: str, /) -> int | None:
        """Returns whose slug this is, or None; case and punctuation matter."""
        for family, pattern in enumerate(self._patterns):
            match = pattern.fullmatch(name)
            if match is None:
                continue
            number = self._unspread(int(match[1], 16)) if family == 7 else int(match[1]) * self.FAMILIES + family
            if number <= MAX_TENANT and self.name(number) == name:
                return number
        return None

    def _spread(self, number: int) -> int:
        """Masked and with the bits in reverse order, so that neighbours come to lie far apart."""
        return int(f"{number ^ self._mask:032b}"[::-1], 2)

    def _unspread(self, spread: int) -> int:
        return int(f"{spread:032b}"[::-1], 2) ^ self._mask


class IntegerNaming:
    """Names are whole numbers below 2^45: the run's tag, then the tenant's number."""

    def __init__(self, key: RunKey) -> None:
        self._base = (key.tag + 1) << 28

    def name(self, number: int) -> str:
        """Returns the tenant's number among those of this run, in decimal digits."""
        return str(self._base + number)

    def get(self, name: str, /) -> int | None:
        """Returns whose number this is, or None."""
        if not (name.isascii() and name.isdecimal() and len(name) <= 16):
            return None
        number = int(name) - self._base
        return number if 0 <= number <= MAX_TENANT and self.name(number) == name else None


class EmailNaming:
    """Names are e-mail addresses whose local parts are the slugs."""

    def __init__(self, key: RunKey) -> None:
        self._slugs = SlugNaming(key)

    def name(self, number: int) -> str:
        """Returns the tenant's address."""
        return self._slugs.name(number) + EMAIL_DOMAIN

    def get(self, name: str, /) -> int | None:
        """Returns whose address this is, or None."""
        return self._slugs.get(name.removesuffix(EMAIL_DOMAIN)) if name.endswith(EMAIL_DOMAIN) else None
