"""Deciding proposals (承認・差戻し): somebody else says yes, sends back, or lets the time run out.

    waiting ──► carried out     when `persons` others have said yes, in the transaction of the last yes
            ├─► sent back       with a reason, by somebody who could have decided
            ├─► withdrawn       by the author
            └─► expired         after 14 days

Inside the transaction of the decision everything is looked at again: what was proposed, by whom, on which ground.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from hmac import compare_digest
from typing import Any

from sqlalchemy import Connection

from gateway.cities.city_context import CityContext, require_reason, write_audit
from gateway.cities.drawn_from import require_seen
from gateway.cities.platform_deeds.key_deeds import NewSecret
from gateway.cities.proposals import deciders, deeds, proposal_rows, staff_ties
from gateway.cities.proposals.deed_rules import (
    ChangeDeedRule,
    deed_rule_facts,
    deed_rule_ground,
    require_satisfiable,
)
from gateway.cities.proposals.deeds import DECIDED_BY, Deed, DeedRule
from gateway.cities.proposals.effects import EFFECTS, Decided
from gateway.cities.proposals.proposal_rows import Proposal, ProposalState
from gateway.cities.proposals.propose import (
    canonical,
    expire,
    is_digest_of,
    open_command,
    proposal_facts,
    propose,
    read_command,
)
from gateway.cities.proposals.staff_ties import StaffChange
from gateway.cities.shops.application_acceptance import AcceptApplication
from gateway.cities.shops.shops import ChangePayer, ChangeShopAccount
from gateway.cities.staff.staff import FirstPassword, temporary_password
from gateway.cities.staff.staff_rows import Staff, StaffSession
from gateway.errors import ProblemError
from gateway.model import Secret
from gateway.platform.audit_actions import AuditAction
from gateway.platform.roles import PLATFORM, Action, may


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The proposal after the decision; `first_password`, `member_code` or `new_secret` where the deed made one, shown this once."""

    proposal: Proposal
    first_password: FirstPassword | None = None
    member_code: Secret | None = None
    new_secret: NewSecret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedProposal:
    """`may_decide`: whether the one who looks may say yes.

    `account_number` is a bank account's, in full for its author and for who may decide it: it is compared with paper.
    """

    proposal: Proposal
    may_decide: bool
    account_number: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalPage:
    """`next_after` is where the next page begins; None for the last one."""

    proposals: tuple[ListedProposal, ...]
    next_after: str | None


@dataclass(frozen=True, slots=True)
class Proposals:
    """The use cases around proposals."""

    context: CityContext

    async def list_by_state(
        self,
        who: StaffSession,
        states: Collection[ProposalState] = tuple(ProposalState),
        after: str | None = None,
    ) -> ProposalPage:
        """A page of the city's proposals, the newest first, with whether this person may decide each."""
        now = self.context.clock()

        def job(conn: Connection) -> ProposalPage:
            proposals = proposal_rows.list_by_state(conn, who.municipality, states, after)
            listed = [self._listed(conn, who, each) for each in proposals if not each.lapsed(now)]
            more = proposals[-1].proposal_id if len(proposals) == proposal_rows.PAGE_SIZE else None
            return ProposalPage(proposals=tuple(listed), next_after=more)

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
        code, listed = who.municipality, await self.get(who, proposal_id)
        deed = listed.proposal.deed
        password, hashed, heard = temporary_password(), "", None
        makes_member_code = EFFECTS[deed].makes_member_code
        if EFFECTS[deed].makes_password or makes_member_code:
            hashed = await self.context.hasher.hash(password.reveal())
        if listed.may_decide:  # else it is refused below, and no partner is asked for it
            heard = await EFFECTS[deed].beforehand(self.context, await self._command(code, proposal_id, deed))
        now = self.context.clock()

        def job(conn: Connection) -> tuple[Proposal, Staff | NewSecret | None]:
            proposal = self._locked_waiting(conn, who, proposal_id)
            if not compare_digest(digest.encode(), proposal.digest.encode()):
                raise _changed()
            effect, text = EFFECTS[proposal.deed], open_command(self.context, conn, proposal)
            _, ground = proposal_rows.encrypted_command(conn, code, proposal_id)
            if not is_digest_of(self.context, proposal.digest, proposal, text, ground):
                raise _changed()
            command = read_command(effect.command, text)
            deciders.require_decider(conn, who, proposal, effect.concerns(command))
            deciders.require_author(conn, proposal)
            if canonical(effect.ground(self.context, conn, code, command)) != ground:
                raise ProblemError(
                    "proposal-outdated",
                    "What it was proposed on has changed since; send it back and propose it anew.",
                )
            if not proposal_rows.add_approval(conn, proposal, who.staff_id, reason, now):
                raise ProblemError("second-person-missing", "You have approved it; another person is needed.")
            write_audit(
                conn,
                who,
                now,
                AuditAction.PROPOSAL_APPROVED,
                proposal.subject,
                reason,
                proposal_facts(proposal),
            )
            made: Staff | NewSecret | None = None
            approvers = deciders.standing_approvers(conn, proposal)
            if len(approvers) >= deciders.persons_needed(conn, proposal):
                decided = Decided(
                    context=self.context,
                    conn=conn,
                    proposal=proposal,
                    deciders=approvers,
                    hashed=hashed,
                    at=now,
                    heard=heard,
                )
                made = effect.carry_out(decided, command)
                proposal_rows.transition(
                    conn, proposal, ProposalState.CARRIED_OUT, by=who.staff_id, at=now, reason=reason
                )
            return proposal_rows.get(conn, code, proposal_id), made

        proposal, made = await self.context.store.run(job)
        if proposal.state is ProposalState.CARRIED_OUT:
            command = await self._command(code, proposal_id, deed)
            await EFFECTS[proposal.deed].afterwards(self.context, proposal, command)
        first = FirstPassword(staff=made, password=password) if isinstance(made, Staff) else None
        new_secret = made if isinstance(made, NewSecret) else None
        is_done = proposal.state is ProposalState.CARRIED_OUT
        member_code = password if makes_member_code and is_done else None
        return Decision(
            proposal=proposal, first_password=first, member_code=member_code, new_secret=new_secret
        )

    async def send_back(self, who: StaffSession, proposal_id: str, reason: str) -> Proposal:
        """Send it back to its author with a reason (差戻し). Raises ProblemError as `approve`, `reason-missing` (422)."""
        why, now = require_reason(reason), self.context.clock()

        def job(conn: Connection) -> Proposal:
            proposal = self._locked_waiting(conn, who, proposal_id)
            deciders.require_decider(conn, who, proposal, self._concerned(conn, proposal))
            return _end(
                conn, who, proposal, ProposalState.SENT_BACK, AuditAction.PROPOSAL_SENT_BACK, why, now
            )

        return self._ended(await self.context.store.run(job))

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
            return _end(
                conn, who, proposal, ProposalState.WITHDRAWN, AuditAction.PROPOSAL_WITHDRAWN, why, now
            )

        return self._ended(await self.context.store.run(job))

    async def expire_lapsed(self) -> int:
        """End what nobody decided in time, for the night's work. Returns how many."""
        now = self.context.clock()

        def job(conn: Connection) -> int:
            lapsed = proposal_rows.list_lapsed(conn, now)
            for proposal in lapsed:
                expire(conn, proposal, now)
                EFFECTS[proposal.deed].ended(conn, proposal, ProposalState.EXPIRED, now)
            return len(lapsed)

        return await self.context.store.run(job)

    async def deed_rules(self, who: StaffSession) -> list[DeedRule]:
        """The city's table of deeds; the platform has none."""
        if who.municipality == PLATFORM:
            return []
        return await self.context.store.read(lambda conn: deeds.list_by_city(conn, who.municipality))

    async def propose_deed_rule(
        self, who: StaffSession, rule: DeedRule, reason: str, seen: str | None = None
    ) -> Proposal:
        """Propose another line of the table; `seen` is the version that it was drawn from.

        Raises ProblemError: `bad-deed-rule` (422), `changed-meanwhile` (409), and as `propose`.
        """
        deeds.check_rule(rule)
        why, now, command = require_reason(reason), self.context.clock(), ChangeDeedRule(rule=rule)

        def job(conn: Connection) -> Proposal:
            require_satisfiable(conn, who.municipality, rule)
            before = deeds.rule_of(conn, who.municipality, rule.deed)
            require_seen(seen, before.version)
            return propose(
                self.context, conn, who, Deed.DEED_RULE, rule.deed.value, command,
                ground=deed_rule_ground(self.context, conn, who.municipality, command),
                facts=deed_rule_facts(before, rule), reason=why, at=now,
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

    def _ended(self, proposal: Proposal) -> Proposal:
        EFFECTS[proposal.deed].after_end(self.context, proposal)
        return proposal

    async def _command(self, code: str, proposal_id: str, deed: Deed) -> Any:
        """The frozen command."""

        def job(conn: Connection) -> str:
            return open_command(self.context, conn, proposal_rows.get(conn, code, proposal_id))

        return read_command(EFFECTS[deed].command, await self.context.store.read(job))

    def _concerned(self, conn: Connection, proposal: Proposal) -> str | None:
        """The person of staff whose access a proposal changes, who never decides it."""
        effect = EFFECTS[proposal.deed]
        return effect.concerns(read_command(effect.command, open_command(self.context, conn, proposal)))

    def _listed(self, conn: Connection, who: StaffSession, proposal: Proposal) -> ListedProposal:
        may_decide = (
            proposal.state is ProposalState.WAITING
            and not proposal.lapsed(self.context.clock())
            and who.role in DECIDED_BY[proposal.deed]
            and who.staff_id not in deciders.barred(conn, proposal, self._concerned(conn, proposal))
            and who.staff_id not in proposal_rows.approvers(conn, proposal)
        )
        number = None
        if may_decide or who.staff_id == proposal.proposed_by:
            number = self._account_number(conn, proposal)
        if proposal.state is ProposalState.WAITING:
            proposal = replace(proposal, persons=deciders.persons_needed(conn, proposal))
        return ListedProposal(proposal=proposal, may_decide=may_decide, account_number=number)

    def _account_number(self, conn: Connection, proposal: Proposal) -> str | None:
        text = open_command(self.context, conn, proposal)
        if not text:  # erased with what it was about
            return None
        command = read_command(EFFECTS[proposal.deed].command, text)
        if isinstance(command, ChangeShopAccount | AcceptApplication):
            return command.account.number if command.account is not None else None
        return command.payer.account.number if isinstance(command, ChangePayer) else None


def _end(
    conn: Connection,
    who: StaffSession,
    proposal: Proposal,
    state: ProposalState,
    action: AuditAction,
    why: str,
    now: datetime,
) -> Proposal:
    proposal_rows.transition(conn, proposal, state, by=who.staff_id, at=now, reason=why)
    EFFECTS[proposal.deed].ended(conn, proposal, state, now)
    write_audit(conn, who, now, action, proposal.subject, why, proposal_facts(proposal))
    return proposal_rows.get(conn, proposal.municipality, proposal.proposal_id)


def _changed() -> ProblemError:
    return ProblemError("proposal-changed", "This is not what was proposed; look at it again.")


def _wrong_state(state: str) -> ProblemError:
    return ProblemError("proposal-state", f"The proposal is {state.replace('_', ' ')}.", state=state)
