"""The bank's result files of a cycle (振込結果): read, held against what was sent, shown, and then recorded.

    upload ──► shown: what it says of each shop, and what does not fit
           └─► record: 済 at once; all 振込不能・組戻し as one proposal, since money is owed again

Nothing takes effect by the upload. What does not fit is named and never recorded. The same file again is the same file, and
recording it again records what is not recorded yet, which may be nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, Row, func, insert, select, update

from gateway.cities import tables
from gateway.cities.city_context import CityContext, StaffActor, write_audit
from gateway.cities.drawn_from import require_seen, version_of
from gateway.cities.proposals import deeds
from gateway.cities.proposals.deeds import Deed
from gateway.cities.proposals.propose import propose
from gateway.cities.settlement import (
    bank_result_file,
    bank_returns,
    payout_rows,
    payouts,
    transfer_file_making,
    transfer_files,
)
from gateway.cities.settlement import settlement_lines as lines
from gateway.cities.settlement.bank_result_file import ResultMatch, ResultRecord, TransferRun
from gateway.cities.settlement.bank_returns import RecordReturns, ReturnedPayment
from gateway.cities.settlement.payout_rows import Payout, PayoutState
from gateway.cities.settlement.settlement_lines import Settlement, ShopLine
from gateway.cities.settlement.settlement_settings import ResultWord, SettlementSettings, find_settings
from gateway.cities.settlement.transfer_files import TransferFileMade
from gateway.errors import ProblemError
from gateway.platform.audit_actions import AuditAction

_results: Final = tables.bank_results
_PURPOSE: Final = "bank-result"


class ResultEffect(StrEnum):
    """What recording a line would do: nothing for one that is known, not known to the bank yet, or does not fit."""

    RECORD = "record"
    PROPOSE = "propose"
    WAITS = "waits"
    KNOWN = "known"
    PENDING = "pending"
    REFUSED = "refused"
    NO_RESULT = "no_result"


@dataclass(frozen=True, slots=True, kw_only=True)
class BankResult:
    """A result file that was uploaded; `applied_*` say who recorded it last."""

    municipality: str
    starts_on: date
    number: int
    uploaded_by: str
    uploaded_at: datetime
    applied_by: str | None
    applied_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultLine:
    """One shop's transfer as the file has it, beside what was sent. `place` 0: sent, and not in the file.

    `account` is masked; `yen` is the file's, `sent_yen` what was sent. `state` is what is known of the payment now.
    """

    place: int
    shop_id: str
    shop_name: str
    account: str
    yen: int
    sent_yen: int | None
    code: str
    word: ResultWord | None
    match: ResultMatch
    state: str
    effect: ResultEffect


@dataclass(frozen=True, slots=True, kw_only=True)
class BankResultView:
    """A result file held against what is known now. `version` names exactly this view."""

    result: BankResult
    transfer_file: int
    lines: tuple[ResultLine, ...]

    @property
    def version(self) -> str:
        return version_of(self.transfer_file, *self.lines)

    def with_effect(self, effect: ResultEffect) -> list[ResultLine]:
        return [line for line in self.lines if line.effect is effect]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRecorded:
    """What recording a file did: payments marked as made, and the proposal that waits, by its id, or none."""

    paid: int
    proposed: tuple[str, ...]


def upload_result(
    context: CityContext, conn: Connection, who: StaffActor, starts_on: date, file: bytes, at: datetime
) -> tuple[BankResult, bool]:
    """Keep a result file, encrypted; the same content is the same file. Says whether it is new.

    Raises ProblemError: `result-layout-missing`, `cycle-not-closed` (409), `bank-result-unreadable`,
    `bank-result-of-another-run` (422).
    """
    code = who.municipality
    _require_layout(find_settings(conn, code))
    _sent_run(context, conn, code, _closed(conn, code, starts_on), bank_result_file.read_run(file))
    lines.lock_closed(conn, code, starts_on)
    text = file.decode("cp932")
    content_hash = context.vault.stable_hash(text, purpose=_PURPOSE)
    here = _of_cycle(code, starts_on)
    known = conn.execute(select(_results).where(*here, _results.c.content_hash == content_hash)).one_or_none()
    if known is not None:
        return _result(known), False
    number = int(conn.scalar(select(func.count()).select_from(_results).where(*here)) or 0) + 1
    sealed = context.vault.encrypt(text, purpose=_PURPOSE, bound_to=_bound_to(code, starts_on, number))
    conn.execute(
        insert(_results).values(
            municipality=code, starts_on=starts_on.isoformat(), number=number, content_hash=content_hash,
            file_sealed=sealed, uploaded_by=who.staff_id, uploaded_at=at,
        )
    )  # fmt: skip
    facts: dict[str, str | int] = {"times": number}
    write_audit(conn, who, at, AuditAction.BANK_RESULT_UPLOADED, starts_on.isoformat(), facts=facts)
    return find_result(conn, code, starts_on, number), True


def list_results(conn: Connection, code: str, starts_on: date) -> list[BankResult]:
    """A cycle's result files, oldest first."""
    query = select(_results).where(*_of_cycle(code, starts_on)).order_by(_results.c.number)
    return [_result(row) for row in conn.execute(query)]


def find_result(conn: Connection, code: str, starts_on: date, number: int) -> BankResult:
    """Raises ProblemError `unknown-file` (404)."""
    return _result(_row(conn, code, starts_on, number))


def view_result(
    context: CityContext, conn: Connection, code: str, starts_on: date, number: int
) -> BankResultView:
    """What a result file says of each shop, and what recording it would do now. Raises as `upload_result`, `unknown-file`."""
    row = _row(conn, code, starts_on, number)
    settings = find_settings(conn, code)
    _require_layout(settings)
    bound_to = _bound_to(code, starts_on, number)
    text = context.vault.decrypt(row.file_sealed, purpose=_PURPOSE, bound_to=bound_to)
    run = bank_result_file.read_run(text.encode("cp932"))
    settlement = _closed(conn, code, starts_on)
    made, sent = _sent_run(context, conn, code, settlement, run)
    shops = payouts.lines_of_file(conn, code, settlement, made)
    assert [shop.transfer_yen for shop in shops] == [each.yen for each in sent.transfers], (
        "the file's own shops"
    )
    known = payout_rows.list_by_cycle(conn, code, starts_on)
    waiting = bank_returns.list_waiting(context, conn, code, starts_on)
    shown: list[ResultLine] = []
    named: set[int] = set()
    for record in bank_result_file.match_results(run, sent, settings):
        shop = None if record.sent is None else shops[record.sent]
        if record.sent is not None:
            named.add(record.sent)
        shown.append(_line(record, shop, sent, known, waiting))
    shown += [
        _missing(shop, sent.transfers[place].masked, known)
        for place, shop in enumerate(shops)
        if place not in named
    ]
    return BankResultView(result=_result(row), transfer_file=made.number, lines=tuple(shown))


def record_result(
    context: CityContext,
    conn: Connection,
    who: StaffActor,
    starts_on: date,
    number: int,
    seen: str,
    reason: str,
    at: datetime,
    return_fee_yen: int | None = None,
) -> ResultRecorded:
    """Record what a file says of the shops whose lines fit: paid at once, all that came back as one proposal.

    `seen` is the version of the view that was looked at. `return_fee_yen` is what the bank asked for each return; None: the usual
    sum. Raises ProblemError as `view_result`, `changed-meanwhile` (409),
    and as `propose`.
    """
    code = who.municipality
    lines.lock_closed(conn, code, starts_on)
    view = view_result(context, conn, code, starts_on, number)
    require_seen(seen, view.version)
    paid = view.with_effect(ResultEffect.RECORD)
    payouts.record_paid(conn, who, starts_on, [line.shop_id for line in paid], reason, at)
    back = view.with_effect(ResultEffect.PROPOSE)
    proposed = _propose_returns(context, conn, who, view, reason, at, return_fee_yen) if back else ""
    conn.execute(
        update(_results)
        .where(*_of_cycle(code, starts_on), _results.c.number == number)
        .values(applied_by=who.staff_id, applied_at=at)
    )
    facts: dict[str, str | int] = {
        "times": number, "shops": len(paid), "yen": sum(line.yen for line in paid),
        "shops_returned": len(back),
    }  # fmt: skip
    write_audit(conn, who, at, AuditAction.BANK_RESULT_RECORDED, starts_on.isoformat(), reason, facts)
    return ResultRecorded(paid=len(paid), proposed=(proposed,) if proposed else ())


def _propose_returns(
    context: CityContext,
    conn: Connection,
    who: StaffActor,
    view: BankResultView,
    reason: str,
    at: datetime,
    return_fee_yen: int | None,
) -> str:
    """The proposal's id; "" where the city lets a return take effect at once."""
    code, result = who.municipality, view.result
    settings = find_settings(conn, code)
    command = RecordReturns(
        starts_on=result.starts_on,
        file=result.number,
        returned=tuple(
            ReturnedPayment(shop_id=line.shop_id, word=line.word, code=line.code)
            for line in view.with_effect(ResultEffect.PROPOSE)
            if line.word is not None
        ),
        return_fee_yen=settings.return_fee_yen if return_fee_yen is None else return_fee_yen,
        return_fee_bearer=settings.return_fee_bearer,
    )
    if not deeds.rule_of(conn, code, Deed.PAYOUT).persons:
        bank_returns.record_returns(conn, who, command, reason, at)
        return ""
    return propose(
        context, conn, who, Deed.PAYOUT, bank_returns.subject_of(result.starts_on, result.number), command,
        ground=bank_returns.returns_ground(conn, code, command),
        facts=bank_returns.returns_facts(conn, code, command), reason=reason, at=at,
    ).proposal_id  # fmt: skip


def _line(
    record: ResultRecord,
    shop: ShopLine | None,
    sent: TransferRun,
    known: dict[str, Payout],
    waiting: frozenset[str],
) -> ResultLine:
    payout = known.get(shop.shop_id) if shop else None
    state = payout.state.value if payout else "ordered"
    is_waiting = shop is not None and shop.shop_id in waiting
    return ResultLine(
        place=record.place,
        shop_id=shop.shop_id if shop else "",
        shop_name=shop.shop_name if shop else "",
        account=record.record.masked,
        yen=record.record.yen,
        sent_yen=None if record.sent is None else sent.transfers[record.sent].yen,
        code=record.code,
        word=record.word,
        match=record.match,
        state=state if shop else "",
        effect=_effect(record, payout.state if payout else None, is_waiting=is_waiting),
    )


def _missing(shop: ShopLine, account: str, known: dict[str, Payout]) -> ResultLine:
    payout = known.get(shop.shop_id)
    return ResultLine(
        place=0, shop_id=shop.shop_id, shop_name=shop.shop_name, account=account, yen=0, sent_yen=shop.transfer_yen,
        code="", word=None, match=ResultMatch.SAME, state=payout.state.value if payout else "ordered",
        effect=ResultEffect.NO_RESULT,
    )  # fmt: skip


def _effect(record: ResultRecord, state: PayoutState | None, *, is_waiting: bool) -> ResultEffect:
    if record.match is not ResultMatch.SAME or record.word is None:
        return ResultEffect.REFUSED
    if record.word is ResultWord.PENDING:
        return ResultEffect.PENDING
    wanted = PayoutState.PAID if record.word is ResultWord.PAID else PayoutState.RETURNED
    if state is wanted:
        return ResultEffect.KNOWN
    if is_waiting:
        return ResultEffect.WAITS
    if state is not None and wanted not in payout_rows.LEGAL[state]:
        return ResultEffect.REFUSED
    return ResultEffect.RECORD if wanted is PayoutState.PAID else ResultEffect.PROPOSE


def _sent_run(
    context: CityContext, conn: Connection, code: str, settlement: Settlement, result: TransferRun
) -> tuple[TransferFileMade, TransferRun]:
    """The newest file of the cycle that the result's header is of. Raises ProblemError `bank-result-of-another-run` (422)."""
    starts_on = settlement.cycle.starts_on
    best: tuple[int, TransferFileMade, TransferRun] | None = None
    for made in reversed(transfer_files.list_made(conn, code, starts_on)):
        file = transfer_file_making.read_file(context, conn, code, starts_on, made.number)
        sent = bank_result_file.read_run(file)
        # Of two files of one day, the one that more of the result was sent with.
        fits = len(set(sent.transfers) & set(result.transfers))
        if sent.header == result.header and (best is None or fits > best[0]):
            best = fits, made, sent
    if best is None:
        raise ProblemError(
            "bank-result-of-another-run",
            f"The header is of no transfer file of this cycle: it pays on {result.header.transfer_on} (MMDD) from"
            f" {result.header.bank_code}-{result.header.branch_code} ****{result.header.number[-3:]}.",
            transfer_on=result.header.transfer_on,
        )
    return best[1], best[2]


def _require_layout(settings: SettlementSettings) -> None:
    if not settings.result_column:
        raise ProblemError(
            "result-layout-missing",
            "Nobody has said yet where this bank's result files have their code; an administrator proposes it from"
            " the bank's sheet. Results can be recorded by hand.",
        )


def _closed(conn: Connection, code: str, starts_on: date) -> Settlement:
    settlement = lines.closed(conn, code, starts_on)
    if settlement is None:
        raise ProblemError("cycle-not-closed", "Close this cycle first.")
    return settlement


def _of_cycle(code: str, starts_on: date) -> Sequence[Any]:
    return _results.c.municipality == code, _results.c.starts_on == starts_on.isoformat()


def _row(conn: Connection, code: str, starts_on: date, number: int) -> Row[Any]:
    query = select(_results).where(*_of_cycle(code, starts_on), _results.c.number == number)
    row = conn.execute(query).one_or_none()
    if row is None:
        raise ProblemError("unknown-file", "This cycle has no such result file.")
    return row


def _bound_to(code: str, starts_on: date, number: int) -> str:
    return f"{code}/{starts_on.isoformat()}/{number}"


def _result(row: Row[Any]) -> BankResult:
    return BankResult(
        municipality=row.municipality,
        starts_on=date.fromisoformat(row.starts_on),
        number=row.number,
        uploaded_by=row.uploaded_by,
        uploaded_at=row.uploaded_at,
        applied_by=row.applied_by,
        applied_at=row.applied_at,
    )
