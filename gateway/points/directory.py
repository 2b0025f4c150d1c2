"""Where points can go: the point services that municipalities run.

Sync functions of a Connection, each a part of somebody's transaction. A municipality may run several point
services (笠間応援ポイント); each is open for direct exchange or is reached by way of the reserve. The
municipalities themselves are in `gateway.points.municipalities`, support events in `gateway.points.support_events`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select, update

from gateway.errors import ProblemError
from gateway.platform import tables
from gateway.platform.compiled_sql import CompiledStatement
from gateway.platform.kana_reading import kana_reading
from gateway.platform.romaji import letters_key, romaji
from gateway.platform.sql import insert_new
from gateway.platform.typed_text import search_key
from gateway.points.municipalities import (
    MAX_MUNICIPALITIES,
    Municipality,
    municipality,
    prefecture,
    search,
    ward,
)

_services = tables.point_services
_FIND: Final = CompiledStatement(
    select(_services).where(
        _services.c.municipality == bindparam("code"), _services.c.point_service == bindparam("service")
    )
)
_POINTS: Final = re.compile(r"\bPointo$")
_ID: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class PointService:
    """A municipality's name for its points, and its reading; empty where nobody said it.

    `closed_at` is set from the moment it takes no more points.
    """

    municipality: str
    point_service: str
    name: str
    open_for_direct_exchange: bool
    created_at: datetime
    closed_at: datetime | None = None
    name_kana: str = ""

    @property
    def romaji(self) -> str:
        """The reading in Latin letters, its ポイント in English; empty where there is none."""
        return _POINTS.sub("Points", romaji(self.name_kana))


def require_open(code: str, service: str, found: PointService | None) -> PointService:
    """Give the point service that was found under this name if a direct exchange may credit it.

    Raises ProblemError: `unknown-municipality`, `unknown-point-service`, or `not-open-for-direct-exchange` with the
    way that does work.
    """
    found = _require_takes_points(code, service, found)
    if not found.open_for_direct_exchange:
        raise ProblemError(
            "not-open-for-direct-exchange",
            f"{found.name} takes no points directly from partners. Exchange to 留保ポイント (the reserve) first, "
            "then use 各自治体ポイントへの移行 to move them there.",
            municipality=code,
            point_service=service,
        )
    return found


def require_service(conn: Connection, code: str, service: str) -> PointService:
    """Give a point service that takes points (from the reserve, from grants).

    Raises ProblemError: `unknown-municipality`, `unknown-point-service` (404, also for a closed one, whose text
    says so).
    """
    return _require_takes_points(code, service, _find(conn, code, service))


def require_known_service(conn: Connection, code: str, service: str) -> PointService:
    """Give a point service whether it still takes points or is closed. Raises ProblemError as `require_service`."""
    return _require_known(code, _find(conn, code, service))


def _find(conn: Connection, code: str, service: str) -> PointService | None:
    row = _FIND.first(conn, {"code": code, "service": service})
    return PointService(**row) if row is not None else None


def _require_takes_points(code: str, service: str, found: PointService | None) -> PointService:
    found = _require_known(code, found)
    if found.closed_at is not None:
        raise ProblemError(
            "unknown-point-service",
            f"{found.name} takes no more points; choose another point service of {require_municipality(code).name}.",
            municipality=code,
            point_service=service,
        )
    return found


def _require_known(code: str, found: PointService | None) -> PointService:
    place = require_municipality(code)
    if found is None:
        raise ProblemError(
            "unknown-point-service",
            f"{place.name} has no such point service; choose one from its list.",
            municipality=code,
        )
    return found


def require_municipality(code: str) -> Municipality:
    """Give the municipality of a six-digit code. Raises ProblemError `unknown-municipality` (404)."""
    municipality_of_code = municipality(code)
    if municipality_of_code is not None:
        return municipality_of_code
    part = ward(code)
    if part is not None:
        whole = require_municipality(part.part_of)
        raise ProblemError(
            "unknown-municipality",
            f"{part.name} is a ward of {whole.name}, which runs the point services; use the code {whole.code}.",
        )
    raise ProblemError(
        "unknown-municipality",
        "No municipality has this code; it has six digits, the last of which checks the others (笠間市: 082163).",
    )


def list_services(
    conn: Connection,
    *,
    municipality_code: str | None = None,
    prefecture_code: str | None = None,
    open_for_direct_exchange: bool | None = None,
    closed: bool = False,
    named: str = "",
) -> tuple[PointService, ...]:
    """Point services in order of code; those that take no more points only where `closed` asks for them too.

    `named` leaves those with it in their name or their municipality's, its reading or the reading's Latin letters.

    Raises ProblemError for an unknown municipality or prefecture (404), so that a typing mistake is not an empty list.
    """
    wanted = select(_services).order_by(_services.c.municipality, _services.c.point_service)
    if municipality_code is not None:
        wanted = wanted.where(_services.c.municipality == require_municipality(municipality_code).code)
    if prefecture_code is not None:
        of = prefecture(prefecture_code)
        if of is None:
            raise ProblemError("unknown-prefecture", "No prefecture has this code; they are 01 to 47.")
        wanted = wanted.where(_services.c.municipality.startswith(of.number, autoescape=True))
    if open_for_direct_exchange is not None:
        wanted = wanted.where(_services.c.open_for_direct_exchange == open_for_direct_exchange)
    if not closed:
        wanted = wanted.where(_services.c.closed_at.is_(None))
    services = (PointService(**row._asdict()) for row in conn.execute(wanted))
    if not (key := search_key(named)):
        return tuple(services)
    places = {place.code for place in search(named, limit=MAX_MUNICIPALITIES)}
    letters = letters_key(named)
    return tuple(
        each
        for each in services
        if each.municipality in places
        or key in search_key(each.name)
        or key in search_key(each.name_kana)
        or (letters and letters in letters_key(each.romaji))
    )


def register_service(
    conn: Connection,
    code: str,
    service: str,
    *,
    name: str,
    open_for_direct_exchange: bool,
    at: datetime,
    name_kana: str = "",
) -> PointService:
    """Add a point service to a municipality.

    `service` is 1–40 of a–z, 0–9 and hyphen: it becomes part of account names and never changes. Raises ProblemError:
    `unknown-municipality` (404), `bad-point-service` (422), `point-service-exists` (409).
    """
    place = require_municipality(code)
    if not _ID.fullmatch(service):
        raise ProblemError(
            "bad-point-service",
            "point_service: A point service has an id of 1 to 40 lower-case letters, digits and hyphens between them.",
            field="point_service",
        )
    if not name.strip():
        raise ProblemError("bad-point-service", "name: A point service has a name.", field="name")
    new = PointService(
        municipality=place.code,
        point_service=service,
        name=name.strip(),
        open_for_direct_exchange=open_for_direct_exchange,
        created_at=at,
        name_kana=_reading(name_kana),
    )
    if not insert_new(
        conn,
        _services,
        municipality=new.municipality,
        point_service=new.point_service,
        name=new.name,
        open_for_direct_exchange=new.open_for_direct_exchange,
        created_at=new.created_at,
        name_kana=new.name_kana,
    ):
        raise ProblemError("point-service-exists", f"{place.name} already has a point service with this id.")
    return new


def set_reading(conn: Connection, code: str, service: str, *, name_kana: str) -> PointService:
    """Say how the name is read; empty takes it away. Raises ProblemError as `require_service`, and `bad-point-service` (422)."""
    require_known_service(conn, code, service)
    return _changed(conn, code, service, name_kana=_reading(name_kana))


def _reading(name_kana: str) -> str:
    reading = kana_reading(name_kana)
    if reading is None or (reading and not romaji(reading)):
        raise ProblemError(
            "bad-point-service",
            "name_kana: Write how the name is read in hiragana or katakana, with a space between words.",
            field="name_kana",
        )
    return reading


def lock_service(conn: Connection, code: str, service: str) -> PointService:
    """Lock its row until the transaction ends. Raises ProblemError as `require_known_service`."""
    its_row = (_services.c.municipality == code) & (_services.c.point_service == service)
    conn.execute(select(_services.c.municipality).where(its_row).with_for_update())
    return require_known_service(conn, code, service)


def set_direct_exchange(conn: Connection, code: str, service: str, *, is_open: bool) -> PointService:
    """Open a point service for direct exchange, or close it for that. Raises ProblemError as `require_service`."""
    require_service(conn, code, service)
    return _changed(conn, code, service, open_for_direct_exchange=is_open)


def close_service(conn: Connection, code: str, service: str, *, at: datetime) -> PointService:
    """Let a point service take no more points; what members hold stays theirs. Once closed, the day stays."""
    point_service = require_known_service(conn, code, service)
    return (
        point_service if point_service.closed_at is not None else _changed(conn, code, service, closed_at=at)
    )


def close_again(conn: Connection, code: str, service: str, at: datetime) -> int:
    """It takes no more points since then; 1 where it did."""
    still_open = (
        (_services.c.municipality == code)
        & (_services.c.point_service == service)
        & _services.c.closed_at.is_(None)
    )
    return conn.execute(update(_services).where(still_open).values(closed_at=at)).rowcount


def reopen_service(conn: Connection, code: str, service: str) -> PointService:
    """Let a closed point service take points again, directly only where it did before."""
    require_known_service(conn, code, service)
    return _changed(conn, code, service, closed_at=None)


def _changed(conn: Connection, code: str, service: str, **to: Any) -> PointService:
    conn.execute(
        update(_services)
        .where(_services.c.municipality == code, _services.c.point_service == service)
        .values(**to)
    )
    return require_known_service(conn, code, service)
