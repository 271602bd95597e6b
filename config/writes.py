"""What a statement or a Redis command of a profile writes, as far as its text says, held to the tenant's own."""

from __future__ import annotations

import re
from collections.abc import Collection

from config.template import placeholders

SQL_NAME = re.compile(r"%\(([^)]*)\)s")
"""A named parameter of an SQL statement."""
_UNSAID = re.compile(r"--[^\n]*|/\*.*?\*/|\$(\w*)\$.*?\$\1\$|'(?:[^']|'')*'|\"[^\"]*\"", re.DOTALL)
"""Comments, and what is quoted: neither says what a statement does."""
_CHANGES = re.compile(r"\b(?:DELETE FROM|MERGE INTO|(?<!DO )(?<!FOR )(?<!KEY )UPDATE)\b", re.IGNORECASE)
_OF_EVERYBODY = re.compile(r"(TRUNCATE|DROP (TABLE|SCHEMA|DATABASE|VIEW|INDEX)|ALTER TABLE)\b", re.IGNORECASE)

_FIRST = {
    "SET", "SETEX", "PSETEX", "GETSET", "GETDEL", "GETEX", "APPEND", "SETRANGE", "SETBIT", "INCR", "INCRBY",
    "INCRBYFLOAT", "DECR", "DECRBY", "EXPIRE", "PEXPIRE", "EXPIREAT", "PEXPIREAT", "PERSIST", "MOVE", "RESTORE", "LPOP",
    "RPOP", "LTRIM", "LSET", "SPOP", "ZPOPMIN", "ZPOPMAX", "XTRIM", "XSETID", "SUNIONSTORE", "SINTERSTORE",
    "SDIFFSTORE", "ZUNIONSTORE", "ZINTERSTORE", "ZDIFFSTORE", "ZRANGESTORE", "GEOSEARCHSTORE", "PFMERGE", "JSON.SET",
    "JSON.DEL",
}  # fmt: skip
_FIRST_TWO = {"RENAME", "RENAMENX", "SMOVE", "LMOVE", "RPOPLPUSH"}
_SECOND = {"COPY", "BITOP"}
_EACH = {"DEL", "UNLINK"}
_EVERY_OTHER = {"MSET", "MSETNX"}
# They change a member of a key that several may share, or make a key that is missing.
_ADDING = {
    "SADD", "SREM", "ZADD", "ZREM", "ZINCRBY", "HSET", "HSETNX", "HMSET", "HDEL", "HINCRBY", "HINCRBYFLOAT", "LPUSH",
    "RPUSH", "LPUSHX", "RPUSHX", "LREM", "SETNX", "XADD", "PFADD", "GEOADD",
}  # fmt: skip
# Of these it is known which words are the members that they overwrite or remove.
_MEMBERS = {
    "HSET": slice(1, None, 2), "HMSET": slice(1, None, 2), "HSETNX": slice(1, 2), "HINCRBY": slice(1, 2),
    "HINCRBYFLOAT": slice(1, 2), "HDEL": slice(1, None), "SREM": slice(1, None), "ZREM": slice(1, None),
    "ZINCRBY": slice(2, 3), "LREM": slice(2, 3),
}  # fmt: skip
_EVERYBODYS = {
    "FLUSHALL", "FLUSHDB", "SWAPDB", "SHUTDOWN", "REPLICAOF", "SLAVEOF", "FAILOVER", "DEBUG", "CONFIG", "CLUSTER",
}  # fmt: skip


def keys_of(command: tuple[str, ...]) -> tuple[str, ...]:
    """Returns the names of keys, with their placeholders, that a command writes; of unknown commands none."""
    name, words = command[0].upper() if command else "", command[1:]
    if name in _FIRST or name in _ADDING:
        return words[:1]
    if name in _FIRST_TWO:
        return words[:2]
    if name in _SECOND:
        return words[1:2]
    if name in _EACH:
        return words
    return words[::2] if name in _EVERY_OTHER else ()


def changes_rows(statement: str) -> bool:
    """Returns whether a statement changes or removes rows that are there, be it in a part of it (``WITH``)."""
    return _CHANGES.search(_said(statement)) is not None


def _said(statement: str) -> str:
    """A statement without comments and what is quoted, its words one blank apart."""
    return " ".join(_UNSAID.sub(" ", statement).split())


def statement_mistake(statement: str, naming: Collection[str]) -> str | None:
    """Returns what is wrong with a statement that makes or removes a tenant, to follow its key; None if nothing.

    Args:
        statement: the statement.
        naming: the parameters that name a tenant.
    """
    said = _said(statement)
    parts = [part.strip() for part in said.split(";") if part.strip()]
    if any(_OF_EVERYBODY.match(part) for part in parts):
        return f"changes what is everybody's: {statement}"
    if len(parts) > 1:
        return f"holds several statements, of which one could take what is others' unseen: list each apart: {statement}"
    if _CHANGES.search(said) and not set(SQL_NAME.findall(said)) & set(naming):
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
    for key in keys_of(command):
        if placeholders(key) & set(naming):
            continue
        if name not in _ADDING:
            return f"changes the whole of the key {key}, which does not name the tenant: {said}"
        for member in command[1:][_MEMBERS.get(name, slice(0))]:
            if not placeholders(member) & set(naming):
                return f"changes {member} in the key {key}, and neither names the tenant: {said}"
    return None
