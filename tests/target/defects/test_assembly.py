from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from typing import Any

from target.defects.assembly import defects, seams_of
from target.defects.catalogue import entries
from target.seams import Seams
from target.service_process import ServiceProcess
from tests.target.conftest import Stores
from tests.target.defects.house import House, history, play, state

NOWHERE: Any = None


def test_the_catalogue_and_the_code_have_the_same_defects_in_the_same_order() -> None:
    assert list(defects()) == list(entries())
    for name, defect in defects().items():
        assert defect.__module__ == f"target.defects.{entries()[name].family}"


def test_every_defect_takes_the_place_of_some_part() -> None:
    parts = {name for name in vars(Seams) if not name.startswith("_")}
    for name, defect in defects().items():
        taken = {part for part in parts if getattr(defect, part) is not getattr(Seams, part)}
        assert taken, name


def test_an_honest_service_has_no_seams() -> None:
    assert seams_of((), 1, NOWHERE) == []


def test_defects_combine(stores: Stores) -> None:
    async def both(house: House) -> bool:
        first, second = house.tenant(), house.tenant()
        async with house.session(first) as one, house.session(second) as two:
            await one.chat("m", f"words of {first.canary}")
            await history(one)
            assert first.canary in await history(two)
            await state(one)
            return first.canary in json.dumps(await state(two))

    assert play(both, stores, "previous-history:1", "cache-without-tenant:1", "double-charge:1", "debug-trace:1")


def test_all_of_them_at_once_at_a_low_rate_still_serve(stores: Stores) -> None:
    async def served(house: House) -> bool:
        async with house.session(house.tenant()) as client:
            return bool((await client.chat("m"))[-1]["type"] == "agent_completed")

    assert play(served, stores, *(f"{name}:0" for name in entries()))


def test_a_faulty_service_says_so_in_its_health_and_log(
    start_service: Callable[..., tuple[ServiceProcess, str]], stores: Stores
) -> None:
    process, _ = start_service("--workers", "2", "--defect", "no-limit", "--defect", "debug-trace:0.5")
    with urllib.request.urlopen(f"{process.http_url}/health", timeout=10) as response:
        assert json.load(response)["defects"] == ["no-limit", "debug-trace"]
    assert "FAULTY ON PURPOSE, with the defects no-limit:1.0, debug-trace:0.5" in process.log_path.read_text()


def test_an_honest_service_names_no_defects_in_its_health(
    start_service: Callable[..., tuple[ServiceProcess, str]],
) -> None:
    process, _ = start_service()
    with urllib.request.urlopen(f"{process.http_url}/health", timeout=10) as response:
        assert "defects" not in json.load(response)
    assert "FAULTY" not in process.log_path.read_text()
