"""Whose a name is, where names can't be computed: accounts that existed, and ids that the target gave."""

from __future__ import annotations

from collections.abc import Iterable

from evidence.naming import Naming


class KnownNames:
    """Names that were learnt, above those of a naming. Case counts where it tells two names apart, and nowhere else:
    a service that writes an account's address in small letters means the same account.

    Args:
        naming: says whose a minted name is; None where tenants are accounts that existed.
    """

    def __init__(self, naming: Naming | None = None) -> None:
        self._naming = naming
        self._known: dict[str, int] = {}
        self._shared: set[str] = set()
        self._folded: dict[str, set[int]] = {}

    def add(self, number: int, names: Iterable[str]) -> None:
        """Notes what a tenant is called. What two tenants are called says nothing about either."""
        for name in names:
            if self._known.setdefault(name, number) != number:
                self._shared.add(name)
            self._folded.setdefault(name.casefold(), set()).add(number)

    def get(self, name: str, /) -> int | None:
        """Returns the number of the tenant with this name, None if nobody of this run is known to be called so."""
        if name in self._shared:
            return None
        number = self._known.get(name)
        if number is None and self._naming is not None:
            number = self._naming.get(name)
        meant = self._folded.get(name.casefold(), set())
        if number is None and len(meant) == 1:
            return next(iter(meant))
        return number
