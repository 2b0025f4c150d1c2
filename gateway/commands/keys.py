"""`point-gateway keys …`: the keys with which client programs sign; who made or revoked one is kept."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection

from gateway.client import new_key_pair
from gateway.commands import audit
from gateway.commands.shared import Config, Most, Operator, Reason, in_store, settings_of
from gateway.configured import clock_of
from gateway.errors import ProblemError
from gateway.http.client_keys import find_key, list_keys, register_key, revoke_key
from gateway.platform.audit_log import AuditLine

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
    reason: Reason = "",
) -> None:
    """Make a key pair: the public half is registered here, the private half is written to a file, once."""
    settings = settings_of(config)
    if not re.fullmatch(r"[a-z0-9](?:[a-z0-9._-]{0,38}[a-z0-9])?", client):
        # It is part of a file's name, and stands in every log line of the program's requests.
        raise ProblemError(
            "bad-client", "a client's name is 1 to 40 of a-z, 0-9 and . _ - between them: portal"
        )
    pair = new_key_pair()
    path = private or Path(f"{client}-{pair.key_id}.pem")
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(pair.private_pem)
    now = clock_of(settings)()

    def job(conn: Connection) -> AuditLine:
        register_key(conn, client, pair.key_id, pair.public_raw, now)
        return audit.write(
            conn, audit.KEY_MADE, client, operator=operator, at=now, reason=reason, facts={"key_id": pair.key_id}
        )  # fmt: skip

    audit.log_audit(in_store(config, job), "client")
    typer.echo(json.dumps({"client": client, "key_id": pair.key_id, "private_key": str(path)}))


@keys.command("list")
def list_client_keys(config: Config = None) -> None:
    """List the keys, revoked ones included."""
    for key in in_store(config, list_keys):
        typer.echo(f"{key.key_id}  {key.client_id}  {'revoked' if key.revoked_at else 'in use'}")


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
            conn, audit.KEY_REVOKED, key.client_id, operator=operator, at=now, reason=reason, facts={"key_id": key_id}
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
