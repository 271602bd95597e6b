from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from config.load import ProfileInvalid, load
from tests.config.profiles import ENVIRONMENT, PLANTED, REMOVE, written

HTTP: dict[str, object] = {"kind": "http", "create": {"url": "http://127.0.0.1:1/users", "body": {"email": "{email}"}}}
COMMAND: dict[str, object] = {"kind": "command", "create": {"argv": ["make", "{tenant}"]}}
SQL: dict[str, object] = {"kind": "sql", "create": ["INSERT INTO a VALUES (%(tenant)s)"]}
REDIS: dict[str, object] = {"kind": "redis", "create": [["SET", "a:{tenant}", "{state}"]]}
ACCOUNTS = {"tenants.accounts": "accounts.csv", "provisioning": REMOVE}


def steps(*listed: Mapping[str, object], **more: object) -> dict[str, object]:
    return {"provisioning": {"steps": list(listed), **more}}


LOGIN: dict[str, object] = {"auth.source": "service", "auth.service.learn": {"user_id": "me.id", "key": "key"}}
SAID: dict[str, object] = {"type": "x", "message_id": "{message_id}"}

WRONG: list[tuple[dict[str, object], str, str]] = [
    (
        {"tenants.names": "integer", **steps({**REDIS, "remove": ["a:{tenant}*"]})},
        "provisioning.steps[0].remove",
        "has a wildcard right behind {tenant}: a:{tenant}* would remove the keys of whoever's name begins",
    ),
    (steps({"kind": "ftp"}), "provisioning.steps[0]", "ftp"),
    (steps({"kind": "http"}), "provisioning.steps[0].create", "is missing"),
    (
        steps({**HTTP, "remove": {"method": "DELETE", "url": "http://127.0.0.1:1/users"}}),
        "provisioning.steps[0].remove",
        "does not name the tenant, so that it could remove others",
    ),
    (
        steps(
            {**HTTP, "remove": {"method": "DELETE", "url": "http://127.0.0.1:1/users/{email}", "body": {"a": "{id}"}}}
        ),
        "provisioning.steps[0].remove.body",
        "nothing fills {id}",
    ),
    (
        steps({**HTTP, "create": {"url": "http://127.0.0.1:1/{tennant}"}}),
        "provisioning.steps[0].create.url",
        "nothing fills {tennant}; did you mean tenant?",
    ),
    (
        steps({**REDIS, "create": [["SET", "{user_id}", "1"]]}, {**HTTP, "learn": {"user_id": "id"}}),
        "provisioning.steps[0].create",
        "nothing fills {user_id}",
    ),
    (steps({**HTTP, "learn": {"email": "a"}}), "provisioning.steps[0]", "learns 'email', which is taken"),
    (
        steps({**HTTP, "learn": {"a": "b"}}, {**HTTP, "learn_secret": {"a": "b"}}),
        "provisioning.steps[1]",
        "learns 'a', which is taken",
    ),
    (steps(HTTP, tenant="user_id"), "provisioning.tenant", "no step learns 'user_id'"),
    (steps(HTTP, aliases=["user_id"]), "provisioning.aliases", "no step learns 'user_id'"),
    (steps({**HTTP, "stored_in": ["mongo"]}), "provisioning.steps[0].stored_in", "names 'mongo'"),
    (steps({**SQL, "store": "billing"}), "provisioning.steps[0].store", "names 'billing'"),
    (steps({**REDIS, "store": "postgres"}), "provisioning.steps[0].store", "has none of that name for redis"),
    (steps({**SQL, "create": ["INSERT INTO a VALUES (%(who)s)"]}), "provisioning.steps[0].create", "fills %(who)s"),
    (steps({**SQL, "remove": ["DELETE FROM a"]}), "provisioning", "could remove others"),
    (
        steps({**SQL, "remove": ["DELETE FROM a WHERE x = %(tenant)s AND y = %(budget)s"]}),
        "provisioning.steps[0].remove",
        "nothing fills %(budget)s",
    ),
    (steps({**REDIS, "remove": ["a:*"]}), "provisioning", "without {tenant}"),
    (steps({**REDIS, "remove": ["*:{tenant}"]}), "provisioning", "wildcard before {tenant}"),
    (steps({**REDIS, "remove_by": [["ACL", "DELUSER", "x"]]}), "provisioning.steps[0].remove_by", "does not name"),
    (
        steps({**COMMAND, "create": {"argv": ["make", "{password}"]}}),
        "provisioning.steps[0].create.argv",
        "nothing fills {password}",
    ),
    (
        steps({**COMMAND, "remove": {"argv": ["remove", "{tenant}"], "input": {"p": "{password}"}}}),
        "provisioning.steps[0].remove.input",
        "nothing fills {password}",
    ),
    ({**ACCOUNTS, "provisioning": {"sql_remove": ["DELETE FROM a WHERE b = %(tenant)s"]}}, "tenants.accounts", "never"),
    ({**ACCOUNTS, "stores.redis.create": [["SET", "{tenant}", "1"]]}, "tenants.accounts", "never made, changed"),
    ({"attempts.tokens": ["wrong_key"], "auth.jwt": REMOVE}, "attempts.tokens", "needs a table [auth.jwt]"),
    (
        {**LOGIN, **steps({**HTTP, "learn": {"user_id": "id"}})},
        "auth.service.learn.user_id",
        "can't be learnt, as a tenant has its {user_id} by its account or provisioning; choose another name",
    ),
    (
        {**LOGIN, **steps({**HTTP, "learn_secret": {"key": "id"}})},
        "auth.service.learn.key",
        "as a tenant has its {key} by its account or provisioning",
    ),
    (
        {**LOGIN, "tenants.columns": {"password": "key", "budget": "left"}, "auth.service.learn": {"csv_mail": "m"}}
        | ACCOUNTS,
        "auth.service.learn.csv_mail",
        "as a tenant has its {csv_mail} by its account or provisioning",
    ),
    ({**LOGIN, "operations.chat.send": {**SAID, "u": "{usr_id}"}}, "operations.chat.send", "{usr_id}; there are: "),
    (
        {**LOGIN, "auth.source": "jwt", "operations.chat.send": {**SAID, "u": "{user_id}"}},
        "operations.chat.send",
        "nothing fills the placeholder {user_id}",
    ),
    (
        {**LOGIN, "attempts.doors": {"read": {"does": "read", "send": {"u": "{victim_key}"}, "ends": ["x"]}}},
        "attempts.doors.read.send",
        "nothing fills the placeholder {victim_key}",
    ),
    (ACCOUNTS, "operations.chat.cost", "name a column in tenants.columns.budget"),
    (ACCOUNTS, "frames.budget", "speaks of amounts"),
    (ACCOUNTS, "stores.redis.budgets", "speaks of amounts"),
]


@pytest.mark.parametrize(("changes", "key", "says"), WRONG, ids=range(len(WRONG)))
def test_what_can_not_work_is_a_sentence_with_its_key(
    tmp_path: Path, changes: dict[str, object], key: str, says: str
) -> None:
    (tmp_path / "accounts.csv").write_text("tenant,mail,key,left\na,a@x,k,5\nb,b@x,l,5\n", encoding="utf-8")
    with pytest.raises(ProfileInvalid) as caught:
        load(written(tmp_path / "wrong.toml", changes), ENVIRONMENT)
    lines = str(caught.value).splitlines()
    assert any(f": {key}" in line and says in line for line in lines), lines
    assert PLANTED not in str(caught.value)


def test_steps_that_can_work_are_taken(tmp_path: Path) -> None:
    every = steps(
        {**SQL, "remove": ["DELETE FROM a WHERE x = %(tenant)s"], "if_table": "a"},
        {**HTTP, "learn": {"user_id": "id"}, "learn_secret": {"key": "k"}},
        {**REDIS, "create": [["HSET", "{user_id}", "k", "{key}"]], "remove_by": [["DEL", "{user_id}"]]},
        {**COMMAND, "remove": {"argv": ["remove", "{user_id}"]}},
        tenant="user_id", aliases=["user_id"],
    )  # fmt: skip
    profile = load(written(tmp_path / "right.toml", every), ENVIRONMENT)
    assert profile.provisioning.batch_size == 5
    assert profile.removes_tenants
    assert {"user_id"} <= profile.of_tenant and {"key", "password"} <= profile.secrets_of_tenant
