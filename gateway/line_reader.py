"""Lines of a file that comes in pieces, a page at a time: the memory of one page, and no decoding on the event loop."""

from __future__ import annotations

import asyncio
import codecs
from collections.abc import AsyncIterable, AsyncIterator
from typing import Final

from gateway.plugin_interfaces import codec_name

MAX_LINE_CHARACTERS: Final = 2**20


async def read_lines(
    pieces: AsyncIterable[bytes], charset: str = "utf-8", *, lines_per_page: int = 2_000
) -> AsyncIterator[list[str]]:
    r"""The file's lines without their ends (`\n` or `\r\n`), in pages of `lines_per_page`; the last page may be shorter.

    `charset` as a partner writes it: `shift_jis` is Microsoft's. Raises ValueError for an unknown charset, for bytes that
    are none of it, a letter that is cut off at the end, and a line of more than a million characters.
    """
    lines = _Lines(codec_name(charset))
    async for piece in pieces:
        await asyncio.to_thread(lines.feed, piece)
        while len(lines.whole) >= lines_per_page:
            yield lines.read_lines(lines_per_page)
    await asyncio.to_thread(lines.feed, b"", final=True)
    while lines.whole:
        yield lines.read_lines(lines_per_page)


class _Lines:
    """Decodes and splits; a letter or a line may begin in one piece and end in another."""

    def __init__(self, codec: str) -> None:
        codec = "utf-8-sig" if codecs.lookup(codec).name == "utf-8" else codec  # as spreadsheets save it
        self._decoder = codecs.getincrementaldecoder(codec)(errors="strict")
        self._begun = ""
        self.whole: list[str] = []

    def feed(self, piece: bytes, *, final: bool = False) -> None:
        # Not splitlines(): a field may hold U+2028 or a form feed, which end no line of a file.
        parts = (self._begun + self._decoder.decode(piece, final)).split("\n")
        self._begun = "" if final else parts.pop()
        if len(self._begun) > MAX_LINE_CHARACTERS:
            raise ValueError(f"a line of more than {MAX_LINE_CHARACTERS:,} characters")
        if final and not parts[-1]:
            parts.pop()
        self.whole += [part.removesuffix("\r") for part in parts]

    def read_lines(self, count: int) -> list[str]:
        page, self.whole = self.whole[:count], self.whole[count:]
        return page
