"""What a bank's file says of each transfer in the twenty characters of its customer codes (顧客コード, EDI情報).

With 識別表示 Y they are one text that the payee sees on the bank statement; without it, two numbers for the payer. Banks differ
in what they pass on, so each city sets it as its bank's sheet says. What cannot be written is refused before a closing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, select

from gateway.cities import tables
from gateway.cities.settlement import zengin
from gateway.cities.settlement.business_days import SettlementCycle
from gateway.errors import ProblemError

_shops: Final = tables.shops
SAMPLE_DAY: Final = "0731"
SHOP_NUMBER_LENGTH: Final = 6
_PLACE: Final = re.compile(r"\{(first|last|shop)\}")


class CustomerField(StrEnum):
    """The running number of the transfer, the shop's number, or a text for the payee."""

    LINE = "line"
    SHOP_NUMBER = "shop_number"
    EDI = "edi"


def normal_text(text: str) -> str:
    """A text as it is kept: as transfer files write it, with `{first}`, `{last}` and `{shop}` where values stand.

    Raises ValueError for a letter that banks do not take, another word in braces, or more than 20 characters in any file.
    """
    parts = _PLACE.split(unicodedata.normalize("NFKC", text).strip())
    # At odd places stand the words of the braces.
    written = "".join(f"{{{part}}}" if place % 2 else _half_width(part) for place, part in enumerate(parts))
    if len(_filled(written, SAMPLE_DAY, SAMPLE_DAY, "0" * SHOP_NUMBER_LENGTH)) > zengin.EDI_LENGTH:
        raise ValueError(f"it has more than {zengin.EDI_LENGTH} characters; each sound mark is one")
    return written


def edi_text(text: str, cycle: SettlementCycle, shop_number: str) -> str:
    """What the payee reads: with the first and last day of the cycle (MMDD), and the shop's number."""
    return _filled(text, f"{cycle.starts_on:%m%d}", f"{cycle.ends_on:%m%d}", shop_number)


def needs_shop_numbers(field: CustomerField, text: str) -> bool:
    return field is CustomerField.SHOP_NUMBER or (field is CustomerField.EDI and "{shop}" in text)


def numbers_of(conn: Connection, code: str, shop_ids: Collection[str]) -> Mapping[str, str]:
    """The numbers of these shops. Raises ProblemError `shop-number-missing` (409) naming those that have none yet."""
    query = select(_shops.c.shop_id, _shops.c.number).where(_shops.c.municipality == code)
    numbers = {row.shop_id: row.number for row in conn.execute(query) if row.number}
    missing = sorted(set(shop_ids) - set(numbers))
    if missing:
        raise ProblemError(
            "shop-number-missing",
            "The bank's file names shops by their numbers, and these have none yet; nothing was changed.",
            shops=",".join(missing[:50]),
        )
    return numbers


def _half_width(part: str) -> str:
    """A part with the spaces at its ends, which `half_width` drops."""
    before, after = (len(part) - len(each) for each in (part.lstrip(), part.rstrip()))
    written = zengin.half_width(part)
    return " " * before + written + " " * after if written else " " * len(part)


def _filled(text: str, first: str, last: str, shop: str) -> str:
    return text.replace("{first}", first).replace("{last}", last).replace("{shop}", shop)
