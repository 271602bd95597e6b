"""What ``--defect`` asks for."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from target.defects.catalogue import entries
from target.errors import SettingsError

SILENT = "silent"


@dataclass(frozen=True)
class DefectChoice:
    """A defect to have, and how probable it is at each opportunity (from 0 to 1)."""

    name: str
    rate: float

    @classmethod
    def parse(cls, text: str) -> DefectChoice:
        """Read ``NAME`` or ``NAME:RATE``; without a rate it is the defect's natural one.

        Raises:
            SettingsError: there is no such defect, or the rate is no probability.
        """
        name, colon, rate_text = text.partition(":")
        entry = entries().get(name)
        if entry is None:
            raise SettingsError(f"there is no defect {name[:60]!r}; the defects are {', '.join(entries())}")
        if not colon:
            return cls(name, entry.rate)
        try:
            rate = float(rate_text)
        except ValueError:
            rate = math.nan
        if not 0 <= rate <= 1:
            raise SettingsError(
                f"the rate of --defect {name} is a probability from 0 to 1, as in {name}:{entry.rate:g}; "
                f"the defects are {', '.join(entries())}"
            )
        return cls(name, rate)

    def __str__(self) -> str:
        return f"{self.name}:{self.rate!r}"


def chosen(texts: Iterable[str] | None, *, silent: bool = False) -> tuple[DefectChoice, ...]:
    """The defects asked for, each once: the last word on a rate counts. ``silent`` is ``--silent``.

    Raises:
        SettingsError: one of them is none.
    """
    asked = [DefectChoice.parse(text) for text in texts or ()]
    if silent:
        asked.append(DefectChoice.parse(SILENT))
    return tuple({choice.name: choice for choice in asked}.values())


def warning(choices: Iterable[DefectChoice]) -> str:
    """The sentence that says loudly that this service is faulty on purpose."""
    return f"WARNING: this service is FAULTY ON PURPOSE, with the defects {', '.join(map(str, choices))}"
