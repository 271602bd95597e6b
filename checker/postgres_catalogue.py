"""What tables there are, what their columns are, and where their foreign keys lead: from the catalogue alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from psycopg2.extensions import connection, cursor

BYTEA, OID = 17, 26  # the types' numbers, the same in every Postgres

_RELATIONS = """
SELECT c.oid, n.nspname, c.relname, quote_ident(n.nspname) || '.' || quote_ident(c.relname), c.relkind::text,
       c.relispopulated, has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'),
       row_security_active(c.oid), greatest(c.reltuples, 0)::bigint,
       CASE WHEN c.reltoastrelid = 0 THEN 0 ELSE pg_relation_size(c.reltoastrelid) END, i.inhparent, current_user::text
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_inherits i ON i.inhrelid = c.oid AND c.relispartition
WHERE c.relkind IN ('r', 'p', 'm', 'f')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
ORDER BY n.nspname, c.relname
"""
# Where every row may be seen although row security is active: a policy for reading lets everything through, and none
# that restricts applies. That is how a role reads whose server grants nobody BYPASSRLS.
_OPENED = """
WITH applying AS (
    SELECT polrelid, polpermissive, pg_get_expr(polqual, polrelid) = 'true' AS everything FROM pg_policy p
    WHERE polcmd IN ('r', '*')
      AND EXISTS (SELECT FROM unnest(polroles) r WHERE r = 0 OR pg_has_role(current_user, r, 'USAGE'))
)
SELECT polrelid FROM applying GROUP BY polrelid HAVING bool_and(polpermissive) AND bool_or(everything)
"""
_COLUMNS = """
SELECT a.attrelid, a.attnum, a.attname, quote_ident(a.attname), a.atttypid
FROM pg_attribute a WHERE a.attrelid = ANY(%s) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum
"""
_CONSTRAINTS = """
SELECT contype::text, conrelid, conkey, confrelid, confkey FROM pg_constraint
WHERE contype IN ('p', 'f') AND conrelid = ANY(%s) ORDER BY oid
"""
_TYPES = """
SELECT t.oid, t.typname, t.typbasetype, t.typelem,
       (SELECT array_agg(a.atttypid) FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0)
FROM pg_type t WHERE t.typname = 'bytea' OR t.typbasetype <> 0 OR t.typelem <> 0 OR t.typtype = 'c'
"""


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Attributes:
        name: its name.
        quoted: the same for SQL.
        binary: whether its text form holds bytes in hexadecimal, somewhere.
        bytea: whether it is a bytea itself.
        number: whether it holds numbers such as large objects have.
    """

    name: str
    quoted: str
    binary: bool
    bytea: bool
    number: bool = False


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns that lead to columns of another table; a partition counts as the table it is part of."""

    columns: tuple[str, ...]
    target: int
    target_columns: tuple[str, ...]


@dataclass(slots=True)
class Table:
    """A table, partition or materialised view that holds rows.

    Attributes:
        oid: its number in the catalogue.
        root: that of the partitioned table it is part of, or its own.
        label: schema.table, of the root where it is a partition: what it is called in reports.
        quoted: the name for SQL, of the part itself.
        schema: its schema.
        name: its name.
        expected: rows that the planner expects.
        toast_bytes: how much its large values take on disk.
        obstacle: why it can't be read, or an empty string.
        by_policy: whether it is read through a policy that lets everything through.
        columns: its columns in order.
        key: the columns of its primary key, empty if it has none.
        foreign_keys: where it leads to.
    """

    oid: int
    root: int
    label: str
    quoted: str
    schema: str
    name: str
    expected: int
    toast_bytes: int
    obstacle: str = ""
    by_policy: bool = False
    columns: list[Column] = field(default_factory=list)
    key: tuple[str, ...] = ()
    foreign_keys: list[ForeignKey] = field(default_factory=list)

    def indexes(self, names: Iterable[str]) -> tuple[int, ...]:
        """Returns where these columns stand among the table's columns."""
        order = {column.name: index for index, column in enumerate(self.columns)}
        return tuple(order[name] for name in names)


@dataclass(frozen=True)
class Catalogue:
    """All tables, those that others refer to first, and what holds no rows of this database.

    Attributes:
        tables: what is to be read.
        elsewhere: foreign tables, whose rows lie in another database.
        unfilled: materialised views that were never filled.
    """

    tables: list[Table]
    elsewhere: list[str]
    unfilled: list[str]


def read_catalogue(opened: connection) -> Catalogue:
    """Reads the catalogue of every schema."""
    with opened.cursor() as cur:
        cur.execute(_RELATIONS)
        relations = cur.fetchall()
        oids = [row[0] for row in relations]
        cur.execute(_OPENED)
        tables = _tables(relations, {row[0] for row in cur.fetchall()})
        attributes = _columns(cur, oids, tables)
        _constraints(cur, oids, tables, attributes)
    elsewhere = [row[3] for row in relations if row[4] == "f"]
    unfilled = [row[3] for row in relations if row[4] == "m" and not row[5]]
    return Catalogue(parents_first(list(tables.values())), elsewhere, unfilled)


def _tables(relations: Sequence[tuple[object, ...]], opened: Collection[object]) -> dict[int, Table]:
    parents = {row[0]: row[10] for row in relations if row[10] is not None}
    labels = {row[0]: f"{row[1]}.{row[2]}" for row in relations}
    tables: dict[int, Table] = {}
    for oid, schema, name, quoted, kind, populated, readable, secured, expected, toast, _, role in relations:
        if kind not in ("r", "m") or not populated:
            continue
        root = oid
        while root in parents:
            root = parents[root]
        table = Table(oid, root, labels.get(root, quoted), quoted, schema, name, expected, toast)  # type: ignore[arg-type]
        if not readable:
            table.obstacle = f"role {role} may not read it; GRANT SELECT ON {quoted} (and USAGE on its schema) to it"
        elif secured and oid in opened:
            table.by_policy = True
        elif secured:
            table.obstacle = (
                f"role {role} can't see past its row security; grant the role BYPASSRLS, or the policy that "
                "`python -m config grants --managed` writes"
            )
        tables[oid] = table  # type: ignore[index]
    return tables


def _columns(cur: cursor, oids: list[int], tables: dict[int, Table]) -> dict[int, dict[int, str]]:
    cur.execute(_TYPES)
    types = {row[0]: row[1:] for row in cur.fetchall()}
    binary: dict[int, bool] = {}

    def holds_bytes(oid: int) -> bool:
        if oid not in binary:
            binary[oid] = False  # a type that contains itself ends here
            name, base, element, parts = types.get(oid, ("", 0, 0, None))
            binary[oid] = name == "bytea" or any(holds_bytes(inner) for inner in (base, element, *(parts or ())))
        return binary[oid]

    cur.execute(_COLUMNS, (oids,))
    attributes: dict[int, dict[int, str]] = {}
    for relation, number, name, quoted, type_oid in cur.fetchall():
        attributes.setdefault(relation, {})[number] = name
        if relation in tables:
            number_like = OID in (type_oid, types.get(type_oid, ("", 0))[1])
            column = Column(name, quoted, holds_bytes(type_oid), type_oid == BYTEA, number_like)
            tables[relation].columns.append(column)
    return attributes


def _constraints(cur: cursor, oids: list[int], tables: dict[int, Table], attributes: dict[int, dict[int, str]]) -> None:
    cur.execute(
        "SELECT i.inhrelid, i.inhparent FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE c.relispartition"
    )
    above = dict(cur.fetchall())
    cur.execute(_CONSTRAINTS, (oids,))
    for kind, relation, own, target, theirs in cur.fetchall():
        table = tables.get(relation)
        if table is None:
            continue
        columns = tuple(attributes[relation][number] for number in own)
        if kind == "p":
            table.key = columns
            continue
        target_columns = tuple(attributes[target][number] for number in theirs)
        while target in above:
            target = above[target]
        key = ForeignKey(columns, target, target_columns)
        if key not in table.foreign_keys:
            table.foreign_keys.append(key)


def parents_first(tables: list[Table]) -> list[Table]:
    """Returns the tables ordered so that as few foreign keys as possible lead to a table that comes later."""
    of_root: dict[int, list[Table]] = {}
    for table in tables:
        of_root.setdefault(table.root, []).append(table)
    ahead = {
        root: {key.target for part in parts for key in part.foreign_keys if key.target in of_root} - {root}
        for root, parts in of_root.items()
    }
    ordered: list[Table] = []
    while ahead:
        free = [root for root, targets in ahead.items() if not targets]
        if not free:  # a circle: begin where the fewest are missing
            free = [min(ahead, key=lambda root: (len(ahead[root]), of_root[root][0].label))]
        for root in free:
            ordered += of_root[root]
            del ahead[root]
        for targets in ahead.values():
            targets.difference_update(free)
    return ordered
