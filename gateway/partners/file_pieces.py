"""A file of the partner's SFTP server, piece by piece: one and the same file from its first byte to its last, or none."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from gateway.errors import OutcomeUnknown
from gateway.plugin_interfaces import SftpFile


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePiece:
    """Bytes of a file from an offset on, and the file's size and moment of change (seconds) as they are now."""

    size: int
    modified_at: int
    body: bytes = field(repr=False)


class FileReader(Protocol):
    """Who reads at the partner's server: `gateway.partners.sftp_client.GuardedSftp`. Both raise NotSent, OutcomeUnknown."""

    async def list(self, folder: str) -> tuple[SftpFile, ...]: ...
    async def read(self, path: str, offset: int) -> FilePiece: ...


async def whole_file(partner: str, read: Callable[[int], Awaitable[FilePiece]]) -> AsyncIterator[bytes]:
    """All pieces of a file; `read` gives the one at an offset. Raises OutcomeUnknown where the file is another meanwhile."""
    offset = 0
    first: FilePiece | None = None
    while True:
        piece = await read(offset)
        first = first or piece
        if (piece.size, piece.modified_at) != (first.size, first.modified_at):
            raise OutcomeUnknown(f"{partner}: the file changed while it was read")
        offset += len(piece.body)
        if not piece.body and offset < piece.size:
            raise OutcomeUnknown(f"{partner}: the file ended before its end")
        if piece.body:
            yield piece.body
        if offset >= piece.size:
            return
