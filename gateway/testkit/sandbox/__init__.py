"""What partner sandboxes share: a book in a file, failures on demand, signed requests, pages, a server.

A sandbox is a small site that plays one partner over real HTTP. A plugin imports this package only from its
own `sandbox` package, so that none of it (nor aiohttp) is loaded in service.
"""

from gateway.testkit.sandbox.debits import Entry, EntryState, OrderIdReused, ReturnedPoints
from gateway.testkit.sandbox.endpoints import FAULTS, Doors, operation
from gateway.testkit.sandbox.faults import Fault, FaultKind, Faults
from gateway.testkit.sandbox.pages import Pages, Visit
from gateway.testkit.sandbox.server import SandboxServer
from gateway.testkit.sandbox.signed import SignatureRefused, Signed
from gateway.testkit.sandbox.store import Book, BookBroken

__all__ = [
    "FAULTS",
    "Book",
    "BookBroken",
    "Doors",
    "Entry",
    "EntryState",
    "Fault",
    "FaultKind",
    "Faults",
    "OrderIdReused",
    "Pages",
    "ReturnedPoints",
    "SandboxServer",
    "SignatureRefused",
    "Signed",
    "Visit",
    "operation",
]
