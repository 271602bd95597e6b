"""Where a WebSocket URL leads, taken apart so that its query, where tokens travel, is never shown."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_PORTS = {"ws": 80, "wss": 443}
_UNFIT = re.compile(r"[\x00-\x20\x7f]")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server and a resource on it.

    Attributes:
        scheme: ws or wss.
        host: name or address, an IPv6 address without its brackets.
        port: the TCP port.
        path: the path, which may be shown.
        resource: path and query as the request line has them, which may not.
    """

    scheme: str
    host: str
    port: int
    path: str
    resource: str = field(repr=False)

    @classmethod
    def of(cls, url: str, shown_path: str | None = None) -> Endpoint:
        """The endpoint that `url` names; `shown_path` is shown in place of a path that holds a token.

        Raises:
            ValueError: it is no ws:// or wss:// URL with a host, or holds a user name or password. The message leaves
                the URL out.
        """
        if _UNFIT.search(url):
            raise ValueError("WebSocket URL holds a space or control character: escape it as %XX")
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise ValueError(
                "WebSocket URL has a host or port that cannot be read: write ws://host:port/path"
            ) from None
        if parts.scheme not in _PORTS or not host:
            raise ValueError("not a WebSocket URL: write ws://host:port/path or wss://host:port/path")
        if "@" in parts.netloc:
            raise ValueError("WebSocket URL holds a user name: give credentials as a header or in the query")
        path = parts.path or "/"
        resource = f"{path}?{parts.query}" if parts.query else path
        port = port if port is not None else _PORTS[parts.scheme]
        return cls(parts.scheme, host, port, path if shown_path is None else shown_path, resource)

    @property
    def secure(self) -> bool:
        """Whether TLS is asked for."""
        return self.scheme == "wss"

    @property
    def authority(self) -> str:
        """Host and port as the Host header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def shown(self) -> str:
        """The URL without its query: what may stand in a message."""
        return f"{self.scheme}://{self.authority}{self.path}"
