"""A CSV that grows with a city, made while it is sent: a page is read, written and forgotten before the next is read.

Each page is read in a short transaction of its own, so a slow browser holds none open. The bytes are those of `excel_csv`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from typing import Final, TypeAlias

from gateway.api.city.fields import CSV
from gateway.http.routing import ContentStream
from httpkit.safe_csv import excel_head, excel_lines

CSV_PAGE: Final = 1_000
"""Rows, or members, that are read at once."""

Page: TypeAlias = Iterable[Sequence[str | int]]


async def csv_stream(header: Sequence[str], pages: AsyncGenerator[Page, None]) -> ContentStream:
    """The file whose rows these pages have, which may be lazy: they are gone through on another thread.

    The first page is read here, so what it raises is still answered as a problem.
    """
    first: Page = await anext(
        pages, []
    )  # CPython breaks on a tuple here: it is taken for an exception's arguments
    return ContentStream(_pieces(header, first, pages), CSV)


async def _pieces(
    header: Sequence[str], first: Page, pages: AsyncGenerator[Page, None]
) -> AsyncGenerator[bytes, None]:
    try:
        yield excel_head(header) + await asyncio.to_thread(excel_lines, first)
        del first  # or the first page would be held until the last is sent
        async for page in pages:
            yield await asyncio.to_thread(excel_lines, page)
    finally:
        await pages.aclose()
