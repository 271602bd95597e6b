from __future__ import annotations

import gzip
import time
from urllib.parse import urlsplit

import pytest
from psycopg2.extensions import connection

from checker.postgres_catalogue import Catalogue, read_catalogue
from checker.scan import StoreUnreachable
from config.stores import PostgresBudget
from evidence.marks import Mark, MarkKind
from target.migrate import migrate
from target.service_role import ServiceRole
from tests.checker.store_worlds import (
    EARLIER,
    HOLDER,
    PLANTED,
    A,
    B,
    C,
    canary,
    execute,
    found,
    marked_world,
    message,
    named_world,
    query,
    tenant,
    thread,
    who,
)

SCHEMA = """
CREATE TABLE users (id uuid PRIMARY KEY, email text UNIQUE, display_name text);
CREATE TABLE plans (id serial PRIMARY KEY, name text);
INSERT INTO plans (name) VALUES ('free'), ('pro');
CREATE TABLE threads (id uuid PRIMARY KEY, user_id uuid REFERENCES users, plan_id int REFERENCES plans, metadata_ json);
CREATE TABLE runs (id uuid PRIMARY KEY, thread_id uuid REFERENCES threads, status text);
CREATE TABLE messages (id uuid PRIMARY KEY, thread_id uuid REFERENCES threads, run_id uuid, role text, content jsonb,
    raw bytea, tags text[]);
CREATE TABLE attachments (name text, message_id uuid REFERENCES messages, body text);
CREATE TABLE events (at timestamptz DEFAULT now(), run_id uuid REFERENCES runs, note text);
"""


def fill(url: str, numbers: range, threads: int = 2, messages: int = 3) -> None:
    """Tenants with threads, messages, runs and attachments: owned by column, by parent, by content."""
    statements = []
    for number in numbers:
        name = tenant(number)
        statements.append(
            f"INSERT INTO users VALUES ('{name}', 'tenant-{number}@example.test', '{canary(number, 1, MarkKind.ROW)}')"
        )
        for ordinal in range(1, threads + 1):
            own = thread(number, ordinal)
            run = thread(number, 100 + ordinal)
            statements.append(f"INSERT INTO threads VALUES ('{own}', '{name}', {1 + ordinal % 2}, '{{\"a\": 1}}')")
            statements.append(f"INSERT INTO runs VALUES ('{run}', '{own}', 'done')")
            statements.append(f"INSERT INTO events (run_id, note) VALUES ('{run}', 'started')")
            for count in range(1, messages + 1):
                sequence = ordinal * 100 + count
                identity = message(number, sequence)
                text = canary(number, sequence)
                statements.append(
                    f"INSERT INTO messages VALUES ('{identity}', '{own}', '{run}', 'user', '{{\"text\": \"{text}\"}}', "
                    f"'{canary(number, sequence + 5000)}', ARRAY['x', '{canary(number, sequence + 6000)}'])"
                )
                statements.append(f"INSERT INTO attachments VALUES ('a{count}', '{identity}', 'plain')")
    execute(url, *statements)


@pytest.fixture
def conversations(fresh_database: str) -> str:
    execute(fresh_database, SCHEMA)
    fill(fresh_database, range(1, 4))
    return fresh_database


def test_fifty_clean_tenants_are_clean_and_all_their_marks_are_found(fresh_database: str) -> None:
    execute(fresh_database, SCHEMA)
    fill(fresh_database, range(1, 51))
    began_s = time.time()
    scan = marked_world(range(1, 51)).postgres(fresh_database)
    assert began_s <= scan.read_at_s <= time.time()
    assert found(scan) == []
    assert (scan.skipped, scan.notes, scan.overflow) == ([], [], 0)
    assert scan.unattributed == 2  # plans
    rows = {"users": 50, "plans": 2, "threads": 100, "runs": 100, "events": 100, "messages": 300, "attachments": 300}
    assert scan.containers == {f"public.{table}": count for table, count in rows.items()}
    assert scan.units == sum(rows.values())
    own = {(kind, number) for kind, number, _ in scan.own_marks}
    assert {(kind, n) for kind in (MarkKind.ROW, MarkKind.PROMPT, MarkKind.MESSAGE) for n in range(1, 51)} <= own
    prompts = sum(kind is MarkKind.PROMPT for kind, _, _ in scan.own_marks)
    assert prompts == 3 * 300  # in JSON, in bytes and in an array


def test_one_message_moved_to_another_tenants_thread_is_exactly_that(conversations: str) -> None:
    moved = message(A, 101)
    execute(conversations, f"UPDATE messages SET thread_id = '{thread(B)}' WHERE id = '{moved}'")
    scan = marked_world().postgres(conversations)
    assert found(scan) == [(A, B, "public.messages", 2)]  # the message, and its attachment that went with it
    first = scan.findings[0].first
    assert first.place.startswith(f"postgres public.messages id={moved} column ")
    assert first.reproduce.endswith(f"FROM public.messages WHERE id = '{moved}'\"")
    assert f"tenant {A}" in first.detail and f"tenant {B}" in first.detail


def test_one_value_copied_into_anothers_row_is_exactly_that(conversations: str) -> None:
    execute(
        conversations,
        f"UPDATE messages SET content = '{{\"text\": \"see {canary(A, 101)} there\"}}' WHERE id = '{message(B, 101)}'",
    )
    scan = marked_world().postgres(conversations)
    assert found(scan) == [(A, B, "public.messages", 1)]
    first = scan.findings[0].first
    assert first.place == f"postgres public.messages id={message(B, 101)} column content"
    assert canary(A, 101) in first.excerpt


@pytest.mark.parametrize("learnt", [True, False])
def test_a_moved_thread_and_its_messages_are_one_finding(conversations: str, learnt: bool) -> None:
    world = marked_world()
    if learnt:
        world.learnt = {thread(n, o): n for n in (A, B, C) for o in (1, 2)}
    execute(conversations, f"UPDATE threads SET user_id = '{tenant(B)}' WHERE id = '{thread(A)}'")
    scan = world.postgres(conversations)
    ((owner, recipient, group, count),) = found(scan)
    assert (owner, recipient, group) == (A, B, "public.threads")
    assert count >= 3
    assert thread(A) in scan.findings[0].first.place


def test_a_learnt_id_tells_a_moved_thread_without_children(fresh_database: str) -> None:
    execute(fresh_database, SCHEMA)
    fill(fresh_database, range(1, 3), messages=0)
    execute(fresh_database, f"UPDATE threads SET user_id = '{tenant(B)}' WHERE id = '{thread(A)}'")
    world = marked_world()
    world.learnt[thread(A)] = A
    assert found(world.postgres(fresh_database)) == [(A, B, "public.threads", 2)]  # and its run


def test_the_only_message_of_a_thread_known_to_be_its_owners_is_itself_to_blame(fresh_database: str) -> None:
    execute(fresh_database, SCHEMA)
    fill(fresh_database, range(1, 3), messages=0)
    execute(
        fresh_database,
        "INSERT INTO messages (id, thread_id, content) VALUES "
        f"('{message(A)}', '{thread(B)}', '{{\"text\": \"{canary(A)}\"}}')",
    )
    assert found(marked_world().postgres(fresh_database)) == [(A, B, "public.threads", 1)]  # either may be the cause
    execute(
        fresh_database,
        f"UPDATE threads SET metadata_ = '{{\"title\": \"{canary(B, 50)}\"}}' WHERE id = '{thread(B)}'",
    )
    assert found(marked_world().postgres(fresh_database)) == [(A, B, "public.messages", 1)]


def test_bytes_and_arrays_are_looked_into(conversations: str) -> None:
    execute(
        conversations,
        f"UPDATE messages SET raw = 'x{canary(A)}' WHERE id = '{message(B, 101)}'",
        f"UPDATE messages SET tags = ARRAY['{canary(A)}', NULL] WHERE id = '{message(C, 101)}'",
    )
    assert sorted(found(marked_world().postgres(conversations))) == [
        (A, B, "public.messages", 1),
        (A, C, "public.messages", 1),
    ]


def test_data_of_two_tenants_in_a_row_of_nobody_names_both(fresh_database: str) -> None:
    execute(
        fresh_database,
        "CREATE TABLE notes (body text)",
        f"INSERT INTO notes VALUES ('{canary(A)} and {canary(B)}'), ('{canary(C)}'), (NULL)",
    )
    scan = marked_world().postgres(fresh_database)
    assert found(scan) == [(B, A, "public.notes", 1)]
    assert "ctid=(0,1)" in scan.findings[0].first.place
    assert "ctid = '(0,1)'" in scan.findings[0].first.reproduce
    assert scan.unattributed == 1


def test_a_table_shared_on_purpose_is_not_judged_but_read(fresh_database: str) -> None:
    execute(
        fresh_database,
        "CREATE SCHEMA chat",
        "CREATE TABLE chat.shares (sender uuid, receiver uuid, note text, raw bytea)",
        f"INSERT INTO chat.shares VALUES ('{tenant(A)}', '{tenant(B)}', '{canary(A)}', '{canary(B)}')",
    )
    assert found(marked_world().postgres(fresh_database)) != []
    scan = marked_world().postgres(fresh_database, shared=["chat.shares"])
    assert found(scan) == []
    assert scan.containers == {"chat.shares (shared)": 1}
    assert {(MarkKind.PROMPT, A, 1), (MarkKind.PROMPT, B, 1)} <= scan.own_marks


def test_other_schemas_and_awkward_names_are_read(fresh_database: str) -> None:
    execute(
        fresh_database,
        'CREATE SCHEMA "Odd ""Schema"',
        'CREATE TABLE "Odd ""Schema"."Order" ("User Id" uuid, "select" text, PRIMARY KEY ("User Id"))',
        f'INSERT INTO "Odd ""Schema"."Order" VALUES (\'{tenant(B)}\', \'{canary(A)}\')',
    )
    scan = marked_world().postgres(fresh_database)
    assert found(scan) == [(A, B, 'Odd "Schema.Order', 1)]
    assert scan.findings[0].first.place == f'postgres Odd "Schema.Order User Id={tenant(B)} column select'


def test_materialised_views_and_generated_columns_and_inherited_tables_are_read_once(fresh_database: str) -> None:
    execute(
        fresh_database,
        "CREATE TABLE base (owner uuid, note text, twice text GENERATED ALWAYS AS (note || '!') STORED)",
        "CREATE TABLE child (more int) INHERITS (base)",
        f"INSERT INTO base VALUES ('{tenant(A)}', '{canary(A)}')",
        f"INSERT INTO child VALUES ('{tenant(B)}', '{canary(B)}')",
        f"CREATE MATERIALIZED VIEW seen AS SELECT owner, '{canary(C)}'::text AS note FROM ONLY base",
        "CREATE MATERIALIZED VIEW later AS SELECT 1 AS one WITH NO DATA",
    )
    scan = marked_world().postgres(fresh_database)
    assert found(scan) == [(C, A, "public.seen", 1)]
    assert scan.containers == {"public.base": 1, "public.child": 1, "public.seen": 1}
    assert scan.skipped == []
    assert "later" in scan.notes[0]


def test_the_reference_schema_is_read_past_its_row_security(fresh_database: str) -> None:
    migrate(fresh_database, ServiceRole(urlsplit(fresh_database).path.strip("/") + "_reader", "hunter2"))
    statements = []
    for number in (A, B, C):
        statements += [
            f"INSERT INTO users (id, email, display_name) VALUES ('{tenant(number)}', "
            f"'tenant-{number}@example.test', '{canary(number, 1, MarkKind.ROW)}')",
            f"INSERT INTO budgets VALUES ('{tenant(number)}', 1000, {900 + number})",
            f"INSERT INTO threads (id, user_id) VALUES ('{thread(number)}', '{tenant(number)}')",
            *(
                f"INSERT INTO messages (thread_id, role, content) VALUES ('{thread(number)}', 'user', "
                f'\'{{"text": "{canary(number, sequence)}"}}\')'
                for sequence in (1, 2, 3)
            ),
        ]
    execute(fresh_database, *statements)
    budgets = [PostgresBudget(table="budgets", owner="user_id", amount="remaining")]
    scan = marked_world().postgres(fresh_database, budgets=budgets)
    assert (found(scan), scan.skipped, scan.unattributed) == ([], [], 1)  # alembic's version
    assert scan.amounts == {("postgres budgets.remaining", number): 900 + number for number in (A, B, C)}
    execute(
        fresh_database,
        f"UPDATE messages SET thread_id = '{thread(B)}' WHERE content->>'text' = '{canary(A, 2)}'",
    )
    assert found(marked_world().postgres(fresh_database)) == [(A, B, "public.messages", 1)]


def test_names_that_are_no_marks_own_rows_by_whole_value(fresh_database: str) -> None:
    execute(
        fresh_database,
        "CREATE TABLE notes (id serial PRIMARY KEY, org text, topic text, body text)",
        f"INSERT INTO notes (org, topic, body) VALUES ('t1', 'about t10', '{canary(1)}'), ('t10', 't', '{canary(10)}')",
    )
    world = named_world({1: "t1", 10: "t10"})
    assert found(world.postgres(fresh_database)) == []
    execute(fresh_database, f"INSERT INTO notes (org, body) VALUES ('t1', '{canary(10)}')")
    assert found(world.postgres(fresh_database)) == [(10, 1, "public.notes", 1)]


def test_tenants_that_are_numbers_are_no_false_alarm_and_still_own_rows(fresh_database: str) -> None:
    execute(
        fresh_database,
        "CREATE TABLE users (id int PRIMARY KEY, note text)",
        "CREATE TABLE notes (id serial PRIMARY KEY, author int REFERENCES users, position int, body text)",
        f"INSERT INTO users VALUES (1, '{canary(1)}'), (2, '{canary(2)}')",
        f"INSERT INTO notes (author, position, body) VALUES (1, 2, '{canary(1, 2)}'), (2, 1, '{canary(2, 2)}')",
    )
    world = named_world({1: "1", 2: "2"})
    assert found(world.postgres(fresh_database)) == []
    execute(fresh_database, f"INSERT INTO notes (author, position, body) VALUES (2, 2, '{canary(1, 3)}')")
    assert found(world.postgres(fresh_database)) == [(1, 2, "public.notes", 1)]


def test_the_planted_control_is_told_apart_from_leaks(fresh_database: str) -> None:
    execute(
        fresh_database,
        "CREATE TABLE secrets (owner uuid, body text)",
        f"INSERT INTO secrets VALUES ('{tenant(HOLDER)}', '{canary(PLANTED)}'), ('{tenant(C)}', '{canary(PLANTED)}')",
    )
    scan = marked_world().postgres(fresh_database)
    assert [who(f) for f in scan.control_findings] == [(PLANTED, HOLDER, "public.secrets", 1)]
    assert found(scan) == [(PLANTED, C, "public.secrets", 1)]


def test_marks_of_an_earlier_run_lie_in_a_tenants_place_or_are_only_counted(fresh_database: str) -> None:
    old = EARLIER.mint_canary(Mark(MarkKind.PROMPT, A, 1))
    execute(
        fresh_database,
        "CREATE TABLE notes (owner uuid, body text)",
        f"INSERT INTO notes VALUES ('{tenant(B)}', '{old}'), (NULL, '{old}')",
    )
    scan = marked_world().postgres(fresh_database)
    assert (found(scan), scan.earlier_runs, scan.unattributed) == ([(None, B, "public.notes", 1)], 2, 0)
    assert scan.findings[0].first.detail.startswith("column body holds a prompt canary of a tenant of an earlier run;")


def test_a_tenants_data_in_a_row_of_an_earlier_run_is_found(fresh_database: str) -> None:
    old = EARLIER.mint_id(Mark(MarkKind.TENANT, A))
    execute(
        fresh_database,
        "CREATE TABLE notes (owner uuid, body text, packed bytea)",
        f"INSERT INTO notes VALUES ('{old}', '{canary(B)}', NULL)",
        f"INSERT INTO notes VALUES ('{tenant(C)}', '', '{gzip.compress(old.encode() * 2).hex()}'::text::bytea)",
    )
    scan = marked_world().postgres(fresh_database)
    assert sorted(found(scan), key=str) == [(B, None, "public.notes", 1), (None, C, "public.notes", 1)]


def test_a_large_object_of_a_tenant_with_an_earlier_runs_mark_is_found(fresh_database: str) -> None:
    old = EARLIER.mint_canary(Mark(MarkKind.PROMPT, A, 1))
    execute(fresh_database, f"SELECT lo_from_bytea(0, '{canary(B)} {old}'::bytea)")
    assert found(marked_world().postgres(fresh_database)) == [(None, B, "large objects", 1)]


def test_budgets_are_read_by_tenant(fresh_database: str) -> None:
    execute(
        fresh_database,
        "CREATE SCHEMA money",
        "CREATE TABLE money.budgets (user_id uuid, remaining bigint)",
        f"INSERT INTO money.budgets VALUES ('{tenant(A)}', 12), ('{tenant(B)}', 34), ('{thread(C)}', 1)",
        "CREATE TABLE quotas (email text, remaining numeric)",
        "INSERT INTO quotas VALUES ('tenant-1@example.test', 5)",
    )
    budgets = [
        PostgresBudget(table="money.budgets", owner="user_id", amount="remaining"),
        PostgresBudget(table="quotas", owner="email", amount="remaining"),
        PostgresBudget(table="missing", owner="a", amount="b"),
    ]
    scan = marked_world().postgres(fresh_database, budgets=budgets)
    assert scan.amounts == {
        ("postgres money.budgets.remaining", A): 12,
        ("postgres money.budgets.remaining", B): 34,
        ("postgres quotas.remaining", A): 5,
    }
    assert len(scan.budget_places) == 3
    assert len(scan.skipped) == 1 and "missing" in scan.skipped[0]


def test_nothing_can_be_written_by_the_scan(conversations: str) -> None:
    before = query(conversations, "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables")
    marked_world().postgres(conversations)
    assert query(conversations, "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables") == before


def test_a_session_ended_by_the_server_is_a_sentence(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reading = read_catalogue

    def read_and_be_ended(opened: connection) -> Catalogue:
        catalogue = reading(opened)
        execute(
            fresh_database,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'tenant isolation%'",
        )
        return catalogue

    execute(fresh_database, "CREATE TABLE notes (a text)")
    monkeypatch.setattr("checker.postgres_scan.read_catalogue", read_and_be_ended)
    with pytest.raises(StoreUnreachable, match="lost"):
        marked_world().postgres(fresh_database)
