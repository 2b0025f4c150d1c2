"""Coupon codes: 15 symbols and a check symbol, so that a mistyped code is caught before anything is asked.

The check symbol is that of ISO 7064 MOD 37,36 over digits and capital letters: it finds every single wrong
symbol and nearly every pair swapped. Codes are issued without I and O, so both are read as 1 and 0.
"""

from __future__ import annotations

import unicodedata

SYMBOLS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ISSUED_SYMBOLS = SYMBOLS.replace("I", "").replace("O", "")
LENGTH = 16


def normalise(typed: str) -> str | None:
    """The code as the airline knows it, or None when it cannot be one of its codes.

    Full-width letters, small letters, spaces and hyphens are forgiven; a wrong symbol is not.
    """
    if len(typed) > 4 * LENGTH:
        return None
    code = unicodedata.normalize("NFKC", typed).upper().replace("I", "1").replace("O", "0")
    code = "".join(symbol for symbol in code if symbol not in " -\u2010\u2011\u2012\u2013\u2212\u30fc\t\n")
    if len(code) != LENGTH or any(symbol not in ISSUED_SYMBOLS for symbol in code):
        return None
    return code if check_symbol(code[:-1]) == code[-1] else None


def check_symbol(body: str) -> str | None:
    """The symbol that completes `body`; None when it would be one that is never issued."""
    remainder = 36
    for symbol in body:
        remainder = (remainder + SYMBOLS.index(symbol)) % 36 or 36
        remainder = remainder * 2 % 37
    symbol = SYMBOLS[(37 - remainder) % 36]
    return symbol if symbol in ISSUED_SYMBOLS else None


def shown(code: str) -> str:
    """As it is printed: four groups of four."""
    return "-".join(code[at : at + 4] for at in range(0, LENGTH, 4))
