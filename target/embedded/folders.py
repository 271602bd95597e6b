"""Folders that an unprivileged user can reach.

Postgres refuses to run as root, so under root it runs as ``nobody``, who must be able to enter every folder on the way
to its files. A temporary folder made the usual way (mode 0700, perhaps below another 0700) shuts ``nobody`` out.
"""

from __future__ import annotations

import os
import pwd
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from target.embedded.errors import FolderError


@dataclass(frozen=True)
class Account:
    """A system account that a server runs as."""

    uid: int
    gid: int


def unprivileged_account() -> Account | None:
    """The account for servers that refuse root: ``nobody`` when we are root, None when we are not.

    Raises:
        FolderError: we are root and the system knows no ``nobody``.
    """
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise FolderError("Postgres refuses to run as root and there is no user nobody; run as a normal user") from None
    return Account(entry.pw_uid, entry.pw_gid)


def temporary_folder(prefix: str) -> Path:
    """Make a temporary folder that the account of the embedded Postgres can enter but not list.

    Raises:
        FolderError: no temporary place lets that account in.
    """
    for place in dict.fromkeys((tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm")):
        if Path(place).is_dir() and os.access(place, os.W_OK) and lets_others_in(Path(place)):
            folder = Path(tempfile.mkdtemp(prefix=prefix, dir=place))
            folder.chmod(0o711)
            return folder
    raise FolderError("no temporary folder can be entered by the user nobody; set TMPDIR to one that can")


def lets_others_in(folder: Path) -> bool:
    """Whether an account other than root may pass through ``folder`` and everything above it (always, if not root)."""
    if os.geteuid() != 0:
        return True
    resolved = folder.resolve()
    return all(stat.S_IMODE(step.stat().st_mode) & stat.S_IXOTH for step in (resolved, *resolved.parents))


def require_others_in(folder: Path) -> None:
    """Raise FolderError with advice unless the account of the embedded Postgres can reach ``folder``."""
    if not lets_others_in(folder):
        raise FolderError(
            f"the user nobody, as whom Postgres runs under root, can't enter {folder}; "
            "choose a folder below one that everybody may enter (mode 0711), or run as a normal user"
        )
