"""The bank's result files over HTTP: uploaded, shown beside what was sent, and recorded."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Final, Literal

from pydantic import Field

from gateway.api.city.fields import CyclePath, Day, Reason, Version
from gateway.api.city.proposal_fields import PROPOSING
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import View
from gateway.cities.settlement.bank_results import BankResult, BankResultView, ResultLine
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedResponse, Upload
from gateway.platform.roles import Action

api = Api()
STAFF: Final = AuthLevel.STAFF
FILE_LIMIT: Final = 4 * 1024 * 1024
"""Some 30,000 transfers."""


class ResultPath(Strict):
    starts_on: Day
    number: Annotated[int, Field(ge=1, le=10_000)]


class BankResultFileView(View):
    number: int
    uploaded_by: str
    uploaded_at: datetime
    applied_by: str | None
    applied_at: datetime | None

    @classmethod
    def of(cls, result: BankResult) -> BankResultFileView:
        return cls(**{name: getattr(result, name) for name in cls.model_fields})


class BankResultFiles(View):
    files: list[BankResultFileView]


class BankResultLineView(View):
    """One transfer of a result file. `place` 0 was sent and stands not in the file; `shop_id` is empty where none fits.

    `match`: same, other_sum, other_account, not_sent, twice or unknown_code. `effect` is what recording would do: record
    (paid, at once), propose (came back, a second person), waits (proposed already), known, pending (the bank does not
    know yet), refused (does not fit), no_result.
    """

    place: int
    shop_id: str
    shop_name: str
    account: str
    yen: int
    sent_yen: int | None
    code: str
    word: Literal["paid", "returned", "recalled", "pending"] | None
    match: str
    state: str
    effect: str

    @classmethod
    def of(cls, line: ResultLine) -> BankResultLineView:
        return cls(
            **{name: getattr(line, name) for name in set(cls.model_fields) - {"word", "match", "effect"}},
            word=line.word.value if line.word else None,
            match=line.match.value,
            effect=line.effect.value,
        )


class BankResultOf(View):
    """`version` names exactly what is shown; recording sends it back. `transfer_file` is the number of the file that was sent."""

    file: BankResultFileView
    starts_on: date
    transfer_file: int
    version: str
    lines: list[BankResultLineView]

    @classmethod
    def of(cls, view: BankResultView) -> BankResultOf:
        return cls(
            file=BankResultFileView.of(view.result),
            starts_on=view.result.starts_on,
            transfer_file=view.transfer_file,
            version=view.version,
            lines=[BankResultLineView.of(line) for line in view.lines],
        )


class RecordingWanted(Strict):
    """`seen` is the `version` of what was shown. `return_fee_yen` is what the bank asked for each return; null: as the settings say."""

    seen: Version
    reason: Reason
    return_fee_yen: Annotated[int, Field(ge=0, le=99_999)] | None = None


class ResultRecordedView(View):
    """How many payments were recorded as made, and the proposal that now waits with all that came back, or none."""

    paid: int
    proposals: list[str]


@api.get(
    "/v1/city/settlements/{starts_on}/bank-results",
    tag="settlement",
    caller=STAFF,
    action=Action.SETTLE,
    path=CyclePath,
    returns={200: BankResultFiles},
)
async def list_bank_results(call: StaffRequest[None, None, CyclePath]) -> TypedResponse:
    """The bank's result files of a cycle, oldest first."""
    files = await call.services.city.settlements.results(call.staff.municipality, call.path.starts_on)
    return TypedResponse(200, BankResultFiles(files=[BankResultFileView.of(each) for each in files]))


@api.post(
    "/v1/city/settlements/{starts_on}/bank-results",
    tag="settlement",
    caller=STAFF,
    action=Action.SETTLE,
    path=CyclePath,
    upload=Upload(("application/octet-stream",), FILE_LIMIT),
    returns={201: BankResultOf, 200: BankResultOf},
    refuses=(
        "unknown-cycle", "cycle-not-closed", "result-layout-missing", "bank-result-unreadable",
        "bank-result-of-another-run",
    ),
)  # fmt: skip
async def upload_bank_result(call: StaffRequest[bytes, None, CyclePath]) -> TypedResponse:
    """Read the bank's own result file (総合振込の結果) and show what it says of each shop. Nothing is recorded by it.

    The same content again is the same file (200).
    """
    view, is_new = await call.services.city.settlements.upload_result(
        call.staff, call.path.starts_on, call.body
    )
    return TypedResponse(201 if is_new else 200, BankResultOf.of(view))


@api.get(
    "/v1/city/settlements/{starts_on}/bank-results/{number}",
    tag="settlement",
    caller=STAFF,
    action=Action.SETTLE,
    path=ResultPath,
    returns={200: BankResultOf},
    refuses=("unknown-file", "result-layout-missing", "bank-result-unreadable", "bank-result-of-another-run"),
)
async def get_bank_result(call: StaffRequest[None, None, ResultPath]) -> TypedResponse:
    """A result file held against what is known of each payment now."""
    path = call.path
    view = await call.services.city.settlements.result(call.staff.municipality, path.starts_on, path.number)
    return TypedResponse(200, BankResultOf.of(view))


@api.post(
    "/v1/city/settlements/{starts_on}/bank-results/{number}/recording",
    tag="settlement",
    caller=STAFF,
    action=Action.SETTLE,
    path=ResultPath,
    body=RecordingWanted,
    returns={200: ResultRecordedView},
    refuses=(
        "unknown-file", "result-layout-missing", "bank-result-unreadable", "bank-result-of-another-run",
        "payout-state", "reason-missing", "changed-meanwhile", *PROPOSING,
    ),
)  # fmt: skip
async def record_bank_result(call: StaffRequest[RecordingWanted, None, ResultPath]) -> TypedResponse:
    """Record what was shown: what was paid at once; all that came back as one proposal, since it is owed again."""
    path = call.path
    recorded = await call.services.city.settlements.record_result(
        call.staff, path.starts_on, path.number, call.body.seen, call.body.reason, call.body.return_fee_yen
    )
    return TypedResponse(200, ResultRecordedView(paid=recorded.paid, proposals=list(recorded.proposed)))
