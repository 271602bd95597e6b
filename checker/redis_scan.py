"""Reads the target's Redis whole and says what lies where it doesn't belong."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack

from checker.amounts import Amounts
from checker.content import Content
from checker.names import NameIndex
from checker.redis_budgets import RedisBudgets
from checker.redis_elements import KeyPart, KeyReader
from checker.redis_inspection import RedisInspection
from checker.redis_opaque import OpaqueKeys
from checker.redis_owners import RedisOwners
from checker.redis_part import PAGE_KEYS, RedisPart
from checker.redis_topology import Slots, addresses, entrance, keyspace, slots_of
from checker.redis_wire import RedisAddress, RedisWire
from checker.scan import FindingShelf, Progress, Roster, StoreScan
from config.stores import RedisStore
from evidence.budgets import BudgetBands
from evidence.marks import Keyring

BATCH_BYTES = 1024 * 1024
SMALL_SERVER_BYTES = 128 * 1024 * 1024
SKIPPED_NAMED = 20


def scan_redis(
    store: RedisStore,
    keyring: Keyring,
    roster: Roster,
    progress: Progress,
    budget_fields: Iterable[str] = (),
    *,
    explain: bool = False,
) -> StoreScan:
    """Reads every key of the databases, or of the cluster's masters, that the profile names, with read-only commands.

    Args:
        store: where it is, which keys hold budgets, which are shared on purpose.
        keyring: recognises marks.
        roster: who exists.
        progress: is told how many keys have been read.
        budget_fields: what members of JSON documents and fields that hold remaining amounts are called.
        explain: whether to say why places belong to whom.

    Returns:
        What was found, and what could not be read.

    Raises:
        StoreUnreadable: Redis could not be read at all; one sentence without credentials.
    """
    began = time.monotonic()
    base = entrance(store)
    slots = slots_of(base) if store.cluster else []
    found = addresses(store, base)
    scan = StoreScan("redis", _where(store, base, found), removed=roster.removed, explain=explain)
    amounts = Amounts(BudgetBands(keyring.current), roster.names, budget_fields)
    content = Content(keyring, NameIndex(roster, keyring), amounts)
    with ExitStack() as opened:
        parts = [
            RedisPart(opened.enter_context(RedisWire(address)), address, _client(store, address)) for address in found
        ]
        reading = _RedisScan(store, content, roster, scan, progress, parts, slots)
        reading.run()
        if store.cluster and slots_of(base) != slots:
            scan.skipped.append("slots of the cluster moved while it was read, so that keys may have been missed")
    scan.seconds, scan.read_at_s = time.monotonic() - began, time.time()
    return scan


def _where(store: RedisStore, base: RedisAddress, found: list[RedisAddress]) -> str:
    if store.cluster:
        return f"{base.where.rpartition('/')[0]} (cluster of {len(found)})"
    numbers = ",".join(str(address.database) for address in found)
    where = f"{base.where.rpartition('/')[0]}/{numbers}"
    return f"{store.sentinel.service} at {where}" if store.sentinel is not None else where


def _client(store: RedisStore, address: RedisAddress) -> str:
    """The command that reads this part again, for a shell that has the URL in its environment."""
    client = 'redis-cli -c -u "$REDIS_URL"' if store.cluster else 'redis-cli -u "$REDIS_URL"'
    return client if store.databases is None else f"{client} -n {address.database}"


class _RedisScan:
    def __init__(
        self,
        store: RedisStore,
        content: Content,
        roster: Roster,
        scan: StoreScan,
        progress: Progress,
        parts: list[RedisPart],
        slots: list[Slots],
    ) -> None:
        self._store = store
        self._roster = roster
        self._scan = scan
        self._progress = progress
        self._parts = parts
        self._slots = slots
        self._shelf = FindingShelf()
        self._at_s = time.time()
        self._content = content
        self._owners = RedisOwners(store.owners, content)
        self._opaque = OpaqueKeys(store.opaque, scan)
        self._inspection = RedisInspection(
            scan, self._shelf, content, store.shared, self._at_s, self._owners, self._opaque, store.kept
        )
        self._unread = 0
        self._seen = 0

    def run(self) -> None:
        sizes = [part.size() for part in self._parts]
        self._progress(0, sum(sizes))
        for part, size in zip(self._parts, sizes, strict=True):
            self._read(part, size, sum(sizes))
        self._owners.close(self._scan)
        self._opaque.close()
        self._read_budgets()
        if self._unread > SKIPPED_NAMED:
            self._scan.skipped.append(f"{self._unread - SKIPPED_NAMED} more keys could not be read")
        self._scan.skipped += self._content.decoder.sentences()
        if not self._store.cluster:
            self._look_for_other_databases()
            if self._parts[0].information(b"cluster").get("cluster_enabled") == "1":
                self._scan.skipped.append(
                    "this is one node of a cluster, and only what lies there was read: write cluster = true"
                )
        self._shelf.hand_over(self._scan)

    def _read(self, part: RedisPart, before: int, expected: int) -> None:
        gone_before, seen_before = part.gone(), self._seen
        memory_bytes = int(part.information(b"memory").get("used_memory", SMALL_SERVER_BYTES))
        reader = KeyReader(part.wire, self._skip, small_server=memory_bytes < SMALL_SERVER_BYTES)
        database = part.address.database if self._store.databases is not None else None
        self._inspection.turn_to(database, part.client)
        for keys in part.pages():
            self._seen += len(keys)
            for batch in _batches(reader.read(keys)):
                self._inspection.inspect(batch)
            self._progress(self._seen, max(expected, self._seen))
        self._compare(part, self._seen - seen_before, min(before - (part.gone() - gone_before), part.size()))

    def _compare(self, part: RedisPart, seen: int, expected: int) -> None:
        """As many keys must have been seen as the server says it has, but for those that expired meanwhile."""
        if seen >= expected:
            return
        where = f" at {part.address.where}" if len(self._parts) > 1 else ""
        sentence = f"{seen} keys were seen, Redis{where} says it has {expected}"
        if part.information(b"replication").get("role") == "slave":  # a replica counts what has expired already
            self._scan.notes.append(f"{sentence}; it is a replica, which counts expired keys too")
        else:
            self._scan.skipped.append(f"{sentence}: {expected - seen} were not read")

    def _skip(self, key: bytes, reason: str) -> None:
        if self._opaque.count(key):
            return
        self._unread += 1
        if self._unread <= SKIPPED_NAMED:
            name = key.decode("utf-8", "replace")
            self._scan.skipped.append(f"redis key {name!r} could not be read: {reason.partition(chr(10))[0][:120]}")

    def _look_for_other_databases(self) -> None:
        """Keys in a database that nobody reads may be anybody's: a doubt, unless the profile leaves them out."""
        if self._parts[0].may_not_be_asked():
            self._scan.skipped.append(
                "INFO is refused, so that nobody knows whether other databases hold keys: grant the user +info"
            )
            return
        read = {part.address.database for part in self._parts}
        others = {number: keys for number, keys in keyspace(self._parts[0].wire).items() if number not in read}
        left_out = [
            f"db{number} ({keys})" for number, keys in others.items() if number in self._store.databases_left_out
        ]
        unread = [f"db{number} ({keys})" for number, keys in others.items() if f"db{number} ({keys})" not in left_out]
        if left_out:
            self._scan.notes.append(
                f"databases that the profile leaves out, or reads as another store, hold keys: {', '.join(left_out)}"
            )
        if unread:
            numbers = ", ".join(str(number) for number in sorted(read))
            self._scan.skipped.append(
                f"only database {numbers} was read, and others hold keys: {', '.join(unread)}; add them to databases, "
                "or name them in databases_left_out"
            )

    def _read_budgets(self) -> None:
        order = [(part.address.host, part.address.port) for part in self._parts]

        def master(slot: int) -> int:
            span = next(span for span in self._slots if span.first <= slot <= span.last)
            return order.index((span.host, span.port))

        budgets = RedisBudgets(
            [(part.wire, part.client) for part in self._parts],
            master if self._store.cluster else None,
            self._roster.names,
            self._content.amounts,
            self._scan,
            self._shelf,
            self._skip,
            self._at_s,
        )
        for budget in self._store.budgets:
            budgets.read(budget)


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
