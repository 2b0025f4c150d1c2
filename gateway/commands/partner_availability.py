"""`point-gateway partners …` and `point-gateway webhooks …`: what an operator decides while everything runs.

Each decision stands in the platform's audit log and in the program's: who, what, why. What stops a partner is done at
once; what lets it go on is proposed, and somebody else decides.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from gateway.commands import audit
from gateway.commands.proposals import Login, propose
from gateway.commands.shared import Config, Most, Operator, Reason, in_store, settings_of
from gateway.configured import clock_of, vault_of
from gateway.errors import ProblemError
from gateway.model import JST, Secret
from gateway.partners import availability
from gateway.partners.availability import Window
from gateway.platform.audit_actions import AuditAction
from gateway.platform.audit_log import AuditLine
from gateway.platform.encryption import Vault
from gateway.webhooks import keys as webhook_keys
from gateway.webhooks.keys import Direction

partners = typer.Typer(no_args_is_help=True, help="Partners: pause, maintenance windows, pace, push secrets.")
webhooks = typer.Typer(
    no_args_is_help=True,
    help="Portals that are told when an exchange ends; mailers that tell members ahead of time.",
)

Which = Annotated[str, typer.Argument(help="The partner's id.")]
_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]


@partners.command("list")
def list_standings(config: Config = None) -> None:
    """Show what is in force, or announced, for which partner, and who decided it."""
    now = clock_of(settings_of(config))()

    def job(conn: Connection) -> list[dict[str, Any]]:
        return [
            {
                "partner": id_,
                "open": partner_availability.open,
                "paused": partner_availability.paused,
                "reason": partner_availability.reason,
                "calls_per_minute": partner_availability.calls_per_minute,
                "operator": partner_availability.operator,
                "maintenance": [
                    [
                        window.starts_at.isoformat(),
                        window.ends_at.isoformat(),
                        window.reason,
                        audit.announced_by(conn, window),
                    ]
                    for window in (partner_availability.window, *partner_availability.upcoming)
                    if window is not None
                ],
            }
            for id_, partner_availability in sorted(availability.standings(conn, now).items())
        ]

    typer.echo(json.dumps(in_store(config, job), ensure_ascii=False, indent=2))


@partners.command("log")
def list_deeds(
    partner: Annotated[str | None, typer.Argument(help="The partner's id; default: all.")] = None,
    limit: Most = 100,
    config: Config = None,
) -> None:
    """Show who decided what about partners, when and why, newest first; windows taken back too."""
    _show_deeds(config, audit.ABOUT_PARTNERS, "partner", partner, limit)


@partners.command("pause")
def pause(partner: Which, reason: Reason, operator: Operator, config: Config = None) -> None:
    """Begin no exchange and send no debit any more, in every gateway; open outcomes are still asked about.

    It takes effect at once, by whoever is at the machine: it moves no points. To resume takes two persons.
    """
    _known(config, partner)

    def job(conn: Connection, now: datetime) -> None:
        availability.pause(conn, partner, reason=reason, operator=operator, at=now)

    _decide(config, partner, AuditAction.PARTNER_PAUSED, job, operator, reason)
    typer.echo(f"{partner} is paused")


@partners.command("resume")
def resume(partner: Which, reason: Reason, login: Login, config: Config = None) -> None:
    """Propose to begin exchanges again; somebody else of the platform decides."""
    propose(config, login, lambda services, who: services.city.platform.resume_partner(who, partner, reason))


@partners.command("maintenance")
def maintenance(
    partner: Which,
    starts: Annotated[datetime, typer.Argument(formats=_FORMATS, help="JST.")],
    ends: Annotated[datetime, typer.Argument(formats=_FORMATS, help="JST, not included.")],
    operator: Operator,
    reason: Annotated[str, typer.Option(help="Why; shown by portals, and kept with the decision.")] = "",
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

    def job(conn: Connection, _now: datetime) -> None:
        if not withdraw:
            availability.announce(conn, window)
        elif not availability.withdraw(conn, partner, window.starts_at):
            raise ProblemError(
                "unknown-window",
                f"no window of {partner} begins at {starts}; see `point-gateway partners list`",
            )

    deed = (
        AuditAction.PARTNER_MAINTENANCE_WITHDRAWN if withdraw else AuditAction.PARTNER_MAINTENANCE_ANNOUNCED
    )
    _decide(config, partner, deed, job, operator, reason, audit.facts_of(window))
    typer.echo("withdrawn" if withdraw else f"{partner} rests from {starts} until {ends}")


@partners.command("pace")
def pace(
    partner: Which,
    calls_per_minute: Annotated[int, typer.Argument(help="0: no limit.")],
    operator: Operator,
    config: Config = None,
) -> None:
    """Keep a pace towards a partner, in each gateway."""
    calls = calls_per_minute or None

    def job(conn: Connection, now: datetime) -> None:
        availability.limit(conn, partner, calls, operator=operator, at=now)

    _decide(
        config,
        partner,
        AuditAction.PARTNER_PACED,
        job,
        operator,
        facts={"calls_per_minute": calls_per_minute},
    )
    typer.echo(f"{partner}: {calls or 'as many as there are'} calls a minute")


@partners.command("push-secret")
def push_secret(partner: Which, operator: Operator, config: Config = None, reason: Reason = "") -> None:
    """Make a secret with which the partner signs its pushes to us; it is shown once."""
    _known(config, partner)

    def add(conn: Connection, vault: Vault, now: datetime) -> tuple[str, Secret]:
        return webhook_keys.add_partner(conn, vault, partner, now)

    _show_new(config, add, AuditAction.PUSH_SECRET_MADE, partner, operator, reason)


@webhooks.command("add")
def add_portal(portal: str, url: str, operator: Operator, config: Config = None, reason: Reason = "") -> None:
    """Tell a portal when an exchange ends; the secret that it verifies with is shown once."""

    def add(conn: Connection, vault: Vault, now: datetime) -> tuple[str, Secret]:
        return webhook_keys.add_portal(conn, vault, portal, url, now)

    _show_new(config, add, AuditAction.WEBHOOK_ADDED, portal, operator, reason)


@webhooks.command("add-mailer")
def add_mailer(mailer: str, url: str, operator: Operator, config: Config = None, reason: Reason = "") -> None:
    """Let a program tell members what will expire or move; the secret that it verifies with is shown once."""

    def add(conn: Connection, vault: Vault, now: datetime) -> tuple[str, Secret]:
        return webhook_keys.add_mailer(conn, vault, mailer, url, now)

    _show_new(config, add, AuditAction.WEBHOOK_ADDED, mailer, operator, reason)


@webhooks.command("add-digests")
def add_digest_keeper(
    keeper: str, url: str, operator: Operator, config: Config = None, reason: Reason = ""
) -> None:
    """Send each day's digest of the ledger there; the secret that it verifies with is shown once."""

    def add(conn: Connection, vault: Vault, now: datetime) -> tuple[str, Secret]:
        return webhook_keys.add_digest_keeper(conn, vault, keeper, url, now)

    _show_new(config, add, AuditAction.WEBHOOK_ADDED, keeper, operator, reason)


@webhooks.command("list")
def list_keys(config: Config = None) -> None:
    """List portals, mailers, keepers of digests and partners that webhooks are signed for, revoked keys included."""
    for key in in_store(config, webhook_keys.list_all):
        state = "revoked" if key.revoked_at else "in use"
        typer.echo(f"{key.key_id}  {key.direction.value}  {key.party}  {key.url or ''}  {state}")


@webhooks.command("revoke")
def revoke(key_id: str, operator: Operator, config: Config = None, reason: Reason = "") -> None:
    """Stop using a key."""
    now = clock_of(settings_of(config))()

    def job(conn: Connection) -> AuditLine:
        key = webhook_keys.get(conn, key_id)
        if key is None or not webhook_keys.revoke(conn, key_id, now):
            raise ProblemError(
                "unknown-key", "there is no such key in use; list them with `point-gateway webhooks list`"
            )
        ours = key.direction is not Direction.IN
        deed = AuditAction.WEBHOOK_REVOKED if ours else AuditAction.PUSH_SECRET_REVOKED
        return audit.write(
            conn, deed, key.party, operator=operator, at=now, reason=reason, facts={"key_id": key_id}
        )

    audit.log_audit(in_store(config, job), "party")
    typer.echo("revoked")


@webhooks.command("log")
def list_webhook_deeds(
    party: Annotated[str | None, typer.Argument(help="The portal, mailer or partner; default: all.")] = None,
    limit: Most = 100,
    config: Config = None,
) -> None:
    """Show who added and revoked keys of portals, mailers and partners, when and why, newest first."""
    _show_deeds(config, audit.ABOUT_WEBHOOKS, "party", party, limit)


def _decide(
    config: Path | None,
    partner: str,
    deed: AuditAction,
    job: Callable[[Connection, datetime], None],
    operator: str,
    reason: str = "",
    facts: Mapping[str, str | int] | None = None,
) -> None:
    """Do the deed and write who did it and why, in one transaction; then tell the log."""
    now = clock_of(settings_of(config))()

    def decided(conn: Connection) -> AuditLine:
        job(conn, now)
        return audit.write(conn, deed, partner, operator=operator, at=now, reason=reason, facts=facts)

    audit.log_audit(in_store(config, decided), "partner")


def _known(config: Any, partner: str) -> None:
    settings = settings_of(config)
    if partner not in settings.partners:
        known = ", ".join(sorted(settings.partners)) or "none"
        raise ProblemError(
            "unknown-partner", f"the settings have no [partners.{partner}]; there are: {known}"
        )


def _show_new(
    config: Path | None,
    add: Callable[[Connection, Vault, datetime], tuple[str, Secret]],
    deed: AuditAction,
    party: str,
    operator: str,
    reason: str,
) -> None:
    """Make a key and write who did it and why, in one transaction; then show the secret, this once."""
    settings = settings_of(config)
    vault, now = vault_of(settings), clock_of(settings)()

    def added(conn: Connection) -> tuple[str, Secret, AuditLine]:
        key_id, secret = add(conn, vault, now)
        line = audit.write(
            conn, deed, party, operator=operator, at=now, reason=reason, facts={"key_id": key_id}
        )
        return key_id, secret, line

    key_id, secret, line = in_store(config, added)
    audit.log_audit(line, "party")
    typer.echo(json.dumps({"key_id": key_id, "secret": secret.reveal()}))


def _show_deeds(
    config: Path | None, about: tuple[AuditAction, ...], kind: str, subject: str | None, limit: int
) -> None:
    told = in_store(config, lambda conn: audit.listed(conn, about, kind, subject, limit=limit))
    typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
