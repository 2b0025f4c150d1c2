"""The register of shops as a list: export, check of a city's list, and its new shops as a proposal."""

from __future__ import annotations

import asyncio
from typing import Final, Literal

from gateway.api.city.exports import log_export
from gateway.api.city.fields import CSV, Line, Version, attachment
from gateway.api.city.proposal_fields import PROPOSING, ProposalView
from gateway.api.city.proposals import ProposalPath
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import View
from gateway.cities.grants.list_file import XLSX
from gateway.cities.shops.application_duplicates import Duplicate
from gateway.cities.shops.bank_accounts import BankAccount
from gateway.cities.shops.shop_imports import ProposedShop, ShopListCheck
from gateway.cities.shops.shop_list import FAULTS, CellFault
from gateway.cities.shops.shop_list_check import CheckedLine
from gateway.cities.shops.shop_list_report import column_name, report_csv
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict, Words
from gateway.http.routing import Api, Content, TypedResponse, Upload
from gateway.platform.audit_facts import ExportedList
from gateway.platform.roles import Action, may

api = Api()
STAFF: Final = AuthLevel.STAFF
FILE_LIMIT: Final = 1024 * 1024
_LIST: Final = Upload(("text/csv", XLSX), FILE_LIMIT)
_UNFIT: Final = ("csv-unreadable", "csv-columns")


class ShopListProposed(Strict):
    """`name` is the file's, for people. `seen` is what the check has answered: what was looked at is what is proposed."""

    name: Words
    seen: Version
    reason: Line = ""


class AlikeView(View):
    """A shop by its id, an application or a line of the list by its number, and in what it is the same."""

    kind: Literal["shop", "application", "line"]
    key: str
    name: str
    same: list[Literal["name", "phone", "account"]]

    @classmethod
    def of(cls, duplicate: Duplicate) -> AlikeView:
        return cls(kind=duplicate.kind, key=duplicate.key, name=duplicate.name, same=list(duplicate.same))


class CellFaultView(View):
    """`column` is where it is, empty for the whole line; `fault` is a word, `fault_ja` and `remedy_ja` say it."""

    column: str
    typed: str
    fault: str
    fault_ja: str
    remedy_ja: str

    @classmethod
    def of(cls, fault: CellFault, line: CheckedLine) -> CellFaultView:
        wrong = FAULTS[fault.word]
        return cls(
            column=column_name(fault), typed=line.line.typed.get(fault.field, ""), fault=fault.word,
            fault_ja=wrong.text, remedy_ja=wrong.remedy,
        )  # fmt: skip


class ShopListLineView(View):
    """`state`: `new` is imported, `known` is on the register and says the same, `faulty` keeps the list from being imported.

    `shop_id` is the shop of the register, or the id that the new one will have; null for a fault.
    """

    line: int
    state: Literal["new", "known", "faulty"]
    shop_id: str | None
    name: str
    address: str
    account: str
    faults: list[CellFaultView]
    alike: list[AlikeView]

    @classmethod
    def of(cls, line: CheckedLine) -> ShopListLineView:
        shop = line.shop
        account = shop.account if shop is not None else None
        return cls(
            line=line.line.line, state="faulty" if line.faults else "new" if shop is not None else "known",
            shop_id=None if line.faults else shop.shop_id if shop is not None else line.known_as,
            name=line.line.entry.name, address=line.line.entry.address,
            account=account.masked if account is not None else "",
            faults=[CellFaultView.of(fault, line) for fault in line.faults],
            alike=[AlikeView.of(duplicate) for duplicate in line.duplicates],
        )  # fmt: skip


class ShopListView(View):
    """A list as it was checked; nothing of it is stored. `dropped` are columns that are not read.

    `seen` names all that the check has found: the proposal sends it back.
    """

    seen: str
    new: int
    known: int
    faulty: int
    alike: int
    dropped: list[str]
    lines: list[ShopListLineView]

    @classmethod
    def of(cls, check: ShopListCheck) -> ShopListView:
        return cls(
            seen=check.seen, new=len(check.new_shops), known=check.known, faulty=check.faulty, alike=check.alike,
            dropped=list(check.dropped), lines=[ShopListLineView.of(line) for line in check.lines],
        )  # fmt: skip


class ProposedAccountView(View):
    """`number` is in full for the list's author and for who may decide it: it is compared with paper."""

    bank_code: str
    bank_name: str
    branch_code: str
    branch_name: str
    kind: int
    number: str | None
    number_ends_with: str
    holder: str

    @classmethod
    def of(cls, account: BankAccount, *, in_full: bool) -> ProposedAccountView:
        return cls(
            bank_code=account.bank_code, bank_name=account.bank_name, branch_code=account.branch_code,
            branch_name=account.branch_name, kind=account.kind, number=account.number if in_full else None,
            number_ends_with=account.number[-3:], holder=account.holder,
        )  # fmt: skip


class ProposedShopView(View):
    """A shop that a proposal imports, and whom of the register it is like now."""

    shop_id: str
    name: str
    name_kana: str
    category: str
    address: str
    phone: str
    account: ProposedAccountView | None
    alike: list[AlikeView]

    @classmethod
    def of(cls, proposed: ProposedShop, *, in_full: bool) -> ProposedShopView:
        shop, entry = proposed.shop, proposed.shop.entry
        return cls(
            shop_id=shop.shop_id, name=entry.name, name_kana=entry.name_kana, category=entry.category,
            address=entry.address, phone=entry.phone,
            account=None if shop.account is None else ProposedAccountView.of(shop.account, in_full=in_full),
            alike=[AlikeView.of(duplicate) for duplicate in proposed.duplicates],
        )  # fmt: skip


class ProposedShops(View):
    shops: list[ProposedShopView]


@api.get(
    "/v1/city/shop-list",
    tag="shops",
    caller=STAFF,
    action=Action.KEEP_SHOPS,
    returns={200: "text/csv"},
)
async def export_shops(call: StaffRequest[None]) -> TypedResponse:
    """The whole register, closed shops too, as CSV in the columns that are imported, with the log-ins of each owner.

    Account numbers are in full for who keeps accounts; others have their last three digits.
    """
    with_accounts = may(call.staff.role, Action.KEEP_BANKS, strong=call.staff.strong)
    await log_export(call, ExportedList.SHOPS, call.staff.municipality)
    data = await call.services.city.shop_imports.export(call.staff, with_accounts=with_accounts)
    return TypedResponse(200, Content(data, CSV), attachment("shops.csv"))


@api.post(
    "/v1/city/shop-list/check",
    tag="shops",
    caller=STAFF,
    action=Action.KEEP_SHOPS,
    upload=_LIST,
    returns={200: ShopListView},
    refuses=_UNFIT,
)
async def check_shop_list(call: StaffRequest[bytes]) -> TypedResponse:
    """Check a list of at most 500 shops, CSV or Excel (.xlsx), field by field and against the register. Nothing is stored.

    The columns are 店名, 店名（カナ）, 業種, 住所, 電話, 銀行コード, 銀行名, 支店コード, 支店名, 預金種目, 口座番号, 口座名義 and
    銀行の一覧にない口座; 番号 or 加盟店ID name a shop that is registered. Only 店名 is needed; others are dropped.
    """
    check = await call.services.city.shop_imports.check(call.staff, call.body)
    return TypedResponse(200, ShopListView.of(check))


@api.post(
    "/v1/city/shop-list/report",
    tag="shops",
    caller=STAFF,
    action=Action.KEEP_SHOPS,
    upload=_LIST,
    returns={200: "text/csv"},
    refuses=_UNFIT,
)
async def shop_list_report(call: StaffRequest[bytes]) -> TypedResponse:
    """The same check as a list to mend and send again: lines with a fault first, each fault with what to do."""
    check = await call.services.city.shop_imports.check(call.staff, call.body)
    data = await asyncio.to_thread(report_csv, check.lines)
    return TypedResponse(200, Content(data, CSV), attachment("shops-checked.csv"))


@api.post(
    "/v1/city/shop-list",
    tag="shops",
    caller=STAFF,
    action=Action.KEEP_SHOPS,
    query=ShopListProposed,
    upload=_LIST,
    returns={202: ProposalView},
    refuses=(*_UNFIT, "shop-list-faulty", "changed-meanwhile", *PROPOSING),
)
async def propose_shop_list(call: StaffRequest[bytes, ShopListProposed]) -> TypedResponse:
    """Propose the new shops of a checked list (202), as one deed. Shops that are registered are not changed by it."""
    query = call.query
    proposal = await call.services.city.shop_imports.propose(
        call.staff, query.name, call.body, query.seen, query.reason
    )
    return TypedResponse(202, ProposalView.of(proposal))


@api.get(
    "/v1/city/proposals/{proposal_id}/shops",
    tag="shops",
    caller=STAFF,
    action=Action.SEE_PROPOSALS,
    path=ProposalPath,
    returns={200: ProposedShops},
    refuses=("unknown-proposal",),
)
async def list_proposed_shops(call: StaffRequest[None, None, ProposalPath]) -> TypedResponse:
    """The shops that a proposal of a list imports, each with its account and whom it is like now."""
    city, proposal_id = call.services.city, call.path.proposal_id
    shops = await city.shop_imports.list_proposed(call.staff, proposal_id)
    listed = await city.proposals.get(call.staff, proposal_id)
    in_full = listed.may_decide or listed.proposal.proposed_by == call.staff.staff_id
    return TypedResponse(
        200, ProposedShops(shops=[ProposedShopView.of(shop, in_full=in_full) for shop in shops])
    )
