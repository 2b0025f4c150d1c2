"""The terms (加盟店規約) that a shop accepts when it applies: set by the city as text, each version kept for ever.

A city without terms, or whose newest version is empty, takes no applications on the web.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from gateway.cities import tables
from gateway.cities.city_context import StaffActor, write_audit
from gateway.cities.drawn_from import require_seen, version_of
from gateway.errors import ProblemError
from gateway.platform.audit_actions import AuditAction
from gateway.platform.sql import insert_new

_terms: Final = tables.shop_terms
MAX_LENGTH: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopTerms:
    """One version; `number` counts from 1, and 0 stands for a city that has written none."""

    municipality: str
    number: int
    text: str
    set_at: datetime | None

    @property
    def takes_applications(self) -> bool:
        return bool(self.text)

    @property
    def version(self) -> str:
        return version_of(self.number)


def newest(conn: Connection, code: str, *, lock: bool = False) -> ShopTerms:
    """The city's terms as they are now. Locked, they let one application after the other be counted and added."""
    query = select(_terms).where(_terms.c.municipality == code).order_by(_terms.c.version.desc()).limit(1)
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        return ShopTerms(municipality=code, number=0, text="", set_at=None)
    return ShopTerms(municipality=code, number=row.version, text=row.terms, set_at=row.set_at)


def require_current(conn: Connection, code: str, *, lock: bool = False) -> ShopTerms:
    """Raises ProblemError `no-applications` (404) where the city takes none on the web."""
    terms = newest(conn, code, lock=lock)
    if not terms.takes_applications:
        raise ProblemError("no-applications", "This city takes no applications on the web.")
    return terms


def get(conn: Connection, code: str, number: int) -> ShopTerms:
    """The version that somebody has accepted. Raises ProblemError `no-applications` (404) for one that never was."""
    row = conn.execute(
        select(_terms).where(_terms.c.municipality == code, _terms.c.version == number)
    ).one_or_none()
    if row is None:
        raise ProblemError("no-applications", "There is no such version of the terms.")
    return ShopTerms(municipality=code, number=number, text=row.terms, set_at=row.set_at)


def set_terms(
    conn: Connection, who: StaffActor, text: str, reason: str, seen: str | None, at: datetime
) -> ShopTerms:
    """Add a version. Raises ProblemError: `bad-shop-terms` (422), `nothing-changed`, `changed-meanwhile` (409)."""
    terms, code = text.replace("\r\n", "\n").strip(), who.municipality
    if len(terms) > MAX_LENGTH:
        raise ProblemError("bad-shop-terms", f"At most {MAX_LENGTH:,} characters.", field="text")
    before = newest(conn, code, lock=True)
    require_seen(seen, before.version)
    if before.text == terms:
        raise ProblemError("nothing-changed", "These are the terms already.")
    row = {"version": before.number + 1, "terms": terms, "set_by": who.staff_id, "set_at": at}
    if not insert_new(conn, _terms, municipality=code, **row):  # the first version, by two at once
        require_seen(before.version, newest(conn, code).version)
    facts: dict[str, str | int] = {"terms_version": before.number + 1, "characters": len(terms)}
    write_audit(conn, who, at, AuditAction.SHOP_TERMS_SET, "", reason, facts)
    return newest(conn, code)
