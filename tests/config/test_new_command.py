from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from config.load import load
from config.new_command import main

ROOT = Path(__file__).parents[2]
CHAT = ("--operation", "chat", "said", '{"type": "say", "message_id": "{message_id}", "text": "{prompt}"}')
ENOUGH = ("--name", "shop", "--url", "ws://127.0.0.1:9/ws", "--jwt-secret", "${SHOP_SECRET}", *CHAT)
SECRET = {"SHOP_SECRET": "a-secret-of-forty-characters-and-more-12"}


@pytest.fixture(autouse=True)
def nobody_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())


def test_options_that_suffice_make_a_profile(tmp_path: Path) -> None:
    out = tmp_path / "shop.toml"
    assert main([*ENOUGH, "--out", str(out)]) == 0
    profile = load(out, SECRET)
    assert profile.target.name == "shop" and profile.auth.jwt is not None
    schema = out.read_text(encoding="utf-8").splitlines()[0].removeprefix("#:schema ")
    assert (tmp_path / schema).resolve() == ROOT / "docs" / "profile.schema.json"


def test_without_a_file_it_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ENOUGH]) == 0
    assert "[operations.chat]" in capsys.readouterr().out


def test_options_that_are_missing_are_named_when_nobody_can_be_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--token", "frame", "--url", "ws://x"]) == 2
    said = capsys.readouterr().err
    assert "--name, --login-frame, --login-accepted, --operation chat KIND JSON" in said and said.count("\n") == 1


def test_a_file_that_is_there_is_left_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "shop.toml"
    out.write_text("mine")
    assert main([*ENOUGH, "--out", str(out)]) == 2
    assert out.read_text() == "mine" and "is there already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--url", "http://x", "target.url: should be an address that begins with ws://"),
        ("--jwt-claims", "sub", "--jwt-claims: jwt_claims is no JSON"),
        ("--jwt-claims", '{"sub": "{tenat}"}', "nothing fills {tenat}"),
        ("--sql-remove", "DELETE FROM users", "which could remove others"),
        ("--id-path", "/id", "is no field path"),
    ],
)
def test_answers_that_make_no_profile_are_said_and_nothing_is_written(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    option: str,
    value: str,
    says: str,
) -> None:
    out = tmp_path / "shop.toml"
    monkeypatch.setenv("SHOP_SECRET", SECRET["SHOP_SECRET"])
    assert main([*ENOUGH, "--out", str(out), option, value]) == 2
    assert says in capsys.readouterr().err
    assert not out.exists()


def test_variables_that_are_not_set_yet_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "shop.toml"
    assert main([*ENOUGH, "--redis", "yes", "--out", str(out)]) == 0
    assert "not everything could be tried: REDIS_URL, SHOP_SECRET" in capsys.readouterr().err


def test_files_are_looked_for_beside_the_profile(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_SECRET", SECRET["SHOP_SECRET"])
    out = tmp_path / "shop.toml"
    accounts = ("--tenants", "accounts", "--accounts-file", "accounts.csv")
    assert main([*ENOUGH, *accounts, "--out", str(out)]) == 2
    assert f"{out}:" in (said := capsys.readouterr().err) and "there is no file accounts.csv" in said
    (tmp_path / "accounts.csv").write_text("tenant\nann\n", encoding="utf-8")
    assert main([*ENOUGH, *accounts, "--out", str(out)]) == 0
    assert [account.tenant for account in load(out, SECRET).tenants.existing] == ["ann"]


def test_on_a_terminal_only_what_applies_is_asked(tmp_path: Path) -> None:
    out = tmp_path / "asked.toml"
    (tmp_path / "tokens.csv").write_text("tenant,token\nann,PLANTED-token\n", encoding="utf-8")
    typed = {
        "called": "shop", "WebSocket": "ws://127.0.0.1:9/ws", "token go": "header", "token made": "file",
        "file with the tokens": "tokens.csv", "file with the accounts": "tokens.csv",
        "chat:": '{"type": "say", "message_id": "{message_id}", "text": "{prompt}"}', "final frame": "said",
    }  # fmt: skip
    output = converse(["--out", str(out)], typed)
    assert "file: a table of accounts and tokens" in output and "PLANTED" not in output
    assert "come to be" not in output and "SQL" not in output and "budget in frames" not in output
    profile = load(out, {})
    assert profile.auth.file is not None and profile.tenants.existing[0].tenant == "ann"
    assert profile.tenants.existing[0].extra == {}, "a token is a secret, and no placeholder for messages"


def test_on_a_terminal_it_asks(tmp_path: Path) -> None:
    out = tmp_path / "asked.toml"
    typed = {
        "called": "shop", "WebSocket": "ws://127.0.0.1:9/ws", "token go": "none", "Redis to look": "yes",
        "chat:": '{"type": "say", "message_id": "{message_id}", "text": "{prompt}"}', "final frame": "said",
        "Redis command": "",
    }  # fmt: skip
    output = converse(["--out", str(out)], typed)
    assert "is written; try it out: python -m config check" in output
    profile = load(out, {"REDIS_URL": "redis://127.0.0.1:9"})
    assert profile.auth.place == "none" and profile.stores.redis is not None
    assert profile.operations.chat.ends == ("said",)


def converse(arguments: list[str], typed: dict[str, str]) -> str:
    """Answers each prompt by what it contains; whatever else is asked gets the usual answer."""
    master, slave = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "dumb"}
    command = [sys.executable, "-u", "-m", "config", "new", *arguments]
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environment)
    os.close(slave)
    output, answered = "", 0
    try:
        while data := os.read(master, 4096):
            output += data.decode("utf-8", "replace")
            prompt = output[answered:].rpartition("\n")[2]
            if prompt.endswith((" ", ": ")) and prompt.strip():
                answer = next((value for words, value in typed.items() if words in prompt), "")
                typed = {words: value for words, value in typed.items() if words not in prompt}
                os.write(master, f"{answer}\n".encode())
                answered = len(output)
    except OSError:  # how a terminal says that nobody is left
        pass
    finally:
        os.close(master)
    assert process.wait(30) == 0, output
    return output
