from __future__ import annotations

import pytest

from benchmarks.detection.parts import Part
from benchmarks.detection.trials import SHAPES, all_defects, blinded, faultless, of_defects, rare
from target.defects.catalogue import entries
from target.errors import SettingsError


def test_every_defect_is_tried_at_its_natural_rate() -> None:
    trials = list(of_defects(all_defects(lower=False), 40, 20))
    assert [trial.defects[0].partition(":")[0] for trial in trials] == list(entries())
    assert len({trial.name for trial in trials}) == len(trials)
    assert not any(trial.clean for trial in trials)


def test_lower_rates_are_lower_and_leave_out_what_no_finding_shows() -> None:
    rates = {text.partition(":")[0]: float(text.partition(":")[2]) for text in all_defects(lower=True)}
    assert all(rates[name] == pytest.approx(entries()[name].rate / 5) for name in rates)
    assert rates.keys() == {name for name, entry in entries().items() if entry.shows}


def test_a_defect_that_is_none_is_refused() -> None:
    with pytest.raises(SettingsError, match="there is no defect 'nonsense'"):
        list(of_defects(["nonsense"], 40, 20))


def test_faultless_runs_take_all_shapes_in_turn_and_a_seed_each() -> None:
    trials = list(faultless(len(SHAPES) + 1, 40, 20))
    assert [trial.shape for trial in trials] == [*SHAPES, SHAPES[0]]
    assert len({trial.seed for trial in trials}) == len({trial.name for trial in trials}) == len(trials)
    assert all(trial.clean for trial in trials)


def test_shapes_cover_what_can_go_wrong_in_a_run_without_a_leak() -> None:
    disturbances = {shape.disturbance for shape in SHAPES}
    assert disturbances == {"", "service worker", "service", "redis", "swarm worker"}
    assert len({shape.name for shape in SHAPES}) == len(SHAPES)


def test_names_are_fit_for_folders() -> None:
    trials = [*of_defects(all_defects(lower=False), 1, 1), *faultless(20, 1, 1), *rare(2, 1, 1)]
    assert all(set(trial.name) <= set("abcdefghijklmnopqrstuvwxyz0123456789.-") for trial in trials)


def test_each_part_of_the_oracle_is_switched_off_once_with_a_defect_that_a_finding_shows() -> None:
    trials = list(blinded(40, 20))
    assert [trial.blind for trial in trials if trial.blind] == [part.name for part in Part]
    assert [trial.defects for trial in trials if trial.blind] == [trial.defects for trial in trials if not trial.blind]
    assert len({trial.name for trial in trials}) == len(trials)
    assert all(entries()[trial.defects[0].partition(":")[0]].shows for trial in trials)
