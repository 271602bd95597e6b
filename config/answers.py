"""What was answered, as it goes into a profile: texts, JSON documents, words of a command."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator

from config.question import Answers, option_of
from config.toml_text import toml_value


class AnswerUnfit(Exception):
    """An answer can't be used; the message names its option."""


def set_to(key: str, answers: Answers, name: str) -> str:
    """Returns the line that sets a key to an answer."""
    return f"{key} = {toml_value(answers[name])}"


def inline(answers: Answers, name: str, option: str = "") -> str:
    """Returns an answer that is a JSON object as an inline table.

    Args:
        answers: the answers.
        name: which of them.
        option: for messages, where it is not called after the answer.

    Raises:
        AnswerUnfit: it is no JSON object.
    """
    option = option or option_of(name)
    try:
        document = json.loads(answers[name])
    except json.JSONDecodeError as error:
        raise AnswerUnfit(f"{option}: {name} is no JSON: {error.msg} at column {error.colno}") from None
    if not isinstance(document, dict):
        raise AnswerUnfit(f'{option}: {name} should be a JSON object, such as {{"type": "…"}}')
    return toml_value(document)


def argv(answers: Answers, name: str) -> str:
    """Returns an answer that is a command as a list of its words.

    Raises:
        AnswerUnfit: a quote is left open.
    """
    try:
        return toml_value(shlex.split(answers[name]))
    except ValueError as error:
        raise AnswerUnfit(f"{option_of(name)}: is no command: {str(error).lower()}") from None


def names(answers: Answers, name: str) -> list[str]:
    """Returns an answer that is a list, its parts apart by commas."""
    return [part.strip() for part in answers.get(name, "").split(",") if part.strip()]


def authorization(answers: Answers, name: str) -> Iterator[str]:
    """Yields the line that sets an Authorization header, if there is one."""
    if answers[name]:
        yield f"headers = {{ Authorization = {toml_value(answers[name])} }}"
