"""Deciding proposals (承認・差戻し): somebody else says yes, sends back, or lets the time run out.

    waiting ──► carried out     when `persons` others have said yes, in the transaction of the last yes
            ├─► sent back       with a reason, by somebody who could have decided
            ├─► withdrawn       by the author
            └─► expired         after 14 days

Who decides is read again inside the transaction: role, activity and ties to the author, never the session's own word.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest

from sqlalchemy import Connection

from gateway.cities.city_context import CityContext, require_reason, write_audit
from gateway.cities.proposals import deeds, proposal_rows, staff_ties
from gateway.cities.proposals.deeds import DECIDED_BY, Deed, DeedRule
from gateway.cities.proposals.effects import EFFECTS, ChangeDeedRule, Decided, deed_rule_ground
from gateway.cities.proposals.proposal_rows import Proposal, ProposalState
from gateway.cities.proposals.propose import (
    canonical,
    expire,
    open_command,
    proposal_facts,
    propose,
    read_command,
)
from gateway.cities.proposals.staff_ties import StaffChange
from gateway.cities.shops.shops import ChangePayer, ChangeShopAccount
from gateway.cities.staff import staff_rows
from gateway.cities.staff.staff import FirstPassword, temporary_password
from gateway.cities.staff.staff_rows import Staff, StaffSession
from gateway.errors import ProblemError
from gateway.platform.roles import Action, may


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The proposal after the decision; `first_password` where the deed made one, shown this once."""

    proposal: Proposal
    first_password: FirstPassword | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedProposal:
    """`may_decide`: whether the one who looks may say yes.

    `account_number` is a bank account's, in full for its author and for who may decide it: it is compared with paper.
    """

    proposal: Proposal
    may_decide: bool
    account_number: str | None


@dataclass(frozen=True, slots=True)
class Proposals:
    """The use cases around proposals."""

    context: CityContext

    async def list_by_state(self, who: StaffSession, state: ProposalState | None) -> list[ListedProposal]:
        """The city's newest proposals with whether this person may decide each."""
        now = self.context.clock()

        def job(conn: Connection) -> list[ListedProposal]:
            proposals = proposal_rows.list_by_state(conn, who.municipality, state)
            return [self._listed(conn, who, each) for each in proposals if not each.lapsed(now)]

        return await self.context.store.read(job)

    async def get(self, who: StaffSession, proposal_id: str) -> ListedProposal:
        """Raises ProblemError `unknown-proposal` (404)."""
        return await self.context.store.read(
            lambda conn: self._listed(conn, who, proposal_rows.get(conn, who.municipality, proposal_id))
        )

    async def approve(self, who: StaffSession, proposal_id: str, digest: str, reason: str) -> Decision:
        """Say yes to exactly what `digest` names; the last yes that is needed carries it out.

        Raises ProblemError: `unknown-proposal` (404), `proposal-state`, `proposal-changed`, `second-person-missing`,
        `proposal-outdated` (409), `role-not-allowed` (403), and what the deed itself raises: nothing happens then.
        """
        now, code = self.context.clock(), who.municipality
        deed = (await self.get(who, proposal_id)).proposal.deed
        password, hashed = temporary_password(), ""
        if EFFECTS[deed].makes_password:
            hashed = await self.context.hasher.hash(password.reveal())

        def job(conn: Connection) -> tuple[Proposal, Staff | None]:
            proposal = self._locked_waiting(conn, who, proposal_id)
            if not compare_digest(digest.encode(), proposal.digest.encode()):
                raise ProblemError("proposal-changed", "This is not what was proposed; look at it again.")
            self._require_decider(conn, who, proposal)
            effect = EFFECTS[proposal.deed]
            command = read_command(effect.command, open_command(self.context, conn, proposal))
            _, ground = proposal_rows.sealed_command(conn, code, proposal_id)
            if canonical(effect.ground(self.context, conn, code, command)) != ground:
                raise ProblemError(
                    "proposal-outdated",
                    "What it was proposed on has changed since; send it back and propose it anew.",
                )
            if not proposal_rows.add_approval(conn, proposal, who.staff_id, reason, now):
                raise ProblemError("second-person-missing", "You have approved it; another person is needed.")
            write_audit(
                conn, who, now, "proposal approved", proposal.subject, reason, proposal_facts(proposal)
            )
            made: Staff | None = None
            deciders = proposal_rows.approvers(conn, proposal)
            if len(deciders) >= proposal.persons:
                decided = Decided(
                    context=self.context,
                    conn=conn,
                    proposal=proposal,
                    deciders=deciders,
                    hashed=hashed,
                    at=now,
                )
                made = effect.carry_out(decided, command)
                proposal_rows.transition(
                    conn, proposal, ProposalState.CARRIED_OUT, by=who.staff_id, at=now, reason=reason
                )
            return proposal_rows.get(conn, code, proposal_id), made

        proposal, staff = await self.context.store.run(job)
        first = None if staff is None else FirstPassword(staff=staff, password=password)
        return Decision(proposal=proposal, first_password=first)

    async def send_back(self, who: StaffSession, proposal_id: str, reason: str) -> Proposal:
        """Send it back to its author with a reason (差戻し). Raises ProblemError as `approve`, `reason-missing` (422)."""
        why, now = require_reason(reason), self.context.clock()

        def job(conn: Connection) -> Proposal:
            proposal = self._locked_waiting(conn, who, proposal_id)
            self._require_decider(conn, who, proposal)
            return _end(conn, who, proposal, ProposalState.SENT_BACK, "proposal sent back", why, now)

        return await self.context.store.run(job)

    async def withdraw(self, who: StaffSession, proposal_id: str, reason: str) -> Proposal:
        """Take back one's own proposal. Raises ProblemError: `unknown-proposal` (404), `proposal-state`,
        `proposal-of-another` (409), `reason-missing` (422).
        """
        why, now = require_reason(reason), self.context.clock()

        def job(conn: Connection) -> Proposal:
            proposal = self._locked_waiting(conn, who, proposal_id)
            if proposal.proposed_by != who.staff_id:
                raise ProblemError(
                    "proposal-of-another", "Only its author withdraws a proposal; send it back."
                )
            return _end(conn, who, proposal, ProposalState.WITHDRAWN, "proposal withdrawn", why, now)

        return await self.context.store.run(job)

    async def expire_lapsed(self) -> int:
        """End what nobody decided in time, for the night's work. Returns how many."""
        now = self.context.clock()

        def job(conn: Connection) -> int:
            lapsed = proposal_rows.list_lapsed(conn, now)
            for proposal in lapsed:
                expire(conn, proposal, now)
            return len(lapsed)

        return await self.context.store.run(job)

    async def deed_rules(self, who: StaffSession) -> list[DeedRule]:
        """The city's table of deeds."""
        return await self.context.store.read(lambda conn: deeds.list_by_city(conn, who.municipality))

    async def propose_deed_rule(self, who: StaffSession, rule: DeedRule, reason: str) -> Proposal:
        """Propose another line of the table. Raises ProblemError: `bad-deed-rule` (422), and as `propose`."""
        deeds.check_rule(rule)
        why, now, command = require_reason(reason), self.context.clock(), ChangeDeedRule(rule=rule)

        def job(conn: Connection) -> Proposal:
            before = deeds.rule_of(conn, who.municipality, rule.deed)
            shown: dict[str, str | int] = {"from": before.persons, "persons": rule.persons}
            if rule.from_points is not None:
                shown["from_points"] = rule.from_points
            if rule.points_a_day is not None:
                shown["points_a_day"] = rule.points_a_day
            return propose(
                self.context, conn, who, Deed.DEED_RULE, rule.deed.value, command,
                ground=deed_rule_ground(self.context, conn, who.municipality, command), facts=shown, reason=why, at=now,
            )  # fmt: skip

        return await self.context.store.run(job)

    async def staff_changes(self, who: StaffSession) -> list[StaffChange]:
        """Whose access was made or changed of late: all of the city for its administrators, one's own for others."""
        own = None if may(who.role, Action.KEEP_STAFF, strong=who.strong) else who.staff_id
        now = self.context.clock()
        return await self.context.store.read(
            lambda conn: staff_ties.list_recent(conn, who.municipality, now, own)
        )

    def _locked_waiting(self, conn: Connection, who: StaffSession, proposal_id: str) -> Proposal:
        proposal = proposal_rows.get(conn, who.municipality, proposal_id, lock=True)
        if proposal.lapsed(self.context.clock()):
            raise _wrong_state("expired")
        if proposal.state is not ProposalState.WAITING:
            raise _wrong_state(proposal.state.value)
        return proposal

    def _require_decider(self, conn: Connection, who: StaffSession, proposal: Proposal) -> None:
        """Whether this person, as the database knows them now, decides this proposal."""
        person = staff_rows.require(conn, who.staff_id, who.municipality, lock=True)
        if not person.active or person.role not in DECIDED_BY[proposal.deed]:
            raise ProblemError("role-not-allowed", "Only an approver or an administrator decides this.")
        if person.staff_id in self._barred(conn, proposal):
            raise ProblemError(
                "second-person-missing",
                "Somebody else decides: nobody whose access the author or an earlier approver made or changed.",
            )

    def _barred(self, conn: Connection, proposal: Proposal) -> set[str]:
        command = read_command(EFFECTS[proposal.deed].command, open_command(self.context, conn, proposal))
        concerned = EFFECTS[proposal.deed].concerns(command)
        deciders = proposal_rows.approvers(conn, proposal)
        barred = {proposal.proposed_by} | ({concerned} if concerned else set())
        for person in (proposal.proposed_by, *deciders):
            barred |= staff_ties.tied_to(conn, person, proposal.proposed_at)
        return barred

    def _listed(self, conn: Connection, who: StaffSession, proposal: Proposal) -> ListedProposal:
        may_decide = (
            proposal.state is ProposalState.WAITING
            and not proposal.lapsed(self.context.clock())
            and who.role in DECIDED_BY[proposal.deed]
            and who.staff_id not in self._barred(conn, proposal)
            and who.staff_id not in proposal_rows.approvers(conn, proposal)
        )
        number = None
        if may_decide or who.staff_id == proposal.proposed_by:
            number = self._account_number(conn, proposal)
        return ListedProposal(proposal=proposal, may_decide=may_decide, account_number=number)

    def _account_number(self, conn: Connection, proposal: Proposal) -> str | None:
        command = read_command(EFFECTS[proposal.deed].command, open_command(self.context, conn, proposal))
        if isinstance(command, ChangeShopAccount):
            return command.account.number
        return command.payer.account.number if isinstance(command, ChangePayer) else None


def _end(
    conn: Connection,
    who: StaffSession,
    proposal: Proposal,
    state: ProposalState,
    action: str,
    why: str,
    now: datetime,
) -> Proposal:
    proposal_rows.transition(conn, proposal, state, by=who.staff_id, at=now, reason=why)
    write_audit(conn, who, now, action, proposal.subject, why, proposal_facts(proposal))
    return proposal_rows.get(conn, proposal.municipality, proposal.proposal_id)


def _wrong_state(state: str) -> ProblemError:
    return ProblemError("proposal-state", f"The proposal is {state.replace('_', ' ')}.", state=state)
