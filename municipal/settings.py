"""The settings of the municipal cloud's pages: those of every site.

`public_url` must be the gateway's `[municipal] public_url`: passkeys are bound to it. Browsers make passkeys for a
name with https, or for http://localhost; not for an address of numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

from pagekit.settings import SiteSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(SiteSettings):
    """Nothing beside what every site has."""
