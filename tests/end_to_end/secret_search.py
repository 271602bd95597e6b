"""Looks for what must never be shown, in all that a run printed and wrote down."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

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
