from __future__ import annotations

import pytest

from target.defects.catalogue import entries
from target.defects.choice import DefectChoice, chosen, warning
from target.errors import SettingsError


def test_without_a_rate_a_defect_has_its_natural_one() -> None:
    assert DefectChoice.parse("debug-trace") == DefectChoice("debug-trace", entries()["debug-trace"].rate)


def test_a_rate_survives_being_passed_on_to_a_process_of_our_own() -> None:
    for text in ("debug-trace:0.001", "debug-trace:1e-07", "debug-trace:1"):
        choice = DefectChoice.parse(text)
        assert DefectChoice.parse(str(choice)) == choice


def test_an_unknown_name_is_a_sentence_with_all_names() -> None:
    with pytest.raises(SettingsError) as refused:
        DefectChoice.parse("no-such-defect")
    for name in entries():
        assert name in str(refused.value)


@pytest.mark.parametrize("rate", ["", "often", "-0.1", "1.1", "nan", "inf"])
def test_a_rate_that_is_no_probability_is_a_sentence(rate: str) -> None:
    with pytest.raises(SettingsError, match=r"rate of --defect silent is a probability"):
        DefectChoice.parse(f"silent:{rate}")


def test_defects_combine_and_the_last_word_on_one_counts() -> None:
    choices = chosen(["no-limit", "debug-trace:0.5", "no-limit:0.1"], silent=True)
    assert [str(choice) for choice in choices] == ["no-limit:0.1", "debug-trace:0.5", "silent:1.0"]
    assert chosen(None) == ()


def test_the_warning_names_every_defect() -> None:
    assert "FAULTY ON PURPOSE" in warning(chosen(["no-limit", "silent"]))
    assert "silent" in warning(chosen(["no-limit", "silent"]))
