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
