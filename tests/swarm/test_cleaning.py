from __future__ import annotations

from pathlib import Path

import orjson
import psycopg2
import pytest
import redis

from evidence.records import Row, TenantProvisioned
from swarm.__main__ import main
from swarm.cleaning import CleanUp, clean
from swarm.provisioning import Provisioner
from target.embedded.ports import free_port
from tests.fixtures_stores import MigratedDatabase
from tests.swarm.fixtures import KEY, profile_on, run_folder
from users.run import TenantUnavailable

ELSEWHERE = """
[target]
name = "elsewhere"
url = "ws://far.example/ws"
[auth]
place = "none"
[frames]
request_id = ["message_id"]
[operations.chat]
send = { type = "chat", message_id = "{message_id}" }
ends = ["done"]
[stores]
none = "nothing to look into"
"""


def users(url: str) -> int:
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM users")
            row = cursor.fetchone()
    finally:
        connection.close()
    assert row is not None
    return int(row[0])


def named(name: str) -> TenantProvisioned:
    return TenantProvisioned(1, name, "local", 0.0, 100)


def test_what_was_provisioned_is_removed_and_written_down(
    tmp_path: Path, fresh_redis: str, migrated_database: MigratedDatabase
) -> None:
    profile = profile_on(fresh_redis, migrated_database.owner_url, provisioning__batch=4)
    rows: list[Row] = []
    provisioner = Provisioner(profile, KEY, "local", 0, rows.append)
    provisioner.take(short=False)
    provisioner.plant_control()
    folder = run_folder(tmp_path, profile, rows)
    with redis.Redis.from_url(fresh_redis) as client:
        assert client.dbsize() == 15

        done = clean(folder, profile)

        assert (done.tenants, done.rows, done.keys, done.left) == (6, 5, 15, [])
        assert client.dbsize() == 0
    assert users(migrated_database.owner_url) == 0
    assert folder.header().cleaned_at_s is not None
    assert orjson.loads((folder.path / "clean-up.json").read_bytes())["keys"] == 15
    assert clean(folder, profile).keys == 0


def test_only_keys_that_fit_a_pattern_with_one_of_our_names_are_removed(
    tmp_path: Path, fresh_redis: str, migrated_database: MigratedDatabase
) -> None:
    profile = profile_on(
        fresh_redis, migrated_database.owner_url, provisioning__sql_remove=[],
        provisioning__redis_remove=["budget:{tenant}", "events:{tenant}:*"],
    )  # fmt: skip
    folder = run_folder(tmp_path, profile, [named("t1"), named("T-2")])
    ours = {"budget:t1", "budget:T-2", "events:t1:a", "events:t1:a:b"}
    others = {
        "budget:t10", "budget:t", "budget:t2", "budget:T_2", "Budget:t1", "budget:t1:more", "events:t1", "events:t10:a",
        "xbudget:t1", "t1",
    }  # fmt: skip
    with redis.Redis.from_url(fresh_redis, decode_responses=True) as client:
        for key in ours | others:
            client.set(key, "value")

        assert clean(folder, profile).keys == len(ours)

        assert set(client.scan_iter()) == others


def test_a_name_with_glob_characters_stands_for_itself(
    tmp_path: Path, fresh_redis: str, migrated_database: MigratedDatabase
) -> None:
    profile = profile_on(
        fresh_redis, migrated_database.owner_url, provisioning__sql_remove=[],
        provisioning__redis_remove=["budget:{tenant}"],
    )  # fmt: skip
    folder = run_folder(tmp_path, profile, [named("t*")])
    with redis.Redis.from_url(fresh_redis, decode_responses=True) as client:
        for key in ("budget:t*", "budget:t1", "budget:tt"):
            client.set(key, "value")

        assert clean(folder, profile).keys == 1

        assert set(client.scan_iter()) == {"budget:t1", "budget:tt"}


def test_a_store_that_is_gone_does_not_keep_the_other_from_being_cleaned(
    tmp_path: Path, fresh_redis: str, migrated_database: MigratedDatabase
) -> None:
    profile = profile_on(fresh_redis, migrated_database.owner_url)
    rows: list[Row] = []
    Provisioner(profile, KEY, "local", 0, rows.append).plant_control()
    folder = run_folder(tmp_path, profile, rows)
    gone = profile_on(f"redis://:PLANTED@127.0.0.1:{free_port()}/0", migrated_database.owner_url)

    done = clean(folder, gone)

    (left,) = done.left
    assert "connection refused" in left
    assert "PLANTED" not in left
    assert users(migrated_database.owner_url) == 0
    assert folder.header().cleaned_at_s is None


def test_a_statement_that_fails_is_named_and_the_others_run(
    tmp_path: Path, fresh_redis: str, migrated_database: MigratedDatabase
) -> None:
    profile = profile_on(fresh_redis, migrated_database.owner_url)
    rows: list[Row] = []
    Provisioner(profile, KEY, "local", 0, rows.append).plant_control()
    wrong = "DELETE FROM nowhere WHERE id = %(tenant)s"
    statements = [wrong, *profile.provisioning.sql_remove]
    broken = profile_on(fresh_redis, migrated_database.owner_url, provisioning__sql_remove=statements)

    done = clean(run_folder(tmp_path, profile, rows), broken)

    (left,) = done.left
    assert left.startswith(f"{wrong}: Postgres at ")
    assert users(migrated_database.owner_url) == 0


def test_a_run_that_created_nothing_touches_no_store(tmp_path: Path) -> None:
    nowhere = profile_on(f"redis://127.0.0.1:{free_port()}/0", f"postgresql://127.0.0.1:{free_port()}/none")
    folder = run_folder(tmp_path, nowhere, [])
    assert clean(folder, nowhere) == CleanUp()


@pytest.mark.parametrize(
    ("done", "said"),
    [
        (CleanUp(tenants=3, rows=2, keys=9), "removed 3 tenants (2 rows with what hangs on them, 9 Redis keys)"),
        (
            CleanUp(tenants=1, left=["Redis at h:1: gone"]),
            "removed 1 tenants (0 rows with what hangs on them, 0 Redis keys)\n  not removed: Redis at h:1: gone",
        ),
        (
            CleanUp(tenants=30, left=[f"tenant {number}" for number in range(22)]),
            "removed 30 tenants (0 rows with what hangs on them, 0 Redis keys)"
            + "".join(f"\n  not removed: tenant {number}" for number in range(20))
            + "\n  not removed: 2 more, each named in clean-up.json",
        ),
    ],
)
def test_a_clean_up_says_what_it_did(done: CleanUp, said: str) -> None:
    assert str(done) == said


def test_a_strangers_key_that_is_no_text_is_left_and_does_not_stop_the_removal(
    tmp_path: Path, fresh_redis: str, migrated_database: MigratedDatabase
) -> None:
    profile = profile_on(fresh_redis, migrated_database.owner_url, provisioning__batch=2)
    rows: list[Row] = []
    Provisioner(profile, KEY, "local", 0, rows.append).take(short=False)
    with redis.Redis.from_url(fresh_redis) as client:
        client.set(b"\xff\xfe stranger", "stays")
        done = clean(run_folder(tmp_path, profile, rows), profile)
        assert (done.keys, done.left) == (6, [])
        assert client.keys() == [b"\xff\xfe stranger"]


def test_what_somebody_else_is_called_already_is_neither_changed_nor_removed(
    tmp_path: Path, fresh_redis: str, migrated_database: MigratedDatabase
) -> None:
    profile = profile_on(fresh_redis, migrated_database.owner_url, provisioning__batch=3)
    Provisioner(profile, KEY, "local", 0, lambda _: None).take(short=False)
    strangers = users(migrated_database.owner_url)
    rows: list[Row] = []
    again = Provisioner(profile, KEY, "local", 0, rows.append)
    with pytest.raises(TenantUnavailable, match=r"there was something in postgres .* somebody's already, and is left"):
        again.take(short=False)
    done = clean(run_folder(tmp_path, profile, rows), profile)
    assert users(migrated_database.owner_url) == strangers == 3
    with redis.Redis.from_url(fresh_redis) as client:
        assert client.dbsize() == 9
    assert (done.tenants, done.rows, done.keys) == (0, 0, 0)
    assert rows == [], "nobody was made, and nobody is listed as made"


def test_a_profile_that_leads_elsewhere_since_needs_the_permission_that_the_run_had(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = run_folder(tmp_path, profile_on("redis://127.0.0.1:1/0", "postgresql://127.0.0.1:1/none"), [])
    elsewhere = tmp_path / "elsewhere.toml"
    elsewhere.write_text(ELSEWHERE)
    command = ["clean", str(folder.path), "--profile", str(elsewhere)]
    assert main(command) == 2
    assert capsys.readouterr().err.startswith("the profile leads to far.example (target.url), not on this machine")
    assert main([*command, "--allow-host", "far.example"]) == 0
    header = folder.header()
    header.allowed_hosts = ["*.example"]
    folder.write_header(header)
    assert main(command) == 0
