"""Tables that belong to a tenant by what they, or their schemas, are called: a schema or a table for each tenant."""

from __future__ import annotations

from collections.abc import Iterator

from checker.content import Content
from checker.ownership import Claim, Standing
from checker.postgres_catalogue import Table
from evidence.marks import MarkKind

_Span = tuple[int, int, int]  # tenant, start and end in the name


def _spans(name: str, content: Content) -> Iterator[_Span]:
    """The tenants that a name names. An id's hyphens are often written as underscores here."""
    text = name.encode()
    found = False
    for sighted in content.keyring.find(text.replace(b"_", b"-")):
        if sighted.mark.kind is MarkKind.TENANT and content.keyring.is_current(sighted):
            found = True
            yield sighted.mark.tenant, sighted.start, sighted.end
    if not found:
        for named in content.names.segments(text):
            yield named.tenant, named.start, named.end


def claims_of_name(table: Table, content: Content) -> list[Claim]:
    """Returns the claims that the table's name and that of its schema make on all its rows."""
    return [
        Claim(Standing.NAME, tenant, f"the {what}'s name", "name", name.encode(), start, end)
        for what, name in (("schema", table.schema), ("table", table.name))
        for tenant, start, end in _spans(name, content)
    ]


def pattern_of_name(table: Table, content: Content) -> str:
    """Returns schema.table with everything that names a tenant replaced by ``*``."""
    return ".".join(_replaced(name, content) for name in (table.schema, table.name))


def _replaced(name: str, content: Content) -> str:
    text = name.encode()
    for _, start, end in sorted(_spans(name, content), key=lambda span: -span[1]):
        text = text[:start] + b"*" + text[end:]
    return text.decode("utf-8", "replace")
