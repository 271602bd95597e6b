"""Postgres schemas that we did not design."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator

import zstandard

from config.stores import PostgresBudget
from evidence.findings import FindingKind
from evidence.naming import Naming
from tests.checker.store_worlds import A, B, C, canary, tenant, thread
from tests.checker.worlds.world import BANDS, EVERYBODY, INTEGERS, MAILS, SLUGS, TENANTS, UUIDS, D, Leak, Store


def bytea(data: bytes) -> str:
    return f"'\\x{data.hex()}'"


def cipher(number: int) -> bytes:
    """Bytes that look as if they were encrypted."""
    return hashlib.blake2b(b"secret of %d" % number).digest() * 2


def named_columns(naming: Naming, tenants: tuple[int, ...], column: str, kind: str) -> list[str]:
    """One table whose owner is a column."""
    return [
        f"CREATE TABLE notes (id serial PRIMARY KEY, {column} {kind} NOT NULL, body text, data jsonb, raw bytea)",
        *[
            f"INSERT INTO notes ({column}, body, data, raw) VALUES ('{naming.name(n)}', '{canary(n, s)}', "
            f'\'{{"text": "{canary(n, s + 10)}", "seq": {s}}}\', {bytea(gzip.compress(canary(n, s + 20).encode()))})'
            for n in tenants
            for s in range(3)
        ],
    ]


PROSE = b"What was asked, what was answered, and what the agent thought about it in between; at some length. " * 4


def text_leaks(naming: Naming, column: str, pairs: list[tuple[int, int]]) -> Iterator[Leak]:
    for owner, holder in pairs:
        yield column_leak(naming, column, owner, holder, "text", f"body = 'x {canary(owner, 99)}'")


def packed_leaks(naming: Naming, column: str, owner: int, holder: int) -> Iterator[Leak]:
    packed = base64.b64encode(zlib.compress(json.dumps({"said": canary(owner, 98)}).encode())).decode()
    change = f'data = \'{{"state": "{packed}"}}\''
    yield column_leak(naming, column, owner, holder, "zlib in base64 in JSON", change, "base64 › zlib")
    change = f"raw = {bytea(zstandard.compress(PROSE + canary(owner, 97).encode()))}"
    yield column_leak(naming, column, owner, holder, "zstd", change, "bytea › zstd")


def column_leak(naming: Naming, column: str, owner: int, holder: int, what: str, change: str, path: str = "") -> Leak:
    first = f"id = (SELECT min(id) FROM notes WHERE {column} = '{naming.name(holder)}')"
    answer = [(owner, holder, "public.notes")]
    return Leak(f"{what} of {owner} in {holder}", [f"UPDATE notes SET {change} WHERE {first}"], answer, path=path)


BY_SCHEMA = Store(
    "a schema for each tenant",
    [
        statement
        for n in TENANTS
        for schema in [f'"t_{tenant(n).replace("-", "_")}"']
        for statement in (
            f"CREATE SCHEMA {schema}",
            f"CREATE TABLE {schema}.notes (id int, body text)",
            f"CREATE TABLE {schema}.files (id int, body bytea)",
            f"INSERT INTO {schema}.notes VALUES (1, 'hello'), (2, '{canary(n)}')",
            f"INSERT INTO {schema}.files VALUES (1, {bytea(gzip.compress(canary(n, 2).encode()))})",
        )
    ],
    [
        Leak(
            "a row in the wrong schema",
            [f"INSERT INTO \"t_{tenant(B).replace('-', '_')}\".notes VALUES (3, '{canary(A, 9)}')"],
            [(A, B, "t_*.notes")],
        ),
        Leak(
            "a file in the wrong schema",
            [
                f'INSERT INTO "t_{tenant(C).replace("-", "_")}".files VALUES '
                f"(3, {bytea(zlib.compress(canary(D, 9).encode()))})"
            ],
            [(D, C, "t_*.files")],
            path="bytea › zlib",
        ),
    ],
)

BY_SCHEMA_OF_SLUGS = Store(
    "a schema for each tenant with names that collide",
    [
        statement
        for n in EVERYBODY
        for schema in [f'"{SLUGS.name(n)[:63]}"']
        for statement in (
            f"CREATE SCHEMA {schema}",
            f"CREATE TABLE {schema}.notes (id int, body text)",
            f"INSERT INTO {schema}.notes VALUES (1, 'hello'), (2, '{canary(n)}')",
        )
    ],
    [
        Leak(
            f"{owner} in the schema of {holder}",
            [f"INSERT INTO \"{SLUGS.name(holder)}\".notes VALUES (3, '{canary(owner, 9)}')"],
            [(owner, holder, "*.notes")],
        )
        for owner, holder in ((0, 8), (0, 1), (2, 3))
    ],
    naming=SLUGS,
    tenants=EVERYBODY,
)

BY_COLUMN = Store(
    "an owner column of UUIDs",
    named_columns(UUIDS, TENANTS, "owner", "uuid"),
    [
        *text_leaks(UUIDS, "owner", [(A, B)]),
        *packed_leaks(UUIDS, "owner", A, B),
        Leak(
            "a row filed under another owner",
            [
                f"UPDATE notes SET owner = '{tenant(C)}' WHERE id = "
                f"(SELECT min(id) FROM notes WHERE owner = '{tenant(A)}')"
            ],
            [(A, C, "public.notes")],
        ),
    ],
)
BY_INTEGER = Store(
    "an owner column of integers",
    [
        *named_columns(INTEGERS, TENANTS, "tenant_id", "bigint"),
        "CREATE TABLE counters (id bigint, hits bigint, body text)",  # numbers that are nobody's name
        *[f"INSERT INTO counters VALUES ({INTEGERS.name(n)}, {INTEGERS.name(n)}, 'x')" for n in TENANTS],
    ],
    [*text_leaks(INTEGERS, "tenant_id", [(A, B)]), *packed_leaks(INTEGERS, "tenant_id", D, C)],
    naming=INTEGERS,
    unattributed=4,
)
# Pairs of the same family, and of the families that differ in case, or in a hyphen against an underscore.
COLLIDING = [(0, 8), (8, 0), (0, 1), (1, 0), (2, 3), (3, 2), (4, 12), (5, 13), (6, 14)]
BY_SLUG = Store(
    "an owner column of slugs that collide",
    named_columns(SLUGS, EVERYBODY, "account", "text"),
    list(text_leaks(SLUGS, "account", COLLIDING)),
    naming=SLUGS,
    tenants=EVERYBODY,
)
BY_MAIL = Store(
    "an owner column of e-mail addresses",
    named_columns(MAILS, EVERYBODY, "owner_email", "text"),
    list(text_leaks(MAILS, "owner_email", [(0, 1), (2, 3), (0, 8)])),
    naming=MAILS,
    tenants=EVERYBODY,
)

BY_FOREIGN_KEY = Store(
    "a foreign key three tables away",
    [
        "CREATE TABLE accounts (id int PRIMARY KEY, who uuid UNIQUE)",
        "CREATE TABLE projects (id int PRIMARY KEY, account int REFERENCES accounts)",
        "CREATE TABLE boards (id int PRIMARY KEY, project int REFERENCES projects)",
        "CREATE TABLE cards (id int PRIMARY KEY, board int REFERENCES boards, body text)",
        *[
            statement
            for n in TENANTS
            for statement in (
                f"INSERT INTO accounts VALUES ({n}, '{tenant(n)}')",
                f"INSERT INTO projects VALUES ({n * 10}, {n})",
                f"INSERT INTO boards VALUES ({n * 100}, {n * 10})",
                f"INSERT INTO cards VALUES ({n * 1000}, {n * 100}, '{canary(n, 1)}')",
                f"INSERT INTO cards VALUES ({n * 1000 + 1}, {n * 100}, '{canary(n, 2)}')",
                f"INSERT INTO cards VALUES ({n * 1000 + 2}, {n * 100}, 'no mark')",
            )
        ],
    ],
    [
        Leak("a card on the wrong board", [f"UPDATE cards SET board = {B * 100} WHERE id = {A * 1000}"],
             [(A, B, "public.cards")]),
        Leak("a card that says what another said",
             [f"UPDATE cards SET body = 'q%2D{canary(D, 2)}' WHERE id = {C * 1000 + 1}"], [(D, C, "public.cards")]),
        Leak("a board in the wrong project", [f"UPDATE boards SET project = {B * 10} WHERE id = {A * 100}"],
             [(A, B, "public.boards")]),
    ],
)  # fmt: skip

BY_JSON = Store(
    "a field of a JSON document",
    [
        "CREATE TABLE documents (id serial PRIMARY KEY, body jsonb)",
        "CREATE TABLE comments (id serial PRIMARY KEY, document int REFERENCES documents, body json)",
        *[
            f"INSERT INTO documents (id, body) VALUES ({n}, '{{\"meta\": {{\"owner\": \"{tenant(n)}\"}}, "
            f"\"text\": \"{canary(n)}\", \"left\": {BANDS.starting(n) - 5}}}')"
            for n in TENANTS
        ],
        *[
            f"INSERT INTO comments (document, body) VALUES ({n}, '{{\"say\": \"{canary(n, s)}\"}}')"
            for n in TENANTS
            for s in (2, 3)
        ],
    ],
    [
        Leak("a document that says what another said",
             [f"UPDATE documents SET body = jsonb_set(body, '{{text}}', '\"{canary(A, 9)}\"') WHERE id = {B}"],
             [(A, B, "public.documents")]),
        Leak("a comment on another's document",
             [f"INSERT INTO comments (document, body) VALUES ({C}, '{{\"say\": \"{canary(D, 9)}\"}}')"],
             [(D, C, "public.comments")]),
        Leak("an amount out of another's band",
             [f"UPDATE documents SET body = jsonb_set(body, '{{left}}', '{BANDS.starting(A) - 77}') WHERE id = {B}"],
             [(A, B, "public.documents")], FindingKind.FOREIGN_BUDGET),
        Leak("an amount in JSON in JSON",
             [f"UPDATE documents SET body = body || '{{\"cached\": \"{{\\\"left\\\": {BANDS.starting(C)}}}\"}}' "
              f"WHERE id = {D}"],
             [(C, D, "public.documents")], FindingKind.FOREIGN_BUDGET, path="escapes"),
    ],
    fields=["left"],
)  # fmt: skip

_LOOKUP = [
    "CREATE TABLE models (id int PRIMARY KEY, name text)",
    "INSERT INTO models VALUES (1, 'large'), (2, 'small')",
    "CREATE TABLE uses (id serial PRIMARY KEY, model int REFERENCES models, who uuid, note text)",
    *[f"INSERT INTO uses (model, who, note) VALUES (1, '{tenant(n)}', '{canary(n)}')" for n in TENANTS],
]
LOOKUP = Store(
    "a look-up table that nobody declared",
    _LOOKUP,
    [
        Leak("a use that notes what another noted",
             [f"UPDATE uses SET note = '{canary(A, 9)}' WHERE who = '{tenant(B)}'"], [(A, B, "public.uses")]),
        Leak("a look-up row that two tenants wrote into",
             [f"UPDATE models SET name = '{canary(A, 3)} {canary(B, 3)}' WHERE id = 2"], [(B, A, "public.models")]),
    ],
    unattributed=2,
)  # fmt: skip
DECLARED_LOOKUP = Store(
    "a look-up table that is declared as shared",
    [*_LOOKUP, f"UPDATE models SET name = '{canary(A, 3)} {canary(B, 3)}' WHERE id = 2"],
    [
        Leak("a use that notes what another noted",
             [f"UPDATE uses SET note = '{canary(A, 9)}' WHERE who = '{tenant(B)}'"], [(A, B, "public.uses")]),
    ],
    shared=["models"],
)  # fmt: skip

_AUDIT = [
    "CREATE TABLE users (id uuid PRIMARY KEY, note text)",
    "CREATE TABLE audit_log (id serial PRIMARY KEY, actor uuid, subject uuid, entry text)",
    *[f"INSERT INTO users VALUES ('{tenant(n)}', '{canary(n)}')" for n in TENANTS],
    *[f"INSERT INTO audit_log (actor, subject, entry) VALUES ('{tenant(n)}', '{tenant(n)}', 'login')" for n in TENANTS],
]
_INVITES = f"INSERT INTO audit_log (actor, subject, entry) VALUES ('{tenant(A)}', '{tenant(B)}', 'invites')"
AUDIT = Store(
    "an audit log that nobody declared",
    _AUDIT,
    # Nothing in the row says that this is on purpose: it is reported, under both names, until it is declared.
    [Leak("an entry about two tenants", [_INVITES], [(B, A, "public.audit_log")])],
)
DECLARED_AUDIT = Store(
    "an audit log that is declared as shared",
    [*_AUDIT, _INVITES],
    [Leak("a note copied", [f"UPDATE users SET note = '{canary(A, 9)}' WHERE id = '{tenant(B)}'"],
          [(A, B, "public.users")])],
    shared=["audit_log"],
)  # fmt: skip

ENCRYPTED = Store(
    "encrypted columns",
    [
        "CREATE TABLE vault (id serial PRIMARY KEY, value bytea, tag text)",
        "CREATE TABLE secrets (id serial PRIMARY KEY, owner uuid, value text)",
        *[
            f"INSERT INTO vault (value, tag) VALUES ({bytea(cipher(n))}, '{base64.b64encode(cipher(n + 9)).decode()}')"
            for n in TENANTS
        ],
        *[
            f"INSERT INTO secrets (owner, value) VALUES ('{tenant(n)}', '{base64.b64encode(cipher(n)).decode()}')"
            for n in TENANTS
        ],
    ],
    [
        Leak("a secret left unencrypted under another owner",
             [f"UPDATE secrets SET value = '{canary(A)}' WHERE owner = '{tenant(B)}'"], [(A, B, "public.secrets")]),
        Leak("a secret only encoded under another owner",
             [f"UPDATE secrets SET value = '{base64.b64encode(canary(A).encode()).decode()}' "
              f"WHERE owner = '{tenant(B)}'"],
             [(A, B, "public.secrets")], path="base64"),
    ],
    unattributed=4,  # the vault: whose its rows are nobody can say
)  # fmt: skip

LEARNT = Store(
    "ids that only the service knows, and arrays",
    [
        "CREATE TABLE turns (id serial PRIMARY KEY, thread text, body text[], more jsonb[])",
        *[
            f"INSERT INTO turns (thread, body, more) VALUES ('{thread(n)}', ARRAY['{canary(n)}', NULL], "
            f"ARRAY['{{\"a\": \"{canary(n, 2)}\"}}'::jsonb])"
            for n in TENANTS
        ],
    ],
    [
        Leak("an element of an array",
             [f"UPDATE turns SET body = body || '{canary(A, 9)}'::text WHERE thread = '{thread(B)}'"],
             [(A, B, "public.turns")]),
        Leak("UTF-16 in hexadecimal",
             [f"UPDATE turns SET body = ARRAY['{canary(D).encode('utf-16-be').hex()}'] WHERE thread = '{thread(C)}'"],
             [(D, C, "public.turns")], path="hex › UTF-16"),
    ],
    learnt=True,
)  # fmt: skip

LARGE_OBJECTS = Store(
    "large objects",
    [
        "CREATE TABLE files (id serial PRIMARY KEY, owner uuid, content oid)",
        *[
            f"INSERT INTO files (owner, content) VALUES ('{tenant(n)}', "
            f"lo_from_bytea(0, {bytea(gzip.compress(canary(n).encode()))}))"
            for n in TENANTS
        ],
        f"SELECT lo_from_bytea(0, {bytea(cipher(1))})",
    ],
    [
        Leak("another's file", [f"UPDATE files SET content = lo_from_bytea(0, {bytea(canary(A, 9).encode())}) "
                                f"WHERE owner = '{tenant(B)}'"], [(A, B, "large objects")]),
        Leak("another's file, packed",
             [f"SELECT lo_put(content, 0, {bytea(gzip.compress(b'x' * 200 + canary(D, 9).encode()))}) FROM files "
              f"WHERE owner = '{tenant(C)}'"], [(D, C, "large objects")], path="gzip"),
    ],
    unattributed=1,
)  # fmt: skip

BUDGETS = Store(
    "a table of budgets",
    [
        "CREATE SCHEMA billing",
        "CREATE TABLE billing.budgets (owner uuid PRIMARY KEY, remaining bigint, limit_ bigint)",
        *[f"INSERT INTO billing.budgets VALUES ('{tenant(n)}', {BANDS.starting(n) - n}, 5)" for n in TENANTS],
    ],
    [
        Leak("an amount out of another's band",
             [f"UPDATE billing.budgets SET remaining = {BANDS.starting(A) - 9} WHERE owner = '{tenant(B)}'"],
             [(A, B, "billing.budgets")], FindingKind.FOREIGN_BUDGET),
        Leak("two amounts swapped",
             [f"UPDATE billing.budgets SET remaining = {BANDS.starting(C)} WHERE owner = '{tenant(D)}'",
              f"UPDATE billing.budgets SET remaining = {BANDS.starting(D)} WHERE owner = '{tenant(C)}'"],
             [(C, D, "billing.budgets"), (D, C, "billing.budgets")], FindingKind.FOREIGN_BUDGET),
    ],
    budgets=[PostgresBudget(table="billing.budgets", owner="owner", amount="remaining")],
)  # fmt: skip

STORES = [
    BY_SCHEMA, BY_SCHEMA_OF_SLUGS, BY_COLUMN, BY_INTEGER, BY_SLUG, BY_MAIL, BY_FOREIGN_KEY, BY_JSON, LOOKUP,
    DECLARED_LOOKUP, AUDIT, DECLARED_AUDIT, ENCRYPTED, LEARNT, LARGE_OBJECTS, BUDGETS,
]  # fmt: skip
