from __future__ import annotations

from tests.target.conftest import Stores
from tests.target.defects.house import ATTEMPTS, House, only_with, play


async def change_reaches(house: House, *, alike: bool) -> bool:
    first = house.tenant()
    second = house.tenant(like=first)
    while not alike and str(second.user_id)[0] == str(first.user_id)[0]:
        second = house.tenant()
    async with house.session(first) as one, house.session(second) as two:
        for number in range(ATTEMPTS):
            await one.request("update_state", "state_updated", message_id=f"u{number}", patch={"a": number})
            await two.answered()
            if any(frame["type"] == "state_changed" for frame in two.seen):
                return True
        return False


def test_a_pattern_matches_another_tenant_whose_name_begins_alike(stores: Stores) -> None:
    async def reached(house: House) -> bool:
        return await change_reaches(house, alike=True)

    only_with("wide-subscription:1", stores, reached)


def test_a_pattern_does_not_match_a_name_that_begins_otherwise(stores: Stores) -> None:
    async def reached(house: House) -> bool:
        return await change_reaches(house, alike=False)

    assert not play(reached, stores, "wide-subscription:1")


def test_a_new_socket_hears_the_room_of_who_had_its_slot(stores: Stores) -> None:
    async def hears(house: House) -> bool:
        first, second = house.tenant(), house.tenant()
        async with house.session(first):
            pass
        async with house.session(first) as talking:
            for number in range(ATTEMPTS):  # until the service has noticed that the first socket is gone
                async with house.session(second) as listening:
                    await talking.chat(f"m{number}")
                    await listening.answered()
                    if any(frame.get("user_id") == str(first.user_id) for frame in listening.seen):
                        return True
            return False

    only_with("room-outlives-member:1", stores, hears)
