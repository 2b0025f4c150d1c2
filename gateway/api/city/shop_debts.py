"""What closed shops owe, and how it ends: repaid, or written off by two persons."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final, Literal

from sqlalchemy import Connection

from gateway.api.city.fields import CyclePath, Reason, ShopId
from gateway.api.city.proposal_fields import PROPOSING, ProposalView
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import View
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.settlement import shop_debts
from gateway.cities.settlement.shop_debts import DebtEnd, EndedDebt, ShopDebt
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedResponse
from gateway.platform.roles import Action

api = Api()
STAFF: Final = AuthLevel.STAFF


class DebtEndWanted(Strict):
    """`repaid`: the shop has paid the money back. `written_off`: the city gives it up."""

    shop_id: ShopId
    debt_end: Literal["repaid", "written_off"]
    reason: Reason


class ShopDebtView(View):
    shop_id: str
    shop_name: str
    closed_at: datetime
    points: int
    yen: int

    @classmethod
    def of(cls, debt: ShopDebt) -> ShopDebtView:
        return cls(**{name: getattr(debt, name) for name in cls.model_fields})


class EndedDebtView(View):
    """`carried_in` is the first day of the cycle that has taken it up; null until that is closed."""

    shop_id: str
    shop_name: str
    debt_end: str
    points: int
    yen: int
    reason: str
    recorded_by: str
    recorded_at: datetime
    carried_in: date | None

    @classmethod
    def of(cls, debt: EndedDebt) -> EndedDebtView:
        plain = {name: getattr(debt, name) for name in cls.model_fields if name != "debt_end"}
        return cls(**plain, debt_end=debt.end.value)


class ShopDebts(View):
    """`owing` is what closed shops owe now, `ended` what they owed before, newest first."""

    owing: list[ShopDebtView]
    ended: list[EndedDebtView]


class CycleDebts(View):
    ended: list[EndedDebtView]


class DebtEnded(View):
    shop_id: str
    debt_end: str
    points: int
    yen: int


@api.get(
    "/v1/city/shop-debts",
    tag="settlement",
    caller=STAFF,
    action=Action.SEE,
    returns={200: ShopDebts},
)
async def list_shop_debts(call: StaffRequest) -> TypedResponse:
    """Closed shops that owe after their newest closing, and how earlier debts ended."""
    code = call.staff.municipality

    def job(conn: Connection) -> ShopDebts:
        return ShopDebts(
            owing=[ShopDebtView.of(debt) for debt in shop_debts.list_owing(conn, code)],
            ended=[EndedDebtView.of(debt) for debt in shop_debts.list_ended(conn, code)],
        )

    return TypedResponse(200, await call.services.store.read(job))


@api.post(
    "/v1/city/shop-debts",
    tag="settlement",
    caller=STAFF,
    action=Action.SETTLE,
    body=DebtEndWanted,
    returns={202: ProposalView, 201: DebtEnded},
    refuses=("unknown-shop", "no-debt", "reason-missing", *PROPOSING),
)
async def end_shop_debt(call: StaffRequest[DebtEndWanted]) -> TypedResponse:
    """Propose that a closed shop's whole debt was repaid, or is written off; a second person decides it (202)."""
    body = call.body
    done = await call.services.city.settlements.end_shop_debt(
        call.staff, body.shop_id, DebtEnd(body.debt_end), body.reason
    )
    if isinstance(done, Proposal):
        return TypedResponse(202, ProposalView.of(done))
    return TypedResponse(
        201, DebtEnded(shop_id=done.shop_id, debt_end=done.end.value, points=done.points, yen=done.yen)
    )


@api.get(
    "/v1/city/settlements/{starts_on}/shop-debts",
    tag="settlement",
    caller=STAFF,
    action=Action.SEE,
    path=CyclePath,
    returns={200: CycleDebts},
)
async def list_cycle_debts(call: StaffRequest[None, None, CyclePath]) -> TypedResponse:
    """Debts of closed shops that a cycle's closing has taken up: what it brought forward is even by them."""
    code, starts_on = call.staff.municipality, call.path.starts_on
    ended = await call.services.store.read(lambda conn: shop_debts.list_ended(conn, code, starts_on))
    return TypedResponse(200, CycleDebts(ended=[EndedDebtView.of(debt) for debt in ended]))
