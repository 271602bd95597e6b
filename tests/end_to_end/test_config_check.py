"""``python -m config check`` against the reference target, right and wrong; and runs that only pretend."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from target.frames import CONTENT_CHARACTERS
from tests.end_to_end.profiles import short_profile
from tests.end_to_end.stack import Stack


def profile_with(stack: Stack, *changes: tuple[str, str]) -> Path:
    path = short_profile(stack.folder / "checked.toml", reply_timeout_s=1)
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")
    return path


def check(stack: Stack, profile: Path, *options: str, environment: dict[str, str] | None = None) -> tuple[int, str]:
    runs = stack.folder / "trials"
    return stack.program("config", "check", str(profile), "--runs", str(runs), *options, environment=environment)


def test_a_right_profile_is_understood_and_nothing_is_left_behind(stack: Stack) -> None:
    code, output = check(stack, profile_with(stack))
    assert code == 0, output
    for name in ("ping", "routing", "chat", "history", "state_read", "state_write"):
        assert f"ok    {name}: answered after" in output
    assert "connected again and resumed" in output
    for door in ("read_history", "read_state", "change_state", "speak_in_thread", "take_over_session"):
        assert f"ok    control: {door}: answered" in output
        refused = f"ok    attempts.doors.{door}: refused, as it should be" in output
        answered = f"note  attempts.doors.{door}: answered, and nothing of the second tenant's was shown" in output
        assert (refused, answered) == (door != "change_state", door == "change_state")
    for kind in ("missing", "unsigned", "expired", "wrong_key", "wrong_audience", "contradictory", "unknown"):
        assert f"ok    token: {kind}: refused, as it should be" in output
    assert "public.messages: 6 belong to tenants, by the reference to public.threads in column thread_id" in output
    assert "user_context:*: 2 belong to tenants, by the name in the key's name" in output
    assert "public.alembic_version: 1 name no tenant" in output
    assert "whether its token still lets somebody in; it was refused just now" in output
    assert "removed 2 tenants" in output and "\x1b" not in output
    assert stack.sql("SELECT count(*) FROM users") == [(0,)]
    assert stack.redis_client().dbsize() == 0
    assert not list((stack.folder / "trials").iterdir())
    assert all(secret not in output for secret in stack.secrets())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (('ends = ["history"]', 'ends = ["hystory"]'), 'did you mean ends = ["history"]?'),
        (('"message_id", "test_id"]', '"msg_id", "test_id"]'), 'did you mean frames.request_id = ["message_id"]?'),
        (('ready = "session_ready"', 'ready = "helo"\n'), 'did you mean frames.ready = "session_ready"?'),
        (('type = "get_state"', 'type = "get_sate"'), "state_read: "),
        (('granted_by = "victims_marks"', ""), "attempts.doors.read_state: let in, for it was answered"),
    ],
    ids=["ends", "request id", "ready", "unknown message", "an answer that is none"],
)
def test_what_is_wrong_is_said_with_a_remedy(stack: Stack, change: tuple[str, str], says: str) -> None:
    code, output = check(stack, profile_with(stack, change))
    assert code == 3, output
    wrong = [line for line in output.splitlines() if line.startswith("  wrong ")]
    assert any(says in line for line in wrong), output
    assert "Traceback" not in output
    assert stack.sql("SELECT count(*) FROM users") == [(0,)]


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"TARGET_URL": "ws://127.0.0.1:1/ws"}, "connection refused: is the target running"),
        ({"AUTH_SERVICE_KEY": "PLANTED-wrong-key"}, "no token: auth service"),
        ({"REDIS_URL": "redis://:PLANTED-pw@127.0.0.1:1/0"}, "no tenant could be made: Redis at 127.0.0.1:1/0"),
        ({"POSTGRES_URL": "postgresql://u:PLANTED-pw@127.0.0.1:1/x"}, "no tenant could be made: Postgres at"),
    ],
    ids=["target", "auth service", "redis", "postgres"],
)
def test_what_does_not_answer_is_said_with_a_remedy(stack: Stack, environment: dict[str, str], says: str) -> None:
    code, output = check(stack, profile_with(stack), environment=environment)
    assert code == 3, output
    assert says in output
    assert "Traceback" not in output and "PLANTED" not in output


def test_a_wrong_profile_is_all_that_is_said(stack: Stack) -> None:
    code, output = check(stack, profile_with(stack, ('name = "reference', 'nmae = "reference')))
    assert code == 2
    assert len(output.splitlines()) == 2 and "did you mean name?" in output


def test_another_machine_needs_a_permission(stack: Stack) -> None:
    away = {"TARGET_URL": "ws://staging.example/ws"}
    code, output = check(stack, profile_with(stack), environment=away)
    assert code == 2 and "staging.example (target.url)" in output
    code, output = check(stack, profile_with(stack), "--offline", "--allow-host", "staging.example", environment=away)
    assert code == 0, output


LIMITED = ("cost = 7", 'cost = 7\ntext_limit = {{ most = {most}, beyond = "{beyond}" }}')


@pytest.mark.parametrize(
    ("most", "beyond", "code", "says"),
    [
        (CONTENT_CHARACTERS, "refused", 0, "  ok    too long: chat: a text beyond 32,000 characters was refused"),
        (CONTENT_CHARACTERS, "dropped", 3, "  wrong too long: chat: a text beyond 32,000 characters was refused"),
        (200, "refused", 3, "  wrong too long: chat: a text beyond 200 characters was answered"),
    ],
)
def test_what_becomes_of_a_text_that_is_too_long_is_tried(
    stack: Stack, most: int, beyond: str, code: int, says: str
) -> None:
    profile = profile_with(stack, (LIMITED[0], LIMITED[1].format(most=most, beyond=beyond)))
    ended, output = check(stack, profile)
    assert ended == code and f"{says}; the profile says '{beyond}'" in output, output
    _, output = check(stack, profile, "--dry-run")
    assert "too long: chat, 2 times at most in each process:" in output


NOWHERE = {
    "TARGET_URL": "ws://127.0.0.1:1/ws", "TARGET_HTTP_URL": "http://127.0.0.1:1", "TARGET_AUTH_URL": "http://127.0.0.1:1",
    "REDIS_URL": "redis://:PLANTED-pw@127.0.0.1:1/0", "POSTGRES_URL": "postgresql://u:PLANTED-pw@127.0.0.1:1/x",
}  # fmt: skip


def test_a_dry_run_shows_everything_and_sends_nothing(stack: Stack) -> None:
    code, output = check(stack, profile_with(stack), "--dry-run", environment=NOWHERE)
    assert code == 0, output
    assert_all_is_shown(output)
    run = stack.locust("--headless", "-u", "1", "-t", "5s", "--dry-run", environment=NOWHERE)
    assert run.wait() == 0, run.output()
    assert_all_is_shown(run.output())
    assert not list(run.runs.glob("*"))


def assert_all_is_shown(output: str) -> None:
    for words in (
        "GET 127.0.0.1:1/health", "INSERT INTO budgets", "SET budget:", "POST 127.0.0.1:1/token", "(hidden)",
        "GET ws://127.0.0.1:1/ws?token=TOKEN", '"type":"chat_message"', "attempt: read_history", "UNLINK budget:",
        "DELETE FROM users WHERE id = '", "limits.duration_s: none",
        "tokens that must be refused: missing, unsigned, expired",
    ):  # fmt: skip
        assert words in output, words
    assert "PLANTED" not in output and "%(" not in output


def test_marks_are_coloured_on_a_terminal(stack: Stack) -> None:
    master, slave = pty.openpty()
    try:
        code, output = on_terminal(stack, master, slave)
    finally:
        os.close(master)
    assert code == 0
    assert re.search(r"\x1b\[32m[0-9a-f]{8}-[0-9a-f-]{27}\x1b\[0m", output)


def on_terminal(stack: Stack, master: int, slave: int) -> tuple[int, str]:
    command = [
        sys.executable,
        "-m",
        "config",
        "check",
        str(profile_with(stack)),
        "--runs",
        str(stack.folder / "trials"),
    ]
    environment = {name: value for name, value in stack.environment().items() if name != "NO_COLOR"} | {"TERM": "xterm"}
    process = subprocess.Popen(command, env=environment, stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    parts: list[bytes] = []

    def read() -> None:
        try:
            while data := os.read(master, 65536):
                parts.append(data)
        except OSError:  # how a terminal says that nobody is left
            return

    reader = threading.Thread(target=read)
    reader.start()
    code = process.wait(60)
    reader.join(10)
    return code, b"".join(parts).decode("utf-8", "replace")


def test_what_answers_make_of_the_reference_target_works_at_once(stack: Stack) -> None:
    out = stack.folder / "new.toml"
    code, output = stack.program(
        "config", "new", "--out", str(out), "--name", "reference", "--url", "${TARGET_URL}",
        "--token", "query", "--token-source", "service", "--token-url", "${TARGET_AUTH_URL}/token",
        "--token-authorization", "Bearer ${AUTH_SERVICE_KEY}", "--ready", "session_ready",
        "--tenant-path", "user_id", "--budget-path", "remaining", "--chat-cost", "7", "--thread-path", "thread_id",
        "--redis", "yes", "--postgres", "yes",
        "--operation", "chat", "agent_completed",
        '{"type": "chat_message", "message_id": "{message_id}", "content": "{prompt}"}',
        "--operation", "history", "history", '{"type": "history", "message_id": "{message_id}", "limit": 20}',
        "--operation", "ping", "pong", '{"type": "ping"}',
        "--sql-create",
        "INSERT INTO users (id, email, display_name, is_active, plan_tier) "
        "VALUES (%(tenant)s, %(email)s, %(row)s, true, 'enterprise')",
        "--sql-create",
        "INSERT INTO budgets (user_id, starting, remaining) VALUES (%(tenant)s, %(budget)s, %(budget)s)",
        "--sql-remove", "DELETE FROM users WHERE id = %(tenant)s",
        "--redis-create", "SET budget:{tenant} {budget}",
        "--redis-create", "HSET user_context:{tenant} project {context}",
        "--redis-remove", "budget:{tenant}", "--redis-remove", "user_context:{tenant}",
        "--redis-remove", "agent_state:{tenant}", "--redis-remove", "session_events:{tenant}:*",
    )  # fmt: skip
    assert code == 0, output
    code, output = check(stack, out)
    assert code == 0, output
    assert "chat: answered after" in output and "history: answered after" in output
    assert stack.sql("SELECT count(*) FROM users") == [(0,)] and stack.redis_client().dbsize() == 0
