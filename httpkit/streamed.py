"""An answer whose body is made while it is sent: a long file is never held whole, and one that breaks off is seen to.

The head is sent with the first piece, and no status can be taken back then. Where a later piece fails, the connection is
reset: chunked encoding lacks its end, and also who reads to the end of a connection (HTTP/1.0) gets an error for a file.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Final

from aiohttp import web

_RESET: Final = struct.pack("ii", 1, 0)
"""SO_LINGER of no seconds: closing sends a reset and drops what still waits to be sent."""


class StreamedResponse(web.Response):
    """Takes piece after piece as fast as the client reads, after all middlewares: no time limit of theirs counts.

    `on_fault` is told what a piece raised. The pieces are closed in any case, also where the client goes away.
    """

    def __init__(
        self,
        pieces: AsyncGenerator[bytes, None],
        on_fault: Callable[[Exception], None],
        *,
        status: int = 200,
        headers: Mapping[str, str],
    ) -> None:
        super().__init__(status=status, headers=headers, body=self._made())
        self._pieces, self._on_fault = pieces, on_fault
        self._is_broken = False

    async def write_eof(self, data: bytes = b"") -> None:
        """Send all pieces. Raises ConnectionError where the client is gone or was cut off: the server ends the connection."""
        request = self._req
        try:
            await super().write_eof(data)
        finally:
            await self._pieces.aclose()
            if self._is_broken and request is not None:
                _reset(request.transport)

    async def _made(self) -> AsyncGenerator[bytes, None]:
        try:
            async for piece in self._pieces:
                yield piece
        except Exception as fault:
            self._is_broken = True
            self._on_fault(fault)
            raise ConnectionResetError("a piece of the answer could not be made") from fault


def _reset(transport: asyncio.Transport | None) -> None:
    if transport is None:
        return
    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.abort()
