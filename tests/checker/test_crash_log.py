from __future__ import annotations

from pathlib import Path

from checker.crash_log import CrashLog


def crashed(log: CrashLog, part: str) -> None:
    try:
        raise ConnectionError("postgresql://u:PLANTED@127.0.0.1/x")
    except ConnectionError as error:
        log.add(part, error)


def test_a_crash_is_written_down_with_its_places_and_without_what_it_was_about(tmp_path: Path) -> None:
    log = CrashLog(tmp_path)
    crashed(log, "reading redis")
    crashed(log, "settling the accounts")
    text = log.path.read_text(encoding="utf-8")
    assert "reading redis: builtins.ConnectionError" in text and "settling the accounts" in text
    assert f"{Path(__file__)}:" in text and "in crashed" in text
    assert "PLANTED" not in text
    assert log.parts == ["reading redis", "settling the accounts"]


def test_a_folder_that_can_not_be_written_to_loses_the_log_alone(tmp_path: Path) -> None:
    log = CrashLog(tmp_path / "nowhere")
    crashed(log, "reading redis")
    assert log.parts == ["reading redis"] and not log.path.exists()
