"""The command line over real folders. The stores of these profiles refuse connections."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from checker.__main__ import main
from checker.scan import StoreScan
from config.load import load, public_view
from tests.checker.histories import History, a_sighting, healthy

PROFILE = """
[target]
name = "a service"
url = "${SERVICE_URL}"
[auth]
place = "none"
[frames]
request_id = ["message_id"]
[operations.chat]
send = { type = "chat", message_id = "{message_id}" }
ends = ["agent_completed"]
cost = 7
stored_in = ["postgres"]
[stores.redis]
url = "${STORE_URL}"
[stores.postgres]
url = "postgresql://u:sesame@127.0.0.1:1/app"
"""


@pytest.fixture
def profile_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SERVICE_URL", "ws://127.0.0.1:9/ws")
    monkeypatch.setenv("STORE_URL", "redis://u:sesame@127.0.0.1:1/0")
    path = tmp_path / "profile.toml"
    path.write_text(PROFILE)
    return path


def stores_of(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the scanners return what the history says the stores hold."""
    scans = history.scans

    def scan_of(name: str) -> StoreScan:
        return scans[name]

    monkeypatch.setattr("checker.scanning.scan_redis", lambda *_, **__: scan_of("redis"))
    monkeypatch.setattr("checker.scanning.scan_postgres", lambda *_, **__: scan_of("postgres"))


def test_an_isolated_run_exits_0_with_every_report(
    tmp_path: Path, profile_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    history = healthy()
    stores_of(history, monkeypatch)
    folder = history.write(tmp_path / "runs")
    assert main([str(folder.path), "--profile", str(profile_file)]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("ISOLATED (exit 0)\nNo leak in 28 replies")
    assert str(folder.path / "report.html") in told.out
    assert told.err == "reading redis\nreading postgres\n"
    names = {path.name for path in folder.path.iterdir()}
    assert {"verdict.json", "report.html", "junit.xml", "summary.md", "console.txt"} <= names
    assert not any(name.endswith(".new") for name in names)
    assert json.loads((folder.path / "verdict.json").read_text())["verdict"] == "ISOLATED"


def test_a_leaking_run_exits_1_and_is_quiet_if_told_so(
    tmp_path: Path, profile_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    history = healthy()
    history.rows["local"].append(a_sighting())
    stores_of(history, monkeypatch)
    folder = history.write(tmp_path / "runs")
    assert main([str(folder.path), "--profile", str(profile_file), "--quiet"]) == 1
    assert capsys.readouterr() == ("", "")


def test_stores_that_refuse_make_a_run_inconclusive_and_show_no_password(
    tmp_path: Path, profile_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = healthy().write(tmp_path / "runs")
    assert main([str(folder.path), "--profile", str(profile_file), "--no-stores-progress"]) == 3
    told = capsys.readouterr()
    assert told.err == ""
    assert "127.0.0.1:1" in told.out
    written = [path.read_text() for path in folder.path.rglob("*") if path.is_file()]
    assert not any("sesame" in text for text in [told.out, *written])


def test_a_scanner_that_crashes_is_a_reason_and_is_logged_without_its_message(
    tmp_path: Path, profile_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    history = healthy()
    stores_of(history, monkeypatch)

    def crash(*_: object, **__: object) -> StoreScan:
        raise KeyError("redis://u:sesame@127.0.0.1")

    monkeypatch.setattr("checker.scanning.scan_redis", crash)
    folder = history.write(tmp_path / "runs")
    assert main([str(folder.path), "--profile", str(profile_file)]) == 3
    assert "reading redis crashed: KeyError" in capsys.readouterr().out
    log = (folder.path / "checker-errors.log").read_text()
    assert "test_main.py" in log
    assert "sesame" not in log


def test_a_damaged_line_does_not_stop_the_check(
    tmp_path: Path, profile_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    history = healthy()
    stores_of(history, monkeypatch)
    folder = history.write(tmp_path / "runs")
    with folder.evidence_file("local").open("ab") as file:
        file.write(b'{"row": "request", "ten')
    assert main([str(folder.path), "--profile", str(profile_file)]) == 3
    assert "1 line of evidence can't be read, the first is local.jsonl line 94: not JSON" in capsys.readouterr().out


def test_a_folder_that_is_no_run_is_one_sentence_and_exit_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 2
    assert capsys.readouterr() == ("", f"checker: {tmp_path} is no run folder: it has no run.json\n")


def test_a_check_that_is_stopped_is_one_sentence_and_exit_2(
    tmp_path: Path, profile_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(*_: object, **__: object) -> StoreScan:
        raise KeyboardInterrupt

    monkeypatch.setattr("checker.scanning.scan_redis", stopped)
    folder = healthy().write(tmp_path / "runs")
    assert main([str(folder.path), "--profile", str(profile_file), "--no-stores-progress"]) == 2
    assert capsys.readouterr().err.startswith("checker: stopped before there was a verdict")
    assert not (folder.path / "verdict.json").exists()


def test_a_profile_that_is_missing_is_one_sentence_and_exit_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = healthy().write(tmp_path / "runs")
    missing = tmp_path / "none.toml"
    assert main([str(folder.path), "--profile", str(missing)]) == 2
    assert capsys.readouterr().err == f"checker: {missing}: there is no such profile\n"


def test_a_key_that_is_missing_is_one_sentence_and_exit_2(
    tmp_path: Path, profile_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = healthy().write(tmp_path / "runs")
    (folder.path / "run.key").unlink()
    assert main([str(folder.path), "--profile", str(profile_file)]) == 2
    assert "no mark can be recognised" in capsys.readouterr().err


def test_a_run_can_be_checked_again_without_the_variables_if_told_where_the_stores_are(
    tmp_path: Path, profile_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    history = healthy()
    stores_of(history, monkeypatch)
    folder = history.write(tmp_path / "runs")
    monkeypatch.delenv("SERVICE_URL")
    arguments = [str(folder.path), "--profile", str(profile_file), "--quiet", "--redis-url", "redis://127.0.0.1:1"]
    assert main(arguments) == 2
    assert capsys.readouterr().err.endswith(
        "needs the environment variable SERVICE_URL, which is not set; or say where the stores are with "
        "--postgres-url\n"
    )
    assert main([*arguments, "--postgres-url", "postgresql://127.0.0.1:1/app"]) == 0


def test_a_store_address_for_a_store_the_profile_has_not_is_refused(
    tmp_path: Path, profile_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    profile_file.write_text(PROFILE.replace('[stores.redis]\nurl = "${STORE_URL}"\n', ""))
    folder = healthy().write(tmp_path / "runs")
    arguments = [str(folder.path), "--profile", str(profile_file), "--redis-url", "redis://u:sesame@127.0.0.1:1"]
    assert main(arguments) == 2
    assert capsys.readouterr().err == (
        "checker: --redis-url was given, and the profile of a service has no such store: it has postgres\n"
    )


FURTHER = """
[stores.more_redis.sessions]
url = "${STORE_URL}"
[stores.more_postgres.billing]
url = "postgresql://u:sesame@127.0.0.1:1/billing"
"""


def test_every_store_can_be_said_to_be_elsewhere_by_its_name(
    tmp_path: Path, profile_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    profile_file.write_text(PROFILE + FURTHER)
    history = healthy()
    history.header.profile = json.loads(json.dumps(public_view(load(profile_file)), default=str))
    folder = history.write(tmp_path / "runs")
    asked = ["sessions=redis://127.0.0.1:2/3", "billing=host=127.0.0.1 port=2 dbname=b", "redis=redis://127.0.0.1:2/4"]
    options = ["--profile", str(profile_file), "--no-stores-progress", *(f"--store={one}" for one in asked)]
    assert main([str(folder.path), *options]) == 3
    told = capsys.readouterr().out
    for where in (
        "redis     not read: Redis at 127.0.0.1:2/4",
        "sessions  not read: Redis at 127.0.0.1:2/3",
        "postgres  not read: Postgres at 127.0.0.1:1/app",
        "billing   not read: Postgres at 127.0.0.1:2/b",
    ):
        assert where in told
    assert main([str(folder.path), *options, "--redis-url", "redis://u:sesame@127.0.0.1:1"]) == 2
    assert capsys.readouterr().err == "checker: two options say where the store redis is: leave one out\n"
    assert main([str(folder.path), *options[:-1], "--store", "hot=redis://u:sesame@127.0.0.1:1"]) == 2
    assert capsys.readouterr().err == (
        "checker: --store hot=URL was given, and the profile of a service has no such store: it has redis, sessions, "
        "postgres, billing\n"
    )
    monkeypatch.delenv("SERVICE_URL")
    assert main([str(folder.path), *options]) == 2
    assert capsys.readouterr().err.endswith("or say where the stores are with --postgres-url\n")
    assert main([str(folder.path), *options[:-2], "--redis-url", "redis://127.0.0.1:1"]) == 2
    assert capsys.readouterr().err.endswith("with --postgres-url and --store billing=URL\n")


def test_a_store_elsewhere_is_read_only_if_that_was_allowed_for_the_run_or_is_now(
    tmp_path: Path, profile_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    history = healthy()
    stores_of(history, monkeypatch)
    monkeypatch.setenv("STORE_URL", "redis://u:sesame@far.example/0")
    monkeypatch.setenv("SERVICE_URL", "ws://elsewhere.example/ws")
    folder = history.write(tmp_path / "runs")
    options = [str(folder.path), "--profile", str(profile_file), "--quiet"]
    assert main(options) == 2
    told = capsys.readouterr().err
    assert told.startswith("checker: the profile leads to far.example (stores.redis.url), not on this machine")
    assert main([*options, "--allow-host", "far.example"]) == 0
    assert main([*options, "--redis-url", "redis://u:sesame@far.example/0"]) == 0
    header = folder.header()
    header.allowed_hosts = ["far.example"]
    folder.write_header(header)
    assert main(options) == 0


def test_an_address_without_a_stores_name_is_refused_and_not_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for wrong in ("redis://u:sesame@127.0.0.1:1", "redis", "redis=", "redis://u:sesame@127.0.0.1:1/0?x=y"):
        with pytest.raises(SystemExit):
            main([str(tmp_path), "--store", wrong])
        told = capsys.readouterr().err
        assert told.endswith("argument --store: write the store's name before its address: NAME=URL\n")
        assert "sesame" not in told
