"""The checks as a whole; what each finds stands in the collection of wrong profiles (test_sentences.py)."""

from __future__ import annotations

from config.consistency import mistakes
from tests.config.profiles import changed, reference


def test_nothing_is_wrong_with_the_reference_profile() -> None:
    assert list(mistakes(reference())) == []


def test_all_that_is_wrong_is_said() -> None:
    wrong = changed(
        operations__ping__reply_by="content",
        operations__chat__ends=["error"],
        stores__redis__url="http://127.0.0.1",
        provisioning__sql_create=["INSERT INTO users VALUES (%(tennant)s)"],
        workload__drop_after_ms=[30.0, 10.0],
    )
    assert [key for key, _ in mistakes(wrong)] == [
        ("operations", "chat", "ends"),
        ("operations", "ping", "reply_by"),
        ("stores", "redis", "url"),
        ("provisioning", "sql_create", 0),
        ("workload", "drop_after_ms"),
    ]
    assert all(not sentence.startswith(" ") and not sentence.endswith(".") for _, sentence in mistakes(wrong))


def test_libpq_words_are_an_address_of_postgres() -> None:
    assert not list(mistakes(changed(stores__postgres__url="host=db.example dbname=shop user=app")))


def test_further_stores_and_addresses_for_writing_are_looked_at_as_the_first_are() -> None:
    profile = changed(
        stores__postgres__write_url="mysql://db",
        stores__more_postgres={
            "billing": {"url": "mysql://db", "create": ["INSERT INTO w VALUES (%(tennant)s)", "SELECT '{tenant}'"]}
        },
        stores__more_redis={"sessions": {"url": "cache:6379", "create": [["SET", "s:{tenat}", "1"], []]}},
    )
    assert [key for key, _ in mistakes(profile)] == [
        ("stores", "more_redis", "sessions", "url"),
        ("stores", "postgres", "write_url"),
        ("stores", "more_postgres", "billing", "url"),
        ("stores", "more_postgres", "billing", "create", 0),
        ("stores", "more_postgres", "billing", "create", 1),
        ("stores", "more_redis", "sessions", "create", 0),
        ("stores", "more_redis", "sessions", "create", 1),
    ]
