"""The command `point-gateway`: run the gateway, look after it, show it.

Settings come from `--config`, else from POINT_GATEWAY_CONFIG, else from gateway.toml in this folder.
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import structlog
import typer
from rich.markup import escape
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

import gateway
import migrations
from core_ledger import LedgerError, audit
from gateway.commands import members as cli_members
from gateway.commands import partner as cli_partner
from gateway.commands.city import city_staff
from gateway.commands.database import db
from gateway.commands.exchanges import exchanges
from gateway.commands.keys import keys
from gateway.commands.partner_availability import partners, webhooks
from gateway.commands.reconcile import reconcile
from gateway.commands.shared import Config, in_store_of, out, read_store_of
from gateway.commands.shared import settings_of as _settings
from gateway.errors import GatewayError
from gateway.members.members import Members
from gateway.members.passwords import PasswordHasher
from gateway.model import JST
from gateway.partners import registry
from gateway.partners.registry import Registry
from gateway.platform.job_steps import StepResults
from gateway.points import directory, support_events
from gateway.points.support_events import SupportEvent
from gateway.serve import RefusedToStart
from gateway.serve import serve as serve_until_stopped
from gateway.services import clock_of, open_services, open_store, vault_of
from gateway.settings import Settings
from migrations import SchemaRefused

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__, pretty_exceptions_enable=False)
members = typer.Typer(no_args_is_help=True, help="Members, for service desks and demonstrations.")
places = typer.Typer(no_args_is_help=True, help="Point services and support events.")
ledger = typer.Typer(no_args_is_help=True, help="The ledger.")
app.add_typer(cli_partner.app)
app.add_typer(db, name="db")
app.add_typer(keys, name="keys")
app.add_typer(members, name="members")
members.command("new-password")(cli_members.new_password)
members.command("references")(cli_members.references)
app.add_typer(places, name="places")
app.add_typer(ledger, name="ledger")
app.add_typer(exchanges, name="exchanges")
app.add_typer(city_staff, name="staff")
app.add_typer(reconcile, name="reconcile")
app.add_typer(partners, name="partners")
app.add_typer(webhooks, name="webhooks")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"point-gateway {gateway.__version__}, schema {migrations.known_revisions()[-1]}")
        raise typer.Exit


@app.callback(help=__doc__)
def options(
    _version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_print_version, help="Print the release and end."),
    ] = False,
) -> None:
    """What stands before every command."""


# --- run -------------------------------------------------------------------------------------------------------------


@app.command()
def serve(
    config: Config = None,
    strict: Annotated[bool, typer.Option(help="Do not start when a configured partner is refused.")] = False,
    reuse_port: Annotated[bool, typer.Option(help="Share the port with other processes.")] = False,
    no_upgrade: Annotated[
        bool, typer.Option("--no-upgrade", help="Refuse an embedded database that is empty or older.")
    ] = False,
) -> None:
    """Run the gateway until it is told to stop.

    An embedded (SQLite) database is copied and brought up to date first. PostgreSQL is never changed by `serve`: a
    schema that is empty, older or unknown is refused.
    """
    settings = _settings(config)
    if settings.database_url.startswith("sqlite") and not no_upgrade:
        copied = migrations.upgrade(settings.database_url)
        if copied is not None:
            typer.echo(f"the database as it was before its upgrade: {copied}")
    asyncio.run(
        serve_until_stopped(
            settings,
            strict=strict,
            reuse_port=reuse_port,
            on_ready=lambda address: typer.echo(f"point-gateway serves at {address}"),
        )
    )


@app.command()
def demo(
    check: Annotated[bool, typer.Option(help="Play the main story, print each step, and end.")] = False,
    folder: Annotated[Path | None, typer.Option(help="Where to keep it; default: a new folder.")] = None,
    port: Annotated[int, typer.Option(help="The gateway's port; 0 takes a free one.")] = 0,
    city: Annotated[bool, typer.Option(help="Fill a city with three months of life first.")] = False,
) -> None:
    """Start a gateway with two partners' sandboxes and sample members, all on this machine."""
    from gateway.demo import run_demo

    raise typer.Exit(asyncio.run(run_demo(check=check, folder=folder, port=port, out=out, city=city)))


@app.command()
def plugins(
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """List the partners' plugins: loaded, refused with the reason and the remedy, and idle ones."""
    settings = _settings(config)
    found = asyncio.run(_load(settings))
    if as_json:
        typer.echo(json.dumps(_registry_report(found), ensure_ascii=False, indent=2))
        return
    table = Table("plugin", "state", "from", "what to know")
    for id_, partner in found.partners.items():
        table.add_row(
            id_, "loaded", found.origins.get(id_, ""), f"{partner.profile.name.ja} · {partner.profile.link}"
        )
    for refusal in found.refused:
        table.add_row(refusal.plugin, "refused", "", escape(refusal.sentence))
    for idle in found.idle:
        table.add_row(idle, "idle", "", escape(f"installed; add [partners.{idle}] to the settings to use it"))
    out.print(table)
    for note in found.notes:
        out.print(escape(note))


async def _load(settings: Settings) -> Registry:
    found = await registry.load(settings, clock=clock_of(settings), log=structlog.get_logger())
    await found.aclose()
    return found


def _registry_report(found: Registry) -> dict[str, Any]:
    return {
        "loaded": [
            {"plugin": id_, "name": partner.profile.name.ja, "link": partner.profile.link}
            for id_, partner in found.partners.items()
        ],
        "refused": [
            {
                "plugin": one.plugin,
                "check": one.check,
                "sentence": one.sentence,
                "file": one.file,
                "line": one.line,
            }
            for one in found.refused
        ],
        "idle": list(found.idle),
        "notes": list(found.notes),
    }


@app.command()
def nightly(config: Config = None) -> None:
    """Do a day's work now: the 14-day move of reserve, the comparison with partners, tidying up. Safe to repeat."""

    async def once(settings: Settings) -> StepResults:
        async with open_services(settings) as services:
            return await services.nightly.run_now(services.clock().astimezone(JST).date())

    worked = asyncio.run(once(_settings(config)))
    if (moved := worked.given.get("reserve")) is not None:
        told = {"heaps": moved.heaps, "points": moved.points, "without_default": moved.without_default}
        typer.echo(json.dumps(told))
    if worked.faults:
        failed = "; ".join(f"{part}: {fault}" for part, fault in worked.faults.items())
        raise GatewayError(f"all is done but this, which can be done again: {failed}")


# --- look after ------------------------------------------------------------------------------------------------------


@members.command("add")
def add_member(
    name: Annotated[str, typer.Argument(help="The name to be shown.")],
    config: Config = None,
    mykey_id: Annotated[str | None, typer.Option(help="Wanted MyKey ID; default: a drawn one.")] = None,
) -> None:
    """Register a member; the password is read from the first line of standard input."""
    settings = _settings(config)
    password = sys.stdin.readline().rstrip("\n")

    async def work() -> str:
        store = await open_store(settings)
        hasher = PasswordHasher()
        try:
            use = Members(store, hasher, clock_of(settings), vault=vault_of(settings))
            return (await use.create(display_name=name, password=password, mykey_id=mykey_id)).mykey_id
        finally:
            hasher.close()
            await store.close()

    typer.echo(json.dumps({"mykey_id": asyncio.run(work())}))


@places.command("add-service")
def add_service(
    municipality: str,
    point_service: str,
    name: str,
    config: Config = None,
    direct: Annotated[bool, typer.Option(help="Open for direct exchange from partners.")] = False,
) -> None:
    """Register a municipality's point service (笠間応援ポイント)."""
    settings = _settings(config)
    now = clock_of(settings)()
    in_store_of(
        settings,
        lambda conn: directory.register_service(
            conn, municipality, point_service, name=name, open_for_direct_exchange=direct, at=now
        ),
    )
    typer.echo(f"{name} ({municipality}/{point_service}) is registered")


@places.command("add-event")
def add_event(event_id: str, name: str, starts: datetime, ends: datetime, config: Config = None) -> None:
    """Register a support event (特定支援イベント) that takes points from `starts` until before `ends` (JST)."""
    event = SupportEvent(
        event_id=event_id, name=name, starts_at=starts.replace(tzinfo=JST), ends_at=ends.replace(tzinfo=JST)
    )
    in_store_of(_settings(config), lambda conn: support_events.register(conn, event))
    typer.echo(f"{name} ({event_id}) is registered")


@ledger.command()
def verify(config: Config = None) -> None:
    """Read the whole ledger again: sums, balances, holds, chains, digests. Exit code 1 when something is broken."""
    report = read_store_of(_settings(config), audit.verify)
    for fault in report.faults:
        typer.echo(fault)
    broken = f"{len(report.faults)} faults" if report.faults else "nothing is broken"
    typer.echo(f"{report.books:,} books, {report.moves:,} moves, {report.days:,} daily digests: {broken}")
    raise typer.Exit(0 if report.ok else 1)


def main() -> None:
    """Entry point: what goes wrong on purpose, or for want of something of this machine's, is one sentence and exit
    code 1.
    """
    try:
        app()
    except (GatewayError, RefusedToStart, LedgerError, SchemaRefused) as fault:
        _end(str(fault))
    except SQLAlchemyError as fault:
        # Its own text has the statement in it; what the database said stands alone in `orig`.
        said = str(getattr(fault, "orig", None) or fault).partition("\n")[0]
        _end(
            f"the database refused: {said}; see that [database] url is right, and run `point-gateway db upgrade`"
        )
    except OSError as fault:
        place = f"{fault.filename}: " if fault.filename is not None else ""
        _end(f"{place}{fault.strerror or type(fault).__name__}")


def _end(sentence: str) -> NoReturn:
    typer.echo(f"point-gateway: {sentence}", err=True)
    sys.exit(1)
