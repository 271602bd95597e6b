from __future__ import annotations

from users.echoes import Echoes


def test_what_was_said_is_left_out_wherever_it_stands() -> None:
    echoes = Echoes()
    echoes.say({"tenant": "ann-1", "email": "ann-1@x.example", "number": 17})
    assert echoes.out_of_text("no access for ann-1@x.example (ann-1)") == "no access for (as we said) ((as we said))"
    assert echoes.out_of("not ann-1") == "not (as we said)"
    document = {"who": ["ann-1", {"ann-1": 17}], "left": 170, "ok": True, "none": None}
    assert echoes.out_of(document) == {
        "who": ["", {"": ""}], "left": 170, "ok": True, "none": None,
    }  # fmt: skip


def test_only_whole_words_are_left_out() -> None:
    echoes = Echoes()
    echoes.say({"number": 7})
    assert echoes.out_of_text("mark a7b, 77, 7.") == "mark a7b, 77, (as we said)."


def test_secrets_and_what_has_no_value_are_not_taken_for_said() -> None:
    echoes = Echoes()
    echoes.say({"token": "abc", "password": "def", "thread": None})
    assert echoes.out_of_text("abc def None") == "abc def None"


def test_what_was_said_on_one_connection_does_not_come_back_on_the_next() -> None:
    echoes = Echoes()
    assert echoes.out_of({"who": "ann"}) == {"who": "ann"}
    echoes.say({"tenant": "ann"})
    echoes.forget()
    assert echoes.out_of_text("ann") == "ann" and echoes.out_of("ann") == "ann"
