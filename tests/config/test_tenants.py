from __future__ import annotations

from pathlib import Path

import pytest

from config.load import ProfileInvalid, fingerprint, load, public_view
from config.profile import Profile
from tests.config.profiles import ENVIRONMENT, REMOVE, written

CSV = (
    "User ID,Mail,Pass Word,API,Team Name,Left\n"
    "u1,a@x,PLANTED-1,PLANTED-t1,red,70\n"
    "u2,b@x,PLANTED-2,PLANTED-t2,blue,0\n"
)  # fmt: skip
COLUMNS = {
    "tenant": "User ID",
    "email": "Mail",
    "password": "Pass Word",
    "token": "API",
    "aliases": ["Mail"],
    "budget": "Left",
}


def loaded(folder: Path, changes: dict[str, object], csv: str = CSV) -> Profile:
    (folder / "accounts.csv").write_text(csv, encoding="utf-8")
    every = {"tenants.accounts": "accounts.csv", "tenants.columns": COLUMNS, "provisioning": REMOVE, **changes}
    kept = {key: value for key, value in every.items() if value is not REMOVE or key == "provisioning"}
    return load(written(folder / "p.toml", kept), ENVIRONMENT)


def test_accounts_come_from_a_file_with_columns_of_any_name(tmp_path: Path) -> None:
    tenants = loaded(tmp_path, {}).tenants
    first, second = tenants.existing
    assert (first.tenant, first.email, first.password, first.token) == ("u1", "a@x", "PLANTED-1", "PLANTED-t1")
    assert second.extra == {"csv_team_name": "blue"}
    assert (second.aliases, first.budget, second.budget) == (("b@x",), 70, 0)
    assert tenants.placeholders == {"tenant", "email", "number", "csv_team_name"}
    assert tenants.secret_placeholders == {"password", "token"}


def test_nothing_of_an_account_is_ever_shown(tmp_path: Path) -> None:
    profile = loaded(tmp_path, {})
    assert "PLANTED" not in repr(profile) + repr(public_view(profile)) + repr(profile.tenants.existing)
    assert str(tmp_path) not in repr(public_view(profile)["tenants"])


def test_nodes_may_keep_the_file_in_different_folders(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    assert fingerprint(loaded(tmp_path / "one", {})) == fingerprint(loaded(tmp_path / "two", {}))


WRONG: list[tuple[dict[str, object], str, str, str]] = [
    ({}, "User ID,Mail,Pass Word,Left\n1,2,3,4\n", "tenants.columns.token", "accounts.csv has no column 'API'"),
    ({}, CSV.splitlines()[0] + "\n", "tenants.accounts", "accounts.csv holds no account"),
    ({}, CSV + "U1,c@x,p,t,red,1\n", "tenants.accounts", "two accounts with the same tenant"),
    ({}, CSV + "u3,A@x,p,t,red,1\n", "tenants.accounts", "two accounts with the same email"),
    ({}, CSV + ",c@x,p,t,red,1\n", "tenants.columns.tenant", "accounts.csv has nothing in column 'User ID' of entry 3"),
    ({}, CSV + "u3,c@x,p,t,red,many\n", "tenants.columns.budget", "no whole number below 1048576"),
    ({"tenants.accounts": "other.csv"}, CSV, "tenants.accounts", "there is no file other.csv"),
    ({"tenants.accounts": REMOVE}, CSV, "tenants.columns", "says what stands in a file of accounts"),
    ({"tenants.names": "pattern"}, CSV, "tenants.pattern", "goes together with names"),
    (
        {"tenants.names": "pattern", "tenants.pattern": "t-{ordinal}"},
        CSV,
        "tenants.pattern",
        "must hold {run} and {ordinal}",
    ),
    ({"tenants.integers": {"first": 1, "last": 99_999}}, CSV, "tenants.integers", "needs names = 'integer'"),
    ({"tenants.integers": {"first": 1, "last": 99}}, CSV, "tenants.integers", "at least 4096 numbers"),
]


@pytest.mark.parametrize(("changes", "csv", "key", "says"), WRONG, ids=range(len(WRONG)))
def test_a_wrong_table_of_tenants_is_one_sentence_with_its_key(
    tmp_path: Path, changes: dict[str, object], csv: str, key: str, says: str
) -> None:
    with pytest.raises(ProfileInvalid) as caught:
        loaded(tmp_path, changes, csv)
    text = str(caught.value)
    assert f": {key}: " in text and says in text, text
    assert "\n" not in text and "PLANTED" not in text
