from __future__ import annotations

import socket
import threading
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from checker.postgres_connection import snapshot, where_of
from checker.scan import StoreNotUnderstood, StoreRefused, StoreUnreachable
from swarm.stores import StoreError, open_postgres
from tests.checker.store_worlds import World, marked_world


@pytest.mark.parametrize(
    ("url", "where"),
    [
        ("postgresql://u:s3cret@db:5433/shop?sslmode=require", "db:5433/shop"),
        ("postgresql://u:s3cret@one:5432,two:5433/shop?target_session_attrs=read-write", "one,two:5432,5433/shop"),
        ("host=db port=5433 dbname='my shop' password='s3 cret'", "db:5433/my shop"),
        ("host=/run/postgresql dbname=shop", "/run/postgresql:5432/shop"),
        ("service=staging password=s3cret", "service staging"),
        ("service=staging dbname=shop", "service staging/shop"),
    ],
)
def test_any_libpq_string_is_shown_without_its_password(url: str, where: str) -> None:
    assert where_of(url) == where


def test_what_is_no_libpq_string_is_one_sentence() -> None:
    with pytest.raises(StoreNotUnderstood, match="host=HOST dbname=DB") as refused:
        where_of("postgresql:/s3cret@db")
    assert "s3cret" not in str(refused.value)


def words(url: str) -> dict[str, str]:
    parts = urlsplit(url)
    return {
        "host": parts.hostname or "",
        "port": str(parts.port),
        "user": parts.username or "",
        "password": parts.password or "",
        "dbname": parts.path.strip("/"),
    }


def test_words_and_services_open_the_database_for_reading_and_for_writing(
    fresh_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = words(fresh_database)
    service = tmp_path / "services.conf"
    service.write_text("[staging]\n" + "\n".join(f"{name}={value}" for name, value in known.items()))
    monkeypatch.setenv("PGSERVICEFILE", str(service))
    several = {**known, "host": f"127.0.0.1,{known['host']}", "port": f"1,{known['port']}"}
    for url in (
        " ".join(f"{name} = '{value}'" for name, value in known.items()),
        "service=staging",
        "postgresql://?service=staging",
        " ".join(f"{name}={value}" for name, value in several.items()),
    ):
        with snapshot(url) as opened, opened.cursor() as cursor:
            cursor.execute("SELECT current_database()")
            assert cursor.fetchone() == (known["dbname"],)
        open_postgres(url).close()


def test_a_wrong_password_in_words_is_shown_by_nobody(fresh_database: str) -> None:
    wrong = " ".join(f"{name}='{value}'" for name, value in {**words(fresh_database), "password": "PLANTED s3"}.items())
    with pytest.raises(StoreRefused) as reading, snapshot(wrong):
        pass
    with pytest.raises(StoreError) as writing:
        open_postgres(wrong)
    for error in (reading, writing):
        assert "password" in str(error.value) and "PLANTED" not in str(error.value)


def _elsewhere(url: str, **changed: str) -> str:
    parts = urlsplit(url)
    user, password = changed.get("user", parts.username), changed.get("password", parts.password)
    netloc = f"{user}:{password}@{parts.hostname}:{changed.get('port', parts.port)}"
    return urlunsplit(parts._replace(netloc=netloc, path="/" + changed.get("database", parts.path.strip("/"))))


@pytest.mark.parametrize(
    ("changed", "telling"),
    [
        ({"password": "pw-secret"}, "password"),
        ({"database": "nowhere"}, "database"),
        ({"user": "nobody_here", "password": "pw-secret"}, "password"),
    ],
)
def test_a_refusal_is_a_sentence_without_credentials(
    fresh_database: str, changed: dict[str, str], telling: str
) -> None:
    with pytest.raises(StoreRefused, match=telling) as caught:
        marked_world().postgres(_elsewhere(fresh_database, **changed))
    assert "pw-secret" not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)


def test_nobody_there_is_a_sentence(fresh_database: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(StoreUnreachable, match="refused"):
            marked_world().postgres(_elsewhere(fresh_database, port=str(taken.getsockname()[1])))


def test_a_server_that_is_no_postgres_is_a_sentence(fresh_database: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1024)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        answering = threading.Thread(target=answer)
        answering.start()
        with pytest.raises((StoreNotUnderstood, StoreRefused)):
            marked_world().postgres(_elsewhere(fresh_database, port=str(server.getsockname()[1])))
        answering.join()


def test_an_unusable_url_is_a_sentence() -> None:
    with pytest.raises(StoreNotUnderstood, match="postgresql://"):
        World().postgres("postgresql://[half")
