"""What a client program's key may call: a scope per key, and for each operation the scopes that reach it.

    portal      what members do, and their sign-in
    municipal   what the staff of cities, shops and the platform do, and their sign-in
    pos         what a shop does at its till, and its sign-in
    read-only   whatever only reads, for sessions that another key of the same client program began

A stolen key reaches what its scope names and nothing else, whoever signs in through it. A till's key may be one shop's: then
it serves sessions of that shop's people alone.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from aiohttp import web

from gateway.platform.roles import Action


class Scope(StrEnum):
    PORTAL = "portal"
    MUNICIPAL = "municipal"
    POS = "pos"
    READ_ONLY = "read-only"


SHOP_OF_KEY: Final = web.RequestKey("shop_of_key", str)
"""Under which a request has the shop ("082163/soba-1") whose people its key serves; absent: those of every shop."""

ALL_SCOPES: Final = frozenset(Scope)
AT_A_TILL: Final = frozenset(
    {
        Action.OWN_ACCOUNT,
        Action.SECOND_FACTOR,
        Action.TAKE_POINTS,
        Action.SEE_OWN_SHOP,
        Action.REFUND_AT_SHOP,
        Action.SEE_SHOP_BOOKS,
        Action.KEEP_OWN_SHOP,
    }
)
"""What the pages of a shop do; no session of a city's staff does more through such a key."""
