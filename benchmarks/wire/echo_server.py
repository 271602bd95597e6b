"""An echo server that costs little, so that it is the client that is measured: `python -m benchmarks.wire.echo_server`.

Prints its port and serves until its standard input ends. Speaks just enough WebSocket for the benchmark.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import sys
from typing import cast

import uvloop
from websockets.speedups import apply_mask

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class EchoProtocol(asyncio.Protocol):
    """Answers the upgrade, then sends every text frame back unmasked."""

    def __init__(self) -> None:
        self._buffer = b""
        self._upgraded = False
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)  # uvloop does not derive its own from it

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        assert self._transport is not None
        if not self._upgraded:
            if b"\r\n\r\n" not in self._buffer:
                return
            head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
            lines = head.lower().split(b"\r\n")
            position = next(number for number, line in enumerate(lines) if line.startswith(b"sec-websocket-key:"))
            key = head.split(b"\r\n")[position].partition(b":")[2].strip()
            accept = base64.b64encode(hashlib.sha1(key + _GUID).digest())
            self._transport.write(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
            )
            self._upgraded = True
        while self._echo_one(self._transport):
            pass

    def _echo_one(self, transport: asyncio.WriteTransport) -> bool:
        buffer = self._buffer
        if len(buffer) < 8:
            return False
        size, start = buffer[1] & 0x7F, 6
        if size == 126:
            size, start = buffer[2] << 8 | buffer[3], 8
        if len(buffer) < start + size:
            return False
        payload = apply_mask(buffer[start : start + size], buffer[start - 4 : start])
        header = bytes((0x81, size)) if size < 126 else bytes((0x81, 126, size >> 8, size & 0xFF))
        self._buffer = buffer[start + size :]
        if buffer[0] & 0x0F == 8:
            transport.close()
            return False
        transport.write(header + payload)
        return bool(self._buffer)


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(EchoProtocol, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    uvloop.run(_serve())
