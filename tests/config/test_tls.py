from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from config.load import ProfileInvalid, load, public_view
from config.profile import Profile
from tests.config.profiles import ENVIRONMENT, PLANTED, reference, written

PASSWORD = "PLANTED-key-password"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    own = authority.issue_cert("swarm@tenants.example")
    own.cert_chain_pems[0].write_to_path(tmp_path / "own.pem")
    own.private_key_pem.write_to_path(tmp_path / "own.key")
    own.private_key_and_cert_chain_pem.write_to_path(tmp_path / "both.pem")
    key = serialization.load_pem_private_key(own.private_key_pem.bytes(), None)
    locked = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(PASSWORD.encode()),
    )  # fmt: skip
    (tmp_path / "locked.key").write_bytes(locked)
    (tmp_path / "none.pem").write_text("nothing\n", encoding="utf-8")
    trustme.CA().issue_cert("x@y.example").private_key_pem.write_to_path(tmp_path / "other.key")
    return tmp_path


def loaded(folder: Path, **tls: object) -> Profile:
    return load(written(folder / "p.toml", {"target.tls": tls}), ENVIRONMENT)


@pytest.mark.parametrize("tls", [
    {"ca_file": "ca.pem"}, {"client_cert": "both.pem"}, {"client_cert": "own.pem", "client_key": "own.key"},
    {"client_cert": "own.pem", "client_key": "locked.key", "client_key_password": PASSWORD},
])  # fmt: skip
def test_certificates_are_read_and_checking_stays_on(folder: Path, tls: dict[str, object]) -> None:
    profile = loaded(folder, **tls)
    context = profile.target.tls.chosen()
    assert context is not None
    assert context.check_hostname and context.verify_mode is ssl.CERT_REQUIRED
    assert PASSWORD not in repr(profile) + repr(public_view(profile))
    assert len(context.get_ca_certs()) == 1 or "ca_file" not in tls, "none but the profile's own is trusted"


def test_without_the_table_the_platform_decides() -> None:
    assert reference().target.tls.chosen() is None


@pytest.mark.parametrize(("tls", "key", "says"), [
    ({"ca_file": "no.pem"}, "target.tls.ca_file", "there is no file no.pem"),
    ({"ca_file": "none.pem"}, "target.tls.ca_file", "holds no certificate in PEM"),
    ({"client_cert": "none.pem"}, "target.tls.client_cert", "no certificate with its private key can be read"),
    ({"client_cert": "own.pem"}, "target.tls.client_cert", "no certificate with its private key can be read"),
    ({"client_cert": "own.pem", "client_key": "other.key"}, "target.tls.client_cert", "can be read"),
    ({"client_cert": "own.pem", "client_key": "locked.key"}, "target.tls.client_cert", "client_key_password"),
    ({"client_key": "own.key"}, "target.tls.client_key", "belongs to a client_cert, and there is none"),
    ({"insecure": True}, "target.tls.insecure", "is no key"),
])  # fmt: skip
def test_certificates_that_can_not_be_used_are_a_sentence(
    folder: Path, tls: dict[str, object], key: str, says: str
) -> None:
    with pytest.raises(ProfileInvalid) as caught:
        loaded(folder, **tls)
    text = str(caught.value)
    assert f": {key}: " in text and says in text and "\n" not in text and PLANTED not in text, text
