"""Addresses as people may see them: without user, password or query."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit


def shown(url: str) -> str:
    """Returns ``host:port/path`` of a URL, or of a libpq string of ``key=value`` words, without any credential."""
    if "://" not in url:
        words = dict(word.split("=", 1) for word in url.split() if "=" in word)
        return f"{words.get('host', 'local socket')}:{words.get('port', 'default')}/{words.get('dbname', '')}"
    if not readable(url):
        return "(an address that can't be read)"
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.hostname or 'local socket'}{port}{parts.path}"


UNREADABLE = "the address can't be used: percent-encode what is special in its user and password"


def readable(url: str) -> bool:
    """Returns whether it is plain where the credentials end, so that a library's words about the rest may be shown."""
    if "://" not in url:
        return True
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  # raises if what follows the colon is no number
    except ValueError:
        return False
    return parts.netloc.count("@") <= 1 and "@" not in parts.path


def scrub(text: str, *urls: str) -> str:
    """Returns ``text`` without the passwords of these URLs, should a library have put one into a message."""
    for url in urls:
        for password in _passwords(url):
            text = text.replace(password, "(hidden)")
    return text


def _passwords(url: str) -> list[str]:
    """The password of a URL or of a libpq string, as it stands there and as libraries decode it."""
    if "://" not in url:
        found = [word.partition("=")[2].strip("'") for word in url.split() if word.startswith("password=")]
    else:
        try:
            parts = urlsplit(url)
            query = [word.partition("=")[2] for word in parts.query.split("&") if word.startswith("password=")]
            found = [parts.password or "", *query]
        except ValueError:
            return []
    return sorted({form for one in found if one for form in (one, unquote(one))}, key=len, reverse=True)
