"""Who issues a point service's points (発行者): the city, a chamber of commerce, a company. It decides which law applies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, select

from gateway.cities import tables
from gateway.cities.city_context import StaffActor, write_audit
from gateway.cities.drawn_from import require_seen, version_of
from gateway.errors import ProblemError
from gateway.platform.audit_actions import AuditAction
from gateway.platform.sql import insert_into
from gateway.points import directory

_issuers: Final = tables.point_service_issuers


class IssuerKind(StrEnum):
    CITY = "city"
    CHAMBER = "chamber"
    """商工会, 商工会議所, 観光協会 and the like: a body of its own, and no municipality."""
    COMPANY = "company"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """`contact` is where holders complain (苦情・相談窓口); empty for the city where nothing else was said."""

    kind: IssuerKind
    name: str
    contact: str = ""

    @property
    def version(self) -> str:
        """What a form that changes it is drawn from."""
        return version_of(self.kind.value, self.name, self.contact)


def issuer_of(conn: Connection, code: str, service: str) -> Issuer:
    """The city itself, where nobody else was named."""
    row = conn.execute(
        select(_issuers).where(_issuers.c.municipality == code, _issuers.c.point_service == service)
    ).one_or_none()
    if row is None:
        return Issuer(kind=IssuerKind.CITY, name=directory.require_municipality(code).name)
    return Issuer(kind=IssuerKind(row.kind), name=row.name, contact=row.contact)


def set_issuer(
    conn: Connection,
    who: StaffActor,
    service: str,
    issuer: Issuer,
    reason: str,
    at: datetime,
    seen: str | None = None,
) -> Issuer:
    """Say who issues it. `seen` is the version that the change was drawn from.

    Raises ProblemError: `unknown-point-service` (404), `bad-issuer` (422), `changed-meanwhile` (409).
    """
    code = who.municipality
    directory.lock_service(conn, code, service)
    if not issuer.name.strip():
        raise ProblemError("bad-issuer", "name: An issuer has a name.", field="name")
    if issuer.kind is not IssuerKind.CITY and not issuer.contact.strip():
        raise ProblemError(
            "bad-issuer", "contact: Say where holders of the points complain.", field="contact"
        )
    before = issuer_of(conn, code, service)
    require_seen(seen, before.version)
    values = {"kind": issuer.kind.value, "name": issuer.name.strip(), "contact": issuer.contact.strip()}
    conn.execute(
        insert_into(conn, _issuers)
        .values(municipality=code, point_service=service, **values)
        .on_conflict_do_update(
            index_elements=[_issuers.c.municipality, _issuers.c.point_service], set_=values
        )
    )
    facts: dict[str, str | int] = {"name": values["name"], "name_before": before.name}
    write_audit(conn, who, at, AuditAction.ISSUER_NAMED, service, reason, facts)
    return issuer_of(conn, code, service)
