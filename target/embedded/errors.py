"""What can go wrong with an embedded store.

EmbeddedStoreError
├── CarrierMissingError   the package that carries the binaries is absent or made for another platform
├── FolderError           the folder can't be used, for example by the unprivileged user Postgres needs
└── StoreStartError       the server was started and did not become ready
"""

from __future__ import annotations


class EmbeddedStoreError(Exception):
    """An embedded store can't be used; the message is one sentence with advice and no secret."""


class CarrierMissingError(EmbeddedStoreError):
    """The package that carries the server's binaries is absent or made for another platform."""


class FolderError(EmbeddedStoreError):
    """The folder given for a store can't be used."""


class StoreStartError(EmbeddedStoreError):
    """The server was started and ended, or did not become ready in time."""
