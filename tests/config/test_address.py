from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.address import database_of, readable, scrub, shown


@pytest.mark.parametrize(
    ("url", "seen"),
    [
        ("ws://host:8000/ws?token=s3cret", "host:8000/ws"),
        ("postgresql://app:s3cret@db.example:5433/shop?sslmode=require", "db.example:5433/shop"),
        ("redis://:s3cret@127.0.0.1:6379/2", "127.0.0.1:6379/2"),
        ("redis://localhost", "localhost"),
        ("unix:///run/redis.sock", "local socket/run/redis.sock"),
        ("https://user:s3cret@[::1]:8443/health#s3cret", "::1:8443/health"),
        ("host=db port=5433 dbname=shop user=app password=s3cret", "db:5433/shop"),
        ("dbname=shop password=s3cret", "local socket:default/shop"),
        ("host = db dbname='my shop' password='s3cret s3cret'", "db:default/my shop"),
        ("host=db password='s3cret host=s3cret' dbname=shop", "db:default/shop"),
        ("service=staging password=s3cret", "service staging"),
        ("service=staging dbname=shop", "service staging/shop"),
        ("postgresql://app:s3cret@one:5432,two:5433/shop?target_session_attrs=primary", "one:5432,two:5433/shop"),
        ("postgresql:///shop?host=/run&password=s3cret", "local socket/shop"),
        ("postgresql://app:s3cret@db:notaport/shop", "(an address that can't be read)"),
        ("http://[s3cret", "(an address that can't be read)"),
        ("", "local socket:default/"),
    ],
)
def test_an_address_is_shown_without_credentials(url: str, seen: str) -> None:
    assert shown(url) == seen


@given(st.text(max_size=60) | st.text("ab:/@?#[]%=1. ", max_size=60))
def test_any_text_can_be_shown(url: str) -> None:
    assert isinstance(shown(url), str)
    assert isinstance(scrub(url, url), str)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://app:s3cr%40t@db/shop",
        "postgresql://db/shop?password=s3cr%40t",
        "redis://:s3cr%40t@127.0.0.1:6379/2",
        "host=db password=s3cr@t dbname=shop",
        "password='s3cr@t'",
        "host=db password = 's3cr@t' dbname=shop",
        r"host=db password=s3cr\@t",
        "host=db sslpassword=s3cr@t",
        "postgresql://app:s3cr%40t@one:5432,two:5433/shop",
        "postgresql://db/shop?sslpassword=s3cr%40t",
    ],
)
def test_a_password_is_taken_out_of_what_a_library_says(url: str) -> None:
    for said in (f"could not connect to {url}", "password s3cr@t is wrong", "connection to s3cr@t"):
        text = scrub(said, url, "redis://localhost", "http://[")
        assert "s3cr@t" not in text
        assert "s3cr%40t" not in text


def test_text_is_left_as_it_is_where_there_is_no_password() -> None:
    assert scrub("connection to db refused", "postgresql://app@db/shop", "redis://:@db") == "connection to db refused"


@pytest.mark.parametrize(
    "url",
    ["postgresql://u:pa@ssw0rd@host:1/db", "postgresql://u:pa/ssw0rd@host:1/db", "redis://:pa:ss/w0rd@host/0"],
)
def test_an_address_whose_password_is_not_escaped_shows_no_part_of_it(url: str) -> None:
    assert not readable(url)
    assert "w0rd" not in shown(url) and "pa" not in shown(url)


@pytest.mark.parametrize("url", ["postgresql://u:p%40ss@host:5432/db", "redis://host", "host=x password=y"])
def test_a_well_formed_address_is_readable(url: str) -> None:
    assert readable(url)


@pytest.mark.parametrize(
    ("address", "database"),
    [
        ("postgresql://app:s3cret@db:5432/my%20shop?sslmode=require", "my shop"),
        ("postgresql://app@db", "app"),
        ("postgresql://db?dbname=shop", "shop"),
        ("host=db dbname='my shop' user=app", "my shop"),
        ("host=db user=app", "app"),
        ("service=staging", "postgres"),
    ],
)
def test_the_database_of_a_postgres_address(address: str, database: str) -> None:
    assert database_of(address) == database
