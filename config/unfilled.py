"""Placeholders of messages, requests and commands that nothing fills."""

from __future__ import annotations

from collections.abc import Iterator

from config.calls import CommandCall, HttpCall
from config.positions import Path as Key
from config.sentences import mistyped
from config.template import placeholders


def called(
    key: Key, call: HttpCall | CommandCall, known: set[str], shown: set[str] | None = None
) -> list[tuple[Key, object, set[str]]]:
    """Returns the templates of a request or a command, each with its key and what fills it.

    Args:
        key: where the call stands.
        call: the call.
        known: what fills its placeholders.
        shown: what may fill those that everybody can see, as a command's arguments; all that is known when None.
    """
    if isinstance(call, HttpCall):
        return [
            ((*key, "url"), call.url, known),
            ((*key, "body"), call.body, known),
            ((*key, "form"), call.form, known),
        ]
    return [((*key, "argv"), call.argv, known if shown is None else shown), ((*key, "input"), call.input, known)]


def unfilled(said: list[tuple[Key, object, set[str]]]) -> Iterator[tuple[Key, str]]:
    """Yields the placeholders that nothing fills, as key and sentence."""
    for key, template, known in said:
        if unknown := sorted(placeholders(template) - known):
            there = ", ".join(sorted(known))
            yield key, f"nothing fills {{{unknown[0]}}}{mistyped(unknown[0], sorted(known))} (there are: {there})"
