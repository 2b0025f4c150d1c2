"""`point-gateway keys …`: the keys with which client programs sign, each with its scope; who made or revoked one is kept."""

from __future__ import annotations

import base64
import json
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from sqlalchemy import Connection

from gateway.cities.platform_deeds import installing, key_deeds
from gateway.cities.platform_deeds.key_deeds import AddClientKey, end_of_day, last_day_of
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.staff.staff_rows import StaffSession
from gateway.client import new_key_pair
from gateway.commands import audit
from gateway.commands.proposals import LoginOfTwo, login_of, say_who_decides, takes_two, with_person
from gateway.commands.shared import Config, Most, Operator, Reason, in_store, read_store_of, settings_of
from gateway.configured import clock_of
from gateway.errors import ProblemError
from gateway.http.client_keys import ClientKey, find_key, list_keys, register_key, revoke_key
from gateway.http.client_scopes import Scope
from gateway.platform.audit_actions import AuditAction
from gateway.platform.audit_log import AuditLine

if TYPE_CHECKING:
    from gateway.services import Services

keys = typer.Typer(
    no_args_is_help=True, help="Keys with which client programs (portals) sign their requests."
)


@keys.command("new")
def new_key(
    client: Annotated[str, typer.Argument(help="The client program, such as portal.")],
    operator: Operator,
    config: Config = None,
    private: Annotated[
        Path | None, typer.Option(help="Where to write the private key; default: here.")
    ] = None,
    scope: Annotated[
        Scope | None,
        typer.Option(
            help="What the key may call; default: the scope that is called like the client program."
        ),
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="The last day on which the key is good (Japan), such as 2027-03-31.")
    ] = None,
    shop: Annotated[
        str | None,
        typer.Option(help="The one shop whose till it is, such as 082163/soba-1; for --scope pos."),
    ] = None,
    login: LoginOfTwo = "",
    reason: Reason = "",
) -> None:
    """Make a key pair: the private half is written to a file, once; the public half is proposed to be registered.

    Until the platform has two persons it is registered at once, in the name of --operator.
    """
    settings = settings_of(config)
    key_deeds.require_client_name(client)
    now, pair = clock_of(settings)(), new_key_pair()
    granted = scope or _scope_of(client)
    command = key_deeds.key_command(client, pair.public_raw, granted, ends_at=_end_of(until, now), shop=shop)
    read_store_of(settings, lambda conn: key_deeds.require_fitting(conn, command, now))
    by_two = takes_two(config)
    path = private or Path(f"{client}-{pair.key_id}.pem")
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(pair.private_pem)
    made = {"client": client, "key_id": pair.key_id, "scope": granted.value, "until": until, "shop": shop}
    try:
        if by_two:
            made["proposal_id"] = _propose(config, login_of(login), command, reason)
        else:
            line = in_store(config, lambda conn: _add_alone(conn, command, operator, reason, now))
            audit.log_audit(line, "client")
    except BaseException:
        path.unlink()  # no gateway knows its other half
        raise
    typer.echo(json.dumps(made | {"private_key": str(path)}))


def _propose(config: Path | None, login: str, command: AddClientKey, reason: str) -> str:
    async def work(services: Services, who: StaffSession) -> Proposal:
        return await services.city.platform_keys.propose_client_key(who, command, reason)

    proposal = with_person(config, login, work)
    say_who_decides(proposal)
    return proposal.proposal_id


def _add_alone(
    conn: Connection, command: AddClientKey, operator: str, reason: str, now: datetime
) -> AuditLine:
    installing.require_installing(conn)
    register_key(
        conn, command.client_id, command.key_id, base64.b64decode(command.public_key), now,
        scope=command.scope, ends_at=command.ends_at, shop=command.shop,
    )  # fmt: skip
    facts = key_deeds.key_facts(command) | {"alone": "yes"}
    return audit.write(
        conn, AuditAction.CLIENT_KEY_MADE, command.client_id, operator=operator, at=now, reason=reason, facts=facts
    )  # fmt: skip


@keys.command("list")
def list_client_keys(config: Config = None) -> None:
    """List the keys, revoked and ended ones included: id, client program, scope, whether it is in use, its last day."""
    now = clock_of(settings_of(config))()
    for key in in_store(config, list_keys):
        state = "revoked" if key.revoked_at else "ended" if key.has_ended(now) else "in use"
        scope = key.scope or "every operation, made before scopes: make it anew"
        of_shop = f"  of {key.shop}" if key.shop is not None else ""
        typer.echo(f"{key.key_id}  {key.client_id}  {state}  {scope}  {_last_day(key)}{of_shop}")


@keys.command("revoke")
def revoke(key_id: str, operator: Operator, config: Config = None, reason: Reason = "") -> None:
    """Revoke a key; it opens nothing from now on, in other processes within seconds."""
    now = clock_of(settings_of(config))()

    def job(conn: Connection) -> AuditLine:
        key = find_key(conn, key_id)
        if key is None or not revoke_key(conn, key_id, now):
            raise ProblemError(
                "unknown-key", "there is no such key in use; list them with `point-gateway keys list`"
            )
        return audit.write(
            conn, AuditAction.CLIENT_KEY_REVOKED, key.client_id, operator=operator, at=now, reason=reason, facts={"key_id": key_id}
        )  # fmt: skip

    audit.log_audit(in_store(config, job), "client")
    typer.echo("revoked")


@keys.command("log")
def list_deeds(
    client: Annotated[str | None, typer.Argument(help="The client program; default: all.")] = None,
    limit: Most = 100,
    config: Config = None,
) -> None:
    """Show who made and revoked keys, when and why, newest first."""
    told = in_store(config, lambda conn: audit.listed(conn, audit.ABOUT_KEYS, "client", client, limit=limit))
    typer.echo(json.dumps(told, ensure_ascii=False, indent=2))


def _scope_of(client: str) -> Scope:
    try:
        return Scope(client)
    except ValueError:
        raise ProblemError(
            "bad-scope", f"say what the key may call: --scope {' | '.join(scope.value for scope in Scope)}"
        ) from None


def _end_of(until: str | None, now: datetime) -> datetime | None:
    """The moment from which a key is good no more: the end of its last day in Japan."""
    if until is None:
        return None
    try:
        ends_at = end_of_day(date.fromisoformat(until))
    except (ValueError, OverflowError):
        raise ProblemError("bad-day", f"--until {until}: write a day such as 2027-03-31") from None
    if ends_at <= now:
        raise ProblemError("bad-day", f"--until {until}: that day is over; name one that is to come")
    return ends_at


def _last_day(key: ClientKey) -> str:
    last_day = last_day_of(key.ends_at)
    return f"until {last_day}" if last_day else "no end"
