"""`point-gateway secrets …`: which sealing keys are still needed, and everything under the first of them; look-up keys."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from secrets import token_urlsafe
from typing import Annotated

import typer

from gateway.commands.shared import Config, settings_of
from gateway.configured import NEXT_KEY, open_store_now, vault_of
from gateway.errors import GatewayError
from gateway.sealed_columns import count_sealed
from gateway.sealed_columns import reseal as reseal_all

secrets = typer.Typer(no_args_is_help=True, help="The keys that encrypt what is stored: [security] sealing.")


@secrets.command()
def status(config: Config = None) -> None:
    """Say how much is under which key, and which key can be taken away. Exit code 1 when something opens with none."""
    settings = settings_of(config)
    vault, store = vault_of(settings), open_store_now(settings)
    try:
        counts = count_sealed(store, vault)
    finally:
        store.close_now()
    for count in counts:
        under = ", ".join(f"key {age + 1}: {number:,}" for age, number in sorted(count.by_age.items()))
        lost = f"; {count.unreadable:,} open with no key" if count.unreadable else ""
        typer.echo(f"{count.column:40} {under or 'nothing'}{lost}")
    newest, *others = vault.lookup_key_names
    typer.echo(f"look-up key {newest} makes hashes" + (f"; {', '.join(others)} find" if others else ""))
    for age, name in enumerate(vault.key_names):
        number = sum(count.by_age[age] for count in counts)
        if age == 0:
            typer.echo(f"key 1 ({name}) seals; {number:,} are under it")
        elif number:
            typer.echo(f"key {age + 1} ({name}) is needed for {number:,}: run `point-gateway secrets reseal`")
        else:
            typer.echo(f"key {age + 1} ({name}) opens nothing any more: take it out of [security] sealing")
    unreadable = sum(count.unreadable for count in counts)
    if unreadable:
        typer.echo(
            f"{unreadable:,} open with no key: put the key back that they were sealed with as a last line of"
            " [security] sealing; links are linked anew by their members",
            err=True,
        )
    raise typer.Exit(1 if unreadable else 0)


@secrets.command()
def reseal(config: Config = None) -> None:
    """Seal anew under the first key what is under another. Safe to repeat, and beside running gateways."""
    settings = settings_of(config)
    vault, store = vault_of(settings), open_store_now(settings)
    try:
        count = reseal_all(store, vault)
    finally:
        store.close_now()
    typer.echo(f"{count:,} are sealed anew; see `point-gateway secrets status`")


class Turning(StrEnum):
    """A secret that this command can turn over."""

    LOOKUP = "lookup"


@secrets.command()
def rotate(
    name: Turning,
    config: Config = None,
    finish: Annotated[
        bool, typer.Option("--finish", help="Every gateway has read the new key: use it from now on.")
    ] = False,
) -> None:
    """Turn the look-up key over, in two steps, beside running gateways. Older keys stay: they find what is there.

    First the new key is written as one that finds and makes nothing yet; with --finish it is the first.
    """
    settings = settings_of(config)
    place = settings.security.places.get(name.value)
    if place is None or place.file is None:
        raise GatewayError(
            f"[security] {name.value} is in no file, so nothing was changed: put a line `{NEXT_KEY}KEY` before the others where"
            " it is kept, send SIGHUP to every gateway, then take the word away and send it again"
        )
    lines = [line for line in place.read().reveal().splitlines() if line]
    is_begun = any(line.startswith(NEXT_KEY) for line in lines)
    if finish and not is_begun:
        raise GatewayError(
            f"{place.file}: has no key that waits; begin with `point-gateway secrets rotate {name.value}`"
        )
    if is_begun and not finish:
        raise GatewayError(
            f"{place.file}: has a new key that waits; when every gateway has read it, run this with --finish"
        )
    if finish:
        replace_secret(place.file, [line.removeprefix(NEXT_KEY) for line in lines])
        typer.echo("the new key is the first; send SIGHUP to every gateway, and keep the older lines")
    else:
        replace_secret(place.file, [NEXT_KEY + token_urlsafe(48), *lines])
        typer.echo(
            "a new key is there and not in use; send SIGHUP to every gateway, and when each has said `settings read again` run"
            f" `point-gateway secrets rotate {name.value} --finish`"
        )


def replace_secret(file: Path, lines: Sequence[str]) -> None:
    """Put another content into a file of secrets, whole or not at all, with the owner and the mode that it has."""
    before = file.stat()
    partial = file.with_name(f".{file.name}.partial")
    try:
        opened = os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        with os.fdopen(opened, "w", encoding="utf-8") as written:
            written.writelines(f"{line}\n" for line in lines)
            written.flush()
            os.fchmod(opened, stat.S_IMODE(before.st_mode))
            if (os.geteuid(), os.getegid()) != (before.st_uid, before.st_gid):
                os.fchown(opened, before.st_uid, before.st_gid)
            os.fsync(opened)
        partial.replace(file)
    except OSError as fault:
        partial.unlink(missing_ok=True)
        raise GatewayError(f"{file}: cannot be written ({fault.strerror}); nothing was changed") from None
