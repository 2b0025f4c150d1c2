"""`point-gateway check`: everything that must be so before, and while, a gateway serves."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from gateway.commands.shared import Config, out, settings_of
from gateway.configured import clock_of
from gateway.preflight import Finding, State, check_database, check_settings
from gateway.preflight.partners import check_partners
from gateway.preflight.proxy import check_proxy
from gateway.preflight.sites import check_site
from gateway.settings import Settings

app = typer.Typer(no_args_is_help=True)

_COLOURS = {State.OK: "green", State.WARNING: "yellow", State.REFUSED: "red"}


@app.command()
def check(
    config: Config = None,
    site: Annotated[
        list[Path] | None,
        typer.Option(
            help="A site's settings, such as portal.toml: the running gateway is sent a call that it signs."
        ),
    ] = None,
    proxy: Annotated[
        bool, typer.Option("--proxy", help="See what the proxy sends; stop the gateway meanwhile.")
    ] = False,
    no_partners: Annotated[bool, typer.Option("--no-partners", help="Ask no partner.")] = False,
    strict: Annotated[bool, typer.Option(help="A warning is an error.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Look at settings, secrets, database, clock, limits, disks, partners and sites; say what to do.

    Exit code 1 when something is refused: `serve` would not start, or would serve nobody.
    """
    settings = settings_of(config)
    findings = asyncio.run(_check(settings, site or [], proxy=proxy, partners=not no_partners))
    if as_json:
        lines = [{"check": line.check, "state": line.state, "sentence": line.sentence} for line in findings]
        typer.echo(json.dumps(lines, ensure_ascii=False, indent=2))
    else:
        for line in findings:
            out.print(f"[{_COLOURS[line.state]}]{line.state:8}[/] {line.check:13} {escape(line.sentence)}")
    bad = {State.REFUSED, State.WARNING} if strict else {State.REFUSED}
    raise typer.Exit(1 if any(line.state in bad for line in findings) else 0)


async def _check(settings: Settings, sites: list[Path], *, proxy: bool, partners: bool) -> list[Finding]:
    clock = clock_of(settings)
    findings = [*check_settings(settings), *await asyncio.to_thread(check_database, settings)]
    if partners:
        findings += await check_partners(settings, clock)
    if proxy:
        findings += await check_proxy(settings)
    for file in sites:
        findings += await check_site(settings, file, clock)
    return findings
