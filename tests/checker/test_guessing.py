from __future__ import annotations

import random
import uuid
from collections.abc import Callable

import pytest

from checker.guessing import close_to_others, guessable_ids, room_bits

TENANTS = 10
DRAW = random.Random(5)


def handed_out(make: Callable[[int], str], number: int = 60, thing: str = "thread") -> dict[tuple[str, str], int]:
    return {(thing, make(index)): index % TENANTS for index in range(number)}


def version_7(index: int) -> str:
    """RFC 9562, 5.7: a time stamp in milliseconds, then random bits; all of one millisecond, the worst case."""
    value = (1_800_000_000_000 << 80) | DRAW.getrandbits(80)
    return str(uuid.UUID(int=value & ~(0xF << 76) & ~(3 << 62) | 7 << 76 | 2 << 62))


def object_id(index: int) -> str:
    """As MongoDB makes them: seconds, five random bytes of the process, a counter."""
    return f"{1_800_000_000 + index // 4:08x}" + "a1b2c3d4e5" + f"{0x31F0A0 + index:06x}"


RANDOM: dict[str, Callable[[int], str]] = {
    "UUID 4": lambda _: str(uuid.UUID(int=DRAW.getrandbits(128), version=4)),
    "UUID 7 of one millisecond": version_7,
    "hexadecimal token": lambda _: f"{DRAW.getrandbits(128):032x}",
    "URL-safe token": lambda _: "".join(
        DRAW.choices("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", k=21)
    ),
    "prefix and random part": lambda _: "thread_" + "".join(DRAW.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=24)),
    "random 64-bit integer": lambda _: str(DRAW.getrandbits(63)),
}
GUESSABLE: dict[str, Callable[[int], str]] = {
    "serial": str,
    "serial with a prefix": lambda index: f"run_{index:06d}",
    "serial at the start": lambda index: f"{index:06d}-of-the-service",
    "UUID counted up": lambda index: str(uuid.UUID(int=(17 << 100) + index)),
    "UUID 1": lambda index: str(
        uuid.UUID(fields=(0x1A2B3C4D + index * 9_999_999, 0x11, 0x1EE, 0x80, 1, 0x123456789ABC))
    ),
    "snowflake": lambda index: str((1_800_000_000_000 + index * 7) << 22 | 5 << 12 | index % 3),
    "object id": object_id,
    "six random digits": lambda _: f"{DRAW.randrange(10**6):06d}",
}


@pytest.mark.parametrize("make", RANDOM.values(), ids=RANDOM)
def test_random_ids_are_not_suspected(make: Callable[[int], str]) -> None:
    assert guessable_ids(handed_out(make, 400)) == []


@pytest.mark.parametrize("make", GUESSABLE.values(), ids=GUESSABLE)
def test_ids_that_follow_one_another_or_have_little_room_are_suspected(make: Callable[[int], str]) -> None:
    [suspicion] = guessable_ids(handed_out(make))
    assert (suspicion.kind, suspicion.where) == ("guessable-ids", "ids of each thread")


def test_too_few_ids_or_tenants_say_nothing() -> None:
    assert guessable_ids(handed_out(str, 19)) == []
    assert guessable_ids({("thread", str(index)): index % 2 for index in range(60)}) == []
    assert guessable_ids({}) == []


def test_each_thing_is_judged_by_itself() -> None:
    owners = handed_out(str) | handed_out(RANDOM["UUID 4"], thing="session")
    assert [suspicion.where for suspicion in guessable_ids(owners)] == ["ids of each thread"]


def test_names_of_tenants_were_not_made_by_the_service() -> None:
    owners = handed_out(str)
    assert guessable_ids(owners, names=[value for _, value in owners]) == []


def test_a_tenants_own_ids_may_stand_together() -> None:
    ids = {str((owner << 90) + count): owner for owner in range(5) for count in range(10)}
    assert close_to_others(ids) == 0


def test_neighbours_are_counted_on_both_sides() -> None:
    far = 1 << 60
    assert close_to_others({"100": 1, "101": 1, "102": 2, str(far): 3, str(far + (1 << 20)): 4}) == 5


def test_room_is_an_upper_bound() -> None:
    assert room_bits([f"{DRAW.getrandbits(64):016x}" for _ in range(200)]) == pytest.approx(64)
    assert room_bits(["a-1", "a-2"]) < 4


def test_a_tenant_with_very_many_ids_in_a_row_is_no_burden() -> None:
    ids = {str(number): number // 50_000 for number in range(100_000)}
    assert close_to_others(ids) == 100_000
