"""Shows all that a run would send for a tenant, without opening a connection: for whoever has to agree to it first."""

from __future__ import annotations

from locust.env import Environment

import re
import time
from typing import cast

import orjson

from config.address import shown
from config.hosts import hosts_of
from config.plantings import postgres_plantings, redis_plantings
from config.profile import ATTEMPT, Profile
from config.sentences import written
from config.template import fill, fill_text
from evidence.marks import Keyring, RunKey
from evidence.records import Row
from swarm.provisioning import Provisioner
from swarm.trial.page import Page
from swarm.trial.talk import operations_of
from users.correspondence import Correspondence
from users.placing import introduce
from users.run import NodeRun
from users.tenant import Tenant, TenantIdentity

_SQL_NAME = re.compile(r"%\((\w+)\)s")
_TOKEN = "TOKEN"


class _Imagined(Provisioner):
    """Makes tenants on paper only."""

    values: dict[int, dict[str, object]]

    def _make(self, batch: list[TenantIdentity], marked_as: dict[int, int], *, control: bool) -> None:
        del control
        self.values = {identity.number: self._values(identity, marked_as[identity.number]) for identity in batch}


class _Nowhere:
    """A sink that writes nothing down."""

    def record(self, row: Row) -> None:
        """Forgets the row."""


def show_dry_run(profile: Profile, page: Page) -> None:
    """Shows what would be sent, to whom and how often, in the order in which it would be."""
    key = RunKey.generate()
    source = _Imagined(profile, key, "local", 0, lambda _row: None)
    identity, victim = source.take(short=False), source.take(short=False)
    values = source.values[identity.number]
    page.title("Nothing is sent. A run would talk to")
    for host_key, host in dict.fromkeys(hosts_of(profile)):
        page.plain(f"{host} ({written(host_key)})")
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


def _show_making(profile: Profile, values: dict[str, object], page: Page) -> None:
    for rows in postgres_plantings(profile):
        for statement in rows.create:
            page.plain(f"{rows.name}: {_sql(statement, values)}")
    for keys in redis_plantings(profile):
        for command in keys.create:
            page.plain(f"{keys.name}: {' '.join(fill_text(word, values) for word in command)}")


def _show_removing(profile: Profile, values: dict[str, object], page: Page) -> None:
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
    service = profile.auth.service
    if profile.auth.places and profile.auth.source == "service" and service is not None:
        body = orjson.dumps(fill(service.body, identity.placeholders)).decode() if service.method == "POST" else ""
        headers = "".join(f"  {name}: (hidden)" for name in service.headers)
        page.plain(f"{service.method} {shown(service.url)}{headers}  {body}".rstrip())
    introduction = introduce(profile, identity, _TOKEN)
    page.plain(f"GET {introduction.url}")
    for name, value in introduction.headers:
        page.plain(f"  {name}: {value}")
    if introduction.subprotocols:
        page.plain(f"  Sec-WebSocket-Protocol: {', '.join(introduction.subprotocols)}")
    if introduction.cookie:
        page.plain(f"  Cookie: {introduction.cookie}")
    if profile.auth.frame is not None:
        page.plain("→ " + orjson.dumps(fill(profile.auth.frame.send, introduction.values)).decode())


def _show_messages(profile: Profile, key: RunKey, identity: TenantIdentity, victim: TenantIdentity, page: Page) -> None:
    run = NodeRun(
        Environment(), run_id="dry", node="local", worker_index=0, key=key, profile=profile, sink=_Nowhere(),
        tenants=cast(Provisioner, None),
    )  # fmt: skip
    talk = Correspondence(run, Tenant.of(identity, key), 0, lambda: None)
    talk.learnt.update({name: f"({name} learnt)" for name in profile.learnt_names})
    keyring = Keyring(key)
    known = {f"victim_{name}": f"({name} of another)" for name in profile.learnt_names}
    victims = {**known, **{f"victim_{name}": value for name, value in victim.placeholders.items()}}
    said = [*operations_of(profile), *(f"{ATTEMPT}{door}" for door in profile.attempts.doors)]
    for name in said:
        operation = profile.operation(name)
        if operation is None:
            continue
        _, message = talk.compose(name, operation, time.perf_counter(), victims if name.startswith(ATTEMPT) else {})
        page.plain(f"{name}:")
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
