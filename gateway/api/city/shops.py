"""The city's register of shops, its payments as staff look them up, and settlement."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from sqlalchemy import Connection

from gateway.api.city import counter_responses, shops_responses
from gateway.api.city import requests as asked
from gateway.api.city.grants import CSV, PDF, attachment
from gateway.api.city.staff_requests import ReasonGiven
from gateway.api.city.staff_responses import StaffAdded, StaffList, StaffView
from gateway.cities.settlement.settlement_csv import corrections_csv, settlement_csv, statement_csv
from gateway.cities.settlement.statement_pdf import settlement_pdf, statement_pdf
from gateway.cities.shops.bank_accounts import BankAccount, Payer
from gateway.cities.shops.shops import ShopEntry
from gateway.cities.spending import spend_rows
from gateway.http.authentication import AuthLevel
from gateway.http.routing import Api, Content, TypedRequest, TypedResponse
from gateway.platform.roles import Action, Role
from gateway.points.directory import require_municipality
from gateway.services import Services

api = Api()
STAFF: Final = AuthLevel.STAFF
CYCLE: Final = ("unknown-cycle",)


@api.get(
    "/v1/city/shops",
    tag="shops",
    caller=STAFF,
    action=Action.SEE,
    query=asked.ShopsQuery,
    returns={200: shops_responses.ShopsPage},
)
async def list_city_shops(call: TypedRequest[None, Services, asked.ShopsQuery]) -> TypedResponse:
    """The register of shops (加盟店登録名簿), in order of shop id; `closed` asks for closed ones too."""
    query = call.query
    found = await call.services.city.shops.listed(
        call.staff.municipality, closed=query.closed, after=query.after, limit=query.limit
    )
    more = found[-1].shop_id if len(found) == query.limit else None
    return TypedResponse(
        200,
        shops_responses.ShopsPage(shops=[shops_responses.ShopView.of(one) for one in found], next_after=more),
    )


@api.post(
    "/v1/city/shops",
    tag="shops",
    caller=STAFF,
    action=Action.KEEP_SHOPS,
    body=asked.ShopWanted,
    returns={201: shops_responses.ShopView},
    refuses=("bad-shop", "shop-exists"),
)
async def register_shop(call: TypedRequest[asked.ShopWanted, Services]) -> TypedResponse:
    """Put a shop on the register; the id becomes part of account names and never changes."""
    shop = await call.services.city.shops.register(call.staff, call.body.shop_id, _entry(call.body))
    return TypedResponse(201, shops_responses.ShopView.of(shop))


@api.get(
    "/v1/city/shops/{shop_id}",
    tag="shops",
    caller=STAFF,
    action=Action.SEE,
    path=asked.ShopPath,
    returns={200: shops_responses.ShopView},
    refuses=("unknown-shop",),
)
async def get_shop(call: TypedRequest[None, Services, None, asked.ShopPath]) -> TypedResponse:
    """One shop of the register."""
    return TypedResponse(
        200,
        shops_responses.ShopView.of(
            await call.services.city.shops.get(call.staff.municipality, call.path.shop_id)
        ),
    )


@api.put(
    "/v1/city/shops/{shop_id}",
    tag="shops",
    caller=STAFF,
    action=Action.KEEP_SHOPS,
    path=asked.ShopPath,
    body=asked.ShopChanged,
    returns={200: shops_responses.ShopView},
    refuses=("unknown-shop", "bad-shop"),
)
async def change_shop(call: TypedRequest[asked.ShopChanged, Services, None, asked.ShopPath]) -> TypedResponse:
    """Change what the register says of a shop."""
    shop = await call.services.city.shops.change(call.staff, call.path.shop_id, _entry(call.body))
    return TypedResponse(200, shops_responses.ShopView.of(shop))


@api.post(
    "/v1/city/shops/{shop_id}/closure",
    tag="shops",
    caller=STAFF,
    action=Action.KEEP_SHOPS,
    path=asked.ShopPath,
    body=ReasonGiven,
    returns={200: shops_responses.ShopView},
    refuses=("unknown-shop", "reason-missing"),
)
async def close_shop(call: TypedRequest[ReasonGiven, Services, None, asked.ShopPath]) -> TypedResponse:
    """Let a shop take no more points; what it is owed is still paid."""
    shop = await call.services.city.shops.close(call.staff, call.path.shop_id, call.body.reason)
    return TypedResponse(200, shops_responses.ShopView.of(shop))


@api.post(
    "/v1/city/shops/{shop_id}/reopening",
    tag="shops",
    caller=STAFF,
    action=Action.KEEP_SHOPS,
    path=asked.ShopPath,
    body=ReasonGiven,
    returns={200: shops_responses.ShopView},
    refuses=("unknown-shop", "reason-missing"),
)
async def reopen_shop(call: TypedRequest[ReasonGiven, Services, None, asked.ShopPath]) -> TypedResponse:
    """Let a closed shop take points again."""
    shop = await call.services.city.shops.reopen(call.staff, call.path.shop_id, call.body.reason)
    return TypedResponse(200, shops_responses.ShopView.of(shop))


@api.get(
    "/v1/city/shops/{shop_id}/code",
    tag="shops",
    caller=STAFF,
    action=Action.KEEP_SHOPS,
    path=asked.ShopPath,
    returns={200: shops_responses.ShopCodeView},
    refuses=("unknown-shop",),
)
async def city_shop_code(call: TypedRequest[None, Services, None, asked.ShopPath]) -> TypedResponse:
    """The text of the QR for the shop's counter, for printing."""
    shop = await call.services.city.shops.get(call.staff.municipality, call.path.shop_id)
    return TypedResponse(200, shops_responses.ShopCodeView(shop_code=call.services.city.shops.code_of(shop)))


@api.get(
    "/v1/city/shops/{shop_id}/staff",
    tag="shops",
    caller=STAFF,
    action=Action.KEEP_SHOPS,
    path=asked.ShopPath,
    returns={200: StaffList},
)
async def list_shop_staff(call: TypedRequest[None, Services, None, asked.ShopPath]) -> TypedResponse:
    """Who may take points at this shop."""
    found = await call.services.city.staff.people(call.staff, call.path.shop_id)
    return TypedResponse(200, StaffList(staff=[StaffView.of(one) for one in found]))


@api.post(
    "/v1/city/shops/{shop_id}/staff",
    tag="shops",
    caller=STAFF,
    action=Action.KEEP_SHOPS,
    path=asked.ShopPath,
    body=asked.ShopPersonWanted,
    returns={201: StaffAdded},
    refuses=("unknown-shop", "login-unfit", "login-taken", "role-unfit", "unknown-municipality"),
)
async def add_shop_staff(
    call: TypedRequest[asked.ShopPersonWanted, Services, None, asked.ShopPath],
) -> TypedResponse:
    """Give a shop a log-in; the first password is in the answer, this once."""
    person, password = await call.services.city.staff.add(
        call.staff,
        login=call.body.login,
        display_name=call.body.display_name,
        role=Role.SHOP,
        shop_id=call.path.shop_id,
    )
    return TypedResponse(201, StaffAdded(staff=StaffView.of(person), first_password=password.reveal()))


# --- bank accounts -------------------------------------------------------------------------------------------------


@api.get(
    "/v1/city/shops/{shop_id}/bank-account",
    tag="shops",
    caller=STAFF,
    action=Action.KEEP_BANKS,
    path=asked.ShopPath,
    returns={200: shops_responses.BankOf},
    refuses=("unknown-shop",),
)
async def get_shop_bank(call: TypedRequest[None, Services, None, asked.ShopPath]) -> TypedResponse:
    """Where a shop is paid; of the number only the end."""
    account = await call.services.city.shops.bank(call.staff.municipality, call.path.shop_id)
    return TypedResponse(
        200, shops_responses.BankOf(account=shops_responses.BankView.of(account) if account else None)
    )


@api.put(
    "/v1/city/shops/{shop_id}/bank-account",
    tag="shops",
    caller=STAFF,
    action=Action.KEEP_BANKS,
    path=asked.ShopPath,
    body=asked.BankAccountWanted,
    returns={200: shops_responses.BankOf},
    refuses=("unknown-shop", "bad-bank-account"),
)
async def set_shop_bank(
    call: TypedRequest[asked.BankAccountWanted, Services, None, asked.ShopPath],
) -> TypedResponse:
    """Say where a shop is paid; it is kept sealed."""
    account = BankAccount(**call.body.model_dump())
    await call.services.city.shops.set_bank(call.staff, call.path.shop_id, account)
    return TypedResponse(200, shops_responses.BankOf(account=shops_responses.BankView.of(account)))


@api.get(
    "/v1/city/bank-account",
    tag="settlement",
    caller=STAFF,
    action=Action.KEEP_BANKS,
    returns={200: shops_responses.BankOf},
)
async def get_payer(call: TypedRequest[None, Services]) -> TypedResponse:
    """From which account the city pays its shops."""
    payer = await call.services.city.shops.payer(call.staff.municipality)
    return TypedResponse(
        200, shops_responses.BankOf(account=shops_responses.BankView.of(payer.account) if payer else None)
    )


@api.put(
    "/v1/city/bank-account",
    tag="settlement",
    caller=STAFF,
    action=Action.KEEP_BANKS,
    body=asked.PayerWanted,
    returns={200: shops_responses.BankOf},
    refuses=("bad-bank-account",),
)
async def set_payer(call: TypedRequest[asked.PayerWanted, Services]) -> TypedResponse:
    """Say from which account the city pays; `client_code` (委託者コード) is the bank's name for the city."""
    values: dict[str, Any] = call.body.model_dump()
    payer = Payer(client_code=values.pop("client_code"), account=BankAccount(**values))
    await call.services.city.shops.set_payer(call.staff, payer)
    return TypedResponse(200, shops_responses.BankOf(account=shops_responses.BankView.of(payer.account)))


# --- payments --------------------------------------------------------------------------------------------------------


@api.get(
    "/v1/city/spends/{spend_id}",
    tag="spending",
    caller=STAFF,
    action=Action.SEE,
    path=asked.SpendPath,
    returns={200: counter_responses.CitySpend},
    refuses=("unknown-spend",),
)
async def city_spend(call: TypedRequest[None, Services, None, asked.SpendPath]) -> TypedResponse:
    """A payment at one of the city's shops, with what was given back of it."""
    code, spend_id = call.staff.municipality, call.path.spend_id

    def job(conn: Connection) -> counter_responses.CitySpend:
        spend = spend_rows.require_of_city(conn, code, spend_id)
        refunds = spend_rows.refunds_of(conn, spend.book_id, spend_id)
        return counter_responses.CitySpend(
            spend=counter_responses.ShopSpendView.of(spend),
            shop_id=spend.shop_id,
            refunds=[counter_responses.RefundView.of(one) for one in refunds],
        )

    return TypedResponse(200, await call.services.store.read(job))


@api.post(
    "/v1/city/spends/{spend_id}/refunds",
    tag="spending",
    caller=STAFF,
    action=Action.REFUND,
    path=asked.SpendPath,
    body=asked.RefundWanted,
    returns={201: counter_responses.GivenBackView, 200: counter_responses.GivenBackView},
    refuses=("unknown-spend", "refund-too-much", "id-reused", "reason-missing"),
)
async def city_refund(
    call: TypedRequest[asked.RefundWanted, Services, None, asked.SpendPath],
) -> TypedResponse:
    """Give points of a payment back, at any time; after its cycle was closed it comes into the next one."""
    done = await call.services.city.spending.refund_by_city(
        call.staff, call.body.refund_id, call.path.spend_id, call.body.points, call.body.reason
    )
    return TypedResponse(200 if done.replayed else 201, counter_responses.GivenBackView.of(done))


# --- settlement ------------------------------------------------------------------------------------------------------


@api.get(
    "/v1/city/settlements",
    tag="settlement",
    caller=STAFF,
    action=Action.SEE,
    returns={200: shops_responses.CyclesList},
)
async def list_settlements(call: TypedRequest[None, Services]) -> TypedResponse:
    """Every cycle since the first payment, newest first."""
    found = await call.services.city.settlements.listed(call.staff.municipality)
    return TypedResponse(
        200,
        shops_responses.CyclesList(
            cycles=[
                shops_responses.CycleListed(cycle=shops_responses.CycleView.of(cycle), paid_yen=yen)
                for cycle, yen in found
            ]
        ),
    )


@api.get(
    "/v1/city/settlements/{starts_on}",
    tag="settlement",
    caller=STAFF,
    action=Action.SEE,
    path=asked.CyclePath,
    returns={200: shops_responses.SettlementView},
    refuses=CYCLE,
)
async def get_settlement(call: TypedRequest[None, Services, None, asked.CyclePath]) -> TypedResponse:
    """A closed cycle, or what closing it now would give."""
    found = await call.services.city.settlements.get(call.staff.municipality, call.path.starts_on)
    return TypedResponse(200, shops_responses.SettlementView.of(found))


@api.get(
    "/v1/city/settlements/{starts_on}/csv",
    tag="settlement",
    caller=STAFF,
    action=Action.SEE,
    path=asked.CyclePath,
    returns={200: "text/csv"},
    refuses=CYCLE,
)
async def get_settlement_csv(call: TypedRequest[None, Services, None, asked.CyclePath]) -> TypedResponse:
    """A cycle for Excel, a line a shop."""
    found = await call.services.city.settlements.get(call.staff.municipality, call.path.starts_on)
    name = f"settlement-{call.path.starts_on}.csv"
    return TypedResponse(200, Content(settlement_csv(found), CSV), attachment(name))


@api.get(
    "/v1/city/settlements/{starts_on}/pdf",
    tag="settlement",
    caller=STAFF,
    action=Action.SEE,
    path=asked.CyclePath,
    returns={200: PDF},
    refuses=CYCLE,
)
async def get_settlement_pdf(call: TypedRequest[None, Services, None, asked.CyclePath]) -> TypedResponse:
    """A cycle to print and to keep, a line a shop."""
    code = call.staff.municipality
    found = await call.services.city.settlements.get(code, call.path.starts_on)
    data = await asyncio.to_thread(settlement_pdf, found, require_municipality(code).name)
    return TypedResponse(200, Content(data, PDF), attachment(f"settlement-{call.path.starts_on}.pdf"))


@api.get(
    "/v1/city/settlements/{starts_on}/corrections",
    tag="settlement",
    caller=STAFF,
    action=Action.SEE,
    path=asked.CyclePath,
    returns={200: shops_responses.CorrectionsList},
    refuses=CYCLE,
)
async def get_corrections(call: TypedRequest[None, Services, None, asked.CyclePath]) -> TypedResponse:
    """What in a cycle corrects cycles that were closed before it (訂正): refunds of their payments, late payments."""
    found = await call.services.city.settlements.corrections(call.staff.municipality, call.path.starts_on)
    return TypedResponse(200, shops_responses.CorrectionsList.of(found))


@api.get(
    "/v1/city/settlements/{starts_on}/corrections/csv",
    tag="settlement",
    caller=STAFF,
    action=Action.SEE,
    path=asked.CyclePath,
    returns={200: "text/csv"},
    refuses=CYCLE,
)
async def get_corrections_csv(call: TypedRequest[None, Services, None, asked.CyclePath]) -> TypedResponse:
    """A cycle's corrections for Excel, with the names of those who made them."""
    found = await call.services.city.settlements.corrections(call.staff.municipality, call.path.starts_on)
    name = f"corrections-{call.path.starts_on}.csv"
    return TypedResponse(200, Content(corrections_csv(found), CSV), attachment(name))


@api.post(
    "/v1/city/settlements/{starts_on}/closing",
    tag="settlement",
    caller=STAFF,
    action=Action.SETTLE,
    path=asked.CyclePath,
    body=ReasonGiven,
    returns={200: shops_responses.SettlementView},
    refuses=(*CYCLE, "cycle-not-over", "cycle-closed", "earlier-cycle-open"),
)
async def close_settlement(call: TypedRequest[ReasonGiven, Services, None, asked.CyclePath]) -> TypedResponse:
    """Close a cycle, once; corrections come into the next one."""
    closed = await call.services.city.settlements.close(call.staff, call.path.starts_on, call.body.reason)
    return TypedResponse(200, shops_responses.SettlementView.of(closed))


@api.get(
    "/v1/city/settlements/{starts_on}/transfer-file",
    tag="settlement",
    caller=STAFF,
    action=Action.SETTLE,
    path=asked.CyclePath,
    returns={200: "application/octet-stream"},
    refuses=(*CYCLE, "cycle-not-closed", "payer-missing", "bank-missing"),
)
async def settlement_transfer_file(
    call: TypedRequest[None, Services, None, asked.CyclePath],
) -> TypedResponse:
    """The bank's transfer file (全銀フォーマット, 総合振込) of a closed cycle."""
    data = await call.services.city.settlements.transfer_file(call.staff, call.path.starts_on)
    name = f"zengin-{call.path.starts_on}.txt"
    return TypedResponse(200, Content(data, "application/octet-stream"), attachment(name))


@api.get(
    "/v1/city/settlements/{starts_on}/shops/{shop_id}",
    tag="settlement",
    caller=STAFF,
    action=Action.SEE,
    path=asked.CycleShopPath,
    returns={200: shops_responses.StatementView},
    refuses=(*CYCLE, "unknown-shop"),
)
async def city_statement(call: TypedRequest[None, Services, None, asked.CycleShopPath]) -> TypedResponse:
    """A shop's statement of a cycle, payment by payment."""
    found = await call.services.city.settlements.statement(
        call.staff.municipality, call.path.starts_on, call.path.shop_id
    )
    return TypedResponse(200, shops_responses.StatementView.of(found))


@api.get(
    "/v1/city/settlements/{starts_on}/shops/{shop_id}/csv",
    tag="settlement",
    caller=STAFF,
    action=Action.SEE,
    path=asked.CycleShopPath,
    returns={200: "text/csv"},
    refuses=(*CYCLE, "unknown-shop"),
)
async def city_statement_csv(call: TypedRequest[None, Services, None, asked.CycleShopPath]) -> TypedResponse:
    """A shop's statement for Excel."""
    found = await call.services.city.settlements.statement(
        call.staff.municipality, call.path.starts_on, call.path.shop_id
    )
    name = f"statement-{call.path.shop_id}-{call.path.starts_on}.csv"
    return TypedResponse(200, Content(statement_csv(found), CSV), attachment(name))


@api.get(
    "/v1/city/settlements/{starts_on}/shops/{shop_id}/pdf",
    tag="settlement",
    caller=STAFF,
    action=Action.SEE,
    path=asked.CycleShopPath,
    returns={200: PDF},
    refuses=(*CYCLE, "unknown-shop"),
)
async def city_statement_pdf(call: TypedRequest[None, Services, None, asked.CycleShopPath]) -> TypedResponse:
    """A shop's statement to print and to send."""
    code, shop_id = call.staff.municipality, call.path.shop_id
    found = await call.services.city.settlements.statement(code, call.path.starts_on, shop_id)
    data = await asyncio.to_thread(statement_pdf, found, require_municipality(code).name)
    return TypedResponse(
        200, Content(data, PDF), attachment(f"statement-{shop_id}-{call.path.starts_on}.pdf")
    )


def _entry(body: asked.ShopChanged) -> ShopEntry:
    return ShopEntry(
        name=body.name,
        name_kana=body.name_kana,
        category=body.category,
        address=body.address,
        phone=body.phone,
    )
