"""控えの番号: eight characters that a person can read out, for an exchange or a payment.

They are the last 40 bits of its UUID in Crockford's base32 (no I, L, O or U), so nothing is stored and every side finds
the same. The bits are random in a UUID of version 4 and 7: among the 50,000 payments that a busy shop has in a year the
odds that any two share a reference are 1 in 900, so a payment is refused an id whose reference its shop has already
(`spending.pay`). A look-up of a city or of exchanges gives all that fit, each with its day.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, func, literal_column

from gateway.errors import ProblemError
from gateway.platform.typed_text import without_separators

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH: Final = 8
LOOK_ALIKES: Final = str.maketrans("ILO", "110")
_TAIL: Final = 10
"""Hexadecimal digits of a UUID that make the reference."""


def short_reference(uuid: str) -> str:
    """`7K3M-Q9TX`, for a UUID in lower case with its hyphens."""
    number = int(uuid[-_TAIL:], 16)
    letters = "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(_LENGTH)))
    return f"{letters[:4]}-{letters[4:]}"


def tail_of_id(uuid: str) -> str:
    """The digits of a UUID that make its reference."""
    return uuid[-_TAIL:]


def tail_of(typed: str) -> str:
    """The last digits of the UUIDs that a typed reference stands for: any width, case, spaces and hyphens.

    Raises ProblemError `unknown-reference` (404) for what is no reference.
    """
    letters = without_separators(typed).upper().translate(LOOK_ALIKES)
    if len(letters) != _LENGTH or not set(letters) <= set(ALPHABET):
        raise unknown_reference()
    number = 0
    for letter in letters:
        number = number << 5 | ALPHABET.index(letter)
    return f"{number:0{_TAIL}x}"


def tail_in(column: ColumnElement[str]) -> ColumnElement[str]:
    """The digits of a column's UUID that make its reference: what an index over references is made on."""
    # A constant in the statement's text: an index over an expression is used for the very same expression alone.
    return func.substr(column, literal_column(str(37 - _TAIL)))


def ends_with(column: ColumnElement[str], tail: str) -> ColumnElement[bool]:
    """Rows whose UUID has this reference."""
    return tail_in(column) == tail


def unknown_reference() -> ProblemError:
    return ProblemError("unknown-reference", "Nothing here has this reference; it has 8 characters.")
