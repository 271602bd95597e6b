"""What a stranger has under a tenant's name is found before the tenant is made, and nothing is done to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg2
import pytest
import redis

from config.profile import Profile
from evidence.records import Gap, Row
from swarm.before import all_can_be_asked, check_nothing_there, transactions_now
from swarm.cleaning import clean
from swarm.judge import NAME
from swarm.minting import Mint
from swarm.provisioning import Provisioner
from tests.config.profiles import changed
from tests.swarm.fixtures import KEY, run_folder
from tests.swarm.test_provisioning import Provisioning, column
from users.run import TenantNotRemoved, TenantUnavailable

CREATE = [
    "INSERT INTO people VALUES (%(tenant)s, 'ours') ON CONFLICT (id) DO UPDATE SET note = 'ours'",
    "INSERT INTO plates VALUES (%(tenant)s, %(number)s)",
]
REMOVE = ["DELETE FROM plates WHERE owner = %(tenant)s", "DELETE FROM people WHERE id = %(tenant)s"]


@pytest.fixture
def plain(fresh_redis: str, fresh_database: str) -> Profile:
    run(fresh_database, "CREATE TABLE people (id text PRIMARY KEY, note text)")
    run(fresh_database, "CREATE TABLE plates (owner text, number bigint UNIQUE)")
    return changed(
        stores__redis__url=fresh_redis, stores__postgres__url=fresh_database, stores__redis__budgets=[],
        stores__postgres__budgets=[],
        provisioning={
            "batch": 3, "sql_create": CREATE, "sql_remove": REMOVE,
            "redis_create": [["SET", "state:{tenant}", "{state}"], ["SADD", "names", "{tenant}"]],
            "redis_remove": ["state:{tenant}", "events:{tenant}:*"],
        },
    )  # fmt: skip


def run(url: str, statement: str, values: tuple[object, ...] = ()) -> None:
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute(statement, values)
    connection.close()


def names(profile: Profile, number: int = 3) -> list[str]:
    mint = Mint(profile, KEY)
    return [mint.identity(index, short=False).name for index in range(number)]


def test_a_row_that_an_upsert_would_overwrite_is_somebodys_and_stays_as_it_is(
    plain: Profile, fresh_redis: str, fresh_database: str, tmp_path: Path
) -> None:
    theirs = names(plain)[1]
    run(fresh_database, "INSERT INTO people VALUES (%s, 'theirs')", (theirs,))
    made = Provisioning(plain)
    with pytest.raises(TenantUnavailable, match=f"before tenant {theirs} was made there was something in postgres"):
        made.provisioner.take(short=False)
    assert column(fresh_database, "SELECT note FROM people") == ["theirs"]
    assert made.rows == []
    done = clean(run_folder(tmp_path, plain, made.rows), plain)
    assert (done.tenants, done.rows, column(fresh_database, "SELECT id FROM people")) == (0, 0, [theirs])
    with redis.Redis.from_url(fresh_redis) as client:
        assert client.dbsize() == 0


def test_a_key_that_would_be_overwritten_is_somebodys_and_stays_as_it_is(
    plain: Profile, fresh_redis: str, fresh_database: str
) -> None:
    theirs = names(plain)[2]
    with redis.Redis.from_url(fresh_redis, decode_responses=True) as client:
        client.set(f"state:{theirs}", "theirs")
        client.sadd("names", "a stranger")
        with pytest.raises(TenantUnavailable, match=f"before tenant {theirs} was made there was the key state:"):
            Provisioning(plain).provisioner.take(short=False)
        assert (client.get(f"state:{theirs}"), client.smembers("names")) == ("theirs", {"a stranger"})
        client.delete(f"state:{theirs}")
        Provisioning(plain).provisioner.take(short=False)
        assert client.smembers("names") == {"a stranger", *names(plain)}
    assert len(column(fresh_database, "SELECT id FROM people")) == 3


def test_where_names_are_numbers_keys_behind_a_wildcard_are_looked_for_too(plain: Profile, fresh_redis: str) -> None:
    tenants = plain.tenants.model_copy(update={"names": "integer"})
    general = plain.provisioning.model_copy(update={"sql_create": (), "sql_remove": ()})
    numbered = plain.model_copy(update={"tenants": tenants, "provisioning": general})
    with redis.Redis.from_url(fresh_redis) as client:
        client.set(f"events:{names(numbered)[0]}:9", "theirs")
        with pytest.raises(TenantUnavailable, match="which its removal would take"):
            Provisioning(numbered).provisioner.take(short=False)
        client.flushdb()
        Provisioning(numbered).provisioner.take(short=False)


def test_a_removal_that_takes_longer_names_is_found_before_anybody_is_made(plain: Profile, fresh_database: str) -> None:
    loose = ["DELETE FROM people WHERE id LIKE left(%(tenant)s, 4) || '%%'"]
    provisioning = plain.provisioning.model_copy(update={"sql_remove": tuple(loose)})
    run(fresh_database, "INSERT INTO people VALUES (%s, 'theirs')", (names(plain)[0][:4] + "x",))
    with pytest.raises(TenantUnavailable, match="somebody's already, and is left as it is"):
        Provisioning(plain.model_copy(update={"provisioning": provisioning})).provisioner.take(short=False)


def test_what_was_half_made_when_a_step_failed_is_removed_and_listed_as_made(
    plain: Profile, fresh_redis: str, fresh_database: str, tmp_path: Path
) -> None:
    """A stranger has the number, not the name: what went by the name is the run's and goes; the stranger's stays."""
    step = {"kind": "sql", "create": CREATE[1:], "remove": REMOVE[:1]}
    first = {"sql_create": CREATE[:1], "sql_remove": REMOVE[1:]}
    general = plain.provisioning.model_copy(update={key: tuple(value) for key, value in first.items()})
    halves = Profile.model_validate({
        **plain.model_dump(exclude={"provisioning"}, exclude_unset=True),
        "provisioning": {**general.model_dump(exclude={"steps"}, exclude_unset=True), "steps": [step]},
    })  # fmt: skip
    run(fresh_database, "INSERT INTO plates VALUES ('a stranger', 1)")
    made = Provisioning(halves)
    with pytest.raises(TenantUnavailable, match="duplicate key value violates unique constraint"):
        made.provisioner.take(short=False)
    assert len(column(fresh_database, "SELECT id FROM people")) == 3, "this much was made of them"
    assert {row.existed for row in made.tenants()} == {False}
    done = clean(run_folder(tmp_path, halves, made.rows), halves)
    assert (done.tenants, done.rows, done.keys, done.left, done.notes) == (3, 3, 3, [], [])
    assert column(fresh_database, "SELECT id FROM people") == []
    assert column(fresh_database, "SELECT owner FROM plates") == ["a stranger"]
    with redis.Redis.from_url(fresh_redis) as client:
        assert client.keys() == [b"names"]


def test_who_came_between_the_look_and_the_making_is_left_alone(
    plain: Profile, fresh_redis: str, fresh_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    general = {"sql_create": ("INSERT INTO people VALUES (%(tenant)s, 'ours')",), "sql_remove": tuple(REMOVE[1:])}
    racing = plain.model_copy(update={"provisioning": plain.provisioning.model_copy(update=general)})
    theirs = names(racing)[1]

    def look_too_early(*asked: Any) -> None:
        check_nothing_there(*asked)
        monkeypatch.setattr("swarm.provisioning.check_nothing_there", check_nothing_there)
        run(fresh_database, "INSERT INTO people VALUES (%s, 'theirs')", (theirs,))

    monkeypatch.setattr("swarm.provisioning.check_nothing_there", look_too_early)
    made = Provisioning(racing)
    with pytest.raises(TenantUnavailable, match="duplicate key value violates unique constraint"):
        made.provisioner.take(short=False)
    assert [row.name for row in made.tenants() if row.existed] == [theirs]
    folder = run_folder(tmp_path, racing, made.rows)
    assert clean(folder, racing).left == []
    assert column(fresh_database, "SELECT id FROM people") == [theirs]


def test_where_a_removal_can_not_say_what_it_would_take_a_name_that_may_be_somebodys_is_left_alone(
    plain: Profile, fresh_database: str, tmp_path: Path
) -> None:
    purging = ("WITH gone AS (DELETE FROM people WHERE id = %(tenant)s RETURNING 1) SELECT 1 FROM gone",)
    general = {"sql_create": ("INSERT INTO people VALUES (%(tenant)s, 'ours')",), "sql_remove": purging}
    blind = plain.model_copy(update={"provisioning": plain.provisioning.model_copy(update=general)})
    assert all_can_be_asked(plain) and not all_can_be_asked(blind)
    run(fresh_database, "INSERT INTO people VALUES (%s, 'theirs')", (names(plain)[1],))
    made = Provisioning(blind)
    with pytest.raises(TenantUnavailable, match="somebody's already, and is left as it is"):
        made.provisioner.take(short=False)
    (note,) = [row for row in made.rows if isinstance(row, Gap)]
    assert "existed already, so that nothing of any of them is removed" in note.what
    done = clean(run_folder(tmp_path, blind, made.rows), blind)
    assert (done.tenants, column(fresh_database, "SELECT note FROM people")) == (0, ["theirs"])


def test_a_change_that_would_reach_further_rows_is_not_made(plain: Profile, fresh_database: str) -> None:
    by_note = "UPDATE people SET note = 'ours too' WHERE id LIKE left(%(tenant)s, 6) || '%%'"
    general = {"sql_create": (CREATE[0], by_note)}
    wide = plain.model_copy(update={"provisioning": plain.provisioning.model_copy(update=general)})
    with pytest.raises(TenantUnavailable, match="was not made, because a statement of its making would change what is"):
        Provisioning(wide).provisioner.take(short=False)
    assert column(fresh_database, "SELECT note FROM people") == []


def test_a_removal_in_the_middle_of_a_run_takes_nobody_elses(plain: Profile, fresh_database: str) -> None:
    wide = ("DELETE FROM people WHERE note = (SELECT note FROM people WHERE id = %(tenant)s)",)
    general = {"sql_remove": wide}
    loose = plain.model_copy(update={"provisioning": plain.provisioning.model_copy(update=general)})
    made = Provisioning(loose)
    gone = made.provisioner.take(short=False)
    run(fresh_database, "INSERT INTO people VALUES ('a stranger', 'ours')")
    with pytest.raises(TenantNotRemoved, match=f"tenant {gone.name}: not carried out, because told tenant .* it takes"):
        made.provisioner.remove(gone)
    assert len(column(fresh_database, "SELECT id FROM people")) == 4


def test_rows_that_were_there_before_the_run_are_not_removed_after_it(
    plain: Profile, fresh_database: str, tmp_path: Path
) -> None:
    run(fresh_database, "INSERT INTO plates VALUES ('a stranger', 7)")
    since = transactions_now(plain)
    assert list(since) == ["postgres"]
    rows: list[Row] = []
    Provisioner(plain, KEY, NAME, 0, rows.append).take(short=False)
    run(fresh_database, "ALTER TABLE plates ADD COLUMN latest bool DEFAULT true")
    general = {"sql_remove": ("DELETE FROM plates WHERE latest AND %(tenant)s IN (SELECT owner FROM plates)",)}
    loose = plain.model_copy(update={"provisioning": plain.provisioning.model_copy(update=general)})
    folder = run_folder(tmp_path, loose, rows)
    header = folder.header()
    header.transactions = since
    folder.write_header(header)
    done = clean(folder, loose)
    assert len(done.left) == 3
    assert all("1 of the 4 rows it takes were there before the run" in sentence for sentence in done.left)
    assert len(column(fresh_database, "SELECT owner FROM plates")) == 4
    assert folder.header().cleaned_at_s is None
