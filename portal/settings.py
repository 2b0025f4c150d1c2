"""The portal's settings: those of every site, and where the program that reads cards listens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pagekit.settings import SiteSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(SiteSettings):
    """`public_url` is where members find the portal; its `/exchanges/back` must be listed at the gateway."""

    card_agent_url: str = "http://127.0.0.1:37650"
    """Where the program beside the browser listens; pages for cards may call it and nothing else outside."""

    @property
    def return_url(self) -> str:
        return f"{self.public_url}/exchanges/back"

    @classmethod
    def own(cls, given: dict[str, Any]) -> dict[str, Any]:
        return {"card_agent_url": str(given.get("card_agent_url", "http://127.0.0.1:37650"))}
