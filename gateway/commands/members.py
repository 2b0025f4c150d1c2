"""What a service desk does for a member who stands before it."""

from __future__ import annotations

import asyncio
import json
import secrets
from typing import Annotated

import typer

from core_ledger import Store
from gateway.commands.shared import Config, settings_of
from gateway.identity.passwords import PasswordHasher
from gateway.members import Members
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
