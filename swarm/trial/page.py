"""How a trial is shown: lines on a terminal, with whose a mark is in colour, and no secret."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from typing import TextIO

from evidence.marks import Keyring
from evidence.secrecy import KnownSecrets
from reporting.escaping import printable

_SHOWN = 700


class Page:
    """Prints a trial.

    Args:
        stream: where to.
        colour: whether to colour marks; never in a file.
        secrets: what must not be shown, whoever sent it.
    """

    def __init__(self, stream: TextIO, *, colour: bool, secrets: Iterable[str] = ()) -> None:
        self._stream = stream
        self._colour = colour
        self._secrets = KnownSecrets(secrets)
        self.failures = 0

    def title(self, text: str) -> None:
        """Begins a part."""
        print(f"\n{self._in(text, '1')}", file=self._stream)

    def good(self, text: str) -> None:
        """Says what worked."""
        print(f"  {self._in('ok', '32')}    {self.hide(text)}", file=self._stream)

    def bad(self, text: str) -> None:
        """Says what did not work, and counts it."""
        self.failures += 1
        print(f"  {self._in('wrong', '31;1')} {self.hide(text)}", file=self._stream)

    def note(self, text: str) -> None:
        """Says what is worth knowing."""
        print(f"  {self._in('note', '33')}  {self.hide(text)}", file=self._stream)

    def plain(self, text: str) -> None:
        """Says something without judging it."""
        print(f"        {self.hide(text)}", file=self._stream)

    def frame(self, direction: str, text: str, keyring: Keyring, tenant: int, learnt: Iterable[str]) -> None:
        """Shows a message: the tenant's own marks green, marks of others red, ids that the target handed out blue."""
        hidden = self.hide(text.replace("\n", " "))
        cut = hidden if len(hidden) <= _SHOWN else hidden[:_SHOWN] + "…"
        arrow = {">": "→", "<": "←"}[direction]
        print(f"        {self._in(arrow, '2')} {self._painted(cut, keyring, tenant, learnt)}", file=self._stream)

    def hide(self, text: str) -> str:
        """Returns the text without any secret, and without what could steer a terminal: some of it a target wrote."""
        return "\n".join(map(printable, self._secrets.hide(text).split("\n")))

    def hide_also(self, secret: str) -> None:
        """Takes in a secret that came up meanwhile: a token."""
        self._secrets.add(secret)

    def _painted(self, text: str, keyring: Keyring, tenant: int, learnt: Iterable[str]) -> str:
        if not self._colour:
            return text
        data = text.encode("utf-8", "surrogatepass")
        spans = [
            (found.start, found.end, "32" if keyring.is_current(found) and found.mark.tenant == tenant else "31;1")
            for found in keyring.find(data)
        ]
        for value in learnt:
            form = value.encode()
            spans += [
                (match.start(), match.end(), "34")
                for match in re.finditer(re.escape(form), data)
                if form and all(match.end() <= start or match.start() >= end for start, end, _ in spans)
            ]
        for start, end, code in sorted(spans, reverse=True):
            data = data[:start] + self._in(data[start:end].decode("utf-8", "replace"), code).encode() + data[end:]
        return data.decode("utf-8", "replace")

    def _in(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour else text


def wants_colour(stream: TextIO, environment: dict[str, str]) -> bool:
    """Returns whether to colour: on a terminal whose owner has not said NO_COLOR (https://no-color.org)."""
    return stream.isatty() and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"


def page_on(stream: TextIO | None, environment: dict[str, str], secrets: Iterable[str]) -> Page:
    """Returns a page on a stream, standard output if None."""
    stream = stream or sys.stdout
    return Page(stream, colour=wants_colour(stream, environment), secrets=secrets)
