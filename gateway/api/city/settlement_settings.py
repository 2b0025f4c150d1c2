"""How a city settles with its bank, over HTTP: the settings as they are, and other ones proposed."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Field, StringConstraints

from gateway.api.city.fields import Line, Reason, Version
from gateway.api.city.proposal_fields import PROPOSING, ProposalView
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import View
from gateway.cities.settlement.customer_fields import CustomerField
from gateway.cities.settlement.settlement_settings import JournalColumn, JournalField, SettlementSettings
from gateway.cities.settlement.transfer_fees import BankSide, FeeBand, FeeBearer
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedResponse
from gateway.platform.roles import Action

api = Api()
STAFF: Final = AuthLevel.STAFF

JournalWord = Literal[
    "number", "fiscal_year", "closed_on", "pays_on", "starts_on", "ends_on", "debit", "credit", "yen", "fee",
    "fee_tax", "return_fee", "transfer", "shop_id", "shop_name", "summary", "empty",
]  # fmt: skip
MonthDay = Annotated[int, Field(ge=1, le=31)]
ResultCode = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{1,3}$")]
ResultCodes = Annotated[list[ResultCode], Field(default_factory=list, max_length=50)]


class JournalColumnOf(Strict):
    """A column of the journal: its header, and what stands in it."""

    title: Line
    field: JournalWord

    def column(self) -> JournalColumn:
        return JournalColumn(title=self.title, field=JournalField(self.field))


class JournalColumnView(View):
    title: str
    field: str


class FeeBandOf(Strict):
    """What the bank asks, tax included, for transfers of `from_yen` and more, up to the next band of the same side."""

    side: Literal["same_branch", "same_bank", "other_bank"]
    from_yen: Annotated[int, Field(ge=1, le=9_999_999_999)]
    fee_yen: Annotated[int, Field(ge=0, le=99_999)]

    def band(self) -> FeeBand:
        return FeeBand(side=BankSide(self.side), from_yen=self.from_yen, fee_yen=self.fee_yen)


class FeeBandView(View):
    side: str
    from_yen: int
    fee_yen: int


class SettlementSettingsFields(View):
    """How the city settles, as its bank's own sheet says (`bank_sheet`).

    In a result file a code of `result_length` characters stands from `result_column` on; 0: no result file is taken.
    `journal_*`: the journal of a closing for the city's accounting. `fee_*`: what a transfer costs, and who bears it
    (`city` or `shop`); `return_fee_*`: what it asks for one that came back, and who bears that; `invoice_number` (T and 13 digits) and `tax_note` stand on statements. `cycle_*`: on which days of the
    month cycles end (31: its last), and on which each is paid, or how many bank days after its end. `customer_field`: what the
    bank's file says of each transfer, its running number (`line`), the shop's number (`shop_number`) or a text for the payee (`edi`):
    `edi_text`, at most 20 half-width characters with `{first}` and `{last}` for the cycle's days (MMDD) and `{shop}` for the shop's
    number. `end_mark`: `eof` ends the file with 0x1A. `send_days`: so many bank days before a transfer the bank has to have the file.
    """

    bank_sheet: str
    result_column: int
    result_length: int
    paid_codes: list[str]
    returned_codes: list[str]
    recalled_codes: list[str]
    pending_codes: list[str]
    journal_columns: list[JournalColumnView]
    journal_encoding: str
    journal_days: str
    journal_debit: str
    journal_credit: str
    journal_summary: str
    fee_bands: list[FeeBandView]
    fee_bearer: str
    fee_tax_percent: int
    invoice_number: str
    tax_note: str
    cycle_ends: list[int]
    cycle_pay_days: list[int]
    cycle_pay_after: int
    customer_field: str
    edi_text: str
    end_mark: str
    send_days: int
    return_fee_yen: int
    return_fee_bearer: str


class SettlementSettingsView(SettlementSettingsFields):
    version: str

    @classmethod
    def of(cls, settings: SettlementSettings) -> SettlementSettingsView:
        return cls.model_validate(settings, from_attributes=True)


class SettlementSettingsWanted(Strict):
    """All settings as they shall be; `seen` is the version that they were drawn from.

    No `journal_columns` are the usual ones; no `cycle_ends` and `cycle_pay_days` the half-months. A changed cycle begins with the
    next one.
    """

    bank_sheet: Line = ""
    result_column: Annotated[int, Field(ge=0, le=120)] = 0
    result_length: Annotated[int, Field(ge=1, le=3)] = 1
    paid_codes: ResultCodes
    returned_codes: ResultCodes
    recalled_codes: ResultCodes
    pending_codes: ResultCodes
    journal_columns: Annotated[list[JournalColumnOf], Field(max_length=40)] | None = None
    journal_encoding: Literal["utf-8", "shift_jis"] = "utf-8"
    journal_days: Literal["dashes", "slashes", "plain"] = "dashes"
    journal_debit: Line = ""
    journal_credit: Line = ""
    journal_summary: Line = ""
    fee_bands: Annotated[list[FeeBandOf], Field(default_factory=list, max_length=30)]
    fee_bearer: Literal["city", "shop"] = "city"
    fee_tax_percent: Annotated[int, Field(ge=0, le=99)] = 10
    invoice_number: Line = ""
    tax_note: Line = ""
    cycle_ends: Annotated[list[MonthDay], Field(min_length=1, max_length=4)] | None = None
    cycle_pay_days: Annotated[list[MonthDay], Field(max_length=4)] | None = None
    cycle_pay_after: Annotated[int, Field(ge=0, le=20)] = 0
    customer_field: Literal["line", "shop_number", "edi"] = "line"
    edi_text: Line = ""
    end_mark: Literal["none", "eof"] = "none"
    send_days: Annotated[int, Field(ge=0, le=10)] = 0
    return_fee_yen: Annotated[int, Field(ge=0, le=99_999)] = 0
    return_fee_bearer: Literal["city", "shop"] = "city"
    reason: Reason
    seen: Version | None = None

    def settings(self) -> SettlementSettings:
        values: dict[str, Any] = self.model_dump(exclude={"reason", "seen", "journal_columns", "fee_bands"})
        values = {name: value for name, value in values.items() if value is not None}
        values |= {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
        values["fee_bands"] = tuple(each.band() for each in self.fee_bands)
        values["fee_bearer"] = FeeBearer(self.fee_bearer)
        values["return_fee_bearer"] = FeeBearer(self.return_fee_bearer)
        values["customer_field"] = CustomerField(self.customer_field)
        if self.journal_columns is not None:
            values["journal_columns"] = tuple(each.column() for each in self.journal_columns)
        return SettlementSettings(**values)


@api.get(
    "/v1/city/settlement-settings",
    tag="settlement",
    caller=STAFF,
    action=Action.SEE,
    returns={200: SettlementSettingsView},
)
async def get_settlement_settings(call: StaffRequest) -> TypedResponse:
    """How the city settles with its bank."""
    settings = await call.services.city.settlements.settings(call.staff.municipality)
    return TypedResponse(200, SettlementSettingsView.of(settings))


@api.put(
    "/v1/city/settlement-settings",
    tag="settlement",
    caller=STAFF,
    action=Action.KEEP_BANKS,
    body=SettlementSettingsWanted,
    returns={202: ProposalView},
    refuses=(
        "bad-settlement-settings",
        "nothing-changed",
        "changed-meanwhile",
        "payer-missing",
        "reason-missing",
        *PROPOSING,
    ),
)
async def change_settlement_settings(call: StaffRequest[SettlementSettingsWanted]) -> TypedResponse:
    """Propose other settings (202): they count for what is made after another person's yes. What was closed stays as it is."""
    body = call.body
    proposal = await call.services.city.settlements.propose_settings(
        call.staff, body.settings(), body.reason, body.seen
    )
    return TypedResponse(202, ProposalView.of(proposal))
