"""What a service desk does for a member who stands before it."""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
from typing import Annotated

import typer
from sqlalchemy import Connection

from core_ledger import Store
from gateway.cities.notices import reference_for
from gateway.commands.shared import Config, in_store, settings_of
from gateway.members.member_rows import find_by_mykey_id
from gateway.members.members import Member, Members
from gateway.members.passwords import PasswordHasher
from gateway.services import clock_of, vault_of


def new_password(
    mykey_id: Annotated[str, typer.Argument(help="The MyKey ID, as the member knows it.")],
    config: Config = None,
) -> None:
    """Give a member a new password, drawn at random, and end all their sessions.

    Check the member's identity first. It is the way back for who forgot the password, and for who signs in by card
    alone and has a renewed one: with this password the new card is linked.
    """
    settings = settings_of(config)
    password = secrets.token_urlsafe(12)

    async def work() -> int:
        store = Store.open(settings.database_url)
        hasher = PasswordHasher()
        try:
            use = Members(store, hasher, clock_of(settings), vault=vault_of(settings))
            return await use.set_password_at_desk(mykey_id, password)
        finally:
            hasher.close()
            await store.close()

    typer.echo(json.dumps({"password": password, "sessions_ended": asyncio.run(work())}))


def references(
    mailer: Annotated[str, typer.Argument(help="The mailer, as `webhooks add-mailer` named it.")],
    config: Config = None,
) -> None:
    """Say by which name a mailer knows members: MyKey IDs from standard input, one a line; JSON lines out.

    It is how the mailer's own list of addresses is made. MyKey IDs that are nobody's are told on standard error.
    """
    vault = vault_of(settings_of(config))
    wanted = [line.strip() for line in sys.stdin if line.strip()]

    def job(conn: Connection) -> list[tuple[str, Member | None]]:
        return [(mykey_id, find_by_mykey_id(conn, mykey_id)) for mykey_id in wanted]

    for mykey_id, member in in_store(config, job):
        if member is None:
            typer.echo(f"{mykey_id}: no member has this MyKey ID", err=True)
            continue
        told = {"mykey_id": mykey_id, "member": reference_for(vault, mailer, member.member_id)}
        typer.echo(json.dumps(told))
