"""Looks for what must never be shown, in all that a run printed and wrote down."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import quote, quote_plus

# The head of any JSON Web Token: {" in base64.
TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]{10,}")


def assert_no_secret(secrets: Iterable[str], output: str, *folders: Path) -> None:
    """Fail if a secret or a token stands in the output or in a file of the folders; the failure does not repeat it."""
    texts = {"the output": output}
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file():
                texts[str(path.relative_to(folder))] = path.read_text(errors="replace")
    found = [name for name, text in texts.items() if any(secret in text for secret in secrets) or TOKEN.search(text)]
    assert not found, f"a secret stands in {found}"


@cache
def forms(secret: str) -> set[str]:
    """How a secret may stand somewhere: as it is, escaped for addresses or JSON, and in base64 at any alignment."""
    found = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), secret.replace("/", "\\/")}
    for before in range(3):
        data = b"\0" * before + secret.encode()
        for coded in (base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode()):
            found.add(coded[before and before + 1 : len(data) * 4 // 3 - 1])
    found.add(secret.encode().hex())
    return found


@dataclass
class Watched:
    """What was looked through, and where something was found."""

    secrets: list[str]
    seen: dict[str, int] = field(default_factory=dict)
    found: set[str] = field(default_factory=set)

    def look(self, where: str, text: str) -> None:
        self.seen[where] = self.seen.get(where, 0) + len(text)
        for number, secret in enumerate(self.secrets):
            if any(form in text for form in forms(secret)):
                self.found.add(f"secret {number} in {where}")

    def files(self, folder: Path, *, apart: set[Path]) -> None:
        for path in folder.rglob("*"):
            if path.is_file() and path not in apart:
                self.look(f"file {path.name}", path.read_text(errors="replace"))

    def process_list(self, mark: str) -> None:
        """The command lines of the processes of this test: everybody on the machine can read them."""
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal():
                try:
                    if mark.encode() in (entry / "environ").read_bytes():
                        self.look("process list", (entry / "cmdline").read_text(errors="replace").replace("\0", " "))
                except OSError:
                    continue
