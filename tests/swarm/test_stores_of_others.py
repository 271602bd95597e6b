"""Tenants made, found again and removed in stores as other people run them: a cluster, behind sentinels, several."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest
import redis
import trustme

from checker.look import Look
from checker.recall import coverage
from checker.roster import roster
from checker.scan import StoreScan
from checker.scanning import scanners
from checker.summarise import summarise
from config.grants import READER, WRITER, redis_reader, redis_writer
from config.plantings import redis_plantings
from config.profile import Profile
from evidence.marks import Keyring
from evidence.records import Row
from swarm.cleaning import CleanUp, clean
from swarm.provisioning import Provisioner
from swarm.stores import StoreError, open_redis_store, try_reading
from target.embedded import EmbeddedPostgres
from tests.checker.store_worlds import execute
from tests.config.profiles import changed
from tests.fixtures_stores import MigratedDatabase
from tests.redis_deployments import (
    HOST,
    PASSWORD,
    SENTINEL_PASSWORD,
    SERVICE,
    behind_tls,
    cluster,
    sentinel,
)
from tests.swarm.fixtures import KEY, profile_on, run_folder
from users.run import TenantUnavailable


class Round:
    """Tenants and a control made, and what the checker sees of them before they are removed."""

    def __init__(self, profile: Profile, folder: Path) -> None:
        rows: list[Row] = []
        provisioner = Provisioner(profile, KEY, "local", 0, rows.append)
        provisioner.take(short=False)
        provisioner.plant_control()
        self.profile = profile
        self.folder = run_folder(folder, profile, rows)
        self.summary = summarise(self.folder.header(), self.folder.rows(), [])

    def scans(self) -> dict[str, StoreScan]:
        who = roster(self.summary)
        return {
            name: scan(Keyring(KEY), who, lambda done, expected: None) for name, scan in scanners(self.profile).items()
        }

    def report(self, scan: StoreScan) -> tuple[float | None, bool, list[str]]:
        """Recall, whether the control was caught, and what was skipped."""
        covered = coverage(self.summary, self.profile, Look(scan.store, scan=scan))
        return covered.recall, covered.control_caught, covered.skipped

    def clean(self) -> CleanUp:
        return clean(self.folder, self.profile)


@pytest.fixture(scope="module")
def cluster_url() -> Iterator[str]:
    with cluster() as ports:
        yield f"redis://:{PASSWORD}@{HOST}:{ports[0]}/0"


@pytest.fixture(scope="module")
def sentinel_port() -> Iterator[int]:
    with sentinel() as (port, _):
        yield port


@pytest.fixture(params=["cluster", "sentinel", "databases", "tls"])
def deployed(request: pytest.FixtureRequest, migrated_database: MigratedDatabase, tmp_path: Path) -> Iterator[Profile]:
    url = migrated_database.owner_url
    if request.param == "cluster":
        yield profile_on(request.getfixturevalue("cluster_url"), url, stores__redis__cluster=True)
        return
    if request.param == "sentinel":
        watching = {
            "addresses": [f"{HOST}:{request.getfixturevalue('sentinel_port')}"],
            "service": SERVICE,
            "password": SENTINEL_PASSWORD,
        }
        yield profile_on(f"redis://:{PASSWORD}@anywhere/0", url, stores__redis__sentinel=watching)
        return
    fresh = request.getfixturevalue("fresh_redis")
    if request.param == "tls":
        authority, parts = trustme.CA(), urlsplit(fresh)
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        with behind_tls(parts.port or 0, authority) as port:
            secured = f"rediss://:{parts.password}@{HOST}:{port}/0"
            yield profile_on(secured, url, stores__redis__ca_file=str(tmp_path / "ca.pem"))
        return
    yield profile_on(f"{fresh.removesuffix('/0')}/2", url, stores__redis__databases=[1, 2])


def test_tenants_are_made_found_again_and_removed(deployed: Profile, tmp_path: Path) -> None:
    made = Round(deployed, tmp_path)
    assert made.report(made.scans()["redis"]) == (1.0, True, [])
    done = made.clean()
    assert done.left == [] and done.keys == (deployed.provisioning.batch + 1) * 3
    assert made.scans()["redis"].units == 0


@pytest.fixture
def second_database(postgres_server: EmbeddedPostgres) -> Iterator[str]:
    name = "billing_of_others"
    connection = psycopg2.connect(postgres_server.url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    url = urlunsplit(urlsplit(postgres_server.url)._replace(path=f"/{name}"))
    execute(url, "CREATE TABLE wallets (account_ref uuid, note text, left_over numeric(20, 2))")
    yield url
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
    connection.close()


def test_every_further_store_has_its_own_plantings_recall_control_and_budgets(
    fresh_redis: str, migrated_database: MigratedDatabase, second_database: str, tmp_path: Path
) -> None:
    further: dict[str, Any] = {
        "stores__more_postgres": {
            "billing": {
                "url": second_database,
                "create": ["INSERT INTO wallets VALUES (%(tenant)s, %(row)s, %(budget)s)"],
                "remove": ["DELETE FROM wallets WHERE account_ref = %(tenant)s"],
                "budgets": [{"table": "wallets", "owner": "account_ref", "amount": "left_over"}],
            }
        },
        "stores__more_redis": {
            "sessions": {
                "url": f"{fresh_redis.removesuffix('/0')}/5",
                "create": [["HSET", "session:{tenant}", "context", "{context}"]],
                "remove": ["session:{tenant}"],
            }
        },
    }
    made = Round(profile_on(fresh_redis, migrated_database.owner_url, **further), tmp_path)
    scans = made.scans()
    assert list(scans) == ["redis", "sessions", "postgres", "billing"]
    assert {name: made.report(scan) for name, scan in scans.items()} == dict.fromkeys(scans, (1.0, True, []))
    amounts = scans["billing"].amounts
    assert {place for place, _ in amounts} == {"billing wallets.left_over"}
    assert scans["billing"].control_findings[0].first.place.startswith("billing public.wallets ")
    done = made.clean()
    assert done.left == []
    assert made.scans()["billing"].units == made.scans()["sessions"].units == 0


def test_what_reads_may_not_write_and_what_writes_has_an_address_of_its_own(
    fresh_redis: str, migrated_database: MigratedDatabase, tmp_path: Path
) -> None:
    plain = profile_on(fresh_redis, migrated_database.owner_url)
    (planting,) = redis_plantings(plain)
    users = {READER: redis_reader(planting.store), WRITER: redis_writer(planting)}
    parts = urlsplit(fresh_redis)
    addresses = {}
    with redis.Redis.from_url(fresh_redis) as client:
        for name, rules in users.items():
            client.execute_command("ACL", "SETUSER", name, *rules.split(), ">for-tests-only")
            addresses[name] = urlunsplit(parts._replace(netloc=f"{name}:for-tests-only@{parts.hostname}:{parts.port}"))
        try:
            both = profile_on(
                addresses[READER], migrated_database.owner_url, stores__redis__write_url=addresses[WRITER]
            )
            made = Round(both, tmp_path / "made")
            assert made.report(made.scans()["redis"]) == (1.0, True, [])
            assert made.clean().left == []
            assert client.dbsize() == 0
            reading = profile_on(addresses[READER], migrated_database.owner_url)
            with pytest.raises(TenantUnavailable, match="no permissions"):
                Round(reading, tmp_path / "refused")
        finally:
            for name in users:
                client.execute_command("ACL", "DELUSER", name)


def test_an_address_for_reading_that_is_refused_is_known_before_the_load(
    fresh_redis: str, migrated_database: MigratedDatabase
) -> None:
    wrong = {
        "stores__redis__url": _wrong(fresh_redis),
        "stores__postgres__url": migrated_database.owner_url,
        "stores__redis__write_url": fresh_redis,
    }
    with pytest.raises(StoreError, match="refuses us") as refused:
        try_reading(changed(**wrong).stores)
    assert "PLANTED" not in str(refused.value)
    wrong = {
        "stores__redis__url": fresh_redis,
        "stores__postgres__url": _wrong(migrated_database.owner_url),
        "stores__postgres__write_url": migrated_database.owner_url,
    }
    with pytest.raises(StoreError, match="can't be read: it does not accept the password"):
        try_reading(changed(**wrong).stores)
    try_reading(profile_on(fresh_redis, migrated_database.owner_url, stores__redis__write_url=fresh_redis).stores)


def _wrong(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{parts.username or ''}:PLANTED@{parts.hostname}:{parts.port}"))


def test_a_cluster_that_is_none_is_one_sentence_without_the_password(fresh_redis: str) -> None:
    store = changed(stores__redis__url=fresh_redis, stores__redis__cluster=True).stores.redis
    assert store is not None
    with pytest.raises(StoreError) as refused:
        open_redis_store(store)
    assert (urlsplit(fresh_redis).password or "") not in str(refused.value)
    assert "\n" not in str(refused.value)
