"""Bring a database to the newest schema, and make the role that the service connects as."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

import alembic.command
import alembic.config
import alembic.util
import psycopg2
import sqlalchemy
import sqlalchemy.exc

from target.defects.choice import DefectChoice, chosen
from target.defects.preparation import prepare
from target.errors import MigrationError, SettingsError, StoreUnreachableError
from target.service_role import ServiceRole, ensure_role
from target.settings import POSTGRES_SCHEMES, address_of, checked_url

SCRIPTS = Path(__file__).with_name("migrations")
DEFAULT_ROLE = "app"
CONNECT_TIMEOUT_S = 5
MIGRATION_LOCK = 7_046_033  # any number, as long as everybody who migrates this database takes the same


def migrate_from_environment(environment: Mapping[str, str], defects: Sequence[str] | None = None) -> None:
    """Migrate the database at ``POSTGRES_URL``; the role's password is in ``TARGET_APP_PASSWORD`` or
    ``TARGET_POSTGRES_URL``. Raises SettingsError, StoreUnreachableError, MigrationError.
    """
    choices = chosen(defects)
    owner_url = checked_url(environment, "POSTGRES_URL", POSTGRES_SCHEMES)
    migrate(owner_url, service_role(environment), choices)


def service_role(environment: Mapping[str, str]) -> ServiceRole:
    """The service's role as the environment names it. Raises SettingsError if no password is to be had."""
    name, password = DEFAULT_ROLE, environment.get("TARGET_APP_PASSWORD", "")
    if environment.get("TARGET_POSTGRES_URL"):
        parts = urlsplit(checked_url(environment, "TARGET_POSTGRES_URL", POSTGRES_SCHEMES))
        name = unquote(parts.username or DEFAULT_ROLE)
        password = password or unquote(parts.password or "")
    if not password:
        raise SettingsError(
            f"the role {name} needs a password; set TARGET_APP_PASSWORD, or TARGET_POSTGRES_URL with a password in it"
        )
    return ServiceRole(name, password)


def migrate(owner_url: str, role: ServiceRole, defects: Iterable[DefectChoice] = ()) -> None:
    """Apply the migrations as the owner, then make ``role`` and grant it what the service needs, or ``defects`` need.

    Raises:
        StoreUnreachableError: Postgres does not answer at ``owner_url`` or refuses the owner.
        MigrationError: the owner lacks a right, or the database is not one of ours.
    """
    _reach(owner_url)
    url = sqlalchemy.make_url(owner_url).set(drivername="postgresql+psycopg2")
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    config = alembic.config.Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    try:
        with engine.begin() as connection:
            connection.execute(sqlalchemy.text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
            config.attributes["connection"] = connection
            alembic.command.upgrade(config, "head")
    except (sqlalchemy.exc.SQLAlchemyError, alembic.util.CommandError) as error:
        raise MigrationError(f"the migrations could not be applied: {_first_line(error)}") from None
    finally:
        engine.dispose()
    owner = psycopg2.connect(owner_url, connect_timeout=CONNECT_TIMEOUT_S)
    try:
        ensure_role(owner, role)
        prepare(owner, role.name, [choice.name for choice in defects])
    except psycopg2.Error as error:
        raise MigrationError(f"the role {role.name} could not be made: {_first_line(error)}") from None
    finally:
        owner.close()


def _reach(owner_url: str) -> None:
    try:
        psycopg2.connect(owner_url, connect_timeout=CONNECT_TIMEOUT_S).close()
    except (psycopg2.Error, UnicodeError):
        raise StoreUnreachableError(
            f"Postgres at {address_of(owner_url)} does not answer or refuses the role, password or database "
            "in POSTGRES_URL"
        ) from None


def _first_line(error: Exception) -> str:
    # The server's own words; a driver never puts the connection string's password there.
    cause = getattr(error, "orig", None) or error
    return (str(cause).strip().splitlines() or [type(error).__name__])[0]
