"""What the defects are called, what each is, and what shows it: ``catalogue.toml``, read."""

from __future__ import annotations

import functools
import textwrap
import tomllib
from dataclasses import dataclass
from pathlib import Path

CATALOGUE = Path(__file__).with_name("catalogue.toml")
WIDTH = 100

# What the database's owner prepares (see ``preparation``).
VIEW = "conversation_log"
READER = "conversation_reader"


@dataclass(frozen=True)
class Entry:
    """One defect.

    Attributes:
        name: what ``--defect`` calls it.
        family: the class of leak it belongs to, and the module that holds it.
        rate: its natural rate, a probability from 0 to 1, used if none is given.
        opportunity: what the rate is a probability of.
        what: what is wrong.
        world: the kind of incident it is taken from.
        shows: kinds of finding that it leads to; empty if no finding does.
        where: in which frames or stores.
        needs: what a workload must do to provoke it.
        prepared: whether the database must be prepared for it by its owner (``migrate`` and ``run`` do).
    """

    name: str
    family: str
    rate: float
    opportunity: str
    what: str
    world: str
    shows: tuple[str, ...]
    where: str
    needs: str
    prepared: bool = False


@functools.cache
def entries() -> dict[str, Entry]:
    """All defects by name, in the catalogue's order."""
    table = tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))
    return {
        name: Entry(name=name, family=family, **{**fields, "shows": tuple(fields["shows"])})
        for family, defects in table.items()
        for name, fields in defects.items()
    }


def explanation(entry: Entry) -> str:
    """An entry for the terminal."""
    shows = ", ".join(entry.shows) or "no finding"
    return "\n".join(
        (
            f"{entry.name}:{entry.rate:g}  (per {entry.opportunity})",
            *_paragraph("", entry.what),
            *_paragraph("in the world: ", entry.world),
            *_paragraph("shown by: ", f"{shows}; {entry.where}"),
            *_paragraph("needs: ", entry.needs),
        )
    )


def listing() -> str:
    """Every defect explained, family by family."""
    parts: list[str] = []
    family = ""
    for entry in entries().values():
        if entry.family != family:
            family = entry.family
            parts.append(f"── {family.replace('_', ' ')} ──")
        parts.append(explanation(entry))
    return "\n\n".join(parts)


def _paragraph(label: str, text: str) -> list[str]:
    return textwrap.wrap(label + text, WIDTH, initial_indent="    ", subsequent_indent="      ")
