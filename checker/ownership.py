"""Whose a place is, and whose data lies there. Pure: claims in, judgement out.

A *place* is one Redis element (a key with one field, member or entry) or one Postgres row. Everything in it that names
a tenant is a *claim*. Claims are ranked by how much they say about the place rather than about its content:

1. ``NAME``: a tenant's id stands in the key's name, or is the whole of a column, field or element;
2. ``ALIAS``: the same for another name of the tenant (an e-mail address);
3. ``PARENT``: a foreign key leads to a row of the tenant;
4. ``LEARNT``: an id that the service handed to the tenant is the whole of a value or a segment of the key's name;
5. ``MENTION``: the tenant's name or a learnt id stands inside a larger text (a field of a JSON document, say);
6. ``DATA``: the tenant's canary, message id or test id lies there;
7. ``AMOUNT``: a remaining amount out of the tenant's band stands where the profile says budgets stand.

The tenant of the best-ranked claim holds the place, the first in order of position where several rank equal. Every
other tenant that the place shows is sighted: its data lies where it doesn't belong. So both tenants of a violation are
always named: ``owner`` is whose data it is, ``recipient`` is who holds the place. Where nothing but data speaks, the
sighting says that the choice between the two is by position alone.

A place of a tenant of this run that also shows the mark of another run is a violation like any other: what one tenant
left behind turned up at another that came after it. Where nothing names a tenant of this run, it was merely left lying.
Accounts that exist play in one run after the other: what one of them said in an earlier run is its own.
"""

from __future__ import annotations

import enum
import operator
from collections.abc import Sequence
from typing import NamedTuple

from evidence.excerpts import AFTER, BEFORE, MARGIN, excerpt
from evidence.findings import FindingKind, Severity, Sighting
from evidence.marks import Mark, MarkKind, Sighted

EARLIER_RUN = -1
"""Stands for every tenant of another run that does not play in this one: which, this run can't say."""


class Standing(enum.IntEnum):
    """How much a claim says about whose the place is; the lower, the more."""

    NAME = 0
    ALIAS = 1
    PARENT = 2
    LEARNT = 3
    MENTION = 4
    DATA = 5
    AMOUNT = 6


class Claim(NamedTuple):
    """Something in a place that names a tenant.

    Attributes:
        standing: how much it says about whose the place is.
        tenant: the tenant it names, ``EARLIER_RUN`` if that is none of this run.
        where: the part of the place it stands in (``column content``, ``the key's name``).
        what: what it is, for people (``prompt mark``, ``name``, ``thread id``).
        text: the text it stands in.
        start: where in that text it begins, in bytes.
        end: where in that text it ends.
        mark: the mark it is, or None.
        path: the forms that were undone to see it (``gzip › base64``), empty if it stands there as it is; ``text`` is
            then what came out of them.
    """

    standing: Standing
    tenant: int
    where: str
    what: str
    text: bytes
    start: int
    end: int
    mark: Mark | None = None
    path: str = ""


class Judgement(NamedTuple):
    """Who holds a place (None: nothing in it names anybody), why, and the most telling claim of each other tenant."""

    holder: Claim | None
    foreign: list[Claim]


def standing_of(sighted: Sighted, whole: bool) -> Standing:
    """Returns the standing of a mark; ``whole`` says that it names a place: a whole value, or part of a key's name."""
    if sighted.mark.kind is not MarkKind.TENANT:
        return Standing.DATA
    return Standing.NAME if whole else Standing.MENTION


def claim_of(
    sighted: Sighted, text: bytes, where: str, offset: int = 0, *, names_place: bool, current: bool = True
) -> Claim:
    """Returns the claim of a mark.

    Args:
        sighted: the mark as found.
        text: the text it stands in.
        where: the part of the place that the text is.
        offset: where ``text`` begins in what the mark was found in, in bytes.
        names_place: whether a tenant's id in this text names the place even if it is not the whole text (a key's name).
        current: whether it is a mark of this run.
    """
    start, end = sighted.start - offset, sighted.end - offset
    whole = names_place or (end - start == len(text)) or text.strip() == text[start:end]
    mark = sighted.mark
    of_earlier = EARLIER_RUN if sighted.again is None else sighted.again
    tenant = mark.tenant if current else of_earlier
    return Claim(standing_of(sighted, whole), tenant, where, _what(mark.kind), text, start, end, mark)


def _what(kind: MarkKind) -> str:
    return _CALLED.get(kind) or f"{kind.name.lower()} canary"


_CALLED = {MarkKind.TENANT: "name", MarkKind.MESSAGE: "message id", MarkKind.TEST: "test id"}
_standing = operator.attrgetter("standing")


def tells(claim: Claim) -> int:
    """Returns how plainly a claim shows whose data lies in a place; an amount, a name without a checksum, the least."""
    return -1 if claim.standing is Standing.AMOUNT else claim.standing


def judge(claims: Sequence[Claim]) -> Judgement:
    """Returns who holds the place that shows these claims, and a claim for every other tenant it shows."""
    if not claims:
        return Judgement(None, [])
    first = claims[0].tenant
    if all(claim.tenant == first for claim in claims):
        return Judgement(min(claims, key=_standing), [])
    holder = min(claims, key=_standing)
    telling: dict[int, Claim] = {}
    for claim in claims:
        if claim.tenant != holder.tenant:
            known = telling.get(claim.tenant)
            if known is None or tells(claim) > tells(known):
                telling[claim.tenant] = claim
    return Judgement(holder, list(telling.values()))


def across_runs(holder: Claim | None, strangers: Sequence[Claim]) -> tuple[Claim, Claim] | None:
    """Returns who holds a place in which marks of another run lie, and what is foreign; None if nobody of this run.

    Args:
        holder: the best-ranked claim of this run, which holds the place unless a stranger names it more plainly.
        strangers: the claims of other runs.
    """
    if holder is not None:  # what an account said in an earlier run is at home where it is the account's still
        strangers = [claim for claim in strangers if claim.tenant != holder.tenant]
    if holder is None or not strangers:
        return None
    named = min(strangers, key=_standing)
    if named.standing < holder.standing:
        return named, holder
    return holder, max(strangers, key=tells)


def sighting_of(holder: Claim, foreign: Claim, *, place: str, group: str, reproduce: str, at_s: float) -> Sighting:
    """Returns the sighting of ``foreign`` in a place that ``holder`` holds."""
    return Sighting(
        kind=FindingKind.FOREIGN_BUDGET if foreign.standing is Standing.AMOUNT else FindingKind.MISFILED_DATA,
        owner=_number(foreign),
        recipient=_number(holder),
        place=place,
        group=group,
        at_s=at_s,
        excerpt=_excerpt(foreign, holder),
        reproduce=reproduce,
        severity=Severity.LEAK,
        detail=_detail(holder, foreign),
    )


def _number(claim: Claim) -> int | None:
    return None if claim.tenant == EARLIER_RUN else claim.tenant


def _whose(claim: Claim) -> str:
    return "a tenant of an earlier run" if claim.tenant == EARLIER_RUN else f"tenant {claim.tenant}"


def survivor_of(
    holder: Claim, *, place: str, group: str, reproduce: str, at_s: float, shared: bool = False
) -> Sighting:  # fmt: skip
    """Returns the sighting of a place that still holds what is a removed tenant's.

    In a place that several tenants share on purpose it is a suspicion: that it names many does not say that it keeps
    what is left of one, nor that it must not.
    """
    among = ", which several tenants share on purpose" if shared else ""
    return Sighting(
        kind=FindingKind.SURVIVED_DELETE,
        owner=holder.tenant,
        recipient=None,
        place=place,
        group=f"{group} (shared)" if shared else group,
        at_s=at_s,
        excerpt=_excerpt(holder),
        reproduce=reproduce,
        severity=Severity.SUSPICION if shared else Severity.LEAK,
        detail=f"tenant {holder.tenant} was removed, and {holder.where} still holds its {holder.what}{among}",
    )


def _detail(holder: Claim, foreign: Claim) -> str:
    said = f"{foreign.where} holds a {foreign.what} of {_whose(foreign)}"
    if holder.standing >= Standing.DATA:
        return (
            f"{said} beside a {holder.what} of {_whose(holder)} in {holder.where}; nothing "
            "says whose place it is, the one that comes first is taken for its holder"
        )
    return f"{said}; the place is that of {_whose(holder)} by the {holder.what} in {holder.where}"


def _excerpt(claim: Claim, beside: Claim | None = None) -> str:
    """What stands around a claim, with another one of the same text in full: neither is a credential."""
    kept = [(beside.start, beside.end)] if beside is not None and beside.text == claim.text else []
    shown = excerpt(claim.text, claim.start, claim.end, kept)
    return f"{claim.path} › {shown}" if claim.path else shown


def note_strangers(noted: list[Claim], strangers: Sequence[Claim]) -> None:
    """Adds to claims of earlier runs in one place the first of each tenant that they have none of yet."""
    for claim in strangers:
        if all(claim.tenant != other.tenant for other in noted):
            noted.append(shortened(claim))


def shortened(claim: Claim) -> Claim:
    """Returns the claim with only so much of its text as an excerpt looks at, to be kept for long."""
    first = max(0, claim.start - BEFORE - MARGIN)
    cut = claim.text[first : claim.end + AFTER + MARGIN]
    return claim._replace(text=cut, start=claim.start - first, end=claim.end - first)
