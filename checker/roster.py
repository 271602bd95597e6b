"""Who exists: names, aliases and ids handed out, as the evidence tells them, for the store scanners."""

from __future__ import annotations

from checker.scan import Roster
from checker.summary import Summary

SHORTEST_ID = 8
"""Ids shorter than this, and plain numbers, are met in stores by chance and say nothing about whose a place is."""


def roster(summary: Summary, removed: frozenset[int] = frozenset()) -> Roster:
    """Returns the run's tenants and controls by name, alias (what a login taught among them) and learnt id.

    A name, an alias or an id that stands for two tenants is left out: it can't say whose a place is.

    Args:
        summary: the evidence.
        removed: tenants of whom nothing may be left.
    """
    provisioned = [tenant.provisioned for tenant in summary.tenants.values() if tenant.provisioned]
    provisioned += summary.controls.values()
    names = {row.tenant: row.name for row in provisioned}
    numbers: dict[str, int] = {}
    ambiguous: set[str] = set()
    for row in provisioned:
        for name in (row.name, *row.aliases, *summary.learnt.names.get(row.tenant, ())):
            if numbers.setdefault(name.lower(), row.tenant) != row.tenant:
                ambiguous.add(name.lower())
    for name in ambiguous:
        del numbers[name]
    return Roster(names, numbers, _learnt(summary), removed)


def _learnt(summary: Summary) -> dict[str, int]:
    learnt: dict[str, int] = {}
    ambiguous: set[str] = {value for _, value in summary.learnt.shared}
    for (_, value), row in summary.learnt.owners.items():
        if len(value) < SHORTEST_ID or value.isdecimal():
            continue
        if learnt.setdefault(value, row.tenant) != row.tenant:
            ambiguous.add(value)
    for value in ambiguous:
        learnt.pop(value, None)
    return learnt
