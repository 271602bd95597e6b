"""Whose a mark of an earlier run is, where tenants are accounts that exist and play in one run after the other."""

from __future__ import annotations

from pathlib import Path

from evidence.budgets import BudgetBands
from evidence.earlier_accounts import recognising, rosters
from evidence.marks import Keyring, Mark, MarkKind, RunKey
from evidence.oracle import FrameFields, Oracle, control_pair
from evidence.records import TenantProvisioned
from evidence.runfolder import RunFolder, RunHeader

OLD, NEW = RunKey(bytes(range(32))), RunKey(bytes(range(1, 33)))
HOLDER, PLANTED = control_pair(0)


def a_run(parent: Path, run_id: str, key: RunKey, names: dict[int, str], *, target: str = "chat") -> RunFolder:
    header = RunHeader(run_id, "chat.toml", target, {}, "local", 2, 1.0, 1_800_000_000.0)
    folder = RunFolder.create(parent, header, key)
    writer = folder.writer("local")
    for number, name in names.items():
        control = number == HOLDER
        writer.write(TenantProvisioned(number, name, "local", 1_800_000_000.0, 0, control=control, existed=True))
    writer.close()
    return folder


def an_oracle(folder: RunFolder, playing: dict[str, int]) -> Oracle:
    keyring = Keyring(NEW, folder.earlier_keys(), recognising(rosters(folder), playing.get))
    return Oracle(keyring, BudgetBands(NEW), FrameFields())


def shown(oracle: Oracle, number: int, *, to: int) -> list[tuple[int | None, str]]:
    text = OLD.mint_canary(Mark(MarkKind.PROMPT, number, 1))
    found = oracle.inspect(text, None, tenant=to, session="0", at_s=0.0)
    assert not found.own
    return [(sighting.owner, sighting.detail) for sighting in found.sightings]


def test_what_an_account_said_in_an_earlier_run_is_its_own_and_another_s_leak_names_it(tmp_path: Path) -> None:
    a_run(tmp_path, "1", OLD, {1: "ada", 2: "bob", 3: "cy", HOLDER: "dan"})
    oracle = an_oracle(a_run(tmp_path, "2", NEW, {}), {"ada": 2, "bob": 1, "dan": 3})
    foreign = "a prompt mark of another tenant"
    assert shown(oracle, 1, to=2) == []
    assert shown(oracle, PLANTED, to=3) == []
    assert shown(oracle, 1, to=1) == [(2, foreign)]
    assert shown(oracle, 3, to=1) == [(None, "a prompt mark of a tenant of another run")]


def test_what_nobody_knows_the_account_of_stays_a_stranger_s(tmp_path: Path) -> None:
    a_run(tmp_path, "1", OLD, {1: "ada"}, target="another service")
    oracle = an_oracle(a_run(tmp_path, "2", NEW, {}), {"ada": 1})
    assert shown(oracle, 1, to=1) == [(None, "a prompt mark of a tenant of another run")]
