"""A city's point services as its administrators keep them: added, closed to new points, opened again; each told.

What a point is worth and when it expires is in the rules (`gateway.points.rules`). A new service takes
points from the moment it is there, by way of the reserve until a rule opens it to partners.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from gateway.cities.city_context import CityContext, require_reason, write_audit
from gateway.cities.drawn_from import require_seen, version_of
from gateway.cities.staff.staff_rows import StaffSession
from gateway.platform.audit_actions import AuditAction
from gateway.points import directory
from gateway.points.directory import PointService


def service_version(service: PointService) -> str:
    """What a form about it is drawn from."""
    return version_of(service.name, service.name_kana)


@dataclass(frozen=True, slots=True)
class PointServices:
    context: CityContext

    async def listed(self, code: str) -> tuple[PointService, ...]:
        """All of a city's point services, those that take no more points too."""
        return await self.context.store.read(
            lambda conn: directory.list_services(conn, municipality_code=code, closed=True)
        )

    async def add(
        self, who: StaffSession, point_service: str, name: str, name_kana: str = ""
    ) -> PointService:
        """Add a point service. Raises ProblemError: `bad-point-service` (422), `point-service-exists` (409)."""
        now, code = self.context.clock(), who.municipality

        def job(conn: Connection) -> PointService:
            registered = directory.register_service(
                conn,
                code,
                point_service,
                name=name,
                open_for_direct_exchange=False,
                at=now,
                name_kana=name_kana,
            )
            write_audit(
                conn,
                who,
                now,
                AuditAction.POINT_SERVICE_ADDED,
                point_service,
                facts={"name": registered.name},
            )
            return registered

        return await self.context.store.run(job)

    async def set_reading(
        self, who: StaffSession, point_service: str, name_kana: str, seen: str | None
    ) -> PointService:
        """Say how the name is read; empty takes the reading away. `seen` is the version that the change was drawn from.

        Raises ProblemError: `unknown-point-service` (404), `bad-point-service` (422), `changed-meanwhile` (409).
        """
        now, code = self.context.clock(), who.municipality

        def job(conn: Connection) -> PointService:
            before = directory.lock_service(conn, code, point_service)
            require_seen(seen, service_version(before))
            after = directory.set_reading(conn, code, point_service, name_kana=name_kana)
            write_audit(
                conn,
                who,
                now,
                AuditAction.POINT_SERVICE_READING,
                point_service,
                facts={"name_kana_before": before.name_kana, "name_kana": after.name_kana},
            )
            return after

        return await self.context.store.run(job)

    async def close(self, who: StaffSession, point_service: str, reason: str) -> PointService:
        """Let it take no more points; what members hold stays theirs. Raises ProblemError `unknown-point-service` (404)."""
        now, code, why = self.context.clock(), who.municipality, require_reason(reason)

        def job(conn: Connection) -> PointService:
            closed = directory.close_service(conn, code, point_service, at=now)
            write_audit(conn, who, now, AuditAction.POINT_SERVICE_CLOSED, point_service, why)
            return closed

        return await self.context.store.run(job)

    async def reopen(self, who: StaffSession, point_service: str, reason: str) -> PointService:
        """Let it take points again. Raises ProblemError `unknown-point-service` (404)."""
        now, code, why = self.context.clock(), who.municipality, require_reason(reason)

        def job(conn: Connection) -> PointService:
            opened = directory.reopen_service(conn, code, point_service)
            write_audit(conn, who, now, AuditAction.POINT_SERVICE_REOPENED, point_service, why)
            return opened

        return await self.context.store.run(job)
