"""A server by the `websockets` library, an independent reading of RFC 6455.

Prints its port and serves until its standard input ends. Echoes text; does as it is told by texts that begin with `!`.
"""

from __future__ import annotations

import asyncio
import sys

from websockets.asyncio.server import ServerConnection, serve


async def converse(connection: ServerConnection) -> None:
    async for message in connection:
        assert isinstance(message, str)
        match message.split():
            case ["!fragments", *pieces]:
                await connection.send(pieces)
            case ["!ping", content]:
                await (await connection.ping(content))
                await connection.send("pong seen")
            case ["!close", code, reason]:
                await connection.close(int(code), reason)
            case ["!many", count]:
                for number in range(int(count)):
                    await connection.send(str(number))
            case _:
                await connection.send(message)


async def main() -> None:
    async with serve(converse, "127.0.0.1", 0, max_size=2**22, ping_interval=None) as server:
        (listener,) = server.sockets
        print(listener.getsockname()[1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
