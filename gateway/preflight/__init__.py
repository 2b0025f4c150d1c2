"""What must be so before a gateway serves: each check is a sentence, and what is wrong has a remedy.

`serve` runs those of this machine and of the database first and refuses what cannot work; `point-gateway check` runs
all of them and prints every line.
"""

from gateway.preflight.database import check_database
from gateway.preflight.finding import Finding, State, require_none_refused
from gateway.preflight.machine import check_machine
from gateway.preflight.secrets import check_files
from gateway.preflight.transport import check_transport
from gateway.settings import Settings

__all__ = [
    "Finding",
    "State",
    "check_database",
    "check_files",
    "check_machine",
    "check_settings",
    "check_transport",
    "require_none_refused",
]


def check_settings(settings: Settings) -> list[Finding]:
    """All that can be said without the database: secrets, modes of files, transport, limits and disks."""
    return [*check_files(settings), *check_transport(settings), *check_machine(settings)]
