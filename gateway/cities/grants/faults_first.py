"""The lines of a checked list page by page, those with a fault first, and each once."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Row, Table, select

from gateway.cities.city_context import CityContext
from gateway.errors import ProblemError


class _Line(Protocol):
    @property
    def line(self) -> int: ...


class _File(Protocol):
    @property
    def uploaded_at(self) -> datetime: ...

    @property
    def state(self) -> str: ...


LineT = TypeVar("LineT", bound=_Line)
FileT = TypeVar("FileT", bound=_File)


def report_pages(
    context: CityContext,
    lines: Table,
    file_id: str,
    page_size: int,
    *,
    require: Callable[[Connection], FileT],
    line_of: Callable[[FileT, Row[Any]], LineT],
) -> AsyncGenerator[list[LineT], None]:
    """All lines of a file, those with a fault first, each page read by itself.

    Raises ProblemError: what `require` raises at the first page; `file-state` (409) at a later one, where the file was
    sent again meanwhile and other lines are its lines now.
    """
    query = select(lines).where(lines.c.file_id == file_id).order_by(lines.c.line).limit(page_size)
    checks = set[datetime]()

    async def page(faults_only: bool, after: int) -> list[LineT]:
        wanted = query.where(lines.c.line > after)
        if faults_only:
            wanted = wanted.where(lines.c.fault.is_not(None))

        def job(conn: Connection) -> list[LineT]:
            file = require(conn)
            checks.add(file.uploaded_at)
            if len(checks) > 1:
                raise checked_meanwhile(file)
            return [line_of(file, row) for row in conn.execute(wanted)]

        return await context.store.read(job)

    return faults_first(page)


def checked_meanwhile(file: _File) -> ProblemError:
    return ProblemError(
        "file-state",
        "The same file was uploaded or taken back again while it was being checked; look at it again.",
        state=file.state,
    )


async def faults_first(
    read: Callable[[bool, int], Awaitable[list[LineT]]],
) -> AsyncGenerator[list[LineT], None]:
    """`read(faults_only, after)` gives a page of lines by their numbers, none where there are no more.

    A line that gets its fault while the others are sent is among them, with its fault: none is left out, none comes twice.
    """
    sent = array("Q")
    for faults_only in (True, False):
        after = 0
        while page := await read(faults_only, after):
            after = page[-1].line
            if faults_only:
                sent.extend(line.line for line in page)
                yield page
            else:
                yield [line for line in page if not _has(sent, line.line)]


def _has(numbers: array[int], number: int) -> bool:
    place = bisect_left(numbers, number)
    return place < len(numbers) and numbers[place] == number
