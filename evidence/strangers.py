"""Names in tenant-naming fields that this process knows nobody by: another node's tenant, nobody, or a stranger.

Whose they are is settled when all of the evidence is there (``checker.strangers``). Here they are noted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from evidence.findings import Severity

STRANGERS_A_FRAME = 20
"""Unknown names in one frame beyond these say nothing new: who is shown one can't take the run for clean."""
NAME_KEPT = 200
"""Characters of a name that are kept."""
NOBODIES_NOTED = 50_000


class Strangers:
    """Says what an unknown name is taken for while the run lasts.

    Args:
        nobody: patterns of whole names that are nobody's, by the profile's word.
    """

    def __init__(self, nobody: Sequence[re.Pattern[str]]) -> None:
        self._nobody = nobody
        self._noted: set[tuple[str, int, str]] = set()

    def severity(self, name: str, recipient: int, kind: str) -> Severity | None:
        """Returns what a name is taken for, None if it needs no further note.

        Of what the profile calls nobody's only the first to each tenant in each kind of frame is noted: it may turn out
        to be the name of a tenant of another node all the same.
        """
        if not any(pattern.fullmatch(name) for pattern in self._nobody):
            return Severity.SUSPICION
        key = (name, recipient, kind)
        if key in self._noted:
            return None
        if len(self._noted) < NOBODIES_NOTED:
            self._noted.add(key)
        return Severity.KNOWN
