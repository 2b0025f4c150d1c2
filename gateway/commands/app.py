"""The tree of commands for Typer, each loaded when it is typed; one whose libraries are missing says which extra it needs."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command_from_info, get_group
from typer.models import CommandInfo

import gateway
from gateway.commands.table import COMMANDS, RELEASE, ExtraMissing, extra_missing

HELP = """The command `point-gateway`: run the gateway, look after it, show it.

Settings come from `--config`, else from POINT_GATEWAY_CONFIG, else from gateway.toml in this folder.
"""


class Commands(TyperGroup):
    """Every command by its name."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  click's signature
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002  click's signature
        """The command, or one that says what to install for it; None where there is no such command."""
        command = COMMANDS.get(cmd_name)
        if command is None:
            return None
        try:
            module = import_module(command.module)
        except ModuleNotFoundError as fault:
            return _what_to_install(cmd_name, extra_missing(cmd_name, fault))
        if command.group:
            group = get_group(getattr(module, command.group))
            group.name = cmd_name
            return group
        return get_group(module.app).commands[cmd_name]


def _what_to_install(name: str, missing: ExtraMissing) -> Any:
    def say() -> None:
        raise missing

    info = CommandInfo(
        name=name,
        callback=say,
        help=f"(needs {RELEASE}[{COMMANDS[name].extras}])",
        add_help_option=False,
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )
    return get_command_from_info(info, pretty_exceptions_short=True, rich_markup_mode=None)


app = typer.Typer(
    cls=Commands, no_args_is_help=True, add_completion=False, help=HELP, pretty_exceptions_enable=False
)


def _print_version(wanted: bool) -> None:
    if not wanted:
        return
    try:
        from migrations import known_revisions
    except ModuleNotFoundError:
        typer.echo(f"{RELEASE} {gateway.__version__}")
    else:
        typer.echo(f"{RELEASE} {gateway.__version__}, schema {known_revisions()[-1]}")
    raise typer.Exit


@app.callback(help=HELP)
def options(
    _version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_print_version, help="Print the release and end."),
    ] = False,
) -> None:
    """What stands before every command."""
