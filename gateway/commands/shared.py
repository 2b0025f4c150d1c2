"""What all commands share: where the settings are, the console, one transaction, opened services."""

from __future__ import annotations

import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console
from sqlalchemy import Connection

from gateway.configured import chain_keys_of, clock_of, open_store_now
from gateway.errors import GatewayError
from gateway.platform import logs
from gateway.platform.journal import Journal
from gateway.platform.journal_ends import JournalMarks
from gateway.platform.plain_text import BYTE_ORDER_MARK
from gateway.platform.record_stream import RecordStream
from gateway.settings import Settings

if TYPE_CHECKING:
    from gateway.services import Services

T = TypeVar("T")

Config = Annotated[
    Path | None,
    typer.Option("--config", envvar="POINT_GATEWAY_CONFIG", help="The settings; default: gateway.toml here."),
]
Operator = Annotated[
    str,
    typer.Option(
        default_factory=getpass.getuser, help="Who decides; kept with the decision.", show_default="you"
    ),
]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept with the decision.")]
Most = Annotated[int, typer.Option("--limit", min=1, max=10_000)]

_database_urls: list[str] = []

out = Console(highlight=False, soft_wrap=True)


def settings_of(config: Path | None) -> Settings:
    """Read the settings and set up the log as they say."""
    default = Path("gateway.toml")
    settings = Settings.load(config or (default if default.exists() else None))
    logs.configure(settings.log.level, settings.log.format)
    _database_urls[:] = [settings.database_url]
    return settings


def typed_line() -> str:
    """The first line of standard input, without a byte order mark or its end. Raises GatewayError where it is not UTF-8."""
    with _in_utf8():
        return sys.stdin.readline().rstrip("\n").lstrip(BYTE_ORDER_MARK)


def prompt(question: str) -> str:
    """Ask for what is not shown as it is typed. Raises GatewayError where it is not UTF-8."""
    with _in_utf8():
        return str(typer.prompt(question, hide_input=True, err=True)).lstrip(BYTE_ORDER_MARK)


@contextmanager
def _in_utf8() -> Iterator[None]:
    try:
        yield
    except UnicodeDecodeError:
        raise GatewayError(
            "what was typed is not in UTF-8; set the terminal to UTF-8, or save the file as UTF-8"
        ) from None


def database_in_use() -> str | None:
    """The URL in the settings that this command has read, for the sentence of a fault; None before that."""
    return _database_urls[0] if _database_urls else None


def in_store(config: Path | None, job: Callable[[Connection], T]) -> T:
    """Run one writing transaction on the configured database."""
    return in_store_of(settings_of(config), job)


def in_store_of(settings: Settings, job: Callable[[Connection], T]) -> T:
    """As `in_store`, with settings that were read already. Raises SchemaRefused where the schema does not fit."""
    store = open_store_now(settings)
    journal = stream = marks = None
    if settings.journal_folder is not None:
        journal = Journal(settings.journal_folder, chain_keys_of(settings), clock_of(settings))
        store.on_commit = stream = RecordStream(journal)
        marks = JournalMarks(journal, clock_of(settings))
    try:
        result = store.run_now(job)
        if marks is not None:
            marks.flush_now(store)
        return result
    finally:
        store.close_now()
        if journal is not None and stream is not None:
            stream.flush()
            journal.close()


def read_store_of(settings: Settings, job: Callable[[Connection], T]) -> T:
    """Run one reading job, however long, beside the gateways that serve. Raises SchemaRefused as `in_store_of`."""
    store = open_store_now(settings)
    try:
        return store.read_now(job)
    finally:
        store.close_now()


def with_services(config: Path | None, work: Callable[[Services], Awaitable[T]]) -> T:
    """Run `work` with partners loaded and the database open."""
    from gateway.services import open_services  # most of the gateway, which few commands need

    async def opened() -> T:
        async with open_services(settings_of(config)) as services:
            return await work(services)

    return asyncio.run(opened())
