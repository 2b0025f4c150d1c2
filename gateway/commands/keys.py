"""`point-gateway keys …`: the keys with which client programs sign, each with its scope; who made or revoked one is kept."""

from __future__ import annotations

import json
import re
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection

from gateway.cities.shops import shop_rows
from gateway.client import new_key_pair
from gateway.commands import audit
from gateway.commands.shared import Config, Most, Operator, Reason, in_store, settings_of
from gateway.configured import clock_of
from gateway.errors import ProblemError
from gateway.http.client_keys import ClientKey, find_key, list_keys, register_key, revoke_key
from gateway.http.client_scopes import Scope
from gateway.model import JST
from gateway.platform.audit_actions import AuditAction
from gateway.platform.audit_log import AuditLine
from gateway.platform.clock import day_of

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
    reason: Reason = "",
) -> None:
    """Make a key pair: the public half is registered here, the private half is written to a file, once."""
    settings = settings_of(config)
    if not re.fullmatch(r"[a-z0-9](?:[a-z0-9._-]{0,38}[a-z0-9])?", client):
        # It is part of a file's name, and stands in every log line of the program's requests.
        raise ProblemError(
            "bad-client", "a client's name is 1 to 40 of a-z, 0-9 and . _ - between them: portal"
        )
    now = clock_of(settings)()
    granted, ends_at = scope or _scope_of(client), _end_of(until, now)
    if shop is not None:
        _require_shop(config, shop, granted)
    pair = new_key_pair()
    path = private or Path(f"{client}-{pair.key_id}.pem")
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(pair.private_pem)
    facts: dict[str, str | int] = {"key_id": pair.key_id, "scope": granted.value}
    if until is not None:
        facts["until"] = until
    if shop is not None:
        facts["shop"] = shop

    def job(conn: Connection) -> AuditLine:
        register_key(
            conn, client, pair.key_id, pair.public_raw, now, scope=granted, ends_at=ends_at, shop=shop
        )
        return audit.write(
            conn, AuditAction.CLIENT_KEY_MADE, client, operator=operator, at=now, reason=reason, facts=facts
        )  # fmt: skip

    audit.log_audit(in_store(config, job), "client")
    made = {"client": client, "key_id": pair.key_id, "scope": granted.value, "until": until, "shop": shop}
    typer.echo(json.dumps(made | {"private_key": str(path)}))


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


def _require_shop(config: Path | None, shop: str, scope: Scope) -> None:
    """Raises ProblemError: `bad-scope` for a key that is no till's, `unknown-shop` for a shop that is not there."""
    if scope is not Scope.POS:
        raise ProblemError("bad-scope", "--shop is for a till's key: --scope pos")
    municipality, _, shop_id = shop.partition("/")
    in_store(config, lambda conn: shop_rows.require(conn, municipality, shop_id))


def _end_of(until: str | None, now: datetime) -> datetime | None:
    """The moment from which a key is good no more: the end of its last day in Japan."""
    if until is None:
        return None
    try:
        ends_at = datetime.combine(date.fromisoformat(until) + timedelta(days=1), time(), JST)
    except (ValueError, OverflowError):
        raise ProblemError("bad-day", f"--until {until}: write a day such as 2027-03-31") from None
    if ends_at <= now:
        raise ProblemError("bad-day", f"--until {until}: that day is over; name one that is to come")
    return ends_at


def _last_day(key: ClientKey) -> str:
    if key.ends_at is None:
        return "no end"
    return f"until {day_of(key.ends_at - timedelta(microseconds=1))}"
