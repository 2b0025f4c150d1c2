"""What stands at a shop's counter: the text of its QR, and the six digits beside it; either names the shop to a member."""

from __future__ import annotations

from typing import Final

from gateway.cities.city_context import CityContext
from gateway.cities.shops import shop_numbers
from gateway.errors import ProblemError

_PREFIX: Final = "PGS1"
_SIGNATURE_LENGTH: Final = 24


def make(context: CityContext, municipality: str, shop_id: str) -> str:
    """The text of the QR that a shop shows."""
    signed = f"{municipality}.{shop_id}"
    return f"{_PREFIX}.{signed}.{context.vault.keyed_hash(signed, purpose='shop-code')[:_SIGNATURE_LENGTH]}"


async def read(context: CityContext, text: str) -> tuple[str, str]:
    """(municipality, shop) of a QR's text or of a shop's number. Raises ProblemError `shop-code-wrong` (404) for any other."""
    number = shop_numbers.read(text)
    if number is not None:
        place = await context.store.read(lambda conn: shop_numbers.find(conn, number))
        if place is not None:
            return place
    parts = text.strip().split(".")
    # Printed codes outlive a key: those of before a turn-over hang on the walls of shops.
    if (
        len(parts) == 4
        and parts[0] == _PREFIX
        and context.vault.is_keyed_hash(
            parts[3], f"{parts[1]}.{parts[2]}", purpose="shop-code", length=_SIGNATURE_LENGTH
        )
    ):
        return parts[1], parts[2]
    raise ProblemError("shop-code-wrong", "This is not the code of a shop; nothing was paid.")
