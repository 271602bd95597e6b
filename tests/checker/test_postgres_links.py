from __future__ import annotations

from tests.checker.store_worlds import (
    A,
    B,
    C,
    canary,
    execute,
    found,
    marked_world,
    tenant,
    thread,
)


def test_a_json_field_that_names_a_tenant_owns_the_row_and_its_children(fresh_database: str) -> None:
    execute(
        fresh_database,
        "CREATE TABLE threads (id uuid PRIMARY KEY, metadata_ json)",
        "CREATE TABLE messages (id serial PRIMARY KEY, thread_id uuid REFERENCES threads, content json)",
        f"INSERT INTO threads VALUES ('{thread(A)}', '{{\"user_id\": \"{tenant(A)}\"}}')",
        f"INSERT INTO threads VALUES ('{thread(B)}', '{{\"user_id\": \"{tenant(B)}\"}}')",
        *[
            f"INSERT INTO messages (thread_id, content) VALUES ('{thread(n)}', '{{\"t\": \"{canary(n, s)}\"}}')"
            for n in (A, B)
            for s in range(3)
        ],
    )
    assert found(marked_world().postgres(fresh_database)) == []
    execute(
        fresh_database,
        f"INSERT INTO messages (thread_id, content) VALUES ('{thread(B)}', '{{\"t\": \"{canary(A, 9)}\"}}')",
    )
    assert found(marked_world().postgres(fresh_database)) == [(A, B, "public.messages", 1)]


def test_a_foreign_key_of_two_columns_and_one_to_a_unique_column_are_followed(fresh_database: str) -> None:
    execute(
        fresh_database,
        "CREATE TABLE accounts (region text, number int, owner uuid, code text UNIQUE, PRIMARY KEY (region, number))",
        "CREATE TABLE orders (region text, number int, note text, FOREIGN KEY (region, number) REFERENCES accounts)",
        "CREATE TABLE mails (code text REFERENCES accounts (code), note text)",
        f"INSERT INTO accounts VALUES ('eu', 1, '{tenant(A)}', 'x'), ('us', 1, '{tenant(B)}', 'y')",
        f"INSERT INTO orders VALUES ('eu', 1, '{canary(A, 1)}'), ('us', 1, '{canary(B, 1)}')",
        f"INSERT INTO orders VALUES ('us', 1, '{canary(A, 2)}')",
        f"INSERT INTO mails VALUES ('x', '{canary(A, 3)}'), ('y', '{canary(B, 3)}'), ('y', '{canary(A, 4)}')",
    )
    assert sorted(found(marked_world().postgres(fresh_database))) == [
        (A, B, "public.mails", 1),
        (A, B, "public.orders", 1),
    ]


def test_a_table_that_refers_to_itself_passes_ownership_on(fresh_database: str) -> None:
    execute(
        fresh_database,
        "CREATE TABLE nodes (id int PRIMARY KEY, parent int REFERENCES nodes, note text)",
        "CREATE TABLE leaves (node int REFERENCES nodes, note text)",
        "INSERT INTO nodes VALUES (1, NULL, NULL), (2, 1, NULL), (3, NULL, NULL), (4, 3, NULL), (5, 4, NULL)",
        f"UPDATE nodes SET note = '{canary(A)}' WHERE id = 1",
        f"UPDATE nodes SET note = '{canary(B)}' WHERE id = 3",
        f"INSERT INTO leaves VALUES (2, '{canary(A, 2)}'), (5, '{canary(B, 2)}')",
    )
    scan = marked_world().postgres(fresh_database)
    assert found(scan) == []
    assert scan.unattributed == 0
    execute(fresh_database, f"INSERT INTO leaves VALUES (5, '{canary(A, 3)}')")
    scan = marked_world().postgres(fresh_database)
    assert found(scan) == [(A, B, "public.leaves", 1)]
    execute(
        fresh_database,
        f"UPDATE nodes SET note = '{canary(A, 4)}' WHERE id = 4",
        "DELETE FROM leaves",
    )
    assert found(marked_world().postgres(fresh_database)) == [(A, B, "public.nodes", 1)]


def test_tables_in_a_circle_are_read_and_judged(fresh_database: str) -> None:
    execute(
        fresh_database,
        "CREATE TABLE a (id int PRIMARY KEY, b int, note text)",
        "CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a, note text)",
        f"INSERT INTO a VALUES (1, 1, '{canary(A)}'), (2, 2, '{canary(A, 2)}')",
        f"INSERT INTO b VALUES (1, 1, '{canary(A, 3)}'), (2, NULL, '{canary(B)}')",
        "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b",
    )
    assert found(marked_world().postgres(fresh_database)) == [(A, B, "public.a", 1)]


def test_a_lookup_table_owned_by_nobody_joins_nobody(fresh_database: str) -> None:
    execute(
        fresh_database,
        "CREATE TABLE assistants (id int PRIMARY KEY, name text)",
        "CREATE TABLE uses (id serial PRIMARY KEY, assistant int REFERENCES assistants, who uuid)",
        "INSERT INTO assistants VALUES (1, 'helper')",
        *[f"INSERT INTO uses (assistant, who) VALUES (1, '{tenant(n)}')" for n in (A, B, C)],
    )
    scan = marked_world().postgres(fresh_database)
    assert (found(scan), scan.unattributed) == ([], 1)


def test_partitions_are_read_as_their_table_and_lead_to_and_from_others(fresh_database: str) -> None:
    execute(
        fresh_database,
        "CREATE TABLE t (id uuid, day date, owner uuid, PRIMARY KEY (id, day)) PARTITION BY RANGE (day)",
        "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')",
        "CREATE TABLE t2 PARTITION OF t FOR VALUES FROM ('2026-02-01') TO ('2026-04-01') PARTITION BY RANGE (day)",
        "CREATE TABLE t2a PARTITION OF t2 FOR VALUES FROM ('2026-02-01') TO ('2026-03-01')",
        "CREATE TABLE m (id uuid, day date, note text, FOREIGN KEY (id, day) REFERENCES t)",
        f"INSERT INTO t VALUES ('{thread(A)}', '2026-01-05', '{tenant(A)}')",
        f"INSERT INTO t VALUES ('{thread(B)}', '2026-02-05', '{tenant(B)}')",
        f"INSERT INTO m VALUES ('{thread(A)}', '2026-01-05', '{canary(A)}')",
        f"INSERT INTO m VALUES ('{thread(B)}', '2026-02-05', '{canary(B)}')",
    )
    scan = marked_world().postgres(fresh_database)
    assert found(scan) == []
    assert scan.containers == {"public.t": 2, "public.m": 2}
    execute(fresh_database, f"INSERT INTO m VALUES ('{thread(B)}', '2026-02-05', '{canary(A, 2)}')")
    assert found(marked_world().postgres(fresh_database)) == [(A, B, "public.m", 1)]
