"""Run the gateway, show it, see what it loads, do a day's work by hand."""

from __future__ import annotations

import asyncio
import http.client
import json
from dataclasses import asdict, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import structlog
import typer
from rich.markup import escape
from rich.table import Table

from gateway.commands.shared import Config, out, settings_of, with_services
from gateway.configured import clock_of, vault_of
from gateway.errors import GatewayError
from gateway.model import JST
from gateway.partners import registry
from gateway.partners.registry import Registry, where_it_runs
from gateway.platform.job_steps import StepResults
from gateway.settings import Settings

if TYPE_CHECKING:
    from gateway.preflight import Finding
    from gateway.services import Services

app = typer.Typer(no_args_is_help=True)
RELOAD_TIMEOUT_S: Final = 60.0


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

    First it looks at what `point-gateway check` looks at here and at the database, and refuses what cannot work. An embedded (SQLite) database is copied and brought up to date first. PostgreSQL is never changed by `serve`: a
    schema that is empty, older or unknown is refused.
    """
    from gateway.configured import upgrade_database
    from gateway.preflight import check_database, check_settings
    from gateway.serve import serve as serve_until_stopped

    settings = settings_of(config)
    _refuse_or_log(check_settings(settings))
    if settings.database_url.startswith("sqlite") and not no_upgrade:
        copied = upgrade_database(settings)
        if copied is not None:
            typer.echo(f"the database as it was before its upgrade: {copied}")
    _refuse_or_log(check_database(settings))
    asyncio.run(
        serve_until_stopped(
            settings,
            strict=strict,
            reuse_port=reuse_port,
            on_ready=lambda address: typer.echo(f"point-gateway serves at {address}"),
        )
    )


def _refuse_or_log(findings: list[Finding]) -> None:
    from gateway.preflight import State, require_none_refused

    require_none_refused(findings)
    for finding in findings:
        if finding.state is State.WARNING:
            structlog.get_logger().warning("preflight", check=finding.check, sentence=finding.sentence)


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


class PluginAction(StrEnum):
    LIST = "list"
    RELOAD = "reload"


@app.command()
def plugins(
    action: Annotated[
        PluginAction, typer.Argument(help="`reload` takes a plugin's new files while the gateway serves.")
    ] = PluginAction.LIST,
    plugin: Annotated[str, typer.Argument(help="The plugin to reload.")] = "",
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    accept_profile: Annotated[
        bool,
        typer.Option("--accept-profile", help="Also where the plugin promises something else than before."),
    ] = False,
    admin: Annotated[
        str, typer.Option(help="HOST:PORT of the gateway's port for operators; default: [server] admin.")
    ] = "",
) -> None:
    """List the partners' plugins: loaded, refused with the reason and the remedy, and idle ones. Or reload one."""
    settings = settings_of(config)
    if action is PluginAction.RELOAD:
        if not plugin:
            raise CannotReload("name the plugin, as in `point-gateway plugins reload acme`")
        _reload(settings, plugin, admin or settings.server.admin, accept_profile=accept_profile)
        return
    asyncio.run(_list_plugins(settings, as_json=as_json))


class CannotReload(GatewayError):
    """The order did not reach a gateway, or it did not follow it; the text says why."""


def _reload(settings: Settings, plugin: str, address: str, *, accept_profile: bool) -> None:
    from gateway.plugin_reload import PATH, order_to_reload

    if not address:
        raise CannotReload(
            'the gateway has no port for operators; write admin = "127.0.0.1:9101" into [server] and start it again'
        )
    order = order_to_reload(vault_of(settings), clock_of(settings), plugin, accept_profile=accept_profile)
    host, _, port = address.rpartition(":")
    connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=RELOAD_TIMEOUT_S)
    try:
        connection.request("POST", PATH, body=order)
        answer = connection.getresponse()
        report = json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError) as fault:
        raise CannotReload(
            f"no gateway answers at {address} ({type(fault).__name__}); start it, or name its port with --admin"
        ) from None
    finally:
        connection.close()
    if answer.status != http.HTTPStatus.OK:
        raise CannotReload(f"not reloaded, what was there goes on. {report['text']}")
    typer.echo(f"{plugin} is reloaded: {report['origin']}, process {report['pid']}")
    if report["settings"]:
        typer.echo(f"  settings that are other ones now: {', '.join(report['settings'])}")
    for change in (*report["changes"], *report["unread"]):
        typer.echo(f"  {change}")


async def _list_plugins(settings: Settings, *, as_json: bool) -> None:
    loaded = await _load(settings)
    try:
        _print_plugins(loaded, as_json=as_json)
    finally:
        await loaded.aclose()


def _print_plugins(found: Registry, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(_registry_report(found), ensure_ascii=False, indent=2))
        return
    table = Table("plugin", "state", "from", "what to know")
    for id_, partner in found.partners.items():
        facts = f"{partner.profile.name.ja} · {partner.profile.link} · {', '.join(partner.profile.hosts)}"
        table.add_row(id_, "loaded", found.origins.get(id_, ""), f"{facts}\n{escape(where_it_runs(partner))}")
    for refusal in found.refused:
        table.add_row(refusal.plugin, "refused", "", escape(refusal.sentence))
    for idle in found.idle:
        table.add_row(idle, "idle", "", escape(f"installed; add [partners.{idle}] to the settings to use it"))
    out.print(table)
    for note in found.notes:
        out.print(escape(note))


async def _load(settings: Settings) -> Registry:
    return await registry.load(
        settings, clock=clock_of(settings), log=structlog.get_logger(), isolation=registry.IN_SERVICE
    )


def _registry_report(found: Registry) -> dict[str, Any]:
    return {
        "loaded": [
            {
                "plugin": id_,
                "name": partner.profile.name.ja,
                "link": partner.profile.link,
                "runs": where_it_runs(partner),
                "hosts": list(partner.profile.hosts),
            }
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
    """Do a day's work now, the gateway's and then every city's: one line of JSON a part. Safe to repeat.

    Exit code 1 names the parts that failed; the others are done.
    """

    async def run_day(services: Services) -> tuple[StepResults, ...]:
        today = services.clock().astimezone(JST).date()
        return await services.nightly.run_now(today), await services.city.nightly.run_now(today)

    worked = with_services(config, run_day)
    for results in worked:
        for part, value in results.given.items():
            result = asdict(value) if is_dataclass(value) and not isinstance(value, type) else None
            typer.echo(json.dumps({"part": part, "result": result or results.as_dict()[part]}))
    faults = {part: fault for results in worked for part, fault in results.faults.items()}
    if faults:
        failed = "; ".join(f"{part}: {fault}" for part, fault in faults.items())
        raise GatewayError(f"all is done but this, which can be done again: {failed}")
