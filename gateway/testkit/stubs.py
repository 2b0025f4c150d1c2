"""What a plugin's test makes its plugin with: a clock set by hand, a log to read, settings from a dict.

setup = PartnerSetup(settings=PlainSettings({"base_url": url}, {"api_key": key}), http=…, clock=HandClock(…), log=ListLog())
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from gateway.errors import OutcomeUnknown
from gateway.model import JST, ExchangeId, HandoffReturn, Secret
from gateway.partners.file_pieces import FilePiece, whole_file
from gateway.plugin_interfaces import SftpFile


@dataclass(slots=True)
class HandClock:
    """Tells the time that a test sets; starts at noon of the last campaign day of the 2018 guide."""

    now: datetime = datetime(2018, 7, 31, 12, 0, tzinfo=JST)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, by: timedelta) -> None:
        self.now += by


@dataclass(slots=True)
class ListLog:
    """Keeps its lines. `str(log)` is everything that was written, for a search for secrets."""

    lines: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def debug(self, event: str, **values: Any) -> None:
        self.lines.append((event, values))

    def info(self, event: str, **values: Any) -> None:
        self.lines.append((event, values))

    def warning(self, event: str, **values: Any) -> None:
        self.lines.append((event, values))

    def error(self, event: str, **values: Any) -> None:
        self.lines.append((event, values))


@dataclass(frozen=True, slots=True)
class PlainSettings:
    """A plugin's settings without a file. A name that is not there raises KeyError."""

    values: Mapping[str, str | int]
    secrets: Mapping[str, Secret]

    def text(self, name: str, default: str | None = None) -> str:
        return str(self.values[name] if default is None else self.values.get(name, default))

    def number(self, name: str, default: int | None = None) -> int:
        return int(self.values[name] if default is None else self.values.get(name, default))

    def secret(self, name: str) -> Secret:
        return self.secrets[name]


@dataclass(slots=True)
class FilesSftp:
    """A partner's SFTP server out of a dict of whole paths and contents. `fault` is raised instead of any answer."""

    files: Mapping[str, bytes]
    modified_at: int = 1_533_006_000
    fault: Exception | None = None
    piece_bytes: int = 2**18
    asked: int = 0

    async def list(self, folder: str) -> tuple[SftpFile, ...]:
        """The files of a folder, by name."""
        self.asked += 1
        if self.fault is not None:
            raise self.fault
        changed = datetime.fromtimestamp(self.modified_at, UTC)
        paths = sorted(path for path in self.files if PurePosixPath(path).parent == PurePosixPath(folder))
        return tuple(
            SftpFile(name=PurePosixPath(path).name, size=len(self.files[path]), modified_at=changed)
            for path in paths
        )

    async def read(self, path: str, offset: int) -> FilePiece:
        """Raises OutcomeUnknown where there is no such file."""
        self.asked += 1
        if self.fault is not None:
            raise self.fault
        if (content := self.files.get(path)) is None:
            raise OutcomeUnknown("READ at the SFTP server ended with no_such_file")
        body = content[offset : offset + self.piece_bytes]
        return FilePiece(size=len(content), modified_at=self.modified_at, body=body)

    async def pieces(self, path: str) -> AsyncIterator[bytes]:
        """The whole file."""
        async for piece in whole_file("stub", lambda offset: self.read(path, offset)):
            yield piece

    def allow(self, *, timeout_s: float) -> None:
        """Nothing here takes time."""

    async def check(self) -> None:
        """It is always there."""

    async def aclose(self) -> None:
        """Nothing is open."""


def handoff_return(url: str, exchange_id: str, at: datetime, kept: Mapping[str, str]) -> HandoffReturn:
    """What the gateway makes of the browser's return to `url`: the partner's query, without our own state."""
    query = {name: value for name, value in parse_qsl(urlsplit(url).query) if name != "state"}
    return HandoffReturn(exchange_id=ExchangeId(exchange_id), query=query, kept=kept, at=at)
