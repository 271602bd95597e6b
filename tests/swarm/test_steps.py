"""The further steps of making tenants and their undoing, on real stores and a scripted HTTP server."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import orjson
import psycopg2
import pytest
import redis

from config.profile import Profile
from evidence.marks import Keyring
from evidence.records import Gap
from swarm.cleaning import clean
from swarm.minting import Mint
from swarm.undoing import Leaving, remove
from tests.config.profiles import REMOVE as REMOVED
from tests.config.profiles import changed
from tests.http_server import Asked, HttpServer, Reply, http_server
from tests.swarm.fixtures import KEY, run_folder
from tests.swarm.test_provisioning import Provisioning, column
from users.run import TenantNotRemoved, TenantUnavailable

ADMIN = {"Authorization": "Bearer PLANTED-admin"}


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("users.http_calls._FIRST_PAUSE_S", 0.001)


class Registry:
    """A service that registers users under ids of its own."""

    def __init__(self) -> None:
        self.users: dict[str, dict[str, Any]] = {}
        self.refuse_removal = False
        self.given = 100

    def answer(self, asked: Asked) -> Reply:
        if asked.headers.get("Authorization") != ADMIN["Authorization"]:
            return Reply(401)
        name = asked.path.rpartition("/")[2]
        if asked.method == "DELETE":
            if self.refuse_removal:
                return Reply(500)
            return Reply(204) if self.users.pop(name, None) is not None else Reply(404)
        self.given += 1
        user = asked.document
        assert isinstance(user, dict)
        self.users[str(self.given)] = user
        return Reply(201, {"data": {"id": self.given, "token": f"PLANTED-token-{self.given}"}})


def registering(server: HttpServer, **changes: object) -> Profile:
    step = {
        "kind": "http", "name": "register", "learn": {"user_id": "data.id"}, "learn_secret": {"token": "data.token"},
        "create": {
            "url": f"{server.url}/users", "headers": ADMIN,
            "body": {"email": "{email}", "password": "{password}", "bio": "{context}"},
        },
        "remove": {"method": "DELETE", "url": f"{server.url}/users/{{user_id}}", "headers": ADMIN},
    }  # fmt: skip
    return changed(**{
        "stores__none": "nothing to look into", "stores__redis": REMOVED, "stores__postgres": REMOVED,
        "operations__chat__stored_in": [], "provisioning": {"steps": [step], "tenant": "user_id", "batch": 2},
        **changes,
    })  # fmt: skip


def test_a_tenant_registered_over_http_goes_by_the_id_it_was_given(tmp_path: Path) -> None:
    registry = Registry()
    with http_server(registry.answer) as server:
        profile = registering(server)
        made = Provisioning(profile)
        one, two = made.provisioner.take(short=False), made.provisioner.take(short=False)

        assert {one.json_name, two.json_name} == {101, 102}
        assert one.secrets["token"] == f"PLANTED-token-{one.name}"
        assert registry.users[one.name]["password"] == one.secrets["password"]
        assert registry.users[one.name]["email"] == one.email
        assert {mark.mark.tenant for mark in Keyring(KEY).find(registry.users[one.name]["bio"])} == {one.number}
        assert made.provisioner.names.get(one.name) == made.provisioner.names.get(one.email) == one.number
        assert made.provisioner.names.get("100") is None

        folder = run_folder(tmp_path, profile, made.rows)
        last = {row.tenant: row for row in made.tenants()}[one.number]
        minted = Mint(profile, KEY).naming.name(one.number)
        assert (last.name, last.aliases) == (one.name, [one.email, minted])
        assert "PLANTED" not in (folder.path / "evidence" / "local.jsonl").read_text(encoding="utf-8")
        done = clean(folder, profile)
        assert (done.tenants, done.requests, done.left) == (2, 2, [])
        assert registry.users == {}


def test_only_what_was_made_is_removed_and_what_is_left_is_listed(tmp_path: Path) -> None:
    registry = Registry()
    with http_server(registry.answer) as server:
        profile = registering(server)
        made = Provisioning(profile)
        made.provisioner.take(short=False)
        registry.users["7"] = {"email": "a stranger"}
        registry.refuse_removal = True
        folder = run_folder(tmp_path, profile, made.rows)
        done = clean(folder, profile)
        assert len(done.left) == 2 and all(
            "register" in sentence and "answered 500" in sentence for sentence in done.left
        )
        assert orjson.loads((folder.path / "clean-up.json").read_bytes())["left"] == done.left
        assert "PLANTED" not in str(done)
        registry.refuse_removal = False
        assert clean(folder, profile).left == []
        assert set(registry.users) == {"7"}
        assert clean(folder, profile).left == [], "what is gone already counts as removed"


def test_a_tenant_of_whom_it_is_not_known_whether_it_was_made_is_listed(tmp_path: Path) -> None:
    registry = Registry()

    def answer(asked: Asked) -> Reply:
        return Reply(200, {"data": {}}) if asked.method == "POST" else registry.answer(asked)

    with http_server(answer) as server:
        profile = registering(server)
        made = Provisioning(profile)
        with pytest.raises(TenantUnavailable, match=r"\(register\): the answer taught no 'user_id'"):
            made.provisioner.take(short=False)
        done = clean(run_folder(tmp_path, profile, made.rows), profile)
        assert len(done.left) == 2
        assert all("was made, and what its removal needs was never learnt" in sentence for sentence in done.left)


def test_what_the_service_has_already_is_not_removed_from_it(tmp_path: Path) -> None:
    asked_for: list[str] = []

    def answer(asked: Asked) -> Reply:
        asked_for.append(asked.method)
        return Reply(409 if len(asked_for) == 1 else 201)

    with http_server(answer) as server:
        step = {
            "kind": "http", "create": {"method": "PUT", "url": f"{server.url}/users/{{tenant}}"},
            "remove": {"method": "DELETE", "url": f"{server.url}/users/{{tenant}}"},
        }  # fmt: skip
        profile = registering(server, provisioning={"steps": [step], "batch": 2})
        made = Provisioning(profile)
        with pytest.raises(TenantUnavailable, match="answered 409"):
            made.provisioner.take(short=False)
        clean(run_folder(tmp_path, profile, made.rows), profile)
    assert asked_for == ["PUT", "PUT", "DELETE"], "of two, one was there before and stays"


def test_a_service_that_refuses_is_told_once_with_the_step_and_without_secrets() -> None:
    with http_server(lambda _: Reply(422, {"error": "PLANTED"})) as server:
        made = Provisioning(registering(server))
        for _ in range(2):
            with pytest.raises(
                TenantUnavailable, match=r"provisioning\.steps\[0\] \(register\) .* answered 422"
            ) as caught:
                made.provisioner.take(short=False)
            assert "PLANTED" not in str(caught.value)
        assert len(made.failures) == 1


def test_a_tenant_that_leaves_in_the_middle_is_removed_over_http() -> None:
    registry = Registry()
    with http_server(registry.answer) as server:
        made = Provisioning(registering(server))
        gone = made.provisioner.take(short=False)
        assert made.provisioner.remove(gone) == 1
        assert gone.name not in registry.users and len(registry.users) == 1
        registry.refuse_removal = True
        with pytest.raises(TenantNotRemoved, match="answered 500"):
            made.provisioner.remove(made.provisioner.take(short=False))


COMMAND = """
import json, os, pathlib, sys
told, folder = json.load(sys.stdin), pathlib.Path(os.environ["FOLDER"])
if sys.argv[1] == "make":
    assert told["password"]
    (folder / told["name"]).touch()
    print(json.dumps({"key": "key-of-" + told["name"]}))
else:
    (folder / sys.argv[2]).unlink()
"""


def test_a_command_makes_and_removes_a_tenant(tmp_path: Path) -> None:
    accounts = tmp_path / "accounts"
    accounts.mkdir()
    every = {"environment": {"FOLDER": str(accounts)}, "timeout_s": 30.0}
    step = {
        "kind": "command", "learn_secret": {"token": "key"},
        "create": {
            "argv": [sys.executable, "-c", COMMAND, "make"],
            "input": {"name": "{tenant}", "password": "{password}"}, **every,
        },
        "remove": {"argv": [sys.executable, "-c", COMMAND, "remove", "{tenant}"], "input": {}, **every},
    }  # fmt: skip
    profile = changed(
        stores__none="nothing to look into", stores__redis=REMOVED, stores__postgres=REMOVED,
        operations__chat__stored_in=[], provisioning={"steps": [step], "batch": 1},
    )  # fmt: skip
    made = Provisioning(profile)
    tenant = made.provisioner.take(short=False)
    assert [path.name for path in accounts.iterdir()] == [tenant.name]
    assert tenant.secrets["token"] == f"key-of-{tenant.name}"
    assert clean(run_folder(tmp_path, profile, made.rows), profile).requests == 1
    assert list(accounts.iterdir()) == []


SQL_STEPS: list[dict[str, object]] = [
    {
        "kind": "sql", "learn": ["row_id"], "remove": ["DELETE FROM people WHERE id = %(row_id)s"],
        "create": ["INSERT INTO people (mail, note) VALUES (%(email)s, %(row)s) RETURNING id AS row_id"],
    },
    {
        "kind": "redis", "create": [["SET", "person:{row_id}", "{state}"], ["SADD", "names", "{row_id}"]],
        "remove": ["person:{tenant}"], "remove_by": [["SREM", "names", "{tenant}"]],
    },
    {
        "kind": "sql", "name": "the vault", "if_table": "vault", "create": ["INSERT INTO vault VALUES (%(secret)s)"],
        "remove": ["DELETE FROM vault WHERE owner = %(tenant)s"],
    },
]  # fmt: skip


@pytest.fixture
def people(fresh_redis: str, fresh_database: str) -> Profile:
    connection = psycopg2.connect(fresh_database)
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE people (id serial PRIMARY KEY, mail text, note text)")
    connection.close()
    return changed(
        stores__redis__url=fresh_redis, stores__postgres__url=fresh_database, stores__redis__budgets=[],
        stores__postgres__budgets=[], provisioning={"steps": SQL_STEPS, "tenant": "row_id", "batch": 2},
    )  # fmt: skip


def test_statements_teach_ids_that_later_steps_use_and_a_missing_table_is_skipped_with_a_note(
    people: Profile, fresh_redis: str, fresh_database: str, tmp_path: Path
) -> None:
    made = Provisioning(people)
    one = made.provisioner.take(short=False)
    assert one.json_name == 1
    assert column(fresh_database, "SELECT id FROM people") == ["1", "2"]
    with redis.Redis.from_url(fresh_redis, decode_responses=True) as client:
        assert sorted(client.keys()) == ["names", "person:1", "person:2"]
        (note,) = [row for row in made.rows if isinstance(row, Gap)]
        assert note.what == "provisioning.steps[2] (the vault) was skipped: there is no table vault"
        assert not note.fatal
        last = {row.tenant: row for row in made.tenants()}[one.number]
        assert last.planted == {"postgres": ["ROW:1"], "redis": ["STATE:1"]}, "nothing is expected of what was skipped"
        client.set("person:3", "a stranger's")
        done = clean(run_folder(tmp_path, people, made.rows), people)
        assert (done.rows, done.keys, done.left) == (2, 2, [])
        assert client.keys() == ["person:3"]
    assert column(fresh_database, "SELECT id FROM people") == []


def test_a_step_that_a_store_refuses_is_named(people: Profile, fresh_database: str) -> None:
    made = Provisioning(people)
    connection = psycopg2.connect(fresh_database)
    with connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE people")
    connection.close()
    with pytest.raises(TenantUnavailable, match='relation "people" does not exist'):
        made.provisioner.take(short=False)


def test_what_has_no_removal_is_noted() -> None:
    with http_server(lambda _: Reply(200)) as server:
        profile = registering(server)
        step = profile.provisioning.steps[0].model_copy(update={"remove": None})
        kept = profile.model_copy(update={"provisioning": profile.provisioning.model_copy(update={"steps": (step,)})})
        done = remove(kept, [Leaving(["5"], {"user_id": 5}, 1, 1), Leaving(["6"], {}, 0, 0)])
        assert (done.left, server.asked) == ([], [])
        assert done.notes == [
            "provisioning.steps[0] (register) has no removal: what it made for 1 tenants is left to other steps"
        ]
