"""What a statement or a Redis command of a profile writes, as far as its text says, held to the tenant's own."""

from __future__ import annotations

import re
from collections.abc import Collection

from config.template import placeholders

SQL_NAME = re.compile(r"%\(([^)]*)\)s")
"""A named parameter of an SQL statement."""
_CHANGES = re.compile(r"^\s*(UPDATE|DELETE|MERGE)\b", re.IGNORECASE)
_OF_EVERYBODY = re.compile(r"^\s*(TRUNCATE|DROP\s+(TABLE|SCHEMA|DATABASE|VIEW|INDEX)|ALTER\s+TABLE)\b", re.IGNORECASE)

_FIRST = {
    "SET", "SETEX", "PSETEX", "GETSET", "GETDEL", "GETEX", "APPEND", "SETRANGE", "SETBIT", "INCR", "INCRBY",
    "INCRBYFLOAT", "DECR", "DECRBY", "EXPIRE", "PEXPIRE", "EXPIREAT", "PEXPIREAT", "PERSIST", "MOVE", "RESTORE", "LPOP",
    "RPOP", "LTRIM", "LSET", "SPOP", "ZPOPMIN", "ZPOPMAX", "XTRIM", "XSETID", "SUNIONSTORE", "SINTERSTORE",
    "SDIFFSTORE", "ZUNIONSTORE", "ZINTERSTORE", "ZDIFFSTORE", "ZRANGESTORE", "JSON.SET", "JSON.DEL",
}  # fmt: skip
_FIRST_TWO = {"RENAME", "RENAMENX", "SMOVE", "LMOVE", "RPOPLPUSH"}
_EACH = {"DEL", "UNLINK"}
_EVERY_OTHER = {"MSET", "MSETNX"}
# They change a member of a key that several may share, or make a key that is missing.
_ADDING = {
    "SADD", "SREM", "ZADD", "ZREM", "ZINCRBY", "HSET", "HSETNX", "HMSET", "HDEL", "HINCRBY", "HINCRBYFLOAT", "LPUSH",
    "RPUSH", "LPUSHX", "RPUSHX", "LREM", "SETNX", "XADD", "PFADD", "GEOADD",
}  # fmt: skip
_EVERYBODYS = {"FLUSHALL", "FLUSHDB", "SWAPDB", "SHUTDOWN", "REPLICAOF", "SLAVEOF", "FAILOVER", "DEBUG"}


def keys_of(command: tuple[str, ...]) -> tuple[str, ...]:
    """Returns the names of keys, with their placeholders, that a command writes; of unknown commands none."""
    name, words = command[0].upper() if command else "", command[1:]
    if name in _FIRST or name in _ADDING:
        return words[:1]
    if name in _FIRST_TWO:
        return words[:2]
    if name in _EACH:
        return words
    return words[::2] if name in _EVERY_OTHER else ()


def changes_rows(statement: str) -> bool:
    """Returns whether a statement changes or removes rows that are there, by its first word."""
    return _CHANGES.match(statement) is not None


def statement_mistake(statement: str, naming: Collection[str]) -> str | None:
    """Returns what is wrong with a statement that makes or removes a tenant, to follow its key; None if nothing.

    Args:
        statement: the statement.
        naming: the parameters that name a tenant.
    """
    if _OF_EVERYBODY.match(statement):
        return f"changes what is everybody's: {statement}"
    if _CHANGES.match(statement) and not set(SQL_NAME.findall(statement)) & set(naming):
        return f"changes rows and does not name the tenant, so that they could be others': {statement}"
    return None


def command_mistake(command: tuple[str, ...], naming: Collection[str]) -> str | None:
    """The same for a Redis command and the placeholders that name a tenant."""
    said = " ".join(command)
    if not placeholders(command) & set(naming):
        return f"does not name the tenant, so that it could change what is others': {said}"
    name = command[0].upper()
    if name in _EVERYBODYS:
        return f"changes what is everybody's: {said}"
    for key in () if name in _ADDING else keys_of(command):
        if not placeholders(key) & set(naming):
            return f"changes the whole of the key {key}, which does not name the tenant: {said}"
    return None
