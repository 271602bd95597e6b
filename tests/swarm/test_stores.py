from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit, urlunsplit

import gevent
import psycopg2
import psycopg2.extensions
import pytest

from config.redis_store import RedisStore
from swarm.stores import (
    RedisClient,
    StoreError,
    open_postgres,
    open_redis_store,
    postgres_error,
    transaction,
    wait_with_gevent,
)
from target.embedded.ports import free_port

PLANTED = "PLANTED-password"


def with_password(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{parts.username or ''}:{PLANTED}@{parts.hostname}:{parts.port}"))


def open_redis(url: str) -> RedisClient:
    return open_redis_store(RedisStore.model_validate({"url": url}))


def where(url: str) -> str:
    return f"{urlsplit(url).hostname}:{urlsplit(url).port}"


def test_stores_that_answer_are_opened(fresh_redis: str, fresh_database: str) -> None:
    open_redis(fresh_redis).close()
    open_postgres(fresh_database).close()


def test_a_refused_password_is_one_sentence_without_it(fresh_redis: str, fresh_database: str) -> None:
    for opened, url in ((open_redis, fresh_redis), (open_postgres, fresh_database)):
        with pytest.raises(StoreError) as refused:
            opened(with_password(url))
        sentence = str(refused.value)
        assert where(url) in sentence
        assert "the password was refused" in sentence
        assert PLANTED not in sentence
        assert "\n" not in sentence
        assert refused.value.__cause__ is None


@pytest.mark.parametrize("opened", [open_redis, open_postgres])
def test_nobody_listening_is_one_sentence(opened: object) -> None:
    scheme = "redis" if opened is open_redis else "postgresql"
    url = f"{scheme}://user:{PLANTED}@127.0.0.1:{free_port()}/0"
    with pytest.raises(StoreError) as refused:
        (open_redis if opened is open_redis else open_postgres)(url)
    assert f"{where(url)}" in str(refused.value)
    assert "connection refused: is it running, and is the address right?" in str(refused.value)
    assert PLANTED not in str(refused.value)


def test_an_address_that_is_none_is_one_sentence() -> None:
    with pytest.raises(StoreError, match="Redis at"):
        open_redis("nonsense")


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("SELECT * FROM nowhere", 'relation "nowhere" does not exist: apply the target\'s migrations'),
        ("SELECT * FROM nowhere", "name the table with its schema if that is not public"),
        ("SELECT nothing", 'column "nothing" does not exist: apply the target\'s migrations'),
        ("SELECT 1 / 0", "division by zero"),
    ],
)
def test_a_statement_that_fails_says_what_to_do(fresh_database: str, statement: str, words: str) -> None:
    connection = open_postgres(fresh_database)
    try:
        with connection.cursor() as cursor, pytest.raises(psycopg2.Error) as failed:
            cursor.execute(statement)
        sentence = str(postgres_error(failed.value, fresh_database))
    finally:
        connection.close()
    assert words in sentence
    assert sentence.startswith(f"Postgres at {where(fresh_database)}")
    assert "\n" not in sentence


@pytest.fixture
def impatient() -> Iterator[None]:
    wait_with_gevent(0.2)
    yield
    psycopg2.extensions.set_wait_callback(None)


@pytest.fixture
def patient() -> Iterator[None]:
    wait_with_gevent(60)
    yield
    psycopg2.extensions.set_wait_callback(None)


@pytest.mark.usefixtures("impatient")
def test_a_postgres_that_accepts_and_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        with pytest.raises(StoreError, match=r"no answer within 0\.2 s"):
            open_postgres(f"postgresql://u:p@127.0.0.1:{port}/db")


@pytest.mark.usefixtures("patient")
def test_a_user_who_is_stopped_in_the_middle_of_a_query_is_no_failure_of_the_store(fresh_database: str) -> None:
    asked = gevent.event.Event()

    def wait_for_ever() -> None:
        with transaction(fresh_database) as cursor:
            asked.set()
            cursor.execute("SELECT pg_sleep(60)")

    asking = gevent.spawn(wait_for_ever)
    assert asked.wait(10)
    asking.kill()
    assert isinstance(asking.value, gevent.GreenletExit), asking.exception


def test_a_transaction_is_written_whole_or_not_at_all(fresh_database: str) -> None:
    with transaction(fresh_database) as cursor:
        cursor.execute("CREATE TABLE things (name text PRIMARY KEY)")
    with pytest.raises(StoreError, match="somebody's already"), transaction(fresh_database) as cursor:
        cursor.execute("INSERT INTO things VALUES ('one')")
        cursor.execute("INSERT INTO things VALUES ('one')")
    with transaction(fresh_database) as cursor:
        cursor.execute("SELECT count(*) FROM things")
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize("opened", [open_redis, open_postgres])
def test_of_an_address_whose_password_is_not_escaped_no_part_is_shown(opened: Callable[[str], object]) -> None:
    scheme = "redis" if opened is open_redis else "postgresql"
    with pytest.raises(StoreError, match="percent-encode") as refused:
        opened(f"{scheme}://u:PLAN@TED/word@127.0.0.1:1/0")
    assert not {part for part in ("PLAN", "TED", "word@") if part in str(refused.value)}
