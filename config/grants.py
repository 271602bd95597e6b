"""The least that the checker must be allowed to do in a store, as SQL and as Redis ACL lines to be run as they are."""

from __future__ import annotations

from collections.abc import Iterator

from config.address import database_of
from config.plantings import RedisPlanting, redis_plantings
from config.postgres_store import PostgresStore
from config.profile import Profile
from config.redis_store import RedisStore

READER = "isolation_checker"
WRITER = "isolation_writer"
# Each is asked by the reading of keys; none writes, and none is of the class @dangerous but INFO.
READ_COMMANDS = (
    "ping", "select", "scan", "dbsize", "info", "type", "memory|usage",
    "get", "mget", "getrange", "strlen",
    "hget", "hgetall", "hlen", "hscan",
    "lrange", "llen",
    "smembers", "scard", "sscan",
    "zrange", "zcard", "zscan",
    "xrange", "xlen", "xinfo|groups",
)  # fmt: skip
_CLUSTER = ("cluster|slots",)
_WRITER_NEEDS = ("ping", "select", "scan", "exists", "unlink", "info")


def grants(profile: Profile, *, managed: bool = False) -> str:
    """Returns what to run in each store of a profile, with comments that say where and as whom.

    Args:
        profile: names the stores, and what is written into them.
        managed: for servers that grant nobody BYPASSRLS: rights table by table, and policies past row security.
    """
    of_postgres = _managed if managed else _postgres
    parts = ["\n".join(of_postgres(name, store)) for name, store in profile.stores.all_postgres().items()]
    parts += ["\n".join(_redis(planting)) for planting in redis_plantings(profile)]
    return "\n\n".join(parts) + "\n" if parts else ""


def redis_reader(store: RedisStore) -> str:
    """Returns the rules of the user that reads a Redis, as ``ACL SETUSER`` takes them, without its password."""
    commands = (*READ_COMMANDS, *(_CLUSTER if store.cluster else ()))
    return f"reset on ~* {' '.join(f'+{command}' for command in commands)}"


def redis_writer(planting: RedisPlanting) -> str:
    """Returns the rules of the user that makes and removes tenants in a Redis, without its password."""
    words = {command[0].lower() for command in planting.create if command}
    keys = {command[1] for command in planting.create if len(command) > 1} | set(planting.remove)
    patterns = sorted({key.replace("{tenant}", "*") for key in keys if "{tenant}" in key})
    commands = sorted({*words, *_WRITER_NEEDS, *(("cluster|slots", "command") if planting.store.cluster else ())})
    return " ".join(["reset", "on", *(f"~{key}" for key in patterns), *(f"+{command}" for command in commands)])


def _postgres(name: str, store: PostgresStore) -> Iterator[str]:
    database = _identifier(database_of(store.address()))
    yield f"-- Postgres, stores.{name}: as a superuser, in database {database}."
    yield f"CREATE ROLE {READER} LOGIN BYPASSRLS CONNECTION LIMIT 4;"
    yield f"ALTER ROLE {READER} SET default_transaction_read_only = on;"
    yield f"GRANT CONNECT ON DATABASE {database} TO {READER};"
    yield f"GRANT pg_read_all_data TO {READER};  -- every table of every schema, also those that come later"
    yield from _large_objects()
    yield _password_of_role()


def _managed(name: str, store: PostgresStore) -> Iterator[str]:
    database = _identifier(database_of(store.address()))
    yield f"-- Postgres, stores.{name}: as the owner of the tables, in database {database}. Again after each migration:"
    yield "-- tables that come later are named as not read until then."
    yield f"DO $$ BEGIN CREATE ROLE {READER} LOGIN CONNECTION LIMIT 4;"
    yield "EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
    yield f"ALTER ROLE {READER} SET default_transaction_read_only = on;"
    yield f"GRANT CONNECT ON DATABASE {database} TO {READER};"
    yield _IN_EVERY_SCHEMA.replace("READER", READER)
    yield from _large_objects()
    yield _password_of_role()


# A policy that lets everything through opens a table only where none restricts: the checker looks, and says so.
_IN_EVERY_SCHEMA = """\
DO $$
DECLARE it record;
BEGIN
    FOR it IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' LOOP
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO READER', it.nspname);
        EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO READER', it.nspname);
        EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT ON TABLES TO READER', it.nspname);
    END LOOP;
    FOR it IN SELECT c.oid::regclass AS name FROM pg_class c WHERE c.relrowsecurity
              AND NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid AND polname = 'READER_reads') LOOP
        EXECUTE format('CREATE POLICY READER_reads ON %s FOR SELECT TO READER USING (true)', it.name);
    END LOOP;
END $$;"""


def _large_objects() -> Iterator[str]:
    yield "-- Only if the service keeps large objects, which no right on tables covers; it takes a superuser:"
    yield f"-- ALTER ROLE {READER} SET lo_compat_privileges = on;"


def _password_of_role() -> str:
    return f"-- Then give it a password, in psql: \\password {READER}"


def _redis(planting: RedisPlanting) -> Iterator[str]:
    yield f"# Redis, stores.{planting.name}: in a shell, as an administrator" + (
        ", on every node of the cluster." if planting.store.cluster else "."
    )
    yield _set_user(READER, "CHECKER_PASSWORD", redis_reader(planting.store))
    if planting.create or planting.remove:
        yield "# For write_url, which makes and removes tenants:"
        yield _set_user(WRITER, "WRITER_PASSWORD", redis_writer(planting))
    if planting.store.sentinel is not None:
        yield "# On every sentinel:"
        yield _set_user(READER, "CHECKER_PASSWORD", "reset on +ping +sentinel|masters")


def _set_user(name: str, variable: str, rules: str) -> str:
    """A line for a shell. It pipes the command, for what stands among a program's arguments everybody can read."""
    command = f"ACL SETUSER {name} {rules.replace('%', '%%').replace(' on ', ' on >%s ', 1)}"
    quoted = command.replace("'", "'\\''")
    return f"printf '{quoted}\\n' \"${{{variable}:?}}\" | redis-cli"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
