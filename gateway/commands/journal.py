"""`point-gateway journal …`: begin it, read it again, accept what is wrong with it, remove what is old."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from gateway.commands.shared import Config, Operator, read_store_of, settings_of
from gateway.configured import chain_keys_of, clock_of
from gateway.errors import GatewayError
from gateway.model import JST
from gateway.platform import daily_digest, journal_ends
from gateway.platform.journal import Journal, begin_journal
from gateway.platform.journal_reader import ACCEPTED, JournalReader, last_line_at
from gateway.settings import Settings

journal = typer.Typer(no_args_is_help=True, help="The journal of confirmed orders, outside the database.")

JournalReason = Annotated[str, typer.Option("--reason", help="Why; kept in the journal.")]


@journal.command()
def begin(config: Config = None) -> None:
    """Make the journal's folder, once: gateways confirm nothing on a folder that was never begun."""
    folder = _folder_of(settings_of(config))
    begin_journal(folder)
    typer.echo(f"the journal is kept in {folder}")


@journal.command()
def check(config: Config = None) -> None:
    """Read the whole journal again. Exit code 1 when a line or a segment is not what was written."""
    reader, count = _read(settings_of(config))
    for fault in reader.faults:
        typer.echo(str(fault))
    broken = f"{len(reader.faults)} faults" if reader.faults else "nothing is broken"
    typer.echo(f"{count:,} lines: {broken}")
    raise typer.Exit(1 if reader.faults else 0)


@journal.command()
def accept(operator: Operator, reason: JournalReason, config: Config = None) -> None:
    """Say that somebody has looked at what `journal check` names: gateways confirm again in spite of it."""
    if not reason.strip():
        raise GatewayError("a fault is accepted with a reason; give --reason")
    settings = settings_of(config)
    reader, _ = _read(settings)
    faults = [str(fault) for fault in reader.faults]
    if not faults:
        raise GatewayError("nothing was changed: there is no fault to accept")
    _append(settings, reader.ends, faults, operator, reason)
    typer.echo(f"{len(faults)} faults are accepted")


@journal.command()
def prune(
    before: Annotated[
        datetime,
        typer.Option(
            formats=["%Y-%m-%d"], help="Remove files whose last line is older: the day of your oldest backup."
        ),
    ],
    operator: Operator,
    config: Config = None,
) -> None:
    """Remove old files of the journal. What is younger than a backup is needed with it."""
    settings = settings_of(config)
    folder, day = _folder_of(settings), before.replace(tzinfo=JST)
    reader, _ = _read(settings)
    if reader.faults:
        raise GatewayError(f"nothing was removed: {reader.faults[0]}; see `point-gateway journal check`")
    segments = [
        path
        for path in sorted(folder.glob("*.journal"))
        if (at := last_line_at(path)) is not None and at < day
    ]
    if not segments:
        typer.echo("nothing is that old")
        return
    # First it is written down, so that nobody misses what is then removed.
    removed = {path.name for path in segments}
    # What comes after names only those before it that stay.
    ends = [end for end in reader.ends if end[0] not in removed]
    _append(settings, ends, reader.gone_after(removed), operator, f"pruned before {before:%Y-%m-%d}")
    for path in segments:
        path.unlink()
        typer.echo(f"removed {path}")


def _folder_of(settings: Settings) -> Path:
    if settings.journal_folder is None:
        raise GatewayError("there is no journal; name its folder in [journal] path")
    return settings.journal_folder


def _read(settings: Settings) -> tuple[JournalReader, int]:
    reader = JournalReader(_folder_of(settings), chain_keys_of(settings), _known_ends(settings))
    count = 0
    while lines := reader.read_batch():
        count += len(lines)
    return reader, count


def _known_ends(settings: Settings) -> dict[str, int]:
    """How far the journal was, as the database and the newest digest outside know it."""
    known = {}
    if settings.digest_file is not None:
        known = daily_digest.read_journal_ends(settings.digest_file, chain_keys_of(settings))
    if settings.database_file is not None and not settings.database_file.exists():
        return known
    try:
        stored = read_store_of(settings, journal_ends.list_ends)
    except Exception as fault:  # noqa: BLE001  a journal is read also where the database is lost
        why = str(fault) if isinstance(fault, GatewayError) else type(fault).__name__
        typer.echo(f"the database could not be asked how far the journal was: {why}", err=True)
        return known
    return {name: max(stored.get(name, 0), known.get(name, 0)) for name in {*stored, *known}}


def _append(
    settings: Settings, ends: Sequence[tuple[str, str]], faults: list[str], operator: str, reason: str
) -> None:
    async def work() -> None:
        opened = Journal(_folder_of(settings), chain_keys_of(settings), clock_of(settings), ends=ends)
        try:
            await opened.append(ACCEPTED, {"faults": faults, "operator": operator, "reason": reason})
        finally:
            await asyncio.to_thread(opened.close)

    asyncio.run(work())
