"""What a shop is told of a change of its account, and its answer; and the city's list of both."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import StringConstraints
from sqlalchemy import Connection

from gateway.api.city.fields import ShopId
from gateway.api.city.staff_request import StaffRequest
from gateway.api.fields import View
from gateway.cities.shops import account_notices
from gateway.cities.shops.account_notices import AccountNotice, NoticeState
from gateway.http.authentication import AuthLevel
from gateway.http.inputs import Strict
from gateway.http.routing import Api, TypedResponse
from gateway.platform.roles import Action

api = Api()
STAFF: Final = AuthLevel.STAFF


class NoticePath(Strict):
    notice_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


class NoticeAnswer(Strict):
    answer: Literal["confirmed", "disputed"]


class NoticesQuery(Strict):
    shop_id: ShopId | None = None
    state: Literal["waiting", "confirmed", "disputed"] | None = None


class AccountNoticeView(View):
    """Accounts are masked; `account_before` is empty for a first one.

    `stops_payment`: the shop objected after it took effect, so it is paid nothing until two persons decide anew.
    """

    notice_id: str
    shop_id: str
    account_before: str
    account: str
    decided_at: datetime
    state: str
    answered_at: datetime | None
    stops_payment: bool

    @classmethod
    def of(cls, notice: AccountNotice) -> AccountNoticeView:
        return cls(**{name: getattr(notice, name) for name in cls.model_fields})


class AccountNoticeList(View):
    notices: list[AccountNoticeView]

    @classmethod
    def of(cls, notices: list[AccountNotice]) -> AccountNoticeList:
        return cls(notices=[AccountNoticeView.of(notice) for notice in notices])


@api.get(
    "/v1/shop/account-notices",
    tag="counter",
    caller=STAFF,
    action=Action.SEE_SHOP_BOOKS,
    returns={200: AccountNoticeList},
)
async def list_own_notices(call: StaffRequest) -> TypedResponse:
    """What the city has changed of the account to which this shop is paid, newest first."""
    code, shop_id = call.staff.municipality, call.staff.own_shop

    def job(conn: Connection) -> list[AccountNotice]:
        return account_notices.list_by_city(conn, code, shop_id=shop_id)

    return TypedResponse(200, AccountNoticeList.of(await call.services.store.read(job)))


@api.post(
    "/v1/shop/account-notices/{notice_id}/answer",
    tag="counter",
    caller=STAFF,
    action=Action.KEEP_OWN_SHOP,
    path=NoticePath,
    body=NoticeAnswer,
    returns={200: AccountNoticeView},
    refuses=("unknown-notice", "notice-answered"),
)
async def answer_notice(call: StaffRequest[NoticeAnswer, None, NoticePath]) -> TypedResponse:
    """Confirm a change, or object to it: then it does not take effect, or nothing more is paid to it."""
    notice = await call.services.city.shops.answer_notice(
        call.staff, call.path.notice_id, NoticeState(call.body.answer)
    )
    return TypedResponse(200, AccountNoticeView.of(notice))


@api.get(
    "/v1/city/account-notices",
    tag="shops",
    caller=STAFF,
    action=Action.SEE_PROPOSALS,
    query=NoticesQuery,
    returns={200: AccountNoticeList},
)
async def list_account_notices(call: StaffRequest[None, NoticesQuery]) -> TypedResponse:
    """What shops were told of their accounts and what they said, the newest 200."""
    code, query = call.staff.municipality, call.query
    states = [NoticeState(query.state)] if query.state else None

    def job(conn: Connection) -> list[AccountNotice]:
        return account_notices.list_by_city(conn, code, shop_id=query.shop_id, states=states)

    return TypedResponse(200, AccountNoticeList.of(await call.services.store.read(job)))
