from __future__ import annotations

from locust.argument_parser import LocustArgumentParser, get_empty_argument_parser

from argparse import Namespace
from pathlib import Path

import msgpack
import pytest

from config.errors import HostNotAllowed, ProfileInvalid
from config.load import DEFAULT_PROFILE
from swarm.options import HostUnfit, add_options, environment_of, profile_of
from swarm.trial.command import main as check
from tests.config.profiles import ENVIRONMENT


@pytest.fixture(autouse=True)
def variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("TARGET_PROFILE", raising=False)


def parser() -> LocustArgumentParser:
    made = get_empty_argument_parser()
    add_options(made)
    return made


def parsed(*arguments: str) -> Namespace:
    options: Namespace = parser().parse_args(list(arguments))
    return options


def test_all_options_have_defaults_that_travel_to_workers() -> None:
    options = vars(parsed())
    expected = {
        "target_profile": str(DEFAULT_PROFILE), "runs": "runs", "keep_data": False, "no_check": False,
        "drain_timeout": 60.0, "target_url": "", "redis_url": "", "postgres_url": "",
    }  # fmt: skip
    assert {name: options[name] for name in expected} == expected
    assert msgpack.unpackb(msgpack.packb(expected)) == expected


def test_nothing_with_a_password_is_shown_on_the_page() -> None:
    shown = parser().args_included_in_web_ui
    assert not {"redis_url", "postgres_url", "target_url", "target_profile"} & set(shown)


def test_an_option_stands_in_for_its_variable() -> None:
    options = parsed("--redis-url", "redis://elsewhere:1/0", "--allow-host", "elsewhere")
    assert environment_of(options)["REDIS_URL"] == "redis://elsewhere:1/0"
    assert environment_of(options)["POSTGRES_URL"] == ENVIRONMENT["POSTGRES_URL"]
    store = profile_of(options).stores.redis
    assert store is not None
    assert store.url.get_secret_value() == "redis://elsewhere:1/0"


def test_the_profile_may_come_from_a_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    copied = tmp_path / "other.toml"
    copied.write_text(DEFAULT_PROFILE.read_text().replace("reference agent service", "another service"))
    monkeypatch.setenv("TARGET_PROFILE", str(copied))
    assert profile_of(parsed()).target.name == "another service"


def test_a_host_that_is_a_websocket_address_is_the_target_s() -> None:
    assert profile_of(parsed("--allow-host", "elsewhere"), "wss://elsewhere/ws").target.url == "wss://elsewhere/ws"
    assert (
        profile_of(parsed("--allow-host", "elsewhere"), "").target.url
        == profile_of(parsed()).target.url
        == ENVIRONMENT["TARGET_URL"]
    )


def test_a_host_that_is_none_is_refused_without_its_password() -> None:
    with pytest.raises(HostUnfit) as refused:
        profile_of(parsed(), "http://user:PLANTED@elsewhere:80/")
    assert "elsewhere" in str(refused.value)
    assert "PLANTED" not in str(refused.value)


def test_another_machine_needs_a_permission(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(HostNotAllowed, match=r"far\.example \(target\.url\)"):
        profile_of(parsed(), "ws://far.example/ws")
    assert profile_of(parsed("--allow-host", "far.example"), "ws://far.example/ws").target.url == "ws://far.example/ws"
    monkeypatch.setenv("ALLOW_HOSTS", "[near.example, far.example]")
    assert profile_of(parsed(), "ws://far.example/ws").target.url == "ws://far.example/ws"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('adapter = "adapter_that_is_nowhere:Mine"', "target.adapter: there is no module adapter_that_is_nowhere"),
        ("options = { hart_beat_s = 5 }", "target.options.hart_beat_s: is no option of the dialect json"),
    ],
)
def test_an_adapter_or_option_that_can_not_be_used_is_told_before_anything_is_asked(
    line: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f'extends = "{DEFAULT_PROFILE}"\n[target]\n{line}\n', encoding="utf-8")
    with pytest.raises(ProfileInvalid) as caught:
        profile_of(parsed("--target-profile", str(path)))
    assert str(caught.value).startswith(f"{path}: {says}") and "\n" not in str(caught.value)
    assert check([str(path), "--runs", str(tmp_path / "runs")]) == 2
    assert capsys.readouterr().err.startswith(f"{path}: {says}")
    assert not (tmp_path / "runs").exists()


def test_a_host_leaves_no_entrance_behind_at_another_one(tmp_path: Path) -> None:
    entrance = '[attempts.entrances.room]\ndoes = "read"\nurl = "ws://127.0.0.1:1/{victim_tenant}"\n'
    profile = tmp_path / "p.toml"
    profile.write_text(f'extends = "{DEFAULT_PROFILE}"\n{entrance}', encoding="utf-8")
    options = parsed("--target-profile", str(profile))
    assert "room" in profile_of(options).attempts.entrances
    with pytest.raises(HostUnfit, match=r"attempts\.entrances\.room\.url would lead elsewhere"):
        profile_of(options, "ws://127.0.0.1:2/ws")
