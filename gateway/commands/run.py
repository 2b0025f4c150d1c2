"""Run the gateway, show it, see what it loads, do a day's work by hand."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import structlog
import typer
from rich.markup import escape
from rich.table import Table

from gateway.commands.shared import Config, out, settings_of, with_services
from gateway.configured import clock_of
from gateway.errors import GatewayError
from gateway.model import JST
from gateway.partners import registry
from gateway.partners.registry import Registry
from gateway.platform.job_steps import StepResults
from gateway.settings import Settings

if TYPE_CHECKING:
    from gateway.services import Services

app = typer.Typer(no_args_is_help=True)


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
    import migrations
    from gateway.serve import serve as serve_until_stopped

    settings = settings_of(config)
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
    settings = settings_of(config)
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
                "plugin": refused_plugin.plugin,
                "check": refused_plugin.check,
                "sentence": refused_plugin.sentence,
                "file": refused_plugin.file,
                "line": refused_plugin.line,
            }
            for refused_plugin in found.refused
        ],
        "idle": list(found.idle),
        "notes": list(found.notes),
    }


@app.command()
def nightly(config: Config = None) -> None:
    """Do a day's work now: the 14-day move of reserve, the comparison with partners, tidying up. Safe to repeat."""

    async def run_day(services: Services) -> StepResults:
        return await services.nightly.run_now(services.clock().astimezone(JST).date())

    worked = with_services(config, run_day)
    if (moved := worked.given.get("reserve")) is not None:
        values = {"heaps": moved.heaps, "points": moved.points, "without_default": moved.without_default}
        typer.echo(json.dumps(values))
    if worked.faults:
        failed = "; ".join(f"{part}: {fault}" for part, fault in worked.faults.items())
        raise GatewayError(f"all is done but this, which can be done again: {failed}")
