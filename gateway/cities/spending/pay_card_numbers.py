"""The number of a card for members without a phone, as it is printed, scanned and typed.

Fifteen random digits and one that checks them. The number is all that a card holds: neither a name nor a MyKey ID, and
the database keeps its keyed hash alone. As a QR it is signed, so that made-up ones are known without asking the database.
"""

from __future__ import annotations

import secrets
import unicodedata
from hmac import compare_digest
from typing import Final

from gateway.cities.city_context import CityContext
from gateway.errors import ProblemError
from gateway.platform.check_digit import is_checked, with_check_digit
from gateway.platform.typed_text import without_separators

DIGITS: Final = 16
_PREFIX: Final = "PGC1"


def draw() -> str:
    """A new number. It tells nothing of whose it is or when it was drawn."""
    return with_check_digit(f"{secrets.randbelow(10 ** (DIGITS - 1)):0{DIGITS - 1}}")


def hash_of(context: CityContext, number: str) -> str:
    """Under what a card is found."""
    return context.vault.stable_hash(number, purpose="pay-card")


def qr_text(context: CityContext, number: str) -> str:
    """What the QR says."""
    return f"{_PREFIX}.{number}.{_sign(context, number)}"


def printed(number: str) -> str:
    """`0000 0000 0000 0000`."""
    return " ".join(number[start : start + 4] for start in range(0, DIGITS, 4))


def read(context: CityContext, text: str) -> str | None:
    """The number that a shop has scanned or typed; None for a text that is no card's, such as a pay code.

    Raises ProblemError `pay-card-unknown` (404) where it is meant to be a card's and is wrong.
    """
    scanned = "".join(unicodedata.normalize("NFKC", text).split())
    if scanned.startswith(_PREFIX):
        prefix, _, rest = scanned.partition(".")
        number, _, signature = rest.partition(".")
        is_signed = compare_digest(signature.encode(), _sign(context, number).encode())
        if prefix != _PREFIX or not is_signed:
            raise unknown_card()
        return number
    number = without_separators(text)
    if len(number) != DIGITS or not (number.isascii() and number.isdigit()):
        return None
    if not is_checked(number):
        raise unknown_card()
    return number


def unknown_card() -> ProblemError:
    return ProblemError("pay-card-unknown", "No card has this number. Nothing was taken; check the digits.")


def _sign(context: CityContext, number: str) -> str:
    return context.vault.stable_hash(number, purpose="pay-card-qr")[:24]
