from __future__ import annotations

from collections.abc import Iterator

from config.questions import QUESTIONS, ask, unanswered, with_defaults


def test_what_has_no_usual_answer_has_to_be_given() -> None:
    assert [question.name for question in unanswered({})] == ["name", "url"]
    assert unanswered({"name": "x", "url": "ws://x"}) == []
    needed = unanswered({"name": "x", "url": "ws://x", "token": "frame", "token_source": "service"})
    assert [question.name for question in needed] == ["login_frame", "login_accepted", "token_url"]


def test_only_what_applies_is_asked() -> None:
    asked: list[str] = []

    def read(prompt: str) -> str:
        asked.append(prompt)
        return {"What is": "shop", "Where is": "ws://127.0.0.1/ws"}.get(
            prompt[:8].strip(), "none" if "token go" in prompt else ""
        )

    answers = ask({}, read, lambda _line: None)
    assert answers["token"] == "none"
    assert not any("signed" in prompt or "issues it" in prompt for prompt in asked)


def test_what_can_not_be_is_asked_again() -> None:
    typed: Iterator[str] = iter(["", "shop", "ws://x", "", "somewhere", "none", *[""] * len(QUESTIONS)])
    said: list[str] = []
    answers = ask({}, lambda _prompt: next(typed), said.append)
    assert answers["name"] == "shop" and answers["token"] == "none"
    assert [line for line in said if ": " not in line or "please" in line] == [
        "  this has no usual answer: please give one",
        "  one of query, header, cookie, subprotocol, path, basic, frame, none, please",
    ]
    assert "  accounts: they exist, and a CSV file lists them" in said, "what choices mean is said before they are made"


def test_what_is_given_is_not_asked() -> None:
    given = {question.name: "x" for question in QUESTIONS}
    assert ask(given, lambda prompt: 1 / 0, print) == given  # type: ignore[arg-type,return-value]


def test_defaults_fill_in_only_what_applies() -> None:
    answers = with_defaults({"name": "x", "url": "y", "token": "none"})
    assert answers["error"] == "error" and "jwt_secret" not in answers
