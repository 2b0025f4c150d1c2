"""The settings of the municipal cloud's pages: those of every site.

`public_url` must be the gateway's `[municipal] public_url`: passkeys are bound to it. Browsers make passkeys for a
name with https, or for http://localhost; not for an address of numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pagekit.settings import SiteSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(SiteSettings):
    """`portal_url` is the members' portal: with it a shop's QR is an address that every camera opens."""

    portal_url: str = ""

    @classmethod
    def own(cls, given: dict[str, Any]) -> dict[str, Any]:
        return {"portal_url": str(given.get("portal_url", "")).rstrip("/")}
