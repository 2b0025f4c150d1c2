"""`point-gateway staff …`: a city's first administrator, and its audit log read again.

Everybody else is added by the administrator, in the municipal cloud itself.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from datetime import datetime
from typing import Annotated

import typer
from sqlalchemy import Connection

from gateway.cities.proposals import staff_ties
from gateway.cities.staff import first_passwords, staff_rows
from gateway.cities.staff.staff import temporary_password
from gateway.cities.staff.staff_rows import Staff
from gateway.commands.ledger import Against, compare_with
from gateway.commands.shared import Config, Operator, read_store_of, settings_of
from gateway.configured import clock_of, open_store
from gateway.members.passwords import PasswordHasher
from gateway.platform import audit_log
from gateway.platform.audit_actions import AuditAction
from gateway.platform.roles import PLATFORM, Role

city_staff = typer.Typer(no_args_is_help=True, help="Staff of cities; their deeds.")


@city_staff.command("add")
def add_staff(
    municipality: Annotated[str, typer.Argument(help="The six-digit code, or `platform`.")],
    login: str,
    name: Annotated[str, typer.Argument(help="The name to be shown.")],
    operator: Operator,
    config: Config = None,
) -> None:
    """Add a city's administrator (or somebody of the platform); prints the first password, this once.

    A third person of the platform and later ones decide nothing that their colleagues propose for 30 days, nor these
    what they propose: two of the platform's staff add others on their pages.
    """
    settings = settings_of(config)
    password, now = temporary_password(), clock_of(settings)()
    role = Role.PLATFORM if municipality == PLATFORM else Role.ADMINISTRATOR

    async def work() -> Staff:
        store, hasher = await open_store(settings), PasswordHasher()
        try:
            hashed = await hasher.hash(password.reveal())

            def job(conn: Connection) -> Staff:
                person = staff_rows.add(
                    conn,
                    staff_id=uuid.uuid4().hex,
                    municipality=municipality,
                    login=login,
                    display_name=name,
                    role=role,
                    password_hash=hashed,
                    at=now,
                )
                first_passwords.start(conn, person.staff_id, now)
                if municipality == PLATFORM:
                    _tie_to_colleagues(conn, person, now)
                audit_log.write(
                    conn, municipality, at=now, actor="operator", actor_name=operator, action=AuditAction.STAFF_ADDED,
                    subject=person.login, facts={"role": role.value},
                )  # fmt: skip
                return person

            return await store.run(job)
        finally:
            hasher.close()
            await store.close()

    person = asyncio.run(work())
    typer.echo(json.dumps({"login": person.login, "role": person.role, "first_password": password.reveal()}))


def _tie_to_colleagues(conn: Connection, person: Staff, now: datetime) -> None:
    """Whoever is at the machine is not one of the two: later persons decide nothing of their colleagues' for a while.

    The first two have nobody to decide about them. They are not tied to each other, or nothing could begin.
    """
    colleagues = [
        each.staff_id for each in staff_rows.list_by_city(conn, PLATFORM) if each.staff_id != person.staff_id
    ]
    if len(colleagues) > 1:
        staff_ties.record(conn, PLATFORM, person.staff_id, "added", colleagues, now)


@city_staff.command("verify-log")
def verify_log(config: Config = None, against: Against = None) -> None:
    """Read every city's audit log again, its hashes and signatures. Exit code 1 when something is broken.

    With `--against` also: is it the log that these daily digests were made of?
    """
    settings = settings_of(config)
    faults = [
        f"{fault.municipality or 'all logs'} line {fault.seq}: {fault.text}"
        for fault in read_store_of(settings, audit_log.verify)
    ]
    faults += [
        str(fault)
        for fault in compare_with(settings, against)
        if fault.chain == "audit" or not fault.day[:1].isdigit()
    ]
    for fault in faults:
        typer.echo(fault)
    typer.echo(f"{len(faults)} faults" if faults else "nothing is broken")
    raise typer.Exit(1 if faults else 0)
