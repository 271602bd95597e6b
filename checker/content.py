"""What values say about tenants once they are decoded: claims from behind escapes, encodings and compression."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from checker.amounts import Amounts
from checker.names import NameIndex
from checker.ownership import Claim, Standing, claim_of
from checker.tenant_names import UUID_BYTES, uuid_text
from checker.unreadable import is_unreadable
from evidence.marks import Keyring, Mark
from evidence.views import Decoder, View
from evidence.written_forms import is_text


class Decoded(NamedTuple):
    """What the views of a value show: claims, each tenant's each mark once, and those of earlier runs apart."""

    claims: list[Claim]
    strangers: list[Claim]
    unreadable: bool = False  # whether nothing is known of what it means


class Content:
    """Looks for claims in the views of values.

    Args:
        keyring: recognises marks.
        names: recognises names.
        amounts: recognises amounts.
        decoder: makes the views.
    """

    def __init__(self, keyring: Keyring, names: NameIndex, amounts: Amounts, decoder: Decoder | None = None) -> None:
        self.keyring = keyring
        self.names = names
        self.amounts = amounts
        self.decoder = decoder or Decoder()

    def decoded(
        self,
        value: bytes,
        where: str,
        place: Callable[[], str],
        *,
        names_place: bool = False,
        whole: bool = True,
        form: str = "",
    ) -> Decoded:
        """Returns the claims of what the value means, those of the value as it is stored left out.

        Args:
            value: what is stored.
            where: the part of the place that the value is.
            place: says what the value is called, should it have to be named.
            names_place: whether a tenant's id in it names the place (a key's name).
            whole: whether this is all of the value, or a window of it.
            form: a form that was undone already; then ``value`` itself is looked at as well.
        """
        claims: dict[tuple[object, ...], Claim] = {}
        earlier: dict[tuple[int, Mark], Claim] = {}
        self._look_at_bytes(value, f"{form} › 16 bytes" if form else "16 bytes", whole, where, claims, earlier)
        if form:
            self._look(View(value, form, whole), where, names_place, claims, earlier)
        reads_as_text = False
        for view in self.decoder.views(value, place, whole):
            reads_as_text = reads_as_text or is_text(view.text)
            path = f"{form} › {view.path}" if form else view.path
            self._look(view._replace(path=path), where, names_place, claims, earlier)
        if earlier and not form:  # what is seen without decoding has been counted
            for sighted in self.keyring.find(value):
                earlier.pop((sighted.run_tag, sighted.mark), None)
        unreadable = not claims and not reads_as_text and is_unreadable(value)
        return Decoded(list(claims.values()), list(earlier.values()), unreadable)

    def _look_at_bytes(
        self,
        value: bytes,
        path: str,
        whole: bool,
        where: str,
        claims: dict[tuple[object, ...], Claim],
        earlier: dict[tuple[int, Mark], Claim],
    ) -> None:
        """Looks for ids as 16 bytes: columns and keys of binary UUIDs, and those inside binary documents."""
        if value.isascii():
            return  # the seventh byte of such an id never is
        for sighted in self.keyring.find_bytes(value):
            current = self.keyring.is_current(sighted)
            spelt = self._spelt(value[sighted.start : sighted.end])
            named = whole and len(value) == UUID_BYTES
            as_text = replace(sighted, start=0, end=len(spelt))
            claim = claim_of(as_text, spelt, where, names_place=named, current=current)._replace(path=path)
            if claim.standing is Standing.NAME and not named:
                claim = claim._replace(standing=Standing.MENTION)  # one of several in a binary document
            if current:
                claims.setdefault((claim.standing, claim.mark), claim)
            else:
                earlier.setdefault((sighted.run_tag, sighted.mark), claim)
        text = uuid_text(value) if whole else None
        known = self.names.whole(text) if text is not None else None
        if known is not None and text is not None:
            claim = Claim(known.standing, known.tenant, where, known.what, text, 0, len(text), path=path)
            claims.setdefault((known.standing, known.tenant, known.what), claim)

    def _spelt(self, value: bytes) -> bytes:
        """How an id of 16 bytes is written, which are in one order or the other."""
        either = (str(uuid.UUID(bytes=value)).encode(), str(uuid.UUID(bytes_le=value)).encode())
        return next((text for text in either if self.keyring.find(text)), either[0])

    def _look(
        self,
        view: View,
        where: str,
        names_place: bool,
        claims: dict[tuple[object, ...], Claim],
        earlier: dict[tuple[int, Mark], Claim],
    ) -> None:
        text = view.text
        self._look_at_bytes(text, f"{view.path} › 16 bytes", view.whole, where, claims, earlier)
        for sighted in self.keyring.find(text):
            current = self.keyring.is_current(sighted)
            claim = claim_of(sighted, text, where, names_place=names_place, current=current)
            if claim.standing is Standing.NAME and not (names_place or view.whole):
                claim = claim._replace(standing=Standing.MENTION)  # the whole of a part, which is a part
            claim = claim._replace(path=view.path)
            if current:
                claims.setdefault((claim.standing, claim.mark), claim)
            else:
                earlier.setdefault((sighted.run_tag, sighted.mark), claim)
        if not ((self.names or self.amounts.fields) and is_text(text)):
            return  # a name is short: in noise it would be met by chance
        for named in self.names.mentions(text):
            claim = Claim(named.standing, named.tenant, where, named.what, text, named.start, named.end)
            claims.setdefault((named.standing, named.tenant, named.what), claim._replace(path=view.path))
        for claim in self.amounts.of_members(text, where):
            claims.setdefault((claim.standing, claim.tenant), claim._replace(path=view.path))
