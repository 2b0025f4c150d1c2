"""A last digit that checks the others (ISO/IEC 7064, MOD 11,10): a digit that is mistyped never makes another number."""

from __future__ import annotations


def with_check_digit(digits: str) -> str:
    """`digits` with the one that checks them behind it."""
    product = 10
    for digit in digits:
        product = 2 * ((product + int(digit)) % 10 or 10) % 11
    return f"{digits}{(11 - product) % 10}"


def is_checked(number: str) -> bool:
    """Whether the last digit of these ASCII digits checks the others."""
    return number.isascii() and number.isdigit() and number == with_check_digit(number[:-1])
