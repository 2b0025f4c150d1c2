"""What the platform's staff propose: ending, reversing and correcting exchanges, letting partners go on, and putting
right what is kept of a member.

Every proposal is decided as a city's is (`gateway.cities.proposals`), by another person of the platform. No table
changes how many that takes: it is one other person, always.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection

from gateway.cities.city_context import CityContext, require_reason
from gateway.cities.platform_deeds import (
    exchange_deeds,
    member_erasure,
    member_merge,
    member_rectification,
    partner_deeds,
)
from gateway.cities.platform_deeds.exchange_deeds import (
    CloseDifference,
    ResolveExchange,
    ResolveReversal,
    TakeExchangeBack,
)
from gateway.cities.platform_deeds.partner_deeds import CutWindow, RaisePace, ResumePartner
from gateway.cities.proposals.deeds import Deed
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.proposals.propose import Ground, propose
from gateway.cities.staff.staff_rows import StaffSession
from gateway.exchanges import reversal_rows
from gateway.partners import availability
from gateway.partners.availability import PartnerAvailability, Window


@dataclass(frozen=True, slots=True)
class PlatformDeeds:
    """The use cases of the platform's staff. All raise ProblemError for what cannot be proposed, and as `propose`."""

    context: CityContext

    async def resolve_exchange(
        self, who: StaffSession, exchange_id: str, *, debited: bool, reason: str, reference: str = ""
    ) -> Proposal:
        """Propose how an exchange ends that asking has not settled.

        Raises ProblemError: `reason-missing` (422), `unknown-exchange` (404), `exchange-state` (409).
        """
        why = require_reason(reason)
        command = ResolveExchange(exchange_id=exchange_id, debited=debited, reference=reference.strip())

        def job(conn: Connection) -> Proposal:
            exchange = exchange_deeds.require_waiting(conn, exchange_id)
            shown: dict[str, str | int] = exchange_deeds.exchange_facts(exchange) | {
                "decision": "debited" if debited else "declined", "reference": command.reference,
            }  # fmt: skip
            points = exchange.points if debited else None
            return self._propose(conn, who, Deed.EXCHANGE_OUTCOME, exchange_id, command, shown, why, points)

        return await self.context.store.run(job)

    async def reverse_exchange(
        self,
        who: StaffSession,
        exchange_id: str,
        reversal_id: str,
        *,
        reason: str,
        units: int | None = None,
        by_hand: bool = False,
        reference: str = "",
        taken_from: str = "",
    ) -> Proposal:
        """Propose to take a settled exchange back; `units` None is all that is left.

        Raises ProblemError: `reason-missing` (422), and as `Reversals.reverse`.
        """
        why = require_reason(reason)
        command = TakeExchangeBack(
            exchange_id=exchange_id, reversal_id=reversal_id, units=units, by_hand=by_hand,
            reference=reference.strip(), taken_from=taken_from.strip() or None,
        )  # fmt: skip

        def job(conn: Connection) -> Proposal:
            exchange = exchange_deeds.require_ours(conn, exchange_id)
            preview = exchange_deeds.reversal_preview(self.context, conn, command, why, who.display_name)
            exact = replace(command, units=preview.units, taken_from=preview.taken_from)
            shown: dict[str, str | int] = exchange_deeds.exchange_facts(exchange) | {
                "units": preview.units, "taken_from": preview.taken_from, "by_hand": "yes" if by_hand else "no",
                "reference": exact.reference,
            }  # fmt: skip
            return self._propose(
                conn, who, Deed.EXCHANGE_REVERSAL, exchange_id, exact, shown, why, preview.points
            )

        return await self.context.store.run(job)

    async def resolve_reversal(
        self, who: StaffSession, exchange_id: str, reversal_id: str, *, was_reversed: bool, reason: str
    ) -> Proposal:
        """Propose how a reversal ends that asking has not settled.

        Raises ProblemError: `reason-missing` (422), `unknown-reversal` (404), `reversal-ended` (409).
        """
        why = require_reason(reason)
        command = ResolveReversal(exchange_id=exchange_id, reversal_id=reversal_id, was_reversed=was_reversed)

        def job(conn: Connection) -> Proposal:
            reversal = reversal_rows.of(conn, exchange_id, reversal_id)
            reversal_rows.require_waiting(reversal)
            exchange = exchange_deeds.require_ours(conn, exchange_id)
            shown: dict[str, str | int] = exchange_deeds.exchange_facts(exchange) | {
                "reversal": reversal_id, "reversal_decision": "reversed" if was_reversed else "declined",
            }  # fmt: skip
            return self._propose(
                conn, who, Deed.REVERSAL_OUTCOME, reversal_id, command, shown, why, reversal.points
            )

        return await self.context.store.run(job)

    async def close_difference(
        self,
        who: StaffSession,
        partner_id: str,
        day: date,
        exchange_id: str,
        *,
        reason: str,
        leave: bool = False,
    ) -> Proposal:
        """Compare the day again and propose to make our side what the partner's is; `leave` moves nothing.

        Raises ProblemError: `reason-missing` (422), and as `CorrectionService.close`.
        """
        why, corrections = require_reason(reason), self.context.exchange_services.corrections
        line = await corrections.difference(partner_id, day, exchange_id)

        def job(conn: Connection) -> Proposal:
            points = 0 if leave else corrections.points_to_move(conn, partner_id, line)
            command = CloseDifference(
                partner_id=partner_id, day=day, exchange_id=exchange_id, leave=leave,
                seen=exchange_deeds.line_hash(line), points=points,
            )  # fmt: skip
            facts = exchange_deeds.line_facts(command, line)
            subject = f"{partner_id}:{exchange_id}"
            return self._propose(
                conn, who, Deed.DIFFERENCE, subject, command, facts, why, abs(points) or None
            )

        return await self.context.store.run(job)

    async def pause_partner(self, who: StaffSession, partner_id: str, reason: str) -> PartnerAvailability:
        """Stop it at once, alone: nothing new begins with it. Raises ProblemError: `unknown-partner` (404)."""
        why, now = require_reason(reason), self.context.clock()
        self.context.exchange_services.context.partner(partner_id)

        def job(conn: Connection) -> PartnerAvailability:
            partner_deeds.pause(conn, who, partner_id, why, now)
            return partner_deeds.standing_of(conn, partner_id, now)

        return await self.context.store.run(job)

    async def resume_partner(self, who: StaffSession, partner_id: str, reason: str) -> Proposal:
        """Propose to let exchanges begin again. Raises ProblemError: `reason-missing` (422), `partner-not-paused` (409)."""
        why, command = require_reason(reason), ResumePartner(partner_id=partner_id)

        def job(conn: Connection) -> Proposal:
            standing = partner_deeds.require_paused(conn, partner_id, self.context.clock())
            shown: dict[str, str | int] = {
                "partner": partner_id, "paused_by": standing.operator, "paused_because": standing.reason,
            }  # fmt: skip
            ground = partner_deeds.resume_ground(self.context, conn, who.municipality, command)
            return propose(
                self.context, conn, who, Deed.PARTNER_RESUME, partner_id, command,
                ground=ground, facts=shown, reason=why, at=self.context.clock(),
            )  # fmt: skip

        return await self.context.store.run(job)

    async def merge_members(
        self, who: StaffSession, from_mykey_id: str, into_mykey_id: str, reason: str
    ) -> Proposal:
        """Propose to bring two members together who are one person: all of the first goes to the second.

        Raises ProblemError: `reason-missing` (422), `unknown-member` (404), and as `member_merge.require_pair`.
        """
        why = require_reason(reason)

        def job(conn: Connection) -> Proposal:
            command = member_merge.require_pair(conn, from_mykey_id, into_mykey_id)
            facts, points = member_merge.merge_facts(conn, command)
            return propose(
                self.context, conn, who, Deed.MEMBER_MERGE, str(facts["from_mykey_id"]), command,
                ground=member_merge.merge_ground(self.context, conn, who.municipality, command), facts=facts,
                reason=why, at=self.context.clock(), points=points or None,
            )  # fmt: skip

        return await self.context.store.run(job)

    async def announce_maintenance(self, who: StaffSession, window: Window) -> Proposal | None:
        """Announce a window at once, alone (None); one that ends another window earlier is proposed.

        Raises ProblemError: `reason-missing`, `bad-window` (422), `unknown-partner` (404), and as `propose`.
        """
        why, now = require_reason(window.reason), self.context.clock()
        self.context.exchange_services.context.partner(window.partner_id)
        availability.require_sound(window)

        def job(conn: Connection) -> Proposal | None:
            if not partner_deeds.cuts(conn, window, now):
                partner_deeds.announce(conn, who, replace(window, reason=why), now)
                return None
            return self._propose_cut(conn, who, window.partner_id, window.starts_at, window.ends_at, why, now)

        return await self.context.store.run(job)

    async def withdraw_maintenance(
        self, who: StaffSession, partner_id: str, starts_at: datetime, reason: str
    ) -> Proposal:
        """Propose to take a window back. Raises ProblemError: `reason-missing` (422), `unknown-window` (409)."""
        why, now = require_reason(reason), self.context.clock()
        return await self.context.store.run(
            lambda conn: self._propose_cut(conn, who, partner_id, starts_at, None, why, now)
        )

    async def change_pace(
        self, who: StaffSession, partner_id: str, calls_per_minute: int | None, reason: str
    ) -> Proposal | None:
        """Lower a pace at once, alone (None); a higher one, or none at all, is proposed.

        Raises ProblemError: `reason-missing`, `bad-pace` (422), `unknown-partner` (404), and as `propose`.
        """
        why, now = require_reason(reason), self.context.clock()
        self.context.exchange_services.context.partner(partner_id)
        availability.require_pace(calls_per_minute)

        def job(conn: Connection) -> Proposal | None:
            before = partner_deeds.standing_of(conn, partner_id, now).calls_per_minute
            if not partner_deeds.raises(before, calls_per_minute):
                partner_deeds.lower_pace(conn, who, partner_id, calls_per_minute, why, now)
                return None
            command = RaisePace(partner_id=partner_id, calls_per_minute=calls_per_minute)
            shown: dict[str, str | int] = {
                "partner": partner_id, "pace_before": before or 0, "pace": calls_per_minute or "none",
            }  # fmt: skip
            ground = partner_deeds.pace_ground(self.context, conn, who.municipality, command)
            return propose(
                self.context, conn, who, Deed.PARTNER_PACE, partner_id, command,
                ground=ground, facts=shown, reason=why, at=now,
            )  # fmt: skip

        return await self.context.store.run(job)

    async def erase_member(
        self, who: StaffSession, mykey_id: str, reason: str, gives_up: int = 0
    ) -> Proposal:
        """Propose to erase what is kept of a member; `gives_up` are all points that are left.

        Raises ProblemError: `reason-missing` (422), `unknown-member` (404), and as `member_erasure.require_erasable`.
        """
        why = require_reason(reason)

        def job(conn: Connection) -> Proposal:
            command = member_erasure.require_erasable(conn, mykey_id, gives_up)
            facts, points = member_erasure.erase_facts(conn, command)
            return propose(
                self.context, conn, who, Deed.MEMBER_ERASE, command.member_id, command,
                ground=member_erasure.erase_ground(self.context, conn, who.municipality, command), facts=facts,
                reason=why, at=self.context.clock(), points=points or None,
            )  # fmt: skip

        return await self.context.store.run(job)

    async def rectify_member(
        self,
        who: StaffSession,
        mykey_id: str,
        reason: str,
        *,
        display_name: str | None = None,
        language: str | None = None,
        new_mykey_id: str | None = None,
        forgets_mail: bool = False,
    ) -> Proposal:
        """Propose to put right what is wrongly kept of a member; None and False leave it as it is.

        Raises ProblemError: `reason-missing` (422), and as `member_rectification.require_change`.
        """
        why = require_reason(reason)

        def job(conn: Connection) -> Proposal:
            command = member_rectification.require_change(
                conn, mykey_id, display_name=display_name, language=language, new_mykey_id=new_mykey_id,
                forgets_mail=forgets_mail,
            )  # fmt: skip
            return propose(
                self.context, conn, who, Deed.MEMBER_RECTIFY, command.member_id, command,
                ground=member_rectification.rectify_ground(self.context, conn, who.municipality, command),
                facts=member_rectification.rectify_facts(conn, command), reason=why, at=self.context.clock(),
            )  # fmt: skip

        return await self.context.store.run(job)

    def _propose_cut(
        self,
        conn: Connection,
        who: StaffSession,
        partner_id: str,
        starts_at: datetime,
        ends_at: datetime | None,
        why: str,
        now: datetime,
    ) -> Proposal:
        window = availability.get_window(conn, partner_id, starts_at, now)
        command = CutWindow(partner_id=partner_id, starts_at=starts_at, ends_at=ends_at)
        shown: dict[str, str | int] = {
            "partner": partner_id, "window_from": window.starts_at.isoformat(),
            "window_until_before": window.ends_at.isoformat(),
            "window_until": ends_at.isoformat() if ends_at is not None else "withdrawn",
        }  # fmt: skip
        subject = f"{partner_id}:{starts_at.astimezone(UTC):%Y%m%dT%H%M%S}"
        ground = partner_deeds.cut_ground(self.context, conn, who.municipality, command)
        return propose(
            self.context, conn, who, Deed.PARTNER_MAINTENANCE, subject, command,
            ground=ground, facts=shown, reason=why, at=now,
        )  # fmt: skip

    def _propose(
        self,
        conn: Connection,
        who: StaffSession,
        deed: Deed,
        subject: str,
        command: Any,
        facts: Mapping[str, str | int],
        why: str,
        points: int | None,
    ) -> Proposal:
        ground: Ground = exchange_deeds.exchange_ground(self.context, conn, who.municipality, command)
        return propose(
            self.context, conn, who, deed, subject, command,
            ground=ground, facts=facts, reason=why, at=self.context.clock(), points=points,
        )  # fmt: skip
