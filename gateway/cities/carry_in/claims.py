"""A member takes over a number of the predecessor that waits, with the code that the city has sent for it.

Whoever knows number and code is believed, once: no name is compared, as none is kept. Wrong codes are counted by member
as wrong passwords are (`lockout`), whatever the number; a number that nobody has says the same as a wrong code.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from gateway.cities import tables
from gateway.cities.carry_in.carry_in_lines import carry_missing_lots
from gateway.cities.carry_in.carry_in_list import code_of, number_of
from gateway.cities.carry_in.carry_in_rows import CODE_PURPOSE, LotTotal, add_number, day_or_never
from gateway.cities.carry_in.lost_codes import is_stopped
from gateway.cities.city_context import CityContext
from gateway.errors import ProblemError
from gateway.members import lockout, member_rows
from gateway.platform import audit_log
from gateway.platform.audit_actions import AuditAction
from gateway.points import directory

_lines, _numbers = tables.carry_in_lines, tables.carried_numbers


@dataclass(frozen=True, slots=True)
class Claims:
    """What a member does with a number that waits."""

    context: CityContext

    async def claim(self, member_id: str, code: str, number: str, typed_code: str) -> list[LotTotal]:
        """Take a number over: its points come at once. Again by the same member: the same answer.

        Raises ProblemError: `unknown-municipality`, `unknown-member` (404), `carry-in-wrong` (409), `carry-in-locked` (429).
        """
        directory.require_municipality(code)
        now = self.context.clock()
        done = await self.context.store.run(
            lambda conn: self._claim(conn, member_id, code, number_of(number), code_of(typed_code), now)
        )
        if isinstance(done, ProblemError):  # the miss was counted: it is kept
            raise done
        return done

    def _claim(
        self, conn: Connection, member_id: str, code: str, number: str, typed_code: str, at: datetime
    ) -> list[LotTotal] | ProblemError:
        counter = self.context.vault.stable_hash(member_id, purpose="carry-in-misses")
        try:
            lockout.count_attempt(conn, counter, at)
        except ProblemError as locked:
            return ProblemError(
                "carry-in-locked",
                "Too many wrong numbers or codes; wait until the time given, and ask the city where the code is lost.",
                **locked.facts,
            )
        query = select(_numbers).where(_numbers.c.municipality == code, _numbers.c.number == number)
        row = conn.execute(query.with_for_update()).one_or_none()
        if row is None or not self._opens(conn, row, member_id, typed_code, at):
            return ProblemError(
                "carry-in-wrong",
                "No number of the former system waits with this code, or it was taken over before. Compare both with the letter.",
            )
        # What is the member's own already opens without a code, so that it forgives no miss: it is only not counted.
        forgive = lockout.reset if row.member_id is None else lockout.uncount
        forgive(conn, counter)
        lots = conn.execute(
            select(_lines)
            .where(_lines.c.file_id == row.file_id, _lines.c.number == number, _lines.c.fault.is_(None))
            .order_by(_lines.c.line)
        ).all()
        if row.member_id is None:
            add_number(conn, code, number, row.file_id, member_id, at)
        if carry_missing_lots(conn, code, member_id, lots, at, by="member"):
            raise member_rows.unknown_member()  # erased since the session was looked at
        return [
            LotTotal(point_service=lot.point_service, last_day=day_or_never(lot.last_day), points=lot.points)
            for lot in lots
        ]

    def _opens(self, conn: Connection, row: Row[Any], member_id: str, typed_code: str, at: datetime) -> bool:
        """Whether the number is the member's, or waits for who has this code.

        A code that was stopped opens nothing and says nothing; the city's log says that somebody has it and who tried.
        """
        if row.member_id is not None:
            return bool(row.member_id == member_id)
        vault = self.context.vault
        if row.code_hash is None or not vault.is_keyed_hash(row.code_hash, typed_code, purpose=CODE_PURPOSE):
            return False
        if not is_stopped(row, at):
            return True
        audit_log.write(
            conn, row.municipality, at=at, actor="member", actor_name="", action=AuditAction.CARRY_IN_CODE_REFUSED,
            subject=member_rows.require_member(conn, member_id).mykey_id, facts={"number": row.number},
        )  # fmt: skip
        return False
