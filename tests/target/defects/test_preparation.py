from __future__ import annotations

import asyncio

import psycopg2
import pytest

from target.defects.choice import chosen
from target.errors import SchemaError
from target.migrate import migrate
from target.service_role import ServiceRole
from target.settings import Behaviour, ServiceSettings
from target.store_checks import check_stores
from tests.fixtures_stores import APP_PASSWORD, MigratedDatabase

DEFECTS = ("owner-rights-view", "unfiltered-query")


def settings(database: MigratedDatabase, redis_url: str, *defects: str) -> ServiceSettings:
    behaviour = Behaviour(chosen(defects))
    return ServiceSettings(redis_url, database.service_url, "x" * 32, behaviour=behaviour)


def test_a_service_does_not_start_on_a_database_that_lacks_what_its_defect_needs(
    migrated_database: MigratedDatabase, fresh_redis: str
) -> None:
    asyncio.run(check_stores(settings(migrated_database, fresh_redis, "misfiled-row")))
    with pytest.raises(SchemaError, match="python -m target migrate --defect owner-rights-view"):
        asyncio.run(check_stores(settings(migrated_database, fresh_redis, *DEFECTS)))


def test_migrating_with_the_defect_prepares_and_may_be_repeated(
    migrated_database: MigratedDatabase, fresh_redis: str
) -> None:
    for _ in range(2):
        migrate(migrated_database.owner_url, ServiceRole("app", APP_PASSWORD), chosen(DEFECTS))
    asyncio.run(check_stores(settings(migrated_database, fresh_redis, *DEFECTS)))


def test_an_honest_migration_leaves_no_way_past_row_security(migrated_database: MigratedDatabase) -> None:
    connection = psycopg2.connect(migrated_database.service_url)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_views WHERE schemaname = 'public'")
            assert cursor.fetchone() == (0,)
    finally:
        connection.close()
