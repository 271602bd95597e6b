from __future__ import annotations

import json

import pytest

from users.dialects.base import Undecodable
from users.dialects.json_rpc import JsonRpc


def test_a_request_gets_its_version_and_a_batch_is_several_documents() -> None:
    dialect = JsonRpc("ws://x", {})
    assert json.loads(dialect.encode({"id": 1, "method": "m"})) == {"jsonrpc": "2.0", "id": 1, "method": "m"}
    assert list(dialect.decode('[{"id":1,"result":2},{"id":2,"error":{}}]')) == [
        {"id": 1, "result": 2}, {"id": 2, "error": {}},
    ]  # fmt: skip
    with pytest.raises(Undecodable):
        list(dialect.decode("5"))


def test_a_call_of_the_services_is_refused_and_a_notification_is_not() -> None:
    dialect = JsonRpc("ws://x", {})
    (refused,) = dialect.answer({"method": "roots/list", "id": "s-1"})
    assert json.loads(refused) == {
        "jsonrpc": "2.0", "id": "s-1", "error": {"code": -32601, "message": "Method not found"},
    }  # fmt: skip
    assert list(dialect.answer({"method": "changed"})) == [] == list(dialect.answer({"id": 1, "result": {}}))
