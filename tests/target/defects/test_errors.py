from __future__ import annotations

import asyncio
import base64
import json
import uuid

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from target.tokens import mint
from tests.target.client import TIMEOUT_S
from tests.target.conftest import Stores
from tests.target.defects.house import House, only_with


def test_an_error_quotes_somebody_else(stores: Stores) -> None:
    async def quoted(house: House) -> bool:
        first, second = house.tenant(), house.tenant(3)
        async with house.session(first) as one, house.session(second) as two:
            await one.chat("m1", f"words of {first.canary}")
            error = (await two.chat("m2", "hello"))[-1]
            assert error["code"] == "budget_exhausted"
            return first.canary in error["message"]

    only_with("text-in-error:1", stores, quoted)


def test_a_close_says_what_somebody_else_said(stores: Stores) -> None:
    async def said(house: House) -> bool:
        first = house.tenant()
        async with house.session(first) as one:
            await one.chat("m1", first.canary)
        nobody = mint(uuid.uuid4(), house.jwt_secret)
        async with connect(f"{house.url}?token={nobody}", ping_interval=None) as socket:
            with pytest.raises(ConnectionClosed) as closed:
                await asyncio.wait_for(socket.recv(), TIMEOUT_S)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1008
        return first.canary in closed.value.rcvd.reason

    only_with("close-reason-text:1", stores, said)


@pytest.mark.parametrize("defect", ["debug-trace:1", "encoded-trace:1"])
def test_an_event_carries_a_trace_of_somebody_else(stores: Stores, defect: str) -> None:
    async def traced(house: House) -> bool:
        first, second = house.tenant(), house.tenant()
        async with house.session(first) as one, house.session(second) as two:
            await one.chat("m1")
            events = await two.chat("m2")
        trace = events[3].get("trace", "")
        text = base64.b64decode(trace).decode() if isinstance(trace, str) else json.dumps(trace)
        assert isinstance(trace, str) == (defect != "debug-trace:1") or not trace
        return first.canary in text

    only_with(defect, stores, traced)
