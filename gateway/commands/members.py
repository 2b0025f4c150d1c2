"""`point-gateway members …`: what a service desk does for a member who stands before it."""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
from typing import Annotated

import typer
from sqlalchemy import Connection

from gateway.api.member_record import MemberRecordView
from gateway.cities.notices import reference_for
from gateway.commands.proposals import Login, propose
from gateway.commands.shared import (
    Config,
    Operator,
    Reason,
    in_store,
    settings_of,
    typed_line,
    with_services,
)
from gateway.configured import clock_of, open_store, vault_of
from gateway.errors import GatewayError
from gateway.members import mykey_ids
from gateway.members.member_rows import find_by_mykey_id
from gateway.members.members import Member, Members
from gateway.members.passwords import PasswordHasher
from gateway.platform.plain_text import decode_list
from gateway.platform.roles import PLATFORM
from gateway.services import Services

members = typer.Typer(no_args_is_help=True, help="Members, for service desks and demonstrations.")


@members.command("add")
def add_member(
    name: Annotated[str, typer.Argument(help="The name to be shown.")],
    config: Config = None,
    mykey_id: Annotated[str | None, typer.Option(help="Wanted MyKey ID; default: a drawn one.")] = None,
) -> None:
    """Register a member; the password is read from the first line of standard input."""
    settings = settings_of(config)
    password = typed_line()

    async def work() -> str:
        store = await open_store(settings)
        hasher = PasswordHasher()
        try:
            use = Members(store, hasher, clock_of(settings), vault=vault_of(settings))
            return (await use.create(display_name=name, password=password, mykey_id=mykey_id)).mykey_id
        finally:
            hasher.close()
            await store.close()

    typer.echo(json.dumps({"mykey_id": asyncio.run(work())}))


@members.command("new-password")
def new_password(
    mykey_id: Annotated[str, typer.Argument(help="The MyKey ID, as the member knows it.")],
    reason: Reason,
    operator: Operator,
    config: Config = None,
) -> None:
    """Give a member a new password, drawn at random, and end all their sessions: a line of the platform's audit log.

    Check the member's identity first. It is the way back for who forgot the password, and for who signs in by card
    alone and has a renewed one: with this password the new card is linked.
    """
    settings = settings_of(config)
    password = secrets.token_urlsafe(12)

    async def work() -> int:
        store = await open_store(settings)
        hasher = PasswordHasher()
        try:
            use = Members(store, hasher, clock_of(settings), vault=vault_of(settings))
            return await use.replace_password(mykey_id, password, operator=operator, reason=reason)
        finally:
            hasher.close()
            await store.close()

    typer.echo(json.dumps({"password": password, "sessions_ended": asyncio.run(work())}))


@members.command("export")
def export(
    mykey_id: Annotated[str, typer.Argument(help="The MyKey ID, one that was given up or revoked too.")],
    reason: Reason,
    operator: Operator,
    config: Config = None,
) -> None:
    """Print all that is kept of a member as JSON, for the member (開示). Say as the reason who asked, and how you know."""

    async def work(services: Services) -> str:
        record = await services.city.member_data.export(_AtThisMachine(operator), mykey_id, reason)
        return MemberRecordView.of(record).model_dump_json(indent=2)

    typer.echo(with_services(config, work))


@members.command("merge")
def merge(
    from_mykey_id: Annotated[
        str, typer.Argument(help="The MyKey ID that the person gives up, or that has ended.")
    ],
    mykey_id: Annotated[str, typer.Argument(help="The MyKey ID that the person goes on with.")],
    reason: Reason,
    login: Login,
    config: Config = None,
) -> None:
    """Propose to bring together two members who are one person; somebody else decides it.

    All points go over with their days of issue, and so do ways to sign in and accounts at partners. Also for points that
    are left with a revoked MyKey ID.
    """
    propose(
        config,
        login,
        lambda services, who: services.city.platform.merge_members(who, from_mykey_id, mykey_id, reason),
    )


@members.command("erase")
def erase(
    mykey_id: Annotated[str, typer.Argument(help="The MyKey ID, one that was revoked too.")],
    reason: Reason,
    login: Login,
    gives_up: Annotated[
        int, typer.Option(min=0, help="All points that are left, for an ID that is not revoked.")
    ] = 0,
    config: Config = None,
) -> None:
    """Propose to erase what is kept of a member; somebody else decides it.

    Moves of points, payments and logs stay under a number, and the books still verify. Points that are left stay in the book
    until they end by their rules: nobody can use them any more.
    """
    propose(
        config,
        login,
        lambda services, who: services.city.platform.erase_member(who, mykey_id, reason, gives_up),
    )


@members.command("rectify")
def rectify(
    mykey_id: Annotated[str, typer.Argument(help="The MyKey ID of the member.")],
    reason: Reason,
    login: Login,
    name: Annotated[str | None, typer.Option(help="The name as it has to be.")] = None,
    language: Annotated[str | None, typer.Option(help="ja, en or ja-easy.")] = None,
    new_mykey_id: Annotated[str | None, typer.Option(help="The MyKey ID as it has to be.")] = None,
    forget_mail: Annotated[bool, typer.Option(help="The mail address is not the member's.")] = False,
    config: Config = None,
) -> None:
    """Propose to put right what is wrongly kept of a member; somebody else decides it, and the member is told."""
    propose(
        config,
        login,
        lambda services, who: services.city.platform.rectify_member(
            who, mykey_id, reason, display_name=name, language=language, new_mykey_id=new_mykey_id,
            forgets_mail=forget_mail,
        ),
    )  # fmt: skip


class _AtThisMachine:
    """Whose deed the line of the platform's log is: somebody at the command line, by name."""

    municipality = PLATFORM
    staff_id = "operator"

    def __init__(self, operator: str) -> None:
        self.display_name = operator


@members.command("references")
def references(
    mailer: Annotated[str, typer.Argument(help="The mailer, as `webhooks add-mailer` named it.")],
    config: Config = None,
) -> None:
    """Say by which name a mailer knows members: MyKey IDs from standard input, one a line; JSON lines out.

    It is how the mailer's own list of addresses is made. MyKey IDs that are nobody's are told on standard error; the exit
    code is then 1. A list may be UTF-8 or, as spreadsheets save it, UTF-16 or Shift_JIS.
    """
    vault = vault_of(settings_of(config))
    try:
        listed = decode_list(sys.stdin.buffer.read())
    except UnicodeDecodeError:
        raise GatewayError(
            "the list is neither UTF-8, UTF-16 nor Shift_JIS; save it as text in UTF-8"
        ) from None
    wanted = [line.strip() for line in listed.splitlines() if line.strip()]

    def job(conn: Connection) -> list[tuple[str, Member | None]]:
        known = [(typed, mykey_ids.read(typed)) for typed in wanted]
        return [(read or typed, find_by_mykey_id(conn, read) if read else None) for typed, read in known]

    unknown = 0
    for mykey_id, member in in_store(config, job):
        if member is None:
            unknown += 1
            typer.echo(f"{mykey_id}: no member has this MyKey ID", err=True)
            continue
        reference = {"mykey_id": mykey_id, "member": reference_for(vault, mailer, member.member_id)}
        typer.echo(json.dumps(reference))
    raise typer.Exit(1 if unknown else 0)
