"""Every example of docs/tenants.md stands in a profile as it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from config.load import DEFAULT_PROFILE, load
from tests.config.profiles import ENVIRONMENT

PAGE = Path(__file__).parent.parent.parent / "docs" / "tenants.md"
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    (folder / "accounts.csv").write_text("User ID,Mail,Password,Login,Left\nu1,a@x,p,ann,5\n", encoding="utf-8")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    authority.issue_cert("a@x.example").private_key_and_cert_chain_pem.write_to_path(folder / "swarm.pem")
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "signing.pem").write_bytes(pem)
    (folder / "bare.toml").write_text(
        f'extends = "{DEFAULT_PROFILE}"\nauth = {{ jwt = false, service = false }}\nattempts = {{ tokens = [] }}\n',
        encoding="utf-8",
    )
    return folder


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_an_example_is_a_profile_when_laid_over_the_reference_one(folder: Path, example: str) -> None:
    path = folder / "example.toml"
    # Tables are merged, and a token has one key, a request one body.
    own = "[auth.jwt]" in example or "[auth.service]" in example
    path.write_text(f'extends = "{"bare.toml" if own else DEFAULT_PROFILE}"\n{example}', encoding="utf-8")
    profile = load(path, ENVIRONMENT)
    if "[[provisioning.steps]]" in example:
        assert {"user_id"} <= profile.of_tenant and {"token"} <= profile.secrets_of_tenant


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 10
