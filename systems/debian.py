"""Programs from Debian packages, unpacked into the ignored folder ``.systems``; that needs no root."""

from __future__ import annotations

from pathlib import Path

from systems.errors import InstallError
from systems.installed import INSTALLED, carry_out, once

RELEASE = "12"


def unpack_packages(name: str, listed: Path) -> Path:
    """Fetch the packages named in the file ``listed``, one a line, with what ``apt-get`` knows, and unpack them.

    ``apt-get`` checks what it fetches against the archive's signature. The packages' own scripts are not run.

    Returns:
        The folder that stands for the root of the file system.

    Raises:
        InstallError: they could not be had.
    """
    place = INSTALLED / name
    packages = [line for line in listed.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]

    def install() -> None:
        if _release() != ("debian", RELEASE):
            raise InstallError(
                f"{name} comes out of the packages of Debian {RELEASE} and this is another system: use a container"
            )
        fetched, root = place / "packages", place / "root"
        fetched.mkdir()
        root.mkdir()
        # As the user who asks, not as apt's own, who may not write into this folder.
        fetch = ["apt-get", "download", "--quiet", "--option", "APT::Sandbox::User=root", *packages]
        carry_out(fetch, fetched, advice="perhaps its lists are old: apt-get update")
        for package in sorted(fetched.glob("*.deb")):
            carry_out(["dpkg-deb", "--extract", package, root], place)

    once(place, [listed], install)
    return place / "root"


def _release() -> tuple[str, str]:
    path = Path("/etc/os-release")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    said = dict(line.split("=", 1) for line in lines if "=" in line)
    return said.get("ID", "").strip('"'), said.get("VERSION_ID", "").strip('"')
