"""`point-gateway partners …` and `point-gateway webhooks …`: what an operator decides while everything runs.

Each decision stands in the platform's audit log and in the program's: who, what, why. What closes is done at once; what
opens, and every new secret, is proposed, and somebody else decides.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from sqlalchemy import Connection

from gateway.cities.platform_deeds import installing, partner_deeds
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.staff.staff_rows import StaffSession
from gateway.commands import audit
from gateway.commands.proposals import Login, LoginOfTwo, login_of, propose, takes_two
from gateway.commands.shared import Config, Most, Operator, Reason, in_store, read_store_of, settings_of
from gateway.configured import clock_of, vault_of
from gateway.errors import ProblemError
from gateway.model import JST, Secret
from gateway.partners import availability
from gateway.partners.availability import Window
from gateway.platform.audit_actions import AuditAction
from gateway.platform.audit_log import AuditLine
from gateway.webhooks import keys as webhook_keys
from gateway.webhooks.keys import Direction

if TYPE_CHECKING:
    from gateway.services import Services

T = TypeVar("T")
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
    login: LoginOfTwo = "",
    config: Config = None,
) -> None:
    """Announce a maintenance window; portals say so, and meanwhile nothing is sent to the partner.

    It takes effect at once. To take a window back, or to end one earlier, is proposed: somebody else decides.
    """
    _known(config, partner)
    window = Window(
        partner_id=partner,
        starts_at=starts.replace(tzinfo=JST),
        ends_at=ends.replace(tzinfo=JST),
        reason=reason,
    )

    availability.require_sound(window)
    opens = withdraw or _read(config, lambda conn, now: partner_deeds.cuts(conn, window, now))
    if opens and takes_two(config):
        propose(
            config, login_of(login), lambda services, who: _propose_window(services, who, window, withdraw)
        )
        return

    def job(conn: Connection, now: datetime) -> None:
        if opens or partner_deeds.cuts(conn, window, now):
            installing.require_installing(conn)
        if withdraw:
            availability.get_window(conn, partner, window.starts_at, now)
            availability.withdraw(conn, partner, window.starts_at)
        else:
            availability.announce(conn, window)

    deed = (
        AuditAction.PARTNER_MAINTENANCE_WITHDRAWN if withdraw else AuditAction.PARTNER_MAINTENANCE_ANNOUNCED
    )
    _decide(config, partner, deed, job, operator, reason, audit.facts_of(window) | _alone(opens))
    typer.echo("withdrawn" if withdraw else f"{partner} rests from {starts} until {ends}")


@partners.command("pace")
def pace(
    partner: Which,
    calls_per_minute: Annotated[int, typer.Argument(help="0: no limit.")],
    operator: Operator,
    login: LoginOfTwo = "",
    reason: Reason = "",
    config: Config = None,
) -> None:
    """Keep a pace towards a partner, in each gateway: a lower one at once; a higher one is proposed, and somebody else decides."""
    calls = calls_per_minute or None
    availability.require_pace(calls)

    def opens(conn: Connection, now: datetime) -> bool:
        return partner_deeds.raises(partner_deeds.standing_of(conn, partner, now).calls_per_minute, calls)

    raised = _read(config, opens)
    if raised and takes_two(config):
        propose(
            config, login_of(login),
            lambda services, who: _required(services.city.platform.change_pace(who, partner, calls, reason)),
        )  # fmt: skip
        return

    def job(conn: Connection, now: datetime) -> None:
        if opens(conn, now):
            installing.require_installing(conn)
        availability.limit(conn, partner, calls, operator=operator, at=now)

    _decide(
        config,
        partner,
        AuditAction.PARTNER_PACED,
        job,
        operator,
        reason,
        {"calls_per_minute": calls_per_minute, **_alone(raised)},
    )
    typer.echo(f"{partner}: {calls or 'as many as there are'} calls a minute")


@partners.command("push-secret")
def push_secret(
    partner: Which, operator: Operator, login: LoginOfTwo = "", config: Config = None, reason: Reason = ""
) -> None:
    """Propose a secret with which the partner signs its pushes to us; it is shown to who approves it, once."""
    _known(config, partner)
    _add_key(config, Direction.IN, partner, None, operator, login, reason)


@webhooks.command("add")
def add_portal(
    portal: str, url: str, operator: Operator, login: LoginOfTwo = "", config: Config = None, reason: Reason = ""
) -> None:  # fmt: skip
    """Propose to tell a portal when an exchange ends; the secret that it verifies with is shown to who approves it, once."""
    _add_key(config, Direction.OUT, portal, url, operator, login, reason)


@webhooks.command("add-mailer")
def add_mailer(
    mailer: str, url: str, operator: Operator, login: LoginOfTwo = "", config: Config = None, reason: Reason = ""
) -> None:  # fmt: skip
    """Propose to let a program tell members what will expire or move; who approves it sees the secret, once."""
    _add_key(config, Direction.MAILER, mailer, url, operator, login, reason)


@webhooks.command("add-digests")
def add_digest_keeper(
    keeper: str, url: str, operator: Operator, login: LoginOfTwo = "", config: Config = None, reason: Reason = ""
) -> None:  # fmt: skip
    """Propose to send each day's digest of the ledger there; who approves it sees the secret, once."""
    _add_key(config, Direction.DIGESTS, keeper, url, operator, login, reason)


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


def _add_key(
    config: Path | None,
    direction: Direction,
    party: str,
    url: str | None,
    operator: str,
    login: str,
    reason: str,
) -> None:
    """Propose it; or, while the platform is installed, make the key with who did it and why, and show the secret."""
    webhook_keys.checked_url(direction, url)
    if takes_two(config):
        propose(
            config, login_of(login),
            lambda services, who: services.city.platform_keys.propose_webhook_key(who, direction, party, url, reason),
        )  # fmt: skip
        return
    settings = settings_of(config)
    vault, now = vault_of(settings), clock_of(settings)()
    deed = AuditAction.PUSH_SECRET_MADE if direction is Direction.IN else AuditAction.WEBHOOK_ADDED

    def added(conn: Connection) -> tuple[str, Secret, AuditLine]:
        installing.require_installing(conn)
        key_id, secret = webhook_keys.add(conn, vault, direction, party, url, now)
        facts: dict[str, str | int] = {"key_id": key_id, **_alone(alone=True)}
        return key_id, secret, audit.write(
            conn, deed, party, operator=operator, at=now, reason=reason, facts=facts
        )  # fmt: skip

    key_id, secret, line = in_store(config, added)
    audit.log_audit(line, "party")
    typer.echo(json.dumps({"key_id": key_id, "secret": secret.reveal()}))


async def _propose_window(services: Services, who: StaffSession, window: Window, withdraw: bool) -> Proposal:
    platform = services.city.platform
    if withdraw:
        return await platform.withdraw_maintenance(who, window.partner_id, window.starts_at, window.reason)
    return await _required(platform.announce_maintenance(who, window))


async def _required(proposing: Awaitable[Proposal | None]) -> Proposal:
    """What was proposed; it was decided at once where somebody else has changed the ground a moment ago."""
    proposal = await proposing
    if proposal is None:
        raise ProblemError(
            "changed-meanwhile", "it is done: it opens nothing any more; see `point-gateway partners list`"
        )
    return proposal


def _read(config: Path | None, job: Callable[[Connection, datetime], T]) -> T:
    settings = settings_of(config)
    now = clock_of(settings)()
    return read_store_of(settings, lambda conn: job(conn, now))


def _alone(alone: bool) -> dict[str, str | int]:
    """What the audit log says of a deed that takes two from the second person on."""
    return {"alone": "yes"} if alone else {}


def _show_deeds(
    config: Path | None, about: tuple[AuditAction, ...], kind: str, subject: str | None, limit: int
) -> None:
    told = in_store(config, lambda conn: audit.listed(conn, about, kind, subject, limit=limit))
    typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
