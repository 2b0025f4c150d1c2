"""`point-gateway secrets …`: which sealing keys are still needed, and everything under the first of them."""

from __future__ import annotations

import typer

from gateway.commands.shared import Config, settings_of
from gateway.configured import open_store_now, vault_of
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
