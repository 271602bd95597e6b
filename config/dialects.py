"""What a dialect settles, so that a profile need not: laid under the profile's own keys."""

from __future__ import annotations

from typing import Literal, get_args

DialectName = Literal["json", "json-binary", "text", "graphql-transport-ws", "json-rpc", "socket.io", "stomp"]
NAMES: tuple[str, ...] = get_args(DialectName)

_SETTLED: dict[str, dict[str, object]] = {
    "text": {"frames": {"type": "kind"}},
    "graphql-transport-ws": {
        "target": {"subprotocols": ["graphql-transport-ws"]},
        "frames": {
            "type": "type", "request_id": "id", "ready": "connection_ack", "housekeeping": ["ping", "pong"],
        },
        "refusal": {
            "type": "error",
            "has": "payload.errors",
            "code": [
                "payload.errors[].extensions.code", "payload.errors[].message", "payload[].extensions.code",
                "payload[].message",
            ],
        },
    },
    "json-rpc": {
        "frames": {
            "kinds": {
                "call": {"has": ["method", "id"]},
                "notification": {"has": "method"},
                "error": {"has": "error"},
                "result": {"has": "id"},
            },
            "request_id": "id",
            "pushes": "notification",
            "housekeeping": "call",
        },
        "refusal": {"type": "error", "code": "error.code"},
    },
    "socket.io": {
        "frames": {
            "type": ["event", "packet"], "request_id": "id", "ready": "connect",
            "housekeeping": ["open", "ping", "pong", "noop"],
        },
        "refusal": {"type": "connect_error", "code": "data.message"},
    },
    "stomp": {
        "target": {"subprotocols": ["v12.stomp", "v11.stomp", "v10.stomp"]},
        "frames": {
            "type": "command", "request_id": "headers.receipt-id", "ready": "CONNECTED", "pushes": "MESSAGE",
        },
        "refusal": {"type": "ERROR", "code": "headers.message"},
    },
}  # fmt: skip

_ALWAYS = "housekeeping"
"""Of these a profile's own are further ones: what the protocol says by itself it goes on saying."""


def settles(dialect: str, table: str, *keys: str) -> bool:
    """Returns whether a dialect settles one of these keys of a profile's table, so that nobody need be asked."""
    settled = _SETTLED.get(dialect, {}).get(table, {})
    return isinstance(settled, dict) and any(key in settled for key in keys)


def with_settled(profile: object) -> object:
    """Returns a profile, as plain data, with what its dialect settles laid under it."""
    if not isinstance(profile, dict) or not isinstance(target := profile.get("target"), dict):
        return profile
    settled = _SETTLED.get(str(target.get("dialect", "json")), {})
    whole = dict(profile)
    for table, keys in settled.items():
        own = profile.get(table, {})
        if isinstance(own, dict) and isinstance(keys, dict):
            whole[table] = {**keys, **own}
            if (always := keys.get(_ALWAYS)) is not None and _ALWAYS in own:
                whole[table][_ALWAYS] = list(dict.fromkeys([*_listed(always), *_listed(own[_ALWAYS])]))
    return whole


def _listed(kinds: object) -> list[object]:
    return list(kinds) if isinstance(kinds, list) else [kinds]
