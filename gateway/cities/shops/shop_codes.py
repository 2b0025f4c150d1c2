"""What stands at a shop's counter: the text of its QR, and the six digits beside it; either names the shop to a member."""

from __future__ import annotations

from hmac import compare_digest
from typing import Final

from gateway.cities.city_context import CityContext
from gateway.cities.shops import shop_numbers
from gateway.errors import ProblemError

_PREFIX: Final = "PGS1"


def make(context: CityContext, municipality: str, shop_id: str) -> str:
    """The text of the QR that a shop shows."""
    signed = f"{municipality}.{shop_id}"
    return f"{_PREFIX}.{signed}.{context.vault.keyed_hash(signed, purpose='shop-code')[:24]}"


async def read(context: CityContext, text: str) -> tuple[str, str]:
    """(municipality, shop) of a QR's text or of a shop's number. Raises ProblemError `shop-code-wrong` (404) for any other."""
    number = shop_numbers.read(text)
    if number is not None:
        place = await context.store.read(lambda conn: shop_numbers.find(conn, number))
        if place is not None:
            return place
    parts = text.strip().split(".")
    if len(parts) == 4 and compare_digest(make(context, parts[1], parts[2]).encode(), text.strip().encode()):
        return parts[1], parts[2]
    raise ProblemError("shop-code-wrong", "This is not the code of a shop; nothing was paid.")
