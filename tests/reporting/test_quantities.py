from __future__ import annotations

import pytest

from reporting.quantities import duration, milliseconds, moment, share, size


@pytest.mark.parametrize(("value", "text"), [(None, "–"), (0.424, "0.42"), (12.34, "12.3"), (1250.4, "1,250")])
def test_milliseconds(value: float | None, text: str) -> None:
    assert milliseconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (0, "0 %"), (1, "100 %"), (0.9999, "99.99 %"), (0.00001, "0.001 %")]
)
def test_share_never_rounds_to_all_or_nothing(value: float | None, text: str) -> None:
    assert share(value) == text


def test_sizes_times_and_durations() -> None:
    assert [size(number) for number in (512, 2048, 5 << 20)] == ["512 B", "2.0 KiB", "5.0 MiB"]
    assert [duration(seconds) for seconds in (0.25, 61, 185, 7800)] == ["0.2 s", "61 s", "3 min 5 s", "2 h 10 min"]
    assert (moment(None), moment(0)) == ("–", "1970-01-01 00:00:00 UTC")
