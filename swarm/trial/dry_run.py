"""Shows all that a run would send for a tenant, without opening a connection: for whoever has to agree to it first."""

from __future__ import annotations

from locust.env import Environment

import re
import time
from collections.abc import Iterator
from typing import cast

import orjson
from pydantic import SecretStr

from config.address import shown
from config.attempts import VICTIM, Entrance
from config.calls import CommandCall, HttpCall
from config.hosts import hosts_of
from config.plantings import postgres_plantings, redis_plantings
from config.profile import ATTEMPT, RENEWAL, TOO_LONG, Profile
from config.provisioning import CommandStep, RedisStep, SqlStep
from config.sentences import written
from config.template import fill, fill_text, placeholders
from config.tokens import TokenService
from evidence.marks import Keyring, RunKey
from evidence.records import Row
from swarm.provisioning import Provisioner
from swarm.steps import named_steps
from swarm.trial.page import Page
from swarm.trial.talk import operations_of
from users.correspondence import Correspondence
from users.dialects.choosing import dialect_of
from users.entering import by_entrance
from users.placing import Introduction, introduce
from users.run import NodeRun
from users.tenant import Tenant, TenantIdentity

_SQL_NAME = re.compile(r"%\((\w+)\)s")
_TOKEN = "TOKEN"


class _Imagined(Provisioner):
    """Makes tenants on paper only."""

    values: dict[int, dict[str, object]]

    def _make(self, batch: list[TenantIdentity], marked_as: dict[int, int], *, control: bool) -> list[TenantIdentity]:
        del control
        self.values = {
            identity.number: {**self._mint.making(identity, marked_as[identity.number]).values, "password": "PASSWORD"}
            for identity in batch
        }
        return batch


class Nowhere:
    """A sink that writes nothing down."""

    def record(self, row: Row) -> None:
        """Forgets the row."""


def show_dry_run(profile: Profile, page: Page) -> None:
    """Shows what would be sent, to whom and how often, in the order in which it would be."""
    key = RunKey.generate()
    source = _Imagined(profile, key, "local", 0, lambda _row: None)
    identity, victim = source.take(short=False), source.take(short=False)
    learnt = {name: f"({name} learnt)" for name in profile.of_tenant | profile.secrets_of_tenant}
    values = {**learnt, **identity.placeholders, **source.values.get(identity.number, {})}
    page.title("Nothing is sent. A run would talk to")
    for host_key, host in dict.fromkeys(hosts_of(profile)):
        page.plain(f"{host} ({written(host_key)})")
    for name, program in _unseen(profile):
        page.plain(f"wherever {program} goes ({name}): that can't be seen, nor held to allow_hosts")
    page.title("Asked before and during a run")
    for check in profile.health:
        page.plain(f"GET {shown(check.url)}")
    page.title("For each tenant, before it connects")
    _show_making(profile, values, page)
    page.title("To connect")
    _show_connecting(profile, identity, page)
    page.title("Messages")
    _show_messages(profile, key, identity, victim, page)
    page.title("For each tenant, after the run")
    _show_removing(profile, values, page)
    _show_amounts(profile, page)


def _unseen(profile: Profile) -> Iterator[tuple[str, str]]:
    """What runs outside of what can be seen: programs and code of the profile's own, each with its key."""
    if profile.auth.command is not None:
        yield "auth.command", profile.auth.command.argv[0]
    for name, step in named_steps(profile):
        if isinstance(step, CommandStep):
            yield from dict.fromkeys((name, call.argv[0]) for call in (step.create, step.remove) if call is not None)
    if profile.target.adapter is not None:
        yield "target.adapter", profile.target.adapter


def _show_making(profile: Profile, values: dict[str, object], page: Page) -> None:
    for rows in postgres_plantings(profile):
        for statement in rows.create:
            page.plain(f"{rows.name}: {_sql(statement, values)}")
    for keys in redis_plantings(profile):
        for command in keys.create:
            page.plain(f"{keys.name}: {' '.join(fill_text(word, values) for word in command)}")
    for name, step in named_steps(profile):
        if isinstance(step, SqlStep):
            _show_sql(step.store, step.create, values, page)
        elif isinstance(step, RedisStep):
            for command in step.create:
                page.plain(f"{step.store}: {' '.join(fill_text(word, values) for word in command)}")
        else:
            _show_call(name, step.create, values, page)


def _show_sql(store: str, statements: tuple[str, ...], values: dict[str, object], page: Page) -> None:
    for statement in statements:
        page.plain(f"{store}: {_sql(statement, values)}")


def _show_call(name: str, call: HttpCall | CommandCall | None, values: dict[str, object], page: Page) -> None:
    if isinstance(call, HttpCall):
        body = orjson.dumps(fill(call.body if call.form is None else call.form, values)).decode()
        headers = "".join(f"  {header}: (hidden)" for header in call.headers)
        page.plain(f"{name}: {call.method} {shown(fill_text(call.url, values))}{headers}  {body}".rstrip())
    elif isinstance(call, CommandCall):
        told = f" < {orjson.dumps(fill(call.input, values)).decode()}" if call.input is not None else ""
        page.plain(f"{name}: {' '.join(fill_text(word, values) for word in call.argv)}{told}")


def _show_removing(profile: Profile, values: dict[str, object], page: Page) -> None:
    for name, step in reversed(named_steps(profile)):
        if isinstance(step, SqlStep):
            _show_sql(step.store, step.remove, values, page)
        elif isinstance(step, RedisStep):
            for pattern in step.remove:
                page.plain(f"{step.store}: SCAN, and UNLINK {fill_text(pattern, values)}")
            for command in step.remove_by:
                page.plain(f"{step.store}: {' '.join(fill_text(word, values) for word in command)}")
        else:
            _show_call(name, step.remove, values, page)
    for keys in redis_plantings(profile):
        for pattern in keys.remove:
            page.plain(f"{keys.name}: SCAN, and UNLINK {fill_text(pattern, values)}")
    for rows in postgres_plantings(profile):
        for statement in rows.remove:
            page.plain(f"{rows.name}: {_sql(statement, values)}")


def _sql(statement: str, values: dict[str, object]) -> str:
    def put_in(match: re.Match[str]) -> str:
        value = values.get(match[1], match[0])
        return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"

    return _SQL_NAME.sub(put_in, " ".join(statement.split()))


def _show_connecting(profile: Profile, identity: TenantIdentity, page: Page) -> None:
    values = {name: f"({name})" for name in profile.of_tenant | profile.secrets_of_tenant} | dict(identity.placeholders)
    if profile.auth.places:
        source = getattr(profile.auth, profile.auth.source, None)
        if isinstance(source, TokenService):
            for name, step in source.named_steps:
                _show_call(name, step, values, page)
                values |= {learnt: f"({learnt} learnt)" for learnt in step.learn}
        if isinstance(source, (HttpCall, CommandCall)):
            _show_call(f"auth.{profile.auth.source}", source, values, page)
        else:
            page.plain(f"a token from [auth.{profile.auth.source}], made without asking anybody")
    taught = {name: name.upper() for name in profile.auth.taught}  # an address leaves such words as they are
    introduction = introduce(_without_headers(profile), identity, _TOKEN, taught)
    page.plain(f"GET {introduction.url}")
    for name, value in introduction.headers:
        page.plain(f"  {name}: {value}")
    if introduction.subprotocols:
        page.plain(f"  Sec-WebSocket-Protocol: {', '.join(introduction.subprotocols)}")
    if introduction.cookie:
        page.plain(f"  Cookie: {introduction.cookie}")
    _show_login(profile, introduction, page)
    if profile.attempts.tokens:
        page.plain(f"and in the same way with tokens that must be refused: {', '.join(profile.attempts.tokens)}")
    for name, entrance in profile.attempts.entrances.items():
        named = {asked: asked.upper() for asked in entrance.placeholders if asked.startswith(VICTIM)}
        through = by_entrance(_without_headers(profile), entrance)
        coming = introduce(through, identity, _TOKEN, {**taught, **named})
        page.plain(f"and by another's entrance {name}: GET {coming.url}")
        _show_login(through, coming, page)
        _show_stay(through, entrance, coming, page)
    if (renewal := profile.auth.renewal) is not None:
        when = (
            f"{renewal.every_s:g} s after a login"
            if renewal.every_s
            else (f"{renewal.before_expiry_s:g} s before its token expires")
        )
        again = "a new connection" if renewal.service is not None else "the same again"
        how = f"the message {RENEWAL}, below" if renewal.operation is not None else again
        page.plain(f"{when}: a fresh token, and {how}")
        known = {**values, **{name: f"({name} learnt)" for name in profile.auth.taught}, "token": "(token)"}
        _show_call("auth.renewal.service", renewal.service, known, page)


def _without_headers(profile: Profile) -> Profile:
    """The profile with headers of the upgrade that show only which placeholders they hold."""
    known, hidden = {*profile.of_tenant, *profile.auth.taught}, {}
    for name, value in profile.target.headers.items():
        held = "".join(f", with {{{held}}}" for held in sorted(placeholders(value.get_secret_value()) & known))
        hidden[name] = SecretStr(f"(hidden{held})")
    return profile.model_copy(update={"target": profile.target.model_copy(update={"headers": hidden})})


def _show_stay(profile: Profile, entrance: Entrance, introduction: Introduction, page: Page) -> None:
    """What is said once in, and what is then waited for."""
    if entrance.then is not None:
        imagined = {name: f"({name})" for name in placeholders(entrance.then)}
        said = dialect_of(profile).encode(fill(entrance.then, {**imagined, **introduction.values}))
        page.plain("→ " + (said if isinstance(said, str) else said.decode("utf-8", "replace")))
    shown = "what is the other's, or a refusal" if entrance.by_marks else "a refusal"
    page.plain(f"  then {entrance.within_s:g} s at most are waited for {shown}")


def _show_login(profile: Profile, introduction: Introduction, page: Page) -> None:
    if profile.auth.frame is not None:
        said = dialect_of(profile).encode(fill(profile.auth.frame.send, introduction.values))
        page.plain("→ " + (said if isinstance(said, str) else said.decode("utf-8", "replace")))


def _show_messages(profile: Profile, key: RunKey, identity: TenantIdentity, victim: TenantIdentity, page: Page) -> None:
    run = NodeRun(
        Environment(), run_id="dry", node="local", worker_index=0, key=key, profile=profile, sink=Nowhere(),
        tenants=cast(Provisioner, None), names=None,
    )  # fmt: skip
    talk = Correspondence(run, Tenant.of(identity, key), 0, lambda: None)
    taught = {name: f"({name} learnt)" for name in profile.auth.taught}
    talk.introduces({**identity.placeholders, **taught, "token": "(token)"})
    talk.learnt.update({name: f"({name} learnt)" for name in profile.learnt_names})
    keyring = Keyring(key)
    known = {f"victim_{name}": f"({name} of another)" for name in (*profile.learnt_names, *profile.auth.ids)}
    victims = {**known, **{f"victim_{name}": value for name, value in victim.placeholders.items()}}
    said = [
        *operations_of(profile),
        RENEWAL,
        *(f"{TOO_LONG}{name}" for name in profile.operations.trying_long_texts()),
        *(f"{ATTEMPT}{door}" for door in profile.attempts.doors),
    ]
    for name in said:
        operation = profile.operation(name)
        if operation is None:
            continue
        _, message = talk.compose(name, operation, time.perf_counter(), victims if name.startswith(ATTEMPT) else {})
        limit = operation.text_limit if name.startswith(TOO_LONG) else None
        page.plain(f"{name}, {limit.tries} times at most in each process:" if limit is not None else f"{name}:")
        text = message if isinstance(message, str) else message.decode("utf-8", "replace")
        page.frame(">", text, keyring, identity.number, [])


def _show_amounts(profile: Profile, page: Page) -> None:
    page.title("How much")
    workload, limits = profile.workload, profile.limits
    page.plain(
        f"a tenant of each kind sends {workload.chat_rate:g} (agent), {workload.read_rate:g} (state), "
        f"{workload.roving_rate:g} (roving), {workload.listening_rate:g} (listening), {workload.attempt_rate:g} "
        "(trespassing) requests a second"
    )
    for name in type(limits).model_fields:
        value = getattr(limits, name)
        page.plain(f"limits.{name}: {'none' if value is None else f'{value:g}'}")
