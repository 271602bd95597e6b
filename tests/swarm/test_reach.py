"""What removing statements would take, on a real Postgres that holds strangers' rows."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from swarm.reach import Reach, TakesOthers, can_be_asked, is_there, now_in

A = {"tenant": "acme-1", "number": 40, "org": 7}
B = {"tenant": "bolt-2", "number": 41, "org": 7}
SHOP = """
CREATE TABLE users (id text PRIMARY KEY, number bigint, org bigint);
CREATE TABLE things (owner text, number bigint, org bigint, note text, new bool);
CREATE TABLE lines (owner text REFERENCES users ON DELETE CASCADE);
CREATE VIEW seen AS SELECT * FROM things;
INSERT INTO users VALUES ('acme-10', 400, 8), ('stranger', 39, 8);
INSERT INTO things SELECT id, number, org, 'old', false FROM users;
"""


@pytest.fixture
def shop(fresh_database: str) -> Iterator[Connection]:
    connection = psycopg2.connect(fresh_database)
    with connection, connection.cursor() as cursor:
        cursor.execute(SHOP)
    yield connection
    connection.close()


def transactions(shop: Connection) -> int:
    with shop, shop.cursor() as cursor:
        return now_in(cursor)


def made(shop: Connection) -> Reach:
    """Two tenants of the run beside strangers who were there before, and one who has come since."""
    reach = Reach({"postgres": transactions(shop)})
    with shop, shop.cursor() as cursor:
        for tenant in (A, B):
            cursor.execute("INSERT INTO users VALUES (%(tenant)s, %(number)s, %(org)s)", tenant)
            for row in ("(%(tenant)s, %(number)s, %(org)s, 'made', true)", "(%(tenant)s, 0, 0, 'made', true)"):
                cursor.execute(f"INSERT INTO things VALUES {row}", tenant)
            cursor.execute("INSERT INTO lines VALUES (%(tenant)s)", tenant)
        cursor.execute("INSERT INTO things VALUES ('acme-11', 401, 9, 'made', true)")
    return reach


def everything(shop: Connection) -> list[tuple[object, ...]]:
    with shop, shop.cursor() as cursor:
        cursor.execute("SELECT 'u', u::text FROM users u UNION ALL SELECT 't', t::text FROM things t ORDER BY 1, 2")
        return cursor.fetchall()


def owners(shop: Connection) -> list[str]:
    with shop, shop.cursor() as cursor:
        cursor.execute("SELECT DISTINCT owner FROM things ORDER BY 1")
        return [owner for (owner,) in cursor.fetchall()]


@pytest.mark.parametrize(
    ("statement", "rows"),
    [
        ("DELETE FROM things WHERE owner = %(tenant)s", 2),
        ("delete from only things as t where t.owner = %(tenant)s;", 2),
        ('DELETE FROM "public"."things" t USING users u WHERE u.id = %(tenant)s AND t.owner = u.id -- its own', 2),
        ("DELETE FROM public.things WHERE owner = %(tenant)s", 2),
        ("UPDATE public.things SET note = 'gone' WHERE owner = %(tenant)s", 2),
        ("DELETE FROM things WHERE number = %(number)s", 1),
        ("DELETE FROM users WHERE id = %(tenant)s AND number = %(number)s", 1),
        ("UPDATE things SET note = 'gone' WHERE owner = %(tenant)s", 2),
        ("UPDATE users SET org = 3 WHERE id = %(tenant)s", 1),
        ("UPDATE ONLY public.users AS u SET org = 3 WHERE u.id = %(tenant)s", 1),
        ("DELETE FROM things WHERE owner = %(tenant)s RETURNING owner", 2),
        ("WITH gone AS (DELETE FROM things WHERE owner = %(tenant)s RETURNING 1) SELECT count(*) FROM gone", 1),
        ("DELETE FROM seen WHERE owner = %(tenant)s", 2),
    ],
)
def test_what_takes_the_tenants_own_is_carried_out(shop: Connection, statement: str, rows: int) -> None:
    reach = made(shop)
    assert reach.take(shop, "postgres", statement, A, [B]) == rows
    left = everything(shop)
    assert any("stranger" in str(text) for _, text in left)
    assert all("acme-10" not in str(text) or "gone" not in str(text) for _, text in left)
    assert owners(shop)[-3:] == ["acme-11", "bolt-2", "stranger"]


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("DELETE FROM things WHERE owner LIKE %(tenant)s || '%%'", "1 of the 4 rows it takes were there"),
        ("DELETE FROM things WHERE new AND owner LIKE %(tenant)s || '%%'", "told 'acme-' in place of 'acme-1'"),
        ("DELETE FROM things WHERE new AND owner LIKE '%%' || %(tenant)s", "told 'cme-1' in place of 'acme-1'"),
        ("DELETE FROM things WHERE new AND %(tenant)s LIKE owner || '%%'", "told 'acme-1x' in place of"),
        ("DELETE FROM things WHERE new AND length(owner) = length(%(tenant)s)", "told 'acme-2' in place of"),
        ("DELETE FROM things WHERE new AND number <= %(number)s", "told 4 in place of 40"),
        ("DELETE FROM things WHERE new AND number >= %(number)s", "told 4 in place of 40"),
        ("DELETE FROM things WHERE owner = %(tenant)s OR true", "2 of the 7 rows it takes were there before the run"),
        ("DELETE FROM things t USING users u WHERE u.id = %(tenant)s AND t.new", "told tenant bolt-2"),
        ("DELETE FROM things WHERE org = (SELECT org FROM users WHERE id = %(tenant)s)", "told tenant bolt-2"),
        ("DELETE FROM things WHERE org = %(org)s", "told tenant bolt-2 it takes the same rows"),
        ("UPDATE things SET note = 'gone' WHERE owner LIKE %(tenant)s || '%%'", "told 'acme-' in place of"),
        ("UPDATE things SET note = %(tenant)s", "told 'acme-' in place of"),
        ("UPDATE users SET number = %(number)s", "told 4 in place of 40 it takes the same rows"),
        ("UPDATE users AS u SET number = %(number)s WHERE u.org = %(org)s", "told tenant bolt-2 it takes the same"),
        ("DELETE FROM things WHERE new AND owner LIKE %(tenant)s || '%%' RETURNING 1", "told 'acme-' in place"),
        ("WITH d AS (DELETE FROM things WHERE owner LIKE %(tenant)s || '%%' RETURNING 1) SELECT 1", "told 'acme-' in"),
    ],
)  # fmt: skip
def test_what_would_take_others_takes_nothing(shop: Connection, statement: str, why: str) -> None:
    reach, before = made(shop), everything(shop)
    with pytest.raises(TakesOthers) as refused:
        reach.take(shop, "postgres", statement, A, [B])
    assert str(refused.value).startswith(why)
    assert "\n" not in str(refused.value)
    assert everything(shop) == before


def test_a_store_whose_age_is_not_known_is_still_asked_about_names(shop: Connection) -> None:
    made(shop)
    with pytest.raises(TakesOthers, match="told 'acme-' in place of"):
        Reach().take(shop, "postgres", "DELETE FROM things WHERE owner LIKE %(tenant)s || '%%'", A)
    assert Reach().take(shop, "postgres", "DELETE FROM users WHERE id = %(tenant)s", A) == 1


def test_a_statement_is_looked_at_until_another_tenant_has_shown_that_it_is_exact(shop: Connection) -> None:
    reach, nobody = made(shop), {"tenant": "nobody", "number": 1, "org": 0}
    by_org = "DELETE FROM things WHERE org = (SELECT org FROM users WHERE id = %(tenant)s)"
    exact = "DELETE FROM things WHERE owner = %(tenant)s"
    with shop, shop.cursor() as cursor:
        cursor.execute("INSERT INTO users VALUES ('alone', 1, 99)")
        cursor.execute("INSERT INTO things VALUES ('x', 1, 99, 'made', true)")
    assert reach.take(shop, "postgres", by_org, {"tenant": "alone"}, [nobody]) == 1
    with pytest.raises(TakesOthers, match="told tenant bolt-2"):
        reach.take(shop, "postgres", by_org, A, [nobody, B])
    assert reach.take(shop, "postgres", exact, A, [B]) == 2
    assert reach.take(shop, "postgres", exact, B) == 2


def test_a_name_that_a_column_can_not_hold_is_nobodys(shop: Connection) -> None:
    uuids = [f"6a0f0c54-0000-8000-8000-00000000000{last}" for last in "1f"]
    with shop, shop.cursor() as cursor:
        cursor.execute("CREATE TABLE ids (id uuid)")
        cursor.execute("INSERT INTO ids VALUES (%s), (%s)", uuids)
    for name in uuids:
        assert Reach().take(shop, "postgres", "DELETE FROM ids WHERE id = %(tenant)s", {"tenant": name}) == 1


def test_what_is_not_known_is_a_key_error_and_changes_nothing(shop: Connection) -> None:
    reach, before = made(shop), everything(shop)
    with pytest.raises(KeyError):
        reach.take(shop, "postgres", "DELETE FROM things WHERE owner = %(user_id)s", A)
    assert everything(shop) == before
    assert reach.take(shop, "postgres", "DELETE FROM things WHERE owner = %(tenant)s", A, [{"number": 3}]) == 2


def test_what_is_there_already(shop: Connection) -> None:
    stranger, nobody = {"tenant": "stranger"}, {"tenant": "strange"}
    exact = "DELETE FROM things WHERE owner = %(tenant)s"
    with shop, shop.cursor() as cursor:
        cursor.execute("CREATE TABLE held (owner text REFERENCES users)")
        cursor.execute("INSERT INTO held VALUES ('stranger')")
        assert is_there(cursor, "DELETE FROM users WHERE id = %(tenant)s", stranger), "what can't be removed is there"
        assert is_there(cursor, exact, stranger) and not is_there(cursor, exact, nobody)
        assert is_there(cursor, "DELETE FROM things WHERE owner LIKE %(tenant)s || '%%'", nobody)
        assert not is_there(cursor, "DELETE FROM things WHERE owner = %(learnt)s", stranger)
        assert not is_there(cursor, "SELECT purge(%(tenant)s)", stranger), "what can't be asked is not called"
    assert len(owners(shop)) == 2
    assert can_be_asked(exact) and not can_be_asked("SELECT purge(%(tenant)s)")
