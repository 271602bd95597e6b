from __future__ import annotations

import pytest

from config.provisioning import Provisioning
from config.tenant_consistency import of_tenants
from config.writes import changes_rows, command_mistake, keys_of, statement_mistake
from tests.config.profiles import changed

NAMING = {"tenant", "row_id"}


@pytest.mark.parametrize(
    ("command", "keys"),
    [
        (("SET", "left:{tenant}", "{budget}"), ("left:{tenant}",)),
        (("hset", "state:{tenant}", "a", "b"), ("state:{tenant}",)),
        (("MSET", "a:{tenant}", "1", "b:{tenant}", "2"), ("a:{tenant}", "b:{tenant}")),
        (("DEL", "a:{tenant}", "b"), ("a:{tenant}", "b")),
        (("RENAME", "a", "{tenant}"), ("a", "{tenant}")),
        (("ACL", "SETUSER", "{tenant}"), ()),
    ],
)
def test_the_keys_that_a_command_writes(command: tuple[str, ...], keys: tuple[str, ...]) -> None:
    assert keys_of(command) == keys


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("SET", "current", "{tenant}"), "changes the whole of the key current, which does not name the tenant"),
        (("DEL", "a:{tenant}", "settings"), "changes the whole of the key settings"),
        (("MSET", "a:{tenant}", "1", "flag", "{tenant}"), "changes the whole of the key flag"),
        (("RENAME", "customers", "customers:{tenant}"), "changes the whole of the key customers"),
        (("incr", "tenants", "{state}"), "does not name the tenant"),
        (("SADD", "names", "{context}"), "does not name the tenant"),
        (("COPY", "a:{tenant}", "settings"), "changes the whole of the key settings"),
        (("HSET", "plans", "{tenant}", "1", "default", "2"), "changes default in the key plans, and neither names the"),
        (("HINCRBY", "totals", "tenants", "{tenant}"), "changes tenants in the key totals"),
        (("SREM", "names", "{tenant}", "other"), "changes other in the key names"),
        (("ZINCRBY", "board", "{tenant}", "other"), "changes other in the key board"),
        (("FLUSHDB", "{tenant}"), "changes what is everybody's: FLUSHDB {tenant}"),
        ((), "does not name the tenant"),
    ],
)
def test_a_command_that_could_change_what_is_others(command: tuple[str, ...], said: str) -> None:
    assert (command_mistake(command, NAMING) or "").startswith(said)


@pytest.mark.parametrize(
    "command",
    [
        ("SADD", "names", "{row_id}"),
        ("HSET", "of:{tenant}", "a", "1"),
        ("HSET", "all", "{tenant}", "a"),
        ("LREM", "queue", "0", "{tenant}"),
        ("ZADD", "board", "1", "{tenant}"),
        ("SET", "{row_id}", "{state}"),
        ("ACL", "DELUSER", "{tenant}"),
        ("X", "{tenant}"),
    ],
)
def test_a_command_that_changes_a_member_or_a_key_of_the_tenants(command: tuple[str, ...]) -> None:
    assert command_mistake(command, NAMING) is None


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE plans SET seats = seats + 1", "changes rows and does not name the tenant"),
        ("  delete from people where note = %(row)s", "changes rows and does not name the tenant"),
        ("TRUNCATE people", "changes what is everybody's"),
        ("DROP TABLE people -- %(tenant)s", "changes what is everybody's"),
        ("/* all of them */ DELETE FROM people", "changes rows and does not name the tenant"),
        ("-- all\n UPDATE people SET note = 'ours'", "changes rows and does not name the tenant"),
        ("WITH g AS (DELETE FROM people RETURNING 1) INSERT INTO people VALUES (1)", "changes rows and does not name"),
        ("INSERT INTO people VALUES (%(tenant)s); DELETE FROM plans", "holds several statements"),
        ("-- %(tenant)s\n; TRUNCATE people;", "changes what is everybody's"),
        ("DELETE FROM people -- %(tenant)s", "changes rows and does not name the tenant"),
    ],
)
def test_a_statement_that_could_change_what_is_others(statement: str, said: str) -> None:
    assert (statement_mistake(statement, NAMING) or "").startswith(said)


def test_a_statement_that_adds_or_names_the_tenant() -> None:
    assert statement_mistake("INSERT INTO people VALUES (%(row)s)", NAMING) is None
    assert statement_mistake("UPDATE people SET note = %(row)s WHERE id = %(row_id)s", NAMING) is None
    assert (
        statement_mistake("INSERT INTO a VALUES ('x; y', E'DELETE FROM z', $q$ ; $q$); -- done; really", NAMING) is None
    )
    assert not changes_rows("INSERT INTO a VALUES (1) ON CONFLICT (id) DO UPDATE SET b = 2")
    assert not changes_rows("INSERT INTO a SELECT * FROM b FOR NO KEY UPDATE")
    assert changes_rows("WITH g AS (UPDATE a SET x = 1 RETURNING 1) SELECT 1") and changes_rows("/**/ DELETE\nFROM a")
    assert changes_rows(" update people SET x = 1") and not changes_rows("INSERT INTO updates VALUES (1)")


def test_the_mistake_is_named_with_its_key_wherever_it_stands() -> None:
    wrong = {
        "stores__more_redis": {"hot": {"url": "redis://127.0.0.1/1", "create": [["SET", "now", "{tenant}"]]}},
        "stores__more_postgres": {"b": {"url": "postgresql://127.0.0.1/b", "create": ["DELETE FROM w"]}},
        "provisioning__redis_create": [["SET", "left:{tenant}", "1"], ["SET", "last", "{tenant}"]],
        "provisioning__sql_create": ["UPDATE w SET a = 1"],
        "provisioning__steps": [
            {"kind": "sql", "create": ["TRUNCATE w"]},
            {"kind": "redis", "create": [["INCR", "made"]]},
        ],
    }
    assert [key for key, _ in of_tenants(changed(**wrong))] == [
        ("provisioning", "sql_create", 0),
        ("stores", "more_postgres", "b", "create", 0),
        ("provisioning", "steps", 0, "create", 0),
        ("provisioning", "redis_create", 1),
        ("stores", "more_redis", "hot", "create", 0),
        ("provisioning", "steps", 1, "create", 0),
    ]
    with pytest.raises(ValueError, match="remove_by changes the whole of the key names"):
        Provisioning.model_validate({"steps": [{"kind": "redis", "remove_by": [["DEL", "names", "{tenant}"]]}]})
    with pytest.raises(ValueError, match="sql_remove changes what is everybody's"):
        Provisioning.model_validate({"sql_remove": ["DROP TABLE w -- %(tenant)s"]})
