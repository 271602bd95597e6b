"""What came of looking into one store: a scan, or the sentence that says why there is none."""

from __future__ import annotations

from dataclasses import dataclass

from checker.scan import StoreScan


@dataclass(frozen=True)
class Look:
    """One store of the profile after it was (or was not) read.

    Attributes:
        store: ``redis`` or ``postgres``.
        where: host:port/db without credentials, or an empty string if not even that is known.
        scan: what it showed, or None.
        problem: why it could not be read, one sentence without credentials; empty if it was read.
    """

    store: str
    where: str = ""
    scan: StoreScan | None = None
    problem: str = ""
