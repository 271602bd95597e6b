from __future__ import annotations

import base64
import gzip

import psycopg2
import pytest

from target.defects.preparation import prepare
from tests.target.conftest import Stores
from tests.target.defects.house import House, history, only_with


@pytest.fixture(scope="module")
def prepared(stores: Stores) -> Stores:
    connection = psycopg2.connect(stores.owner_url)
    try:
        prepare(connection, "app", ["unfiltered-query", "owner-rights-view"])
    finally:
        connection.close()
    return stores


@pytest.mark.parametrize("defect", ["sticky-database-session:1", "unfiltered-query:1", "owner-rights-view:1"])
def test_a_history_shows_what_row_security_should_have_kept(prepared: Stores, defect: str) -> None:
    async def foreign(house: House) -> bool:
        first, second = house.tenant(), house.tenant()
        async with house.session(first) as one, house.session(second) as two:
            await one.chat("m", f"words of {first.canary}")
            assert first.canary in await history(one)
            return first.canary in await history(two)

    only_with(defect, prepared, foreign)


def test_an_answer_is_filed_in_the_thread_of_the_one_before(stores: Stores) -> None:
    async def misfiled(house: House) -> bool:
        first, second = house.tenant(), house.tenant()
        async with house.session(first) as one, house.session(second) as two:
            await one.chat("m1", "one")
            await two.chat("m2", "two")
            return second.canary in await history(one)

    only_with("misfiled-row:1", stores, misfiled)


def test_a_compressed_snapshot_is_filed_under_the_tenant_before(stores: Stores) -> None:
    async def misfiled(house: House) -> bool:
        first, second = house.tenant(), house.tenant()
        async with house.session(first) as one, house.session(second) as two:
            await one.chat("m1", "one")
            await two.chat("m2", "two")
        packed = house.rows(
            "SELECT state_data ->> 'data' FROM agent_state_snapshots WHERE user_id = %s AND compression_type = 'gzip'",
            first.user_id,
        )
        return any(second.canary in gzip.decompress(base64.b64decode(data)).decode() for (data,) in packed)

    only_with("misfiled-snapshot:1", stores, misfiled)


def test_a_message_is_answered_and_not_stored(stores: Stores) -> None:
    async def lost(house: House) -> bool:
        owner = house.tenant()
        async with house.session(owner) as client:
            stream = await client.chat("m", "remember me")
            assert stream[-1]["remaining"] == 993
            return "remember me" not in await history(client)

    only_with("acknowledged-not-stored:1", stores, lost)
