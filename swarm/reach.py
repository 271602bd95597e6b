"""What a removing statement would take, looked at before anything is taken.

That a statement names the tenant does not say that it takes the tenant's rows alone: ``LIKE`` takes longer names, a
join that lacks its condition takes everybody's. So it is carried out in a transaction first, and taken back:

- no row that it takes may be older than the run;
- told a name that differs a little, or that of another tenant of the run, it may take none of the same rows.

The latter speaks of the statement and not of a tenant, so once it has been seen it need not be looked at again. What a
foreign key or a trigger takes along is the schema's own doing and is not seen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import psycopg2
import psycopg2.errors
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from config.writes import SQL_NAME

Values = Mapping[str, object]

_NAME = r'(?:"[^"]+"|[\w$]+)'
_PLAIN = re.compile(
    rf"^\s*(?P<verb>DELETE\s+FROM|UPDATE)\s+(?:ONLY\s+)?(?P<table>{_NAME}(?:\.{_NAME})*)(?:\s*\*)?"
    rf"(?:\s+(?:AS\s+)?(?P<alias>(?!(?:WHERE|USING|SET)\b){_NAME}))?",
    re.IGNORECASE,
)
_RETURNS = re.compile(r"\bRETURNING\b", re.IGNORECASE)
_BESIDE = 3  # so many other tenants are tried in the statement


_PLACE = "{row}.tableoid::text || {row}.ctid::text"
_KEY = """
SELECT quote_ident(a.attname) FROM pg_index i
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
WHERE i.indisprimary AND i.indrelid = to_regclass(%s) ORDER BY a.attnum
"""
_CHANGED = "SELECT coalesce(sum(n_tup_upd + n_tup_del), 0) FROM pg_stat_xact_user_tables"


class TakesOthers(Exception):
    """A statement would take what is not the tenant's, and was not carried out; the message says why."""


class _Taken(NamedTuple):
    """What a statement took: which rows, so that they can be compared, and how many of them are older than the run.

    Of a statement that can't be asked for its rows ``rows`` is None, and ``number`` is what was changed in any table.
    """

    rows: frozenset[str] | None
    number: int
    older: int = 0


class Reach:
    """Carries out removing statements that take one tenant's rows and nobody else's.

    Args:
        since: by store, the transaction from which on its rows are the run's (see ``now_in``); stores that are missing
            are not asked how old their rows are.
    """

    def __init__(self, since: Mapping[str, int] | None = None) -> None:
        self.since = dict(since or {})
        self._proven: set[tuple[str, str]] = set()

    def take(
        self, connection: Connection, store: str, statement: str, values: Values, beside: Sequence[Values] = ()
    ) -> int:
        """Carries out a statement in a transaction of its own, if it takes nothing of others; returns how many rows.

        Args:
            connection: to the store.
            store: its name in the profile.
            statement: the statement.
            values: what fills its placeholders.
            beside: the same of other tenants of the run that are still there.

        Raises:
            TakesOthers: it does.
            KeyError: what it names is not among ``values``.
            psycopg2.Error: the store would not.
        """
        try:
            with connection.cursor() as cursor:
                self.check(cursor, store, statement, values, beside)
                cursor.execute(statement, values)
                rows = max(cursor.rowcount, 0)
            connection.commit()
        except (TakesOthers, KeyError, psycopg2.Error):
            if not connection.closed:
                connection.rollback()
            raise
        return rows

    def check(
        self, cursor: Cursor, store: str, statement: str, values: Values, beside: Sequence[Values] = ()
    ) -> None:  # fmt: skip
        """Does nothing if a statement takes nothing of others; it is carried out in this transaction, and taken back.

        Raises:
            TakesOthers, KeyError, psycopg2.Error: as ``take``.
        """
        taken = _tried(cursor, statement, values, self.since.get(store))
        if taken.older:
            raise TakesOthers(f"{taken.older} of the {taken.number} rows it takes were there before the run")
        if not taken.number or (store, statement) in self._proven:
            return
        if self._is_exact(cursor, statement, values, taken, beside):
            self._proven.add((store, statement))

    @staticmethod
    def _is_exact(
        cursor: Cursor, statement: str, values: Values, taken: _Taken, beside: Sequence[Values]
    ) -> bool:  # fmt: skip
        """Whether all has been tried that shows it; where one of them takes the same rows that is an error."""
        for name, other in _almost(statement, values):
            if _share(taken, _tried(cursor, statement, other)):
                raise TakesOthers(
                    f"told {other[name]!r} in place of {values[name]!r} it takes the same rows, so that it would take "
                    "those of others too: let it compare whole names"
                )
        if taken.rows is None:
            return True  # nothing more can be known of it
        shown = False
        for other in beside[:_BESIDE]:
            if not set(SQL_NAME.findall(statement)) <= other.keys():
                continue
            further = _tried(cursor, statement, other)
            shown = shown or further.number > 0
            if _share(taken, further):
                raise TakesOthers(f"told tenant {other.get('tenant')} it takes the same rows, so that they are both's")
        return shown


def can_be_asked(statement: str) -> bool:
    """Returns whether a statement can say which rows it takes: DELETE and UPDATE without a RETURNING of their own."""
    return _plain(statement) is not None


def is_there(cursor: Cursor, statement: str, values: Values) -> bool:
    """Returns whether a removing statement would take anything now; False too of one that can't be asked.

    It is carried out in the cursor's transaction, and taken back.

    Raises:
        psycopg2.Error: the store would not.
    """
    if not can_be_asked(statement):
        return False
    try:
        return _tried(cursor, statement, values).number > 0
    except KeyError:
        return False  # it goes by what is learnt when the tenant is made
    except psycopg2.IntegrityError:
        cursor.execute("ROLLBACK TO SAVEPOINT tried")
        return True  # it can't be removed, because something hangs on it


def now_in(cursor: Cursor) -> int:
    """Returns the number of a transaction: what is made from now on has this or a higher one.

    Raises:
        psycopg2.Error: the store would not.
    """
    cursor.execute("SELECT txid_current() % 4294967296")
    (number,) = cursor.fetchone() or (0,)
    return int(number)


def _tried(cursor: Cursor, statement: str, values: Values, since: int | None = None) -> _Taken:
    """What a statement would take: it is carried out and taken back. What it can't be told it does not take."""
    asking = _asking(cursor, statement)
    cursor.execute("SAVEPOINT tried")
    try:
        taken = _asked(cursor, asking, values, since) if asking is not None else _counted(cursor, statement, values)
    except (psycopg2.errors.UndefinedColumn, psycopg2.errors.FeatureNotSupported):
        cursor.execute("ROLLBACK TO SAVEPOINT tried")  # a view or a foreign table, whose rows have no number
        taken = _counted(cursor, statement, values)
    except psycopg2.DataError:
        taken = _Taken(frozenset(), 0)  # a column of numbers or of UUIDs holds no such name
    cursor.execute("ROLLBACK TO SAVEPOINT tried")
    return taken


def _plain(statement: str) -> re.Match[str] | None:
    """The beginning of a statement that can be made to say which rows it took; None if it is none."""
    return None if _RETURNS.search(statement) else _PLAIN.match(statement)


def _asking(cursor: Cursor, statement: str) -> str | None:
    """The statement so that it says which rows it took, and how old they are; None where it can't be made to.

    A row that is removed is known by its place. One that is changed moves, and says what it was told, so that two tries
    would never seem to take the same one: it is known by its primary key, and where there is none, by nothing.
    """
    plain = _plain(statement)
    if plain is None:
        return None
    row = plain["alias"] or plain["table"]
    if plain["verb"].upper() == "UPDATE":
        cursor.execute(_KEY, (plain["table"],))
        key = ", ".join(f"{row}.{column}" for (column,) in cursor.fetchall())
        if not key:
            return None
        said = f"{row}.tableoid::text || ROW({key})::text, 0"
    else:
        said = f"{_PLACE.format(row=row)}, age({row}.xmin)"
    return f"{statement.rstrip().rstrip(';')}\nRETURNING {said}"


def _asked(cursor: Cursor, asking: str, values: Values, since: int | None) -> _Taken:
    cursor.execute(asking, values)
    rows = cursor.fetchall()
    if since is None or not rows:
        return _Taken(frozenset(row for row, _ in rows), len(rows))
    cursor.execute("SELECT age(%s::xid)", (str(since),))
    (age,) = cursor.fetchone() or (0,)
    return _Taken(frozenset(row for row, _ in rows), len(rows), sum(older > age for _, older in rows))


def _counted(cursor: Cursor, statement: str, values: Values) -> _Taken:
    cursor.execute(_CHANGED)
    (before,) = cursor.fetchone() or (0,)
    cursor.execute(statement, values)
    cursor.execute(_CHANGED)
    (after,) = cursor.fetchone() or (0,)
    return _Taken(None, int(after - before))


def _share(taken: _Taken, other: _Taken) -> bool:
    if taken.rows is None or other.rows is None:
        return other.number > 0
    return bool(taken.rows & other.rows)


def _almost(statement: str, values: Values) -> Iterator[tuple[str, Values]]:
    """Names that differ a little from the tenant's, each with one of the placeholders that hold it."""
    named = list(dict.fromkeys(name for name in SQL_NAME.findall(statement) if name in values))
    for text, number in _CHANGES:
        changed = {
            name: number(value) if isinstance(value, int) else text(str(value))
            for name, value in ((name, values[name]) for name in named)
        }
        if named and all(changed.values()):
            yield named[0], {**values, **changed}


def _turned(name: str) -> str:
    """The same but for the last character, of its own sort, so that a UUID is still one."""
    last = name[-1:]
    for sort in ("0123456789", "abcdef"):
        if last in sort:
            return name[:-1] + sort[(sort.index(last) + 1) % len(sort)]
    return name[:-1] + ("y" if last != "y" else "z")


# What text becomes, and what a number does: the beginning, the end, more, and the same length.
_CHANGES: tuple[tuple[Callable[[str], str], Callable[[int], int]], ...] = (
    (lambda name: name[:-1], lambda number: number // 10),
    (lambda name: name[1:], lambda number: number - 1),
    (lambda name: name + "x", lambda number: number * 10),
    (_turned, lambda number: number + 1),
)
