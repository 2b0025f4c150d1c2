"""The portal's three languages, and what only the portal has to name: wallets, and where points came from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pagekit.i18n import Catalog, Translator
from pagekit.message_extraction import Sources
from point_gateway_client import models

HERE: Final = Path(__file__).parent
WORDS: Final = Catalog(HERE / "locales", ("ja", "en", "ja-easy"))
SOURCES: Final = Sources((HERE,), frozenset({"tile_map.py", "session.py"}))


def wallet_name(speech: Translator, partner: models.PartnerView, wallet_id: str) -> str:
    """A wallet's name as its partner calls it."""
    for wallet in partner.wallets:
        if wallet.id == wallet_id:
            return speech.label(wallet.name)
    return wallet_id


def other_side(
    speech: Translator,
    line: models.HistoryLine,
    partners: Mapping[str, str],
    services: Mapping[str, str],
    events: Mapping[str, str],
) -> str:
    """Where the points of a history line came from or went to, in words instead of an account's name."""
    if line.partner_id:
        return partners.get(line.partner_id, line.partner_id)
    match line.from_or_to.split(":"):
        case ["reserve"]:
            return speech.plain("留保ポイント")
        case ["municipality", code, service]:
            return services.get(f"{code}:{service}", code)
        case ["event", event_id, *_]:
            return events.get(event_id, event_id)
        case ["funder", *_]:
            return speech.plain("キャンペーン")
    return ""
