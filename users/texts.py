"""The texts that tenants say: sentences about a canary, no longer than the service takes, or longer on purpose."""

from __future__ import annotations

from collections.abc import Mapping

from config.messages import Operation
from config.template import fill_text
from config.texts import OWN_TEXTS, texts_of

_PROMPTS = (
    "Summarise what you know about order {canary}.",
    "What is the status of ticket {canary}?",
    "Please draft a note to the customer of case {canary}.",
    "Compare last week's figures with those of report {canary}.",
)
_FILLER = "x"  # of a canary's own letters, so that it goes wherever a canary goes


def prompt(canary: str, sequence: int) -> str:
    """Returns what a tenant says in its request of this number: a sentence about something called by the canary."""
    return _PROMPTS[sequence % len(_PROMPTS)].format(canary=canary)


def fits(operation: Operation, values: Mapping[str, object]) -> bool:
    """Returns whether every text of a message stays within what the service takes, if the profile says what that is."""
    limit = operation.text_limit
    return limit is None or all(
        limit.length(fill_text(text, values)) <= limit.most for text in texts_of(operation.send)
    )


def lengthened(operation: Operation, values: Mapping[str, object]) -> dict[str, object]:
    """Returns our texts with so much behind them that they are longer than the service takes, then the canary again.

    The canary stands on both sides of the limit, so that what is cut short still names its owner, and so does what is
    kept of the rest.
    """
    assert operation.text_limit is not None
    filler = _FILLER * operation.text_limit.most
    longer: dict[str, object] = {}
    for name in OWN_TEXTS & values.keys():
        canary = values["state_canary" if name == "state_canary" else "canary"]
        longer[name] = f"{values[name]}{' ' if name == 'prompt' else ''}{filler}{canary}"
    return longer
