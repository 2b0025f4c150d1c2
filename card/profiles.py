"""Where things lie on a card: applet, elementary files, PIN rules - as data, so that the next card is a new entry.

Sources: OpenSC's card-jpki.c and pkcs15-jpki.c, jpki/myna and soltia48/myna-card agree on every number here.
The next card (ECDSA-384, announced) has no public command set yet, so it has no entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from card.algorithms import RSA_2048_SHA256, Algorithm


@dataclass(frozen=True, slots=True)
class CardProfile:
    """One generation of the JPKI applet. File ids below 31 double as short ids; `pin_tries` is a fresh counter."""

    name: str
    aid: bytes
    token_file: int
    auth_certificate_file: int
    auth_key_file: int
    auth_pin_file: int
    pin_tries: int
    algorithm: Algorithm


JPKI_2016: Final = CardProfile(
    name="JPKI (2016)",
    aid=bytes.fromhex("D392F000260100000001"),
    token_file=0x0006,
    auth_certificate_file=0x000A,
    auth_key_file=0x0017,
    auth_pin_file=0x0018,
    pin_tries=3,
    algorithm=RSA_2048_SHA256,
)

TOKEN_KINDS: Final = {
    "JPKIAPICCTOKEN2": "マイナンバーカード / My Number card",
    "JPKIAPICCTOKEN": "住民基本台帳カード / old Juki card",
    "JPKIAPGPSETOKEN": "スマートフォン (Android) / Android phone",
    "JPKIAPIOSTOKEN": "スマートフォン (iPhone) / iPhone",
}
