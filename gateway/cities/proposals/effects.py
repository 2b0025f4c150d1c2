"""What each deed does when others have decided it: the table from a deed to its command, its ground and its effect.

An effect is one transaction with the decision. It acts in the author's name; who decided stands beside it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import UnionType
from typing import Any, Final

from sqlalchemy import Connection

from gateway.cities import announcements, rule_changes
from gateway.cities.announcements import PlanStop, PublishAnnouncement
from gateway.cities.carry_in import carry_in_approval, lost_codes
from gateway.cities.carry_in.carry_in_approval import ApproveCarryIn
from gateway.cities.carry_in.carry_ins import CarryIns
from gateway.cities.carry_in.lost_codes import JoinNumber
from gateway.cities.city_context import CityContext
from gateway.cities.grants import corrections, grant_file_approval, grant_projects, grants
from gateway.cities.grants.corrections import CancelGrant, CorrectBalance
from gateway.cities.grants.grant_file_approval import ApproveFile
from gateway.cities.grants.grant_files import GrantFiles
from gateway.cities.grants.grant_projects import AddProject, RaiseBudget
from gateway.cities.grants.grants import GrantPoints
from gateway.cities.member_data import privacy_texts
from gateway.cities.member_data.privacy_texts import ChangePrivacyText
from gateway.cities.platform_deeds import (
    exchange_deeds,
    key_deeds,
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
from gateway.cities.platform_deeds.key_deeds import AddClientKey, AddWebhookKey, NewSecret
from gateway.cities.platform_deeds.member_erasure import EraseMember
from gateway.cities.platform_deeds.member_merge import MergeMembers
from gateway.cities.platform_deeds.member_rectification import RectifyMember
from gateway.cities.platform_deeds.partner_deeds import CutWindow, RaisePace, ResumePartner
from gateway.cities.point_rules import PointRules
from gateway.cities.proposals.deed_rules import ChangeDeedRule, change_deed_rule, deed_rule_ground
from gateway.cities.proposals.deeds import Deed
from gateway.cities.proposals.proposal_rows import Proposal, ProposalState
from gateway.cities.proposals.propose import Ground
from gateway.cities.rule_changes import AnnounceRule, WithdrawRule
from gateway.cities.settlement import (
    bank_returns,
    closing,
    payouts,
    settlement_settings,
    shop_debts,
    transfer_file_making,
)
from gateway.cities.settlement.bank_returns import RecordReturns
from gateway.cities.settlement.closing import CloseCycle
from gateway.cities.settlement.payouts import RecordPayout
from gateway.cities.settlement.settlement_settings import ChangeSettlementSettings
from gateway.cities.settlement.shop_debts import EndDebt
from gateway.cities.settlement.transfer_file_making import MakeTransferFile
from gateway.cities.shops import application_acceptance, companies, shop_imports, shops
from gateway.cities.shops.application_acceptance import AcceptApplication
from gateway.cities.shops.companies import ChangeCompany
from gateway.cities.shops.shop_imports import ImportShops
from gateway.cities.shops.shops import ChangePayer, ChangeShopAccount
from gateway.cities.spending import pay_card_limits, refunds
from gateway.cities.spending.pay_card_limits import ChangeCardLimits
from gateway.cities.spending.refunds import RefundPoints
from gateway.cities.staff import staff_keeping as keeping
from gateway.cities.staff import staff_rows
from gateway.cities.staff.staff_keeping import (
    AddShopStaff,
    AddStaff,
    RaiseRole,
    RenewShopStaff,
    ResetStaff,
    RestartStaff,
)
from gateway.cities.staff.staff_rows import Staff
from gateway.cities.support import member_access, representatives
from gateway.cities.support.member_access import RestoreAccess
from gateway.cities.support.representatives import AppointRepresentative


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """In whose name an effect happens."""

    municipality: str
    staff_id: str
    display_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A proposal that has all its yeses. `hashed` is the hash of a first password or a member's code, for deeds that make one.

    `heard` is what a partner answered just before, for deeds that ask one.
    """

    context: CityContext
    conn: Connection
    proposal: Proposal
    deciders: Sequence[str]
    hashed: str
    at: datetime
    heard: Any = None

    @property
    def author(self) -> Author:
        proposal = self.proposal
        return Author(
            municipality=proposal.municipality,
            staff_id=proposal.proposed_by,
            display_name=proposal.proposed_by_name,
        )

    @property
    def names(self) -> str:
        """Its author and who decided it, by name, for a story that is read without staff ids."""
        people = {
            person.staff_id: person.display_name
            for person in staff_rows.list_by_city(self.conn, self.proposal.municipality)
        }
        return exchange_deeds.names_of(
            self.proposal.proposed_by_name, [people[staff_id] for staff_id in self.deciders]
        )

    @property
    def makers(self) -> list[str]:
        """Who has known the first password, or could have: the author and everybody who decided."""
        return [self.proposal.proposed_by, *self.deciders]


async def _nothing(_: CityContext, __: Proposal, ___: Any) -> None:
    """Most effects are whole with their transaction."""


async def _nobody_asked(_: CityContext, __: Any) -> None:
    """Most effects ask no partner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """`concerns` names the person of staff whose access it changes, who never decides it.

    `ended` is what becomes of its subject where it is not carried out; `after_end` is done once that is written.
    `makes_password` for staff, `makes_member_code` for a member: made with the decision and shown this once.
    `beforehand` asks a partner, with no transaction open; what it answers is handed to `carry_out`.
    `afterwards` is done once the decision is written; whatever stops it, the work in the background does it.
    """

    command: type[Any] | UnionType
    ground: Callable[[CityContext, Connection, str, Any], Ground]
    carry_out: Callable[[Decided, Any], Staff | NewSecret | None]
    concerns: Callable[[Any], str | None] = lambda _: None
    makes_password: bool = False
    makes_member_code: bool = False
    ended: Callable[[Connection, Proposal, ProposalState, datetime], None] = lambda *_: None
    beforehand: Callable[[CityContext, Any], Awaitable[Any]] = _nobody_asked
    afterwards: Callable[[CityContext, Proposal, Any], Awaitable[None]] = _nothing
    after_end: Callable[[CityContext, Proposal], None] = lambda *_: None


def _add_project(decided: Decided, command: AddProject) -> None:
    grant_projects.add_project(decided.conn, decided.author, command, decided.at)


def _raise_budget(decided: Decided, command: RaiseBudget) -> None:
    grant_projects.change_budget(decided.conn, decided.author, command, decided.proposal.reason, decided.at)


def _grant(decided: Decided, command: GrantPoints) -> None:
    grants.grant_points(decided.conn, decided.author, command, decided.at)


def _approve_file(decided: Decided, command: ApproveFile) -> None:
    reason = decided.proposal.reason
    grant_file_approval.approve_file(
        decided.conn, decided.author, command, decided.deciders[-1], reason, decided.at
    )


async def _grant_lines(context: CityContext, proposal: Proposal, _: ApproveFile) -> None:
    work = GrantFiles(context).apply(proposal.municipality, proposal.subject)
    context.tasks.spawn(work, f"grant file {proposal.subject}")


def _approve_carry_in(decided: Decided, command: ApproveCarryIn) -> None:
    carry_in_approval.approve_file(
        decided.conn, decided.author, command, decided.deciders[-1], decided.proposal.reason, decided.at
    )


def _join_number(decided: Decided, command: JoinNumber) -> None:
    lost_codes.join_number(
        decided.conn, decided.author, command, decided.deciders[-1], decided.proposal.reason, decided.at
    )


async def _carry_in_lines(context: CityContext, proposal: Proposal, _: ApproveCarryIn) -> None:
    work = CarryIns(context).apply(proposal.municipality, proposal.subject)
    context.tasks.spawn(work, f"carry-in {proposal.subject}")


def _cancel_grant(decided: Decided, command: CancelGrant) -> None:
    corrections.carry_out_cancellation(
        decided.conn, decided.author, command, decided.proposal.reason, decided.at
    )


def _correct_balance(decided: Decided, command: CorrectBalance) -> None:
    corrections.carry_out_correction(
        decided.conn, decided.author, command, decided.proposal.reason, decided.at
    )


def _refund(decided: Decided, command: RefundPoints) -> None:
    refunds.refund(decided.conn, decided.author, command, decided.proposal.reason, decided.at)


def _change_shop_account(decided: Decided, command: ChangeShopAccount) -> None:
    shops.change_shop_account(decided.context, decided.conn, decided.author, command, decided.at)


def _change_payer(decided: Decided, command: ChangePayer) -> None:
    shops.change_payer(decided.context, decided.conn, decided.author, command, decided.at)


def _close_cycle(decided: Decided, command: CloseCycle) -> None:
    closing.close_cycle(
        decided.context, decided.conn, decided.author, command, decided.proposal.reason, decided.at
    )


def _make_transfer_file(decided: Decided, command: MakeTransferFile) -> None:
    transfer_file_making.make_file(decided.context, decided.conn, decided.author, command, decided.at)


def _payout_ground(
    _: CityContext, conn: Connection, code: str, command: RecordPayout | RecordReturns
) -> Ground:
    if isinstance(command, RecordReturns):
        return bank_returns.returns_ground(conn, code, command)
    return payouts.payout_ground(conn, code, command)


def _record_payout(decided: Decided, command: RecordPayout | RecordReturns) -> None:
    if isinstance(command, RecordReturns):
        bank_returns.record_returns(
            decided.conn, decided.author, command, decided.proposal.reason, decided.at
        )
        return
    payouts.record_payout(decided.conn, decided.author, command, decided.proposal.reason, decided.at)


def _end_shop_debt(decided: Decided, command: EndDebt) -> None:
    shop_debts.end_debt(decided.conn, decided.author, command, decided.proposal.reason, decided.at)


def _change_card_limits(decided: Decided, command: ChangeCardLimits) -> None:
    pay_card_limits.change_card_limits(
        decided.conn, decided.author, command, decided.proposal.reason, decided.at
    )


def _change_settlement_settings(decided: Decided, command: ChangeSettlementSettings) -> None:
    why = decided.proposal.reason
    settlement_settings.change_settings(decided.conn, decided.author, command, why, decided.at)


def _change_privacy_text(decided: Decided, command: ChangePrivacyText) -> None:
    why = decided.proposal.reason
    privacy_texts.change_text(decided.conn, decided.author, command, why, decided.at)


def _change_deed_rule(decided: Decided, command: ChangeDeedRule) -> None:
    change_deed_rule(decided.conn, decided.author, command, decided.at)


def _add_staff(decided: Decided, command: AddStaff) -> Staff:
    return keeping.add_staff(
        decided.conn, decided.author, command, decided.hashed, decided.at, decided.makers
    )


def _raise_role(decided: Decided, command: RaiseRole) -> None:
    # No password is made here: only the author is tied to the person.
    makers, why = [decided.proposal.proposed_by], decided.proposal.reason
    keeping.change_role(decided.conn, decided.author, command, why, decided.at, makers)


def _reset_staff(decided: Decided, command: ResetStaff) -> Staff:
    person = keeping.reset_staff(
        decided.conn,
        decided.author,
        command,
        decided.hashed,
        decided.proposal.reason,
        decided.at,
        decided.makers,
    )
    keeping.lift_locks(decided.conn, decided.context, person)
    return person


def _restart_staff(decided: Decided, command: RestartStaff) -> Staff:
    person = keeping.restart_staff(
        decided.conn,
        decided.author,
        command,
        decided.hashed,
        decided.proposal.reason,
        decided.at,
        decided.makers,
    )
    keeping.lift_locks(decided.conn, decided.context, person)
    return person


def _add_shop_staff(decided: Decided, command: AddShopStaff) -> Staff:
    return keeping.add_shop_staff(decided.conn, decided.author, command, decided.hashed, decided.at)


def _renew_shop_staff(decided: Decided, command: RenewShopStaff) -> Staff:
    why = decided.proposal.reason
    return keeping.renew_shop_staff(
        decided.context, decided.conn, decided.author, command, decided.hashed, why, decided.at
    )


def _accept_application(decided: Decided, command: AcceptApplication) -> Staff:
    why = decided.proposal.reason
    return application_acceptance.accept_application(
        decided.context, decided.conn, decided.author, command, decided.hashed, why, decided.at
    )


def _import_shops(decided: Decided, command: ImportShops) -> None:
    shop_imports.import_shops(
        decided.context, decided.conn, decided.author, command, decided.proposal.reason, decided.at
    )


def _change_company(decided: Decided, command: ChangeCompany) -> None:
    companies.change_company(decided.conn, decided.author, command, decided.proposal.reason, decided.at)


def _restore_access(decided: Decided, command: RestoreAccess) -> None:
    why = decided.proposal.reason
    member_access.restore_access(decided.conn, decided.author, command, decided.hashed, why, decided.at)


def _appoint_representative(decided: Decided, command: AppointRepresentative) -> None:
    representatives.appoint_representative(
        decided.conn, decided.author, command, decided.proposal.reason, decided.at
    )


def _announce_rule(decided: Decided, command: AnnounceRule) -> None:
    rule_changes.announce_rule(decided.conn, decided.author, command, decided.proposal.reason, decided.at)


async def _apply_rules_of_today(context: CityContext, _: Proposal, __: AnnounceRule) -> None:
    await PointRules(context).take_effect(context.today)


def _withdraw_rule(decided: Decided, command: WithdrawRule) -> None:
    rule_changes.withdraw_rule(decided.conn, decided.author, command, decided.proposal.reason, decided.at)


def _resolve_exchange(decided: Decided, command: ResolveExchange) -> None:
    exchange_deeds.resolve_exchange(
        decided.context, decided.conn, decided.author, command, decided.proposal.reason, decided.names,
        decided.heard,
    )  # fmt: skip


def _reverse_exchange(decided: Decided, command: TakeExchangeBack) -> None:
    exchange_deeds.reverse_exchange(
        decided.context, decided.conn, decided.author, command, decided.proposal.reason, decided.names
    )


async def _ask_to_reverse(context: CityContext, _: Proposal, command: TakeExchangeBack) -> None:
    await exchange_deeds.ask_to_reverse(context, command)


def _resolve_reversal(decided: Decided, command: ResolveReversal) -> None:
    exchange_deeds.resolve_reversal(
        decided.context, decided.conn, decided.author, command, decided.proposal.reason, decided.names
    )


def _close_difference(decided: Decided, command: CloseDifference) -> None:
    exchange_deeds.close_difference(
        decided.context, decided.conn, decided.author, command, decided.proposal.reason, decided.names,
        decided.heard,
    )  # fmt: skip


def _resume_partner(decided: Decided, command: ResumePartner) -> None:
    partner_deeds.resume(
        decided.conn, decided.author, command, decided.proposal.reason, decided.names, decided.at
    )


def _merge_members(decided: Decided, command: MergeMembers) -> None:
    proposal = decided.proposal
    member_merge.merge_members(
        decided.context,
        decided.conn,
        decided.author,
        command,
        proposal.proposal_id,
        proposal.reason,
        decided.at,
    )


def _cut_window(decided: Decided, command: CutWindow) -> None:
    partner_deeds.cut_window(decided.conn, decided.author, command, decided.proposal.reason, decided.at)


def _raise_pace(decided: Decided, command: RaisePace) -> None:
    partner_deeds.raise_pace(
        decided.conn, decided.author, command, decided.proposal.reason, decided.names, decided.at
    )


def _add_client_key(decided: Decided, command: AddClientKey) -> None:
    key_deeds.add_client_key(decided.conn, decided.author, command, decided.proposal.reason, decided.at)


def _add_webhook_key(decided: Decided, command: AddWebhookKey) -> NewSecret:
    why, vault = decided.proposal.reason, decided.context.vault
    return key_deeds.add_webhook_key(decided.conn, vault, decided.author, command, why, decided.at)


def _erase_member(decided: Decided, command: EraseMember) -> None:
    member_erasure.erase_member(decided.conn, decided.author, command, decided.proposal.reason, decided.at)


def _rectify_member(decided: Decided, command: RectifyMember) -> None:
    why = decided.proposal.reason
    member_rectification.rectify_member(decided.conn, decided.author, command, why, decided.at)


def _publish_announcement(decided: Decided, command: PublishAnnouncement) -> None:
    announcements.publish(decided.conn, decided.author, command, decided.at)


def _publish_stop(decided: Decided, command: PlanStop) -> None:
    announcements.publish_stop(decided.conn, decided.author, command, decided.at)


def _ground_of_rule(
    _: CityContext, conn: Connection, code: str, command: AnnounceRule | WithdrawRule
) -> Ground:
    return rule_changes.rule_ground(conn, code, command)


def _no_ground(_: CityContext, __: Connection, ___: str, ____: Any) -> Ground:
    return {}


def _staff_ground(_: CityContext, conn: Connection, code: str, command: Any) -> Ground:
    return keeping.staff_ground(conn, code, command)


def _concerns(command: RaiseRole | ResetStaff | RestartStaff | RenewShopStaff) -> str:
    return command.staff_id


EFFECTS: Final[Mapping[Deed, Effect]] = {
    Deed.GRANT: Effect(
        command=GrantPoints,
        ground=lambda context, conn, code, command: grants.grant_ground(conn, code, command, context.today),
        carry_out=_grant,
    ),
    Deed.GRANT_FILE: Effect(
        command=ApproveFile,
        ground=lambda context, conn, code, command: grant_file_approval.file_ground(
            conn, code, command, context.today
        ),
        carry_out=_approve_file,
        ended=grant_file_approval.end_file,
        afterwards=_grant_lines,
        after_end=lambda context, proposal: GrantFiles(context).tidy_later(
            proposal.municipality, proposal.subject
        ),
    ),
    Deed.CARRY_IN: Effect(
        command=ApproveCarryIn, ground=carry_in_approval.file_ground, carry_out=_approve_carry_in,
        ended=carry_in_approval.end_file, afterwards=_carry_in_lines,
        after_end=lambda context, proposal: CarryIns(context).tidy_later(proposal.municipality, proposal.subject),
    ),
    Deed.CARRY_IN_JOIN: Effect(
        command=JoinNumber, ground=lost_codes.join_ground, carry_out=_join_number, ended=lost_codes.end_proposal
    ),
    Deed.GRANT_CANCEL: Effect(
        command=CancelGrant,
        ground=lambda _, conn, code, command: corrections.cancel_ground(conn, code, command),
        carry_out=_cancel_grant,
    ),
    Deed.CORRECTION: Effect(
        command=CorrectBalance, ground=corrections.correction_ground, carry_out=_correct_balance
    ),
    Deed.PROJECT: Effect(
        command=AddProject,
        ground=lambda context, conn, code, command: grant_projects.project_ground(
            conn, code, command, context.today
        ),
        carry_out=_add_project,
    ),
    Deed.BUDGET: Effect(
        command=RaiseBudget,
        ground=lambda context, conn, code, command: grant_projects.budget_ground(
            conn, code, command, context.today
        ),
        carry_out=_raise_budget,
    ),
    Deed.REFUND: Effect(
        command=RefundPoints,
        ground=lambda _, conn, code, command: refunds.refund_ground(conn, code, command),
        carry_out=_refund,
    ),
    Deed.SHOP_ACCOUNT: Effect(
        command=ChangeShopAccount, ground=shops.shop_account_ground, carry_out=_change_shop_account
    ),
    Deed.PAYER_ACCOUNT: Effect(command=ChangePayer, ground=shops.payer_ground, carry_out=_change_payer),
    Deed.CLOSING: Effect(
        command=CloseCycle,
        ground=closing.closing_ground,
        carry_out=_close_cycle,
    ),
    Deed.TRANSFER_FILE: Effect(
        command=MakeTransferFile, ground=transfer_file_making.file_ground, carry_out=_make_transfer_file
    ),
    Deed.PAYOUT: Effect(
        command=RecordPayout | RecordReturns, ground=_payout_ground, carry_out=_record_payout
    ),
    Deed.SHOP_DEBT: Effect(
        command=EndDebt,
        ground=lambda _, conn, code, command: shop_debts.debt_ground(conn, code, command),
        carry_out=_end_shop_debt,
    ),
    Deed.SETTLEMENT_SETTINGS: Effect(
        command=ChangeSettlementSettings, ground=settlement_settings.settings_ground,
        carry_out=_change_settlement_settings,
    ),
    Deed.PRIVACY_TEXT: Effect(
        command=ChangePrivacyText, ground=privacy_texts.text_ground, carry_out=_change_privacy_text,
    ),
    Deed.STAFF: Effect(command=AddStaff, ground=_no_ground, carry_out=_add_staff, makes_password=True),
    Deed.ROLE: Effect(command=RaiseRole, ground=_staff_ground, carry_out=_raise_role, concerns=_concerns),
    Deed.RESET: Effect(
        command=ResetStaff, ground=_staff_ground, carry_out=_reset_staff, concerns=_concerns, makes_password=True
    ),
    Deed.RESTART: Effect(
        command=RestartStaff, ground=_staff_ground, carry_out=_restart_staff, concerns=_concerns,
        makes_password=True,
    ),
    Deed.RULE: Effect(
        command=AnnounceRule, ground=_ground_of_rule, carry_out=_announce_rule,
        afterwards=_apply_rules_of_today,
    ),
    Deed.RULE_WITHDRAWAL: Effect(command=WithdrawRule, ground=_ground_of_rule, carry_out=_withdraw_rule),
    Deed.SHOP_STAFF: Effect(
        command=AddShopStaff, ground=_no_ground, carry_out=_add_shop_staff, makes_password=True
    ),
    Deed.SHOP_RESET: Effect(
        command=RenewShopStaff, ground=_staff_ground, carry_out=_renew_shop_staff, concerns=_concerns,
        makes_password=True,
    ),
    Deed.SHOP_APPLICATION: Effect(
        command=AcceptApplication, ground=application_acceptance.acceptance_ground,
        carry_out=_accept_application, makes_password=True,
    ),
    Deed.SHOP_LIST: Effect(
        command=ImportShops, ground=shop_imports.import_ground, carry_out=_import_shops
    ),
    Deed.COMPANY: Effect(
        command=ChangeCompany, ground=companies.company_ground, carry_out=_change_company
    ),
    Deed.MEMBER_ACCESS: Effect(
        command=RestoreAccess, ground=member_access.access_ground, carry_out=_restore_access,
        makes_member_code=True,
    ),
    Deed.CARD_LIMITS: Effect(
        command=ChangeCardLimits,
        ground=lambda _, conn, code, __: pay_card_limits.limits_ground(conn, code),
        carry_out=_change_card_limits,
    ),
    Deed.REPRESENTATIVE: Effect(
        command=AppointRepresentative, ground=representatives.representative_ground,
        carry_out=_appoint_representative,
    ),
    Deed.ANNOUNCEMENT: Effect(
        command=PublishAnnouncement, ground=announcements.announcement_ground, carry_out=_publish_announcement
    ),
    Deed.DEED_RULE: Effect(command=ChangeDeedRule, ground=deed_rule_ground, carry_out=_change_deed_rule),
    Deed.EXCHANGE_OUTCOME: Effect(
        command=ResolveExchange, ground=exchange_deeds.exchange_ground, carry_out=_resolve_exchange,
        beforehand=exchange_deeds.ask_the_partner,
    ),
    Deed.EXCHANGE_REVERSAL: Effect(
        command=TakeExchangeBack, ground=exchange_deeds.exchange_ground, carry_out=_reverse_exchange,
        afterwards=_ask_to_reverse,
    ),
    Deed.REVERSAL_OUTCOME: Effect(
        command=ResolveReversal, ground=exchange_deeds.exchange_ground, carry_out=_resolve_reversal
    ),
    Deed.DIFFERENCE: Effect(
        command=CloseDifference, ground=exchange_deeds.exchange_ground, carry_out=_close_difference,
        beforehand=exchange_deeds.compare_again,
    ),
    Deed.PARTNER_RESUME: Effect(
        command=ResumePartner, ground=partner_deeds.resume_ground, carry_out=_resume_partner
    ),
    Deed.MEMBER_ERASE: Effect(
        command=EraseMember, ground=member_erasure.erase_ground, carry_out=_erase_member
    ),
    Deed.MEMBER_RECTIFY: Effect(
        command=RectifyMember, ground=member_rectification.rectify_ground, carry_out=_rectify_member
    ),
    Deed.MEMBER_MERGE: Effect(
        command=MergeMembers, ground=member_merge.merge_ground, carry_out=_merge_members
    ),
    Deed.PARTNER_MAINTENANCE: Effect(
        command=CutWindow, ground=partner_deeds.cut_ground, carry_out=_cut_window
    ),
    Deed.PARTNER_PACE: Effect(
        command=RaisePace, ground=partner_deeds.pace_ground, carry_out=_raise_pace
    ),
    Deed.CLIENT_KEY: Effect(
        command=AddClientKey, ground=key_deeds.client_key_ground, carry_out=_add_client_key
    ),
    Deed.WEBHOOK_KEY: Effect(
        command=AddWebhookKey, ground=key_deeds.webhook_ground, carry_out=_add_webhook_key
    ),
    Deed.PLANNED_STOP: Effect(
        command=PlanStop, ground=announcements.announcement_ground, carry_out=_publish_stop
    ),
}  # fmt: skip
"""Every deed has its line; a deed without one would wait for ever."""
