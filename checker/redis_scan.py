"""Reads the target's Redis whole and says what lies where it doesn't belong."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterable, Iterator

import hiredis

from checker.amounts import Amounts
from checker.content import Content
from checker.names import NameIndex
from checker.redis_elements import KeyPart, KeyReader
from checker.redis_inspection import RedisInspection
from checker.redis_wire import RedisWire, parse_address
from checker.scan import FindingShelf, Progress, RightsMissing, Roster, StoreScan, StoreUnreadable
from config.stores import RedisBudget, RedisStore
from evidence.budgets import BudgetBands
from evidence.findings import FindingKind, Sighting
from evidence.marks import Keyring

PAGE_KEYS = 2000
BATCH_BYTES = 1024 * 1024
SMALL_SERVER_BYTES = 128 * 1024 * 1024
SKIPPED_NAMED = 20


def scan_redis(
    store: RedisStore, keyring: Keyring, roster: Roster, progress: Progress, budget_fields: Iterable[str] = ()
) -> StoreScan:
    """Reads every key of the database that the URL names, with read-only commands.

    Args:
        store: where it is, which keys hold budgets, which are shared on purpose.
        keyring: recognises marks.
        roster: who exists.
        progress: is told how many keys have been read.
        budget_fields: what members of JSON documents and fields that hold remaining amounts are called.

    Returns:
        What was found, and what could not be read.

    Raises:
        StoreUnreadable: Redis could not be read at all; one sentence without credentials.
    """
    began = time.monotonic()
    address = parse_address(store.url.get_secret_value())
    scan = StoreScan("redis", address.where)
    with RedisWire(address) as wire:
        amounts = Amounts(BudgetBands(keyring.current), roster.names, budget_fields)
        content = Content(keyring, NameIndex(roster, keyring), amounts)
        _RedisScan(wire, store, content, roster, scan, progress, address.database).run()
    scan.seconds = time.monotonic() - began
    return scan


class _RedisScan:
    def __init__(
        self,
        wire: RedisWire,
        store: RedisStore,
        content: Content,
        roster: Roster,
        scan: StoreScan,
        progress: Progress,
        database: int,
    ) -> None:
        self._wire = wire
        self._store = store
        self._roster = roster
        self._scan = scan
        self._progress = progress
        self._database = database
        self._shelf = FindingShelf()
        self._at_s = time.time()
        self._content = content
        self._inspection = RedisInspection(scan, self._shelf, content, store.shared, self._at_s)
        self._unread = 0
        self._seen = 0

    def run(self) -> None:
        before, gone_before = self._size(), self._gone()
        self._progress(0, before)
        memory_bytes = int(self._information(b"memory").get("used_memory", SMALL_SERVER_BYTES))
        reader = KeyReader(self._wire, self._skip, small_server=memory_bytes < SMALL_SERVER_BYTES)
        for keys in self._pages():
            self._seen += len(keys)
            for batch in _batches(reader.read(keys)):
                self._inspection.inspect(batch)
            self._progress(self._seen, max(before, self._seen))
        self._compare(before, gone_before)
        for budget in self._store.budgets:
            self._read_budgets(budget)
        if self._unread > SKIPPED_NAMED:
            self._scan.skipped.append(f"{self._unread - SKIPPED_NAMED} more keys could not be read")
        self._scan.skipped += self._content.decoder.sentences()
        self._note_other_databases()
        self._shelf.hand_over(self._scan)

    def _pages(self) -> Iterator[list[bytes]]:
        cursor = b"0"
        while True:
            reply = self._wire.ask(b"SCAN", cursor, b"COUNT", b"%d" % PAGE_KEYS)
            if isinstance(reply, hiredis.ReplyError):
                raise self._refused("SCAN", reply)
            cursor, keys = reply
            if keys:
                yield list(dict.fromkeys(keys))
            if cursor == b"0":
                return

    def _size(self) -> int:
        reply = self._wire.ask(b"DBSIZE")
        if isinstance(reply, hiredis.ReplyError):
            raise self._refused("DBSIZE", reply)
        return int(reply)

    def _refused(self, command: str, reply: hiredis.ReplyError) -> StoreUnreadable:
        return RightsMissing(
            f"Redis at {self._scan.where} refuses {command} ({str(reply).partition(' ')[0]}): the user in the URL must "
            "be allowed to read every key; grant it +@read +@connection ~*"
        )

    def _skip(self, key: bytes, reason: str) -> None:
        self._unread += 1
        if self._unread <= SKIPPED_NAMED:
            name = key.decode("utf-8", "replace")
            self._scan.skipped.append(f"redis key {name!r} could not be read: {reason.partition(chr(10))[0][:120]}")

    def _information(self, section: bytes) -> dict[str, str]:
        reply = self._wire.ask(b"INFO", section)
        if not isinstance(reply, bytes):
            return {}
        lines = (line.partition(":") for line in reply.decode("utf-8", "replace").splitlines())
        return {name: value for name, _, value in lines}

    def _gone(self) -> int:
        """How many keys have expired or been evicted since the server started."""
        statistics = self._information(b"stats")
        return int(statistics.get("expired_keys", 0)) + int(statistics.get("evicted_keys", 0))

    def _compare(self, before: int, gone_before: int) -> None:
        """As many keys must have been seen as the server says it has, but for those that expired meanwhile."""
        expected = min(before - (self._gone() - gone_before), self._size())
        if self._seen >= expected:
            return
        sentence = f"{self._seen} keys were seen, Redis says it has {expected}"
        if self._information(b"replication").get("role") == "slave":  # a replica counts what has expired already
            self._scan.notes.append(f"{sentence}; it is a replica, which counts expired keys too")
        else:
            self._scan.skipped.append(f"{sentence}: {expected - self._seen} were not read")

    def _note_other_databases(self) -> None:
        others = sorted(
            f"{name} ({value.partition(',')[0].removeprefix('keys=')})"
            for name, value in self._information(b"keyspace").items()
            if name.startswith("db") and name != f"db{self._database}"
        )
        if others:
            self._scan.notes.append(
                f"only database {self._database} was read, as the URL says; others hold keys: {', '.join(others)}"
            )

    def _read_budgets(self, budget: RedisBudget) -> None:
        label = f"redis {budget.key}" + (f" field {budget.field}" if budget.field else "")
        self._scan.budget_places.append(label)
        tenants = list(self._roster.names.items())
        keys = [budget.key.replace("{tenant}", name).encode() for _, name in tenants]
        field = budget.field
        commands = [(b"HGET", key, field.encode()) if field else (b"GET", key) for key in keys]
        for (tenant, _), key, reply in zip(tenants, keys, self._wire.ask_all(commands), strict=True):
            if reply is None:
                continue
            try:
                amount = self._scan.amounts[label, tenant] = int(reply)
            except (ValueError, TypeError):
                self._skip(key, "it should hold a whole number, the remaining budget, and doesn't")
                continue
            owner = self._content.amounts.owner(amount)
            if owner is not None and owner != tenant:
                self._shelf.add(self._foreign_budget(owner, tenant, key, budget, amount))

    def _foreign_budget(self, owner: int, tenant: int, key: bytes, budget: RedisBudget, amount: int) -> Sighting:
        name = key.decode("utf-8", "replace")
        read = f"HGET {shlex.quote(name)} {shlex.quote(budget.field)}" if budget.field else f"GET {shlex.quote(name)}"
        return Sighting(
            kind=FindingKind.FOREIGN_BUDGET,
            owner=owner,
            recipient=tenant,
            place=f"redis key '{name}'" + (f" field '{budget.field}'" if budget.field else ""),
            group=budget.key.replace("{tenant}", "*"),
            at_s=self._at_s,
            excerpt=str(amount),
            reproduce=f'redis-cli -u "$REDIS_URL" {read}',
            detail=f"the remaining amount of tenant {tenant} lies in the band of tenant {owner}",
        )


def _batches(parts: Iterator[KeyPart]) -> Iterator[list[KeyPart]]:
    """Groups parts into batches of about a megabyte, which are inspected at once."""
    batch: list[KeyPart] = []
    size = 0
    for part in parts:
        batch.append(part)
        size += sum([len(element.texts[-1]) for element in part.elements if element.texts])
        if size >= BATCH_BYTES or len(batch) >= PAGE_KEYS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
