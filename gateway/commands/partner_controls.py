"""`point-gateway partners …` and `point-gateway webhooks …`: what an operator decides while everything runs."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from gateway import partner_controls
from gateway.commands.shared import Config, Operator, Reason, in_store, settings_of
from gateway.errors import Refused
from gateway.model import JST
from gateway.partner_controls import Window
from gateway.services import clock_of, vault_of
from gateway.webhooks import keys as webhook_keys

partners = typer.Typer(no_args_is_help=True, help="Partners: pause, maintenance windows, pace, push secrets.")
webhooks = typer.Typer(
    no_args_is_help=True,
    help="Portals that are told when an exchange ends; mailers that tell members ahead of time.",
)

Which = Annotated[str, typer.Argument(help="The partner's id.")]
_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]


@partners.command("list")
def list_standings(config: Config = None) -> None:
    """Show what has been decided about which partner."""
    now = clock_of(settings_of(config))()
    found = in_store(config, lambda conn: partner_controls.standings(conn, now))
    told = [
        {
            "partner": id_,
            "open": one.open,
            "paused": one.paused,
            "reason": one.reason,
            "calls_per_minute": one.calls_per_minute,
            "maintenance": [
                [window.starts_at.isoformat(), window.ends_at.isoformat(), window.reason]
                for window in (one.window, *one.upcoming)
                if window is not None
            ],
        }
        for id_, one in sorted(found.items())
    ]
    typer.echo(json.dumps(told, ensure_ascii=False, indent=2))


@partners.command("pause")
def pause(partner: Which, reason: Reason, operator: Operator, config: Config = None) -> None:
    """Begin no exchange and send no debit any more, in every gateway; open outcomes are still asked about."""
    _known(config, partner)
    now = clock_of(settings_of(config))()
    in_store(
        config,
        lambda conn: partner_controls.pause(conn, partner, reason=reason, operator=operator, at=now),
    )
    typer.echo(f"{partner} is paused")


@partners.command("resume")
def resume(partner: Which, operator: Operator, config: Config = None) -> None:
    """Begin exchanges again."""
    now = clock_of(settings_of(config))()
    in_store(config, lambda conn: partner_controls.resume(conn, partner, operator=operator, at=now))
    typer.echo(f"{partner} goes on")


@partners.command("maintenance")
def maintenance(
    partner: Which,
    starts: Annotated[datetime, typer.Argument(formats=_FORMATS, help="JST.")],
    ends: Annotated[datetime, typer.Argument(formats=_FORMATS, help="JST, not included.")],
    reason: Annotated[str, typer.Option(help="Shown by portals.")] = "",
    withdraw: Annotated[bool, typer.Option(help="Take the window back.")] = False,
    config: Config = None,
) -> None:
    """Announce a maintenance window; portals say so, and meanwhile nothing is sent to the partner."""
    _known(config, partner)
    window = Window(
        partner_id=partner,
        starts_at=starts.replace(tzinfo=JST),
        ends_at=ends.replace(tzinfo=JST),
        reason=reason,
    )

    def job(conn: Connection) -> None:
        if withdraw:
            partner_controls.withdraw(conn, partner, window.starts_at)
        else:
            partner_controls.announce(conn, window)

    in_store(config, job)
    typer.echo("withdrawn" if withdraw else f"{partner} rests from {starts} until {ends}")


@partners.command("pace")
def pace(
    partner: Which,
    calls_per_minute: Annotated[int, typer.Argument(help="0: no limit.")],
    operator: Operator,
    config: Config = None,
) -> None:
    """Keep a pace towards a partner, in each gateway."""
    now, calls = clock_of(settings_of(config))(), calls_per_minute or None
    in_store(config, lambda conn: partner_controls.limit(conn, partner, calls, operator=operator, at=now))
    typer.echo(f"{partner}: {calls or 'as many as there are'} calls a minute")


@partners.command("push-secret")
def push_secret(partner: Which, config: Config = None) -> None:
    """Make a secret with which the partner signs its pushes to us; it is shown once."""
    _known(config, partner)
    _show_new(config, lambda conn, vault, now: webhook_keys.add_partner(conn, vault, partner, now))


@webhooks.command("add")
def add_portal(portal: str, url: str, config: Config = None) -> None:
    """Tell a portal when an exchange ends; the secret that it verifies with is shown once."""
    _show_new(config, lambda conn, vault, now: webhook_keys.add_portal(conn, vault, portal, url, now))


@webhooks.command("add-mailer")
def add_mailer(mailer: str, url: str, config: Config = None) -> None:
    """Let a program tell members what will expire or move; the secret that it verifies with is shown once."""
    _show_new(config, lambda conn, vault, now: webhook_keys.add_mailer(conn, vault, mailer, url, now))


@webhooks.command("list")
def list_keys(config: Config = None) -> None:
    """List portals, mailers and partners that webhooks are signed for, revoked keys included."""
    for key in in_store(config, webhook_keys.listed):
        state = "revoked" if key.revoked_at else "in use"
        typer.echo(f"{key.key_id}  {key.direction.value}  {key.party}  {key.url or ''}  {state}")


@webhooks.command("revoke")
def revoke(key_id: str, config: Config = None) -> None:
    """Stop using a key."""
    now = clock_of(settings_of(config))()
    if not in_store(config, lambda conn: webhook_keys.revoke(conn, key_id, now)):
        raise Refused(
            "unknown-key", "there is no such key in use; list them with `point-gateway webhooks list`"
        )
    typer.echo("revoked")


def _known(config: Any, partner: str) -> None:
    settings = settings_of(config)
    if partner not in settings.partners:
        known = ", ".join(sorted(settings.partners)) or "none"
        raise Refused(
            "unknown-partner", f"the settings have no [partners.{partner}]; there are: {known}", status=404
        )


def _show_new(config: Any, add: Any) -> None:
    settings = settings_of(config)
    vault, now = vault_of(settings), clock_of(settings)()
    key_id, secret = in_store(config, lambda conn: add(conn, vault, now))
    typer.echo(json.dumps({"key_id": key_id, "secret": secret.reveal()}))
