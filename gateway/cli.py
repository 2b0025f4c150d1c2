"""The command `point-gateway`: run the gateway, look after it, show it.

Settings come from `--config`, else from POINT_GATEWAY_CONFIG, else from gateway.toml in this folder.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final, NoReturn

import gateway
from gateway.commands.table import COMMANDS, RELEASE, extra_missing
from gateway.errors import GatewayError
from gateway.platform.gc_tuning import lengthen_gc_interval

if TYPE_CHECKING:
    import typer

EXTRAS_BY_PACKAGE: Final = {
    "gateway.demo": "server,sites,testkit",
    "gateway.testkit": "testkit",
    "gateway.workbench": "testkit",
    "gateway.scaffold": "testkit",
}
"""What no server needs, and a package for servers does not have; the extra that brings it."""


def _typer_app() -> typer.Typer:
    from gateway.commands.app import app

    return app


def __getattr__(name: str) -> Any:
    if name == "app":
        return _typer_app()
    raise AttributeError(name)


def main() -> None:
    """Entry point: what goes wrong on purpose, or for want of something of this machine's, is one sentence and exit
    code 1.
    """
    lengthen_gc_interval()
    try:
        app = _typer_app()
    except ModuleNotFoundError as fault:
        _end(_without_typer(sys.argv[1:], fault))
    try:
        app()
    except Exception as fault:
        sentence = _sentence(fault)
        if sentence is None:
            raise
        _end(sentence)


def _without_typer(arguments: list[str], fault: ModuleNotFoundError) -> str:
    """What the bare wheel says to whatever is typed."""
    if arguments == ["--version"]:
        sys.stdout.write(f"{RELEASE} {gateway.__version__}\n")
        sys.exit(0)
    if (typed := _typed_command(arguments)) is not None:
        return str(extra_missing(typed, fault))
    lines = [f"  {name:12} {RELEASE}[{command.extras}]" for name, command in COMMANDS.items()]
    return "\n".join(("this is the plugin author's part alone; these commands need an extra:", *lines))


def _typed_command(arguments: list[str]) -> str | None:
    return next((word for word in arguments if word in COMMANDS), None)


def _sentence(fault: Exception) -> str | None:
    """What an expected fault says; None for one that is not expected. A library that was not loaded raised nothing."""
    named = {
        "gateway.serve": "RefusedToStart",
        "core_ledger.errors": "LedgerError",
        "migrations": "SchemaRefused",
        "httpkit.clock": "ClockStopped",
    }
    ours = [getattr(sys.modules[module], name) for module, name in named.items() if module in sys.modules]
    if isinstance(fault, (GatewayError, *ours)):
        return str(fault)
    if isinstance(fault, ModuleNotFoundError) and fault.name in EXTRAS_BY_PACKAGE:
        return f"{fault.name} is left out of the package for servers; on another machine: pip install '{RELEASE}[{EXTRAS_BY_PACKAGE[fault.name]}]'"
    if isinstance(fault, ModuleNotFoundError) and (typed := _typed_command(sys.argv[1:])) is not None:
        return str(extra_missing(typed, fault))
    sqlalchemy = sys.modules.get("sqlalchemy.exc")
    if sqlalchemy is not None and isinstance(fault, sqlalchemy.SQLAlchemyError):
        from gateway.commands.shared import database_in_use
        from gateway.platform.database_faults import database_sentence

        return database_sentence(fault, database_in_use())
    if isinstance(fault, OSError):
        place = f"{fault.filename}: " if fault.filename is not None else ""
        return f"{place}{fault.strerror or type(fault).__name__}"
    return None


def _end(sentence: str) -> NoReturn:
    sys.stderr.write(f"{RELEASE}: {sentence}\n")
    sys.exit(1)
