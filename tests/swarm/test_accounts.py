from __future__ import annotations

from pathlib import Path

import pytest

from config.profile import Profile
from evidence.oracle import control_pair, is_control
from swarm.accounts import Accounts, NoAccountLeft, existing_row, too_few
from swarm.cleaning import clean
from swarm.provisioning import Provisioner
from tests.config.profiles import REMOVE, changed
from tests.swarm.fixtures import KEY, run_folder
from tests.swarm.test_provisioning import Provisioning
from users.run import TenantUnavailable


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    path = tmp_path / "accounts.csv"
    lines = [f"id-{index},mail-{index}@x,PLANTED-{index},team {index},5" for index in range(10)]
    path.write_text("\n".join(["tenant,mail,secret,team,left", *lines]) + "\n", encoding="utf-8")
    columns = {"email": "mail", "password": "secret", "aliases": ["team"], "budget": "left"}
    return changed(
        tenants__accounts=str(path), tenants__columns=columns, provisioning=REMOVE, stores__none="none here",
        stores__redis=REMOVE, stores__postgres=REMOVE, operations__chat__stored_in=[],
    )  # fmt: skip


def drawn(accounts: Accounts) -> list[str]:
    names = []
    while True:
        try:
            names.append(accounts.take()[0].name)
        except NoAccountLeft:
            return names


def test_an_account_is_handed_out_once_whatever_node_asks(profile: Profile) -> None:
    shares = [Accounts(profile, part, 3) for part in range(3)]
    controls = [share.take_control()[0].name for share in shares]
    assert controls == ["id-0", "id-1", "id-2"]
    handed_out = [name for share in shares for name in drawn(share)]
    assert sorted([*controls, *handed_out]) == [f"id-{index}" for index in range(10)]


def test_every_node_knows_whose_each_name_is(profile: Profile) -> None:
    first, second = Accounts(profile, 0, 2), Accounts(profile, 1, 2)
    theirs, aliases = second.take()
    for name in (theirs.name, *aliases):
        assert first.names().get(name) == theirs.number == 3
    control, _ = second.take_control()
    assert is_control(control.number) and control.number == control_pair(2)[0]
    assert first.names().get(control.name) == control.number
    assert first.names().get("ID-3") == 3, "no other account differs from it in case alone"


def test_a_node_that_came_too_late_gets_none(profile: Profile) -> None:
    late = Accounts(profile, 2, 2)
    with pytest.raises(
        NoAccountLeft, match=r"accounts\.csv holds 10 accounts, of which .* are for the tenants of this node"
    ):
        late.take()
    with pytest.raises(NoAccountLeft, match="none for the live control"):
        late.take_control()


def test_too_few_accounts_are_told_before_anything_begins(profile: Profile) -> None:
    assert too_few(profile, 9, 1) is None
    sentence = too_few(profile, 9, 2)
    assert sentence is not None
    assert sentence.startswith("tenants.accounts: accounts.csv holds 10 accounts, and 9 users were asked for")
    assert "takes 11 at least" in sentence
    assert too_few(changed(), 10_000, 5) is None


def test_tenants_are_the_accounts_and_their_passwords_are_written_nowhere(profile: Profile, tmp_path: Path) -> None:
    made = Provisioning(profile)
    made.provisioner.plant_control()
    control, planted = made.provisioner.take_control()
    one = made.provisioner.take(short=True)
    assert (control.name, one.name, one.number, one.short) == ("id-0", "id-1", 1, False)
    assert one.secrets == {"password": "PLANTED-1"}
    assert is_control(control.number) and planted == control.number + 1
    row = next(row for row in made.tenants() if row.tenant == one.number)
    assert (row.name, row.aliases, row.existed) == ("id-1", ["mail-1@x", "team 1"], True)
    assert "PLANTED" not in repr(made.rows) + repr(one)
    folder = run_folder(tmp_path, profile, made.rows)
    done = clean(folder, profile)
    assert done.left == [] and "2 accounts existed before the run and were left as they are" in done.notes[0]
    assert folder.header().cleaned_at_s is None, "nothing of the run was removed, so it can be judged again"


def test_when_none_is_left_the_run_is_told_once_and_with_numbers(profile: Profile) -> None:
    made = Provisioning(profile)
    for _ in range(9):
        made.provisioner.take(short=False)
    for _ in range(2):
        with pytest.raises(TenantUnavailable, match="10 accounts, of which 9 are for the tenants of this node"):
            made.provisioner.take(short=False)
    assert len(made.failures) == 1


def test_a_limit_of_tenants_holds_for_accounts_too(profile: Profile) -> None:
    reached: list[str] = []
    provisioner = Provisioner(profile, KEY, "local", 0, lambda _row: None, limit=2, on_limit=reached.append)
    for _ in range(2):
        provisioner.take(short=False)
    with pytest.raises(TenantUnavailable, match=r"limits\.tenants"):
        provisioner.take(short=False)
    assert len(reached) == 1


def test_a_live_control_is_looked_for_where_its_data_will_lie(profile: Profile) -> None:
    assert profile.operations.state_write is not None
    written = profile.operations.state_write.model_copy(update={"stored_in": ("redis",)})
    kept = profile.model_copy(update={"operations": profile.operations.model_copy(update={"state_write": written})})
    control, aliases = Accounts(kept, 0, 1).take_control()
    assert existing_row(kept, "local", control, aliases, control=True).planted == {"redis": ["STATE:1"]}
    assert existing_row(kept, "local", control, aliases, control=False).planted == {}


def test_without_a_live_control_the_first_account_is_played_too(profile: Profile) -> None:
    alone = Accounts(profile, 0, 1, live_controls=False)
    assert alone.names().get("id-0") == 0
    assert drawn(alone) == [f"id-{index}" for index in range(10)]
    with pytest.raises(NoAccountLeft, match="none for the live control"):
        alone.take_control()
