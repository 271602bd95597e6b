"""Budget bands: private amounts that name their owner.

Every tenant owns one band of 2^20 units, placed by a keyed permutation of its number among 2^32 bands, so that an
amount below 2^52 (exact in JSON, in Lua and in a Postgres bigint) says whose it is for as long as its owner has spent
less than half a band. A number counts as a budget only where the target profile says budgets stand: the band is a
name, not a checksum.
"""

from __future__ import annotations

import hashlib
import re

from evidence.marks import MAX_TENANT, RunKey

BAND_WIDTH = 1 << 20
# Who has spent less than this has an amount in its own band still; the band below is somebody else's.
SAFE_SPENDING = BAND_WIDTH // 2
_HALF_BITS = 16
_HALF_MASK = (1 << _HALF_BITS) - 1
_ROUNDS = 6
_EXACT = 1 << 53
_DIGITS = re.compile(r"-?[0-9]{1,16}")


class BudgetBands:
    """Mints starting budgets and recognises remaining amounts, with the run key alone.

    Args:
        key: the run's key.
    """

    def __init__(self, key: RunKey) -> None:
        self._key = key.derive(b"budget")

    def starting(self, tenant: int) -> int:
        """Returns the tenant's starting budget in units: an amount in the upper half of its band."""
        offset = int.from_bytes(self._digest(b"offset", tenant)) % SAFE_SPENDING
        return self._band(tenant) * BAND_WIDTH + SAFE_SPENDING + offset

    def starting_short(self, tenant: int, cost: int, requests: int) -> int:
        """Returns a budget in units that runs out after ``requests`` requests of ``cost`` units, with some change left.

        Such an amount lies below every band but the first and names nobody: it is judged by the account alone.

        Raises:
            ValueError: so many requests cost so much that the amount would lie in somebody's band.
        """
        if cost * (requests + 1) > BAND_WIDTH:
            raise ValueError(
                f"a budget for {requests} requests of {cost} units is no short one: the first band has {BAND_WIDTH}"
            )
        return cost * requests + int.from_bytes(self._digest(b"change", tenant)) % max(cost, 1)

    def owner(self, amount: object) -> int | None:
        """Returns the number of the tenant in whose band ``amount`` lies, or None if it is in nobody's."""
        whole = as_amount(amount)
        if whole is None:
            return None
        band = whole // BAND_WIDTH
        if not 0 < band < 1 << (2 * _HALF_BITS):
            return None
        tenant = self._permute(band, backwards=True)
        return tenant if tenant <= MAX_TENANT else None

    def _band(self, tenant: int) -> int:
        if not 0 <= tenant <= MAX_TENANT:
            raise ValueError(f"tenant number {tenant} is outside 0 … {MAX_TENANT}")
        return self._permute(tenant, backwards=False)

    def _permute(self, value: int, *, backwards: bool) -> int:
        """A balanced Feistel network over 32 bits (Luby and Rackoff, 1988)."""
        left, right = value >> _HALF_BITS, value & _HALF_MASK
        rounds = range(_ROUNDS)
        if backwards:
            for index in reversed(rounds):
                left, right = right ^ self._round(index, left), left
        else:
            for index in rounds:
                left, right = right, left ^ self._round(index, right)
        return left << _HALF_BITS | right

    def _round(self, index: int, half: int) -> int:
        return int.from_bytes(self._digest(bytes([index]), half)[:2])

    def _digest(self, purpose: bytes, value: int) -> bytes:
        return hashlib.blake2b(value.to_bytes(8), digest_size=8, key=self._key, person=purpose).digest()


def as_amount(value: object) -> int | None:
    """Returns a value as an amount in units if it can be one: a whole number that JSON holds exactly.

    Many services write such numbers as text, since JavaScript holds no 64-bit integers.
    """
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _EXACT:
        return value
    return None
