"""Redis layouts that we did not design."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import pickle
import urllib.parse
import zlib
from collections.abc import Callable
from typing import Any

import lz4.block  # type: ignore[import-untyped]
import lz4.frame  # type: ignore[import-untyped]
import zstandard

from config.stores import RedisBudget
from evidence.findings import FindingKind
from evidence.naming import Naming
from tests.checker.store_worlds import A, B, C, canary, message, tenant, thread
from tests.checker.worlds.world import BANDS, EVERYBODY, INTEGERS, MAILS, SLUGS, TENANTS, UUIDS, D, Leak, Store

Fill = Callable[[Any], object]


def document(number: int, sequence: int = 1) -> bytes:
    return json.dumps({"role": "user", "content": f"please remember {canary(number, sequence)}", "n": 1}).encode()


def cipher(number: int) -> bytes:
    """Bytes that look as if they were encrypted."""
    return hashlib.blake2b(b"secret of %d" % number).digest() * 2


def by_prefix(naming: Naming, tenants: tuple[int, ...], prefix: str) -> Fill:
    def fill(client: Any) -> None:
        for number in tenants:
            name = naming.name(number)
            client.set(f"{prefix}:{name}:profile", document(number))
            client.hset(f"{prefix}:{name}:prefs", mapping={"theme": "dark", "note": canary(number, 2)})
            client.rpush(f"{prefix}:{name}:log", document(number, 3), "plain")
        client.set(f"{prefix}-count", str(len(tenants)))

    return fill


def prefix_leaks(naming: Naming, prefix: str, pairs: list[tuple[int, int]]) -> list[Leak]:
    def put(owner: int, holder: int) -> Fill:
        return lambda client: client.set(f"{prefix}:{naming.name(holder)}:profile", document(owner, 9))

    return [
        Leak(f"{owner} in {holder}", put(owner, holder), [(owner, holder, f"{prefix}:*:profile")])
        for owner, holder in pairs
    ]


COLLIDING = [(0, 8), (8, 0), (0, 1), (1, 0), (2, 3), (3, 2), (4, 12), (5, 13), (6, 14)]
BY_UUID = Store("a prefix of UUIDs", by_prefix(UUIDS, TENANTS, "t"), prefix_leaks(UUIDS, "t", [(A, B), (D, C)]),
                unattributed=1)  # fmt: skip
BY_SLUG = Store("a prefix of slugs that collide", by_prefix(SLUGS, EVERYBODY, "acct"),
                prefix_leaks(SLUGS, "acct", COLLIDING), SLUGS, EVERYBODY, unattributed=1)  # fmt: skip
BY_INTEGER = Store("a prefix of integers", by_prefix(INTEGERS, TENANTS, "user"),
                   prefix_leaks(INTEGERS, "user", [(A, B), (D, C)]), INTEGERS, unattributed=1)  # fmt: skip
BY_MAIL = Store("a prefix of e-mail addresses", by_prefix(MAILS, EVERYBODY, "u"),
                prefix_leaks(MAILS, "u", [(0, 1), (2, 3), (0, 8)]), MAILS, EVERYBODY, unattributed=1)  # fmt: skip


def by_field(client: Any) -> None:
    for number in EVERYBODY:
        client.hset("plans", SLUGS.name(number), json.dumps({"plan": "pro", "note": canary(number)}))
        client.hset("sessions", SLUGS.name(number), base64.b64encode(document(number, 2)))


BY_FIELD = Store(
    "a hash with a field for each tenant",
    by_field,
    [
        *[
            Leak(f"a field of {holder} about {owner}",
                 lambda c, o=owner, h=holder: c.hset("plans", SLUGS.name(h), canary(o, 9)), [(owner, holder, "plans")])
            for owner, holder in COLLIDING[:6]
        ],
        Leak("a field that says in base64 what another said",
             lambda c: c.hset("sessions", SLUGS.name(8), base64.urlsafe_b64encode(b"v1" + document(0, 9))),
             [(0, 8, "sessions")], path="base64"),
    ],
    SLUGS,
    EVERYBODY,
)  # fmt: skip


def by_record(client: Any) -> None:
    """Opaque keys whose JSON, packed or not, says whose they are."""
    for number in TENANTS:
        state = json.dumps({"user_id": SLUGS.name(number), "text": canary(number)})
        client.set(f"sess:{thread(number)[:8]}", gzip.compress(state.encode()))
        client.set(f"job:{number}", state)
        client.hset(f"rec:{number}", mapping={"owner": SLUGS.name(number), "body": canary(number, 2)})


BY_RECORD = Store(
    "opaque keys whose packed content names the tenant",
    by_record,
    [
        Leak("a packed session of one with the text of another",
             lambda c: c.set("sess:ffffffff", gzip.compress(
                 json.dumps({"user_id": SLUGS.name(B), "text": canary(A, 9)}).encode())),
             [(A, B, "sess:ffffffff")], path="gzip"),
        Leak("a record of one with the text of another", lambda c: c.hset(f"rec:{B}", "body", canary(C, 9)),
             [(C, B, "rec:*")]),
        Leak("an escaped document in a document",
             lambda c: c.set("job:77", json.dumps(
                 {"user_id": SLUGS.name(D), "raw": json.dumps({"user_id": SLUGS.name(C)})})),
             [(C, D, "job:*")], path="escapes"),
    ],
    SLUGS,
    unattributed=0,
)  # fmt: skip


def packed(client: Any) -> None:
    for number in TENANTS:
        name, text = tenant(number), document(number)
        client.set(f"a:{name}", gzip.compress(text))
        client.set(f"b:{name}", b"\x00\x07hdr" + zlib.compress(text))
        client.set(f"c:{name}", zstandard.compress(text * 5))
        client.set(f"d:{name}", lz4.frame.compress(text * 5))
        client.set(f"e:{name}", lz4.block.compress(text * 5))
        client.set(f"f:{name}", pickle.dumps({"state": text.decode(), "z": zlib.compress(text)}))
        client.rpush(f"g:{name}", text.decode().encode("utf-16"), text.hex())
        client.sadd(f"h:{name}", urllib.parse.quote(urllib.parse.quote(text.decode())))
        client.xadd(f"i:{name}", {"p": base64.b64encode(gzip.compress(text))})


def pack_leak(
    name: str, owner: int, holder: int, put: Callable[[Any, str, bytes], object], key: str, path: str
) -> Leak:
    return Leak(name, lambda c: put(c, f"{key}:{tenant(holder)}", document(owner, 9)), [(owner, holder, f"{key}:*")],
                path=path)  # fmt: skip


PACKED = Store(
    "values packed in every way",
    packed,
    [
        pack_leak("gzip", A, B, lambda c, k, t: c.set(k, gzip.compress(t)), "a", "gzip"),
        pack_leak("zlib behind a header", B, C, lambda c, k, t: c.set(k, b"\x00\x07hdr" + zlib.compress(t)), "b",
                  "zlib"),
        pack_leak("zstd", C, D, lambda c, k, t: c.set(k, zstandard.compress(t * 5)), "c", "zstd"),
        pack_leak("lz4 frame", A, D, lambda c, k, t: c.set(k, lz4.frame.compress(t * 5)), "d", ""),
        pack_leak("pickle of zlib", A, C, lambda c, k, t: c.set(k, pickle.dumps({"z": zlib.compress(t)})), "f", "zlib"),
        pack_leak("UTF-16", B, A, lambda c, k, t: c.rpush(k, t.decode().encode("utf-16")), "g", "UTF-16"),
        pack_leak("gzip in base64", D, A, lambda c, k, t: c.xadd(k, {"p": base64.b64encode(gzip.compress(t))}), "i",
                  "base64 › gzip"),
    ],
)  # fmt: skip


def in_a_name(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode().rstrip("=")


def encoded_names(client: Any) -> None:
    for number in TENANTS:
        client.set(f"cache/{in_a_name(tenant(number))}", document(number))


ENCODED_NAMES = Store(
    "names of keys in base64",
    encoded_names,
    [
        Leak("one's document under another's key",
             lambda c: c.set(f"cache/{in_a_name(tenant(B))}", document(A, 9)), [(A, B, "cache/*")]),
    ],
)  # fmt: skip


def shared(client: Any) -> None:
    client.rpush("room:lobby", *[document(number) for number in TENANTS])
    client.set("board:top", json.dumps([{"user": tenant(number)} for number in (A, B)]))


def undeclared(client: Any) -> None:
    client.rpush("audit", *[json.dumps({"who": tenant(number), "what": message(number)}) for number in TENANTS])


DECLARED = Store("rooms and boards that are declared as shared", shared, shared=["room:*", "board:*"])
UNDECLARED = Store(
    "a list of events that nobody declared",
    undeclared,
    # Each element is a place of its own: many tenants in one list are none's leak, two in one element are reported.
    [
        Leak("an element about two tenants",
             lambda c: c.rpush("audit", json.dumps({"who": tenant(A), "invites": tenant(B)})), [(B, A, "audit")]),
    ],
)  # fmt: skip


def encrypted(client: Any) -> None:
    for number in TENANTS:
        client.set(f"vault:{number}", cipher(number))
        client.set(f"box:{tenant(number)}", base64.b64encode(cipher(number)))


ENCRYPTED = Store(
    "encrypted values",
    encrypted,
    [Leak("a value left unencrypted", lambda c: c.set(f"box:{tenant(B)}", document(A)), [(A, B, "box:*")])],
    unattributed=4,
)


def budgets(client: Any) -> None:
    for number in TENANTS:
        client.set(f"budget:{tenant(number)}", BANDS.starting(number) - number)
        client.rpush(f"events:{tenant(number)}", json.dumps({"budget": {"left": BANDS.starting(number) - 1}}))
        client.hset(f"wallet:{tenant(number)}", mapping={"left": BANDS.starting(number), "when": "1764000000000"})


BUDGETS = Store(
    "budgets in strings, hashes and documents",
    budgets,
    [
        Leak("an amount out of another's band", lambda c: c.set(f"budget:{tenant(B)}", BANDS.starting(A) - 3),
             [(A, B, "budget:*")], FindingKind.FOREIGN_BUDGET),
        Leak("a field out of another's band", lambda c: c.hset(f"wallet:{tenant(C)}", "left", BANDS.starting(D)),
             [(D, C, "wallet:*")], FindingKind.FOREIGN_BUDGET),
        Leak("a member of a document out of another's band",
             lambda c: c.rpush(f"events:{tenant(D)}", json.dumps({"budget": {"left": BANDS.starting(A) - 1}})),
             [(A, D, "events:*")], FindingKind.FOREIGN_BUDGET),
        Leak("a member of a packed document",
             lambda c: c.rpush(f"events:{tenant(D)}", gzip.compress(json.dumps({"left": BANDS.starting(B)}).encode())),
             [(B, D, "events:*")], FindingKind.FOREIGN_BUDGET, path="gzip"),
    ],
    budgets=[RedisBudget(key="budget:{tenant}")],
    fields=["left"],
)  # fmt: skip

STORES = [
    BY_UUID, BY_SLUG, BY_INTEGER, BY_MAIL, BY_FIELD, BY_RECORD, PACKED, ENCODED_NAMES, DECLARED, UNDECLARED, ENCRYPTED,
    BUDGETS,
]  # fmt: skip
