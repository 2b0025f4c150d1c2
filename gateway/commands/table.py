"""Every command of `point-gateway`: the file that it is written in, and the extra that it needs.

Only the file of the command that is typed is loaded: a plugin author's environment has no database and no web server.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.errors import GatewayError

RELEASE: Final = "point-gateway"


@dataclass(frozen=True, slots=True)
class Command:
    """Where a command is written, and what to install for it. `group` has commands of its own."""

    module: str
    extras: str
    group: str = ""


COMMANDS: Final = {
    "serve": Command("gateway.commands.run", "server"),
    "check": Command("gateway.commands.check", "server"),
    "demo": Command("gateway.commands.run", "server,sites,testkit"),
    "plugins": Command("gateway.commands.run", "server"),
    "nightly": Command("gateway.commands.run", "server"),
    "new-partner": Command("gateway.commands.partner", "testkit"),
    "contract": Command("gateway.commands.partner", "testkit"),
    "guide": Command("gateway.commands.partner", "testkit"),
    "workbench": Command("gateway.commands.partner", "testkit"),
    "db": Command("gateway.commands.database", "server", group="db"),
    "keys": Command("gateway.commands.keys", "server", group="keys"),
    "secrets": Command("gateway.commands.secrets", "server", group="secrets"),
    "members": Command("gateway.commands.members", "server", group="members"),
    "places": Command("gateway.commands.places", "server", group="places"),
    "ledger": Command("gateway.commands.ledger", "server", group="ledger"),
    "exchanges": Command("gateway.commands.exchanges", "server", group="exchanges"),
    "cities": Command("gateway.commands.cities", "server", group="cities"),
    "staff": Command("gateway.commands.city", "server", group="city_staff"),
    "proposals": Command("gateway.commands.proposals", "server", group="proposals"),
    "backup": Command("gateway.commands.backup", "server", group="backup"),
    "restore": Command("gateway.commands.restore", "server", group="restore"),
    "journal": Command("gateway.commands.journal", "server", group="journal"),
    "reconcile": Command("gateway.commands.reconcile", "server", group="reconcile"),
    "partners": Command("gateway.commands.partner_availability", "server", group="partners"),
    "webhooks": Command("gateway.commands.partner_availability", "server", group="webhooks"),
}
OWN: Final = frozenset({"gateway", "core_ledger", "card", "pagekit", "portal", "municipal", "migrations"})


class ExtraMissing(GatewayError):
    """What a command needs is not installed; the text says which extra brings it."""


def extra_missing(name: str, fault: ModuleNotFoundError) -> ExtraMissing:
    """The sentence for a command whose libraries are not here. Raises `fault` again where the module is our own."""
    library = (fault.name or "").partition(".")[0]
    if library in OWN:
        raise fault
    extras = COMMANDS[name].extras
    return ExtraMissing(
        f"`{name}` needs {library}, which is not installed; install {RELEASE}[{extras}]:"
        f" pip install '{RELEASE}[{extras}]'"
    )
