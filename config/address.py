"""Addresses as people may see them: without user, password or query."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

# One word of a libpq string: key = value, the value in quotes if it holds a space; a backslash escapes in either.
_WORD = re.compile(r"(\w+)\s*=\s*('(?:[^'\\]|\\.)*'?|(?:[^\s\\]|\\.)*)", re.DOTALL)
_SECRET_WORDS = frozenset({"password", "sslpassword"})
_PORT = re.compile(r"^[0-9]{0,5}$")


def shown(url: str) -> str:
    """Returns ``host:port/path`` of a URL, or of a libpq string of ``key=value`` words, without any credential."""
    if "://" not in url:
        words = {key: _value(text) for key, text in _WORD.findall(url)}
        if words.get("service") and "host" not in words:
            return f"service {words['service']}" + (f"/{words['dbname']}" if "dbname" in words else "")
        return f"{words.get('host', 'local socket')}:{words.get('port', 'default')}/{words.get('dbname', '')}"
    if not readable(url):
        return "(an address that can't be read)"
    parts = urlsplit(url)
    hosts = _hosts(parts.netloc)
    if len(hosts) > 1:
        return ",".join(hosts) + parts.path
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.hostname or 'local socket'}{port}{parts.path}"


def database_of(address: str) -> str:
    """Returns the database that a Postgres address names; libpq takes the user's name where it names none."""
    if "://" not in address:
        words = {key: _value(text) for key, text in _WORD.findall(address)}
        return words.get("dbname") or words.get("user") or "postgres"
    parts = urlsplit(address)
    query = dict(word.partition("=")[::2] for word in parts.query.split("&"))
    user = unquote(parts.username or "")
    return unquote(query.get("dbname") or parts.path.lstrip("/")) or user or "postgres"


UNREADABLE = "the address can't be used: percent-encode what is special in its user and password"


def readable(url: str) -> bool:
    """Returns whether it is plain where the credentials end, so that a library's words about the rest may be shown."""
    if "://" not in url:
        return True
    try:
        parts = urlsplit(url)
        parts.hostname  # noqa: B018  # raises if brackets don't fit
    except ValueError:
        return False
    ports = [host.rpartition("]")[2].partition(":")[2] for host in _hosts(parts.netloc)]
    if not all(_PORT.match(port) and int(port or 0) <= 0xFFFF for port in ports):
        return False
    return parts.netloc.count("@") <= 1 and "@" not in parts.path


def scrub(text: str, *urls: str) -> str:
    """Returns ``text`` without the passwords of these URLs, should a library have put one into a message."""
    for url in urls:
        for password in passwords(url):
            text = text.replace(password, "(hidden)")
    return text


def _hosts(netloc: str) -> list[str]:
    """The hosts with their ports: libpq takes several, with commas between."""
    return netloc.rpartition("@")[2].split(",")


def _value(text: str) -> str:
    """What a libpq string's word means."""
    bare = text[1:].removesuffix("'") if text.startswith("'") else text
    return re.sub(r"\\(.)", r"\1", bare, flags=re.DOTALL)


def passwords(url: str) -> list[str]:
    """The passwords of a URL or of a libpq string, as they stand there and as libraries decode them."""
    if "://" not in url:
        words = [text for key, text in _WORD.findall(url) if key in _SECRET_WORDS]
        found = [form for text in words for form in (text.strip("'"), _value(text))]
    else:
        try:
            parts = urlsplit(url)
            query = [word.partition("=") for word in parts.query.split("&")]
            found = [parts.password or "", *(value for key, _, value in query if key in _SECRET_WORDS)]
        except ValueError:
            return []
    return sorted({form for one in found if one for form in (one, unquote(one))}, key=len, reverse=True)
