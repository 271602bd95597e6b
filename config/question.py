"""One question that ``python -m config new`` asks, and when it is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Answers = Mapping[str, str]
Condition = Callable[[Answers], bool]


def option_of(name: str) -> str:
    """Returns the command-line option that gives an answer."""
    return f"--{name.replace('_', '-')}"


def always(_answers: Answers) -> bool:
    """Whatever has been answered."""
    return True


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to be known.

    Attributes:
        name: name of the answer; its option has hyphens for underscores.
        asks: the question.
        default: the answer if none is given; None if there has to be one.
        choices: what may be answered; anything if empty.
        when: whether it is asked at all, given the answers so far.
        means: what choices mean, where their names do not say it.
    """

    name: str
    asks: str
    default: str | None = None
    choices: tuple[str, ...] = ()
    when: Condition = always
    means: Mapping[str, str] = field(default_factory=dict)

    @property
    def option(self) -> str:
        """The command-line option that answers it."""
        return option_of(self.name)


def answered(name: str, *values: str) -> Condition:
    """Returns the condition that a question has one of these answers."""
    return lambda answers: answers.get(name) in values


def both(*conditions: Condition) -> Condition:
    """Returns the condition that all of these hold."""
    return lambda answers: all(condition(answers) for condition in conditions)
