"""The payment run over HTTP: a cycle's transfer files, made by two persons and downloaded as they were approved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Final, Literal

from pydantic import Field
from sqlalchemy import Connection

from gateway.api.city.fields import CyclePath, Day, Line, Reason, ShopId, attachment
from gateway.api.city.proposal_fields import PROPOSING, ProposalView
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import View
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.settlement import settlement_lines, transfer_file_making, transfer_files
from gateway.cities.settlement.cycle_rules import find_calendar
from gateway.cities.settlement.payout_rows import PayoutState
from gateway.cities.settlement.settlement import PayoutLine
from gateway.cities.settlement.settlement_settings import find_settings
from gateway.cities.settlement.transfer_file_downloads import Download, list_downloads
from gateway.cities.settlement.transfer_files import TransferFileMade
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, Content, TypedResponse
from gateway.platform.roles import Action

api = Api()
STAFF: Final = AuthLevel.STAFF
MAX_DOWNLOADS_SHOWN: Final = 20


class TransferFileWanted(Strict):
    """`transfer_on` is a bank day for which a file can still be sent; null is the paying day, or the next such day."""

    transfer_on: Day | None = None
    again: bool = False
    reason: Line = ""


class TransferFilePath(Strict):
    starts_on: Day
    number: Annotated[int, Field(ge=1, le=10_000)]


class TransferFileQuery(Strict):
    """`seen` is how many earlier downloads of this file the caller knows of; without it nothing is warned of."""

    seen: Annotated[int, Field(ge=0, le=1_000_000)] | None = None


class DownloadView(View):
    staff_id: str
    name: str
    at: datetime

    @classmethod
    def of(cls, download: Download) -> DownloadView:
        return cls(staff_id=download.staff_id, name=download.name, at=download.at)


class TransferFileView(View):
    """`downloaded` counts its downloads; `downloads` are the last 20 of them, oldest first."""

    number: int
    made_at: datetime
    made_by: str
    transfer_on: date
    yen: int
    send_by: date | None
    downloaded: int
    downloads: list[DownloadView]

    @classmethod
    def of(
        cls, made: TransferFileMade, send_days: int, cycle_downloads: Sequence[Download] = ()
    ) -> TransferFileView:
        downloads = [DownloadView.of(each) for each in cycle_downloads if each.number == made.number]
        return cls(
            number=made.number,
            made_at=made.made_at,
            made_by=made.made_by,
            transfer_on=made.transfer_on,
            yen=made.yen,
            send_by=transfer_file_making.send_by(made.transfer_on, send_days),
            downloaded=len(downloads),
            downloads=downloads[-MAX_DOWNLOADS_SHOWN:],
        )


class TransferFileList(View):
    """`transfer_on` is the day of a file that is made today without another one.

    `send_by` is the last day on which the bank takes a file for it; null where the settings do not say how long it needs.
    `is_late`: the cycle's paying day cannot be met any more.
    """

    files: list[TransferFileView]
    transfer_on: date
    send_by: date | None
    is_late: bool


@api.get(
    "/v1/city/settlements/{starts_on}/transfer-files",
    tag="settlement",
    caller=STAFF,
    action=Action.SETTLE,
    path=CyclePath,
    returns={200: TransferFileList},
)
async def list_transfer_files(call: StaffRequest[None, None, CyclePath]) -> TypedResponse:
    """Who has made this cycle's transfer file, when and for which day, and downloaded it; and until when one has to be sent."""
    code, starts_on = call.staff.municipality, call.path.starts_on
    today = call.services.city.context.today

    def job(conn: Connection) -> TransferFileList:
        send_days = find_settings(conn, code).send_days
        row = settlement_lines.closed_row(conn, code, starts_on)
        cycle = (
            find_calendar(conn, code).cycle_of(starts_on)
            if row is None
            else settlement_lines.stored_cycle(row)
        )
        days = transfer_file_making.days_of(cycle, today, send_days)
        made = transfer_files.list_made(conn, code, starts_on)
        downloads = list_downloads(conn, code, starts_on)
        return TransferFileList(
            files=[TransferFileView.of(each, send_days, downloads) for each in made],
            transfer_on=days.transfer_on,
            send_by=days.send_by,
            is_late=days.is_late,
        )

    return TypedResponse(200, await call.services.store.read(job))


@api.post(
    "/v1/city/settlements/{starts_on}/transfer-files",
    tag="settlement",
    caller=STAFF,
    action=Action.SETTLE,
    path=CyclePath,
    body=TransferFileWanted,
    returns={202: ProposalView, 201: TransferFileView},
    refuses=(
        "unknown-cycle", "cycle-not-closed", "payer-missing", "bank-missing", "nothing-to-pay", "file-made-before",
        "bad-transfer-day", "shop-number-missing", *PROPOSING,
    ),
)  # fmt: skip
async def make_transfer_file(call: StaffRequest[TransferFileWanted, None, CyclePath]) -> TypedResponse:
    """Propose the bank's transfer file (全銀フォーマット, 総合振込) of a closed cycle, to the accounts it was closed with.

    `again` makes it once more, which the proposal and the log say.
    """
    body = call.body
    proposal = await call.services.city.settlements.make_transfer_file(
        call.staff, call.path.starts_on, body.transfer_on, again=body.again, reason=body.reason
    )
    if isinstance(proposal, Proposal):
        return TypedResponse(202, ProposalView.of(proposal))
    settings = await call.services.city.settlements.settings(call.staff.municipality)
    return TypedResponse(201, TransferFileView.of(proposal, settings.send_days))


@api.get(
    "/v1/city/settlements/{starts_on}/transfer-files/{number}",
    tag="settlement",
    caller=STAFF,
    action=Action.SETTLE,
    path=TransferFilePath,
    query=TransferFileQuery,
    returns={200: "application/octet-stream"},
    refuses=("unknown-file", "file-downloaded-before"),
)
async def download_transfer_file(
    call: StaffRequest[None, TransferFileQuery, TransferFilePath],
) -> TypedResponse:
    """A transfer file as it was approved, byte for byte. Each download stands in the log, a repeated one as such.

    With `seen`, a file that was downloaded more often is not given, and the answer says by whom and when last.
    """
    starts_on, number = call.path.starts_on, call.path.number
    data = await call.services.city.settlements.transfer_file(call.staff, starts_on, number, call.query.seen)
    name = f"zengin-{starts_on}-{number}.txt"
    return TypedResponse(200, Content(data, "application/octet-stream"), attachment(name))


class PayoutPath(Strict):
    starts_on: Day
    shop_id: ShopId


class PayoutWanted(Strict):
    """`paid` is recorded at once. `held` (保留) and `returned` (振込不能・組戻し) wait for a second person.

    `return_fee_yen` is what the bank asked for a return, tax included; null is the sum that the settings have.
    """

    state: Literal["paid", "held", "returned"]
    reason: Reason
    return_fee_yen: Annotated[int, Field(ge=0, le=99_999)] | None = None


class PayoutView(View):
    """`state`: closed, ordered (a file orders it), paid, held or returned. `carried_in` is the cycle that pays it again.

    `yen` is what is transferred, after the `fee_yen` that the shop bears and what it bears of earlier returns. `return_fee_yen` is what the
    bank asked for the return of this one, `return_fee_in` the cycle that has taken it.
    """

    shop_id: str
    shop_name: str
    yen: int
    fee_yen: int
    state: str
    reason: str
    recorded_by: str | None
    recorded_at: datetime | None
    carried_in: date | None
    return_fee_yen: int
    return_fee_bearer: str | None
    return_fee_in: date | None

    @classmethod
    def of(cls, line: PayoutLine) -> PayoutView:
        payout = line.payout
        return cls(
            shop_id=line.line.shop_id,
            shop_name=line.line.shop_name,
            yen=line.line.transfer_yen,
            fee_yen=line.line.fee_yen,
            state=line.state,
            reason=payout.reason if payout else "",
            recorded_by=payout.recorded_by if payout else None,
            recorded_at=payout.recorded_at if payout else None,
            carried_in=date.fromisoformat(payout.carried_in) if payout and payout.carried_in else None,
            return_fee_yen=payout.return_fee_yen if payout else 0,
            return_fee_bearer=payout.return_fee_bearer.value if payout and payout.return_fee_yen else None,
            return_fee_in=date.fromisoformat(payout.return_fee_in)
            if payout and payout.return_fee_in
            else None,
        )


class PayoutList(View):
    payouts: list[PayoutView]


class PayoutRecorded(View):
    shop_id: str
    state: str
    yen: int


@api.get(
    "/v1/city/settlements/{starts_on}/payouts",
    tag="settlement",
    caller=STAFF,
    action=Action.SEE,
    path=CyclePath,
    returns={200: PayoutList},
    refuses=("unknown-cycle",),
)
async def list_payouts(call: StaffRequest[None, None, CyclePath]) -> TypedResponse:
    """What became of each shop's payment of a closed cycle (振込結果)."""
    payouts = await call.services.city.settlements.payouts(call.staff.municipality, call.path.starts_on)
    return TypedResponse(200, PayoutList(payouts=[PayoutView.of(line) for line in payouts]))


@api.put(
    "/v1/city/settlements/{starts_on}/payouts/{shop_id}",
    tag="settlement",
    caller=STAFF,
    action=Action.SETTLE,
    path=PayoutPath,
    body=PayoutWanted,
    returns={200: PayoutRecorded, 202: ProposalView},
    refuses=(
        "unknown-cycle",
        "unknown-shop",
        "cycle-not-closed",
        "payout-state",
        "reason-missing",
        *PROPOSING,
    ),
)
async def record_payout(call: StaffRequest[PayoutWanted, None, PayoutPath]) -> TypedResponse:
    """Record what became of a payment; one that is held or came back is owed again, and the next closing pays it (202)."""
    path, body = call.path, call.body
    done = await call.services.city.settlements.record_payout(
        call.staff, path.starts_on, path.shop_id, PayoutState(body.state), body.reason, body.return_fee_yen
    )
    if isinstance(done, Proposal):
        return TypedResponse(202, ProposalView.of(done))
    return TypedResponse(200, PayoutRecorded(shop_id=done.shop_id, state=done.state.value, yen=done.yen))
