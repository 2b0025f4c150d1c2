"""The member's side of the sandbox, and the whole of it put together: sign in, turn miles into coupon codes."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from typing import Any

from aiohttp import web

from gateway.plugin_interfaces import Clock
from gateway.testkit.sandbox import (
    Book,
    Doors,
    FaultKind,
    Faults,
    Pages,
    SandboxServer,
    Signed,
    Visit,
    debits,
    operation,
)
from gateway.testkit.sandbox.cli import SandboxOptions
from gateway_airline_miles.codes import shown
from gateway_airline_miles.rates import MILES_PER_UNIT
from gateway_airline_miles.sandbox import coupons
from gateway_airline_miles.sandbox.api import MerchantApi
from gateway_airline_miles.sandbox.coupons import MILES, SampleCoupon

_LIES = frozenset({FaultKind.WRONG_ID, FaultKind.CONTRADICTION})
OPERATIONS = {
    "hello": frozenset[FaultKind](),
    "page": frozenset[FaultKind](),
    "value": frozenset({FaultKind.WRONG_ID}),
    "redeem": _LIES | {FaultKind.LATE},
    "find": _LIES,
    "list": frozenset[FaultKind](),
}
SAMPLE_COUPONS = (
    SampleCoupon(code="SAMPLE5000M1LE0A", miles=5_000),
    SampleCoupon(code="SAMPLE1000M1LE0M", miles=1_000),
    SampleCoupon(code="SAMPLEEXP1RED00Z", miles=5_000, good_for=timedelta(days=-1)),
)
_MAX_MISSES = 5


def make_server(options: SandboxOptions) -> SandboxServer:
    book = Book(options.book, coupons.SCHEMA)
    doors = Doors(Faults(), ("orderId", "requestId"))
    now = options.clock()
    book.submit(lambda db: coupons.move_in(db, coupons.SAMPLES, SAMPLE_COUPONS, now)).result()
    app = make_app(book, doors, Signed(options.merchant_id, options.key, options.clock), options.clock)
    return SandboxServer(app, book, doors, operations=OPERATIONS, port=options.port, control=options.control)


def make_app(book: Book, doors: Doors, signed: Signed, clock: Clock) -> web.Application:
    """The site on a book that has the tables of `coupons.SCHEMA`."""
    api = MerchantApi(book, doors, signed, clock)
    pages = Pages(
        "gateway_airline_miles.sandbox",
        "airline_sandbox",
        clock,
        site_ja="サンプル航空（練習）",
        site_en="Sample Airline (practice)",
        brand="#7a1f5c",
    )
    app = web.Application(middlewares=[doors.middleware(), api.answers], client_max_size=64 * 1024)
    app.add_routes(api.routes() + pages.routes() + MemberSite(book, pages, clock).routes())
    return app


class MemberSite:
    def __init__(self, book: Book, pages: Pages, clock: Clock) -> None:
        self._book, self._pages, self._clock = book, pages, clock

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self.account),
            web.post("/login", self.login),
            web.post("/coupons", self.issue),
            web.post("/logout", self.logout),
        ]

    @operation("page")
    async def account(self, request: web.Request) -> web.Response:
        visit = self._pages.visit(request)
        return await self._account_page(visit) if visit.holder else self._login_page(visit)

    @operation("page")
    async def login(self, request: web.Request) -> web.Response:
        visit = self._pages.visit(request)
        sent = await self._pages.form(request, visit)
        if sent is None:
            return self._foreign(visit)
        if visit.misses >= _MAX_MISSES:
            return self._pages.problem(
                visit,
                429,
                "続けて間違えたため、しばらく入力できません。10分ほどおいてからやり直してください。",
                "Too many wrong entries. Wait ten minutes and try again.",
            )
        number, password = sent.get("number", "").strip(), sent.get("password", "")
        holder = await self._book.run(lambda db: coupons.sign_in(db, number, password))
        if not holder:
            visit.misses += 1
            return self._login_page(visit, wrong=True)
        return self._pages.see_other(self._pages.renew(visit, holder), "/")

    @operation("page")
    async def issue(self, request: web.Request) -> web.Response:
        visit = self._pages.visit(request)
        sent = await self._pages.form(request, visit)
        if sent is None or not visit.holder:
            return self._foreign(visit)
        typed = sent.get("miles", "").strip()
        miles = int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 9 else 0
        if not miles or miles % MILES_PER_UNIT:
            return await self._account_page(
                visit,
                wrong_ja="100マイル単位の数字を入力してください。",
                wrong_en="Enter a multiple of 100 miles.",
            )
        now = self._clock()
        code = await self._book.run(lambda db: coupons.issue(db, visit.holder, miles, now))
        if code is None:
            return await self._account_page(
                visit, wrong_ja="マイルが足りません。", wrong_en="You do not have that many miles."
            )
        # Sent on before it is shown, so that loading the page again does not issue another coupon.
        visit.notes["code"] = shown(code)
        return self._pages.see_other(visit, "/")

    @operation("page")
    async def logout(self, request: web.Request) -> web.Response:
        visit = self._pages.visit(request)
        if await self._pages.form(request, visit) is None:
            return self._foreign(visit)
        return self._pages.see_other(self._pages.renew(visit, ""), "/")

    async def _account_page(self, visit: Visit, wrong_ja: str = "", wrong_en: str = "") -> web.Response:
        now = self._clock()

        def read(db: sqlite3.Connection) -> dict[str, Any]:
            return {
                "name": coupons.name_of(db, visit.holder),
                "miles": debits.balances(db, visit.holder)[MILES],
                "coupons": [(it, it.reason_against(now)) for it in coupons.coupons_of(db, visit.holder)],
            }

        code = visit.notes.pop("code", "")
        status = 422 if wrong_ja else 200
        shown_values = await self._book.run(read)
        return self._pages.page(
            visit,
            "account.html",
            status=status,
            code=code,
            wrong_ja=wrong_ja,
            wrong_en=wrong_en,
            **shown_values,
        )

    def _login_page(self, visit: Visit, *, wrong: bool = False) -> web.Response:
        return self._pages.page(
            visit, "login.html", status=401 if wrong else 200, wrong=wrong, samples=coupons.SAMPLES
        )

    def _foreign(self, visit: Visit) -> web.Response:
        return self._pages.problem(
            visit,
            403,
            "画面の有効期限が切れました。前の画面を読み込み直してからやり直してください。",
            "This form has expired. Reload the page before it and try again.",
        )
