"""`point-gateway cities …`: everything of a city in one archive, for its way out; an archive read again."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

import gateway
from gateway.cities.city_archive import Archive, ArchiveFailed, check_archive, write_archive
from gateway.commands import audit
from gateway.commands.shared import Config, Operator, Reason, in_store_of, read_store_of, settings_of
from gateway.configured import clock_of, vault_of
from gateway.platform import age_files, audit_log
from gateway.platform.audit_actions import AuditAction

cities = typer.Typer(no_args_is_help=True, help="A city's way out: everything of it in one archive.")


@cities.command("export")
def export(
    municipality: Annotated[str, typer.Argument(help="The six-digit code.")],
    file: Annotated[Path, typer.Argument(help="Where the archive goes: a ZIP that does not exist yet.")],
    operator: Operator,
    reason: Reason,
    config: Config = None,
    bank_accounts: Annotated[
        bool,
        typer.Option("--bank-accounts", help="With the accounts of shops and the bank's files, readable."),
    ] = False,
    recipients: Annotated[
        Path | None, typer.Option(help="Public keys (age), one a line: the archive is encrypted to them.")
    ] = None,
) -> None:
    """Write everything of a city into one archive, beside gateways that serve, and check it against the ledger.

    It is a line of the city's audit log. Exit code 1, and no archive, where its sums are not the ledger's.
    """
    settings = settings_of(config)
    keys = age_files.read_recipients(recipients) if recipients is not None else []
    target = file.with_name(file.name + age_files.SUFFIX) if keys else file
    if target.exists():
        raise ArchiveFailed(f"{target}: is there already; name another file")
    part = file.with_name(f".{file.name}.part")
    vault, clock = vault_of(settings) if bank_accounts else None, clock_of(settings)
    now = clock()
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        archive = read_store_of(
            settings,
            lambda conn: write_archive(
                conn, municipality, part, vault=vault, release=gateway.__version__, at=now
            ),
        )
        facts: dict[str, str | int] = {
            "reference": archive.sha256, "lines": sum(archive.rows.values()), "points": sum(archive.services.values())
        }  # fmt: skip
        line = in_store_of(
            settings,
            lambda conn: audit_log.write(
                conn,
                municipality,
                at=clock(),
                actor="operator",
                actor_name=operator,
                action=AuditAction.CITY_EXPORTED,
                subject=municipality,
                reason=reason,
                facts=facts,
            ),
        )
        audit.log_audit(line, "municipality")
        if keys:
            age_files.encrypt_file(part, target, keys)
        else:
            part.rename(target)
    finally:
        part.unlink(missing_ok=True)
    typer.echo(json.dumps(_report(target, archive), ensure_ascii=False, indent=2))


@cities.command("check-archive")
def check(file: Path) -> None:
    """Read an archive again, without any database: files, rows, hashes, and moves against balances. Exit code 1: something is wrong."""
    faults = check_archive(file)
    for fault in faults:
        typer.echo(fault)
    typer.echo(
        f"{len(faults)} faults" if faults else "the archive is whole, and its moves come to its balances"
    )
    raise typer.Exit(1 if faults else 0)


def _report(target: Path, archive: Archive) -> dict[str, object]:
    return {
        "archive": str(target),
        "sha256": archive.sha256,
        "points_of_members": dict(archive.services),
        "owed_to_shops": archive.owed_to_shops,
        "rows": dict(archive.rows),
    }
