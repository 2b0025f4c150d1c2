"""The member's side of the sandbox, and the whole of it put together: sign in, consent, see and end links."""

from __future__ import annotations

import sqlite3
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
from gateway_saison.sandbox import consents, members
from gateway_saison.sandbox.api import MerchantApi
from gateway_saison.sandbox.consents import Consent

_ANSWERS = frozenset({FaultKind.WRONG_ID})
_LIES = _ANSWERS | {FaultKind.CONTRADICTION}
OPERATIONS = {
    "hello": frozenset[FaultKind](),
    "authorize": _ANSWERS,
    "page": frozenset[FaultKind](),
    "return": _ANSWERS,
    "balances": _ANSWERS,
    "capture": _LIES | {FaultKind.LATE},
    "find": _LIES,
    "cancel": _LIES,
    "list": frozenset[FaultKind](),
}
_MAX_MISSES = 5


def make_server(options: SandboxOptions) -> SandboxServer:
    book = Book(options.book, members.SCHEMA + consents.SCHEMA)
    doors = Doors(Faults(), ("orderId", "requestId"))
    book.submit(lambda db: members.move_in(db, members.SAMPLES + members.crowd(options.crowd))).result()
    app = make_app(book, doors, Signed(options.merchant_id, options.key, options.clock), options.clock)
    return SandboxServer(app, book, doors, operations=OPERATIONS, port=options.port, control=options.control)


def make_app(book: Book, doors: Doors, signed: Signed, clock: Clock) -> web.Application:
    """The site on a book that has the tables of `members.SCHEMA` and `consents.SCHEMA`."""
    api = MerchantApi(book, doors, signed, clock)
    pages = Pages(
        "gateway_saison.sandbox",
        "saison_sandbox",
        clock,
        site_ja="セゾン（練習）",
        site_en="Saison (practice)",
        brand="#00539f",
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
            web.get("/connect", self.connect),
            web.post("/login", self.login),
            web.post("/consent", self.consent),
            web.post("/unlink", self.unlink),
            web.post("/logout", self.logout),
        ]

    @operation("page")
    async def account(self, request: web.Request) -> web.Response:
        visit = self._pages.visit(request)
        if not visit.holder:
            return self._login_page(visit, "")

        def read(db: sqlite3.Connection) -> dict[str, Any]:
            return {
                "member": members.member(db, visit.holder),
                "held": debits.balances(db, visit.holder),
                "links": members.links_of(db, visit.holder),
            }

        return self._pages.page(visit, "account.html", **await self._book.run(read))

    @operation("page")
    async def connect(self, request: web.Request) -> web.Response:
        visit, handle = self._pages.visit(request), request.query.get("request", "")
        consent = await self._waiting(handle)
        if consent is None:
            return self._gone(visit)
        if not visit.holder:
            return self._login_page(visit, handle, consent)

        def read(db: sqlite3.Connection) -> dict[str, Any]:
            return {"member": members.member(db, visit.holder), "held": debits.balances(db, visit.holder)}

        return self._pages.page(visit, "consent.html", consent=consent, **await self._book.run(read))

    @operation("page")
    async def login(self, request: web.Request) -> web.Response:
        visit = self._pages.visit(request)
        sent = await self._pages.form(request, visit)
        if sent is None:
            return self._foreign(visit)
        handle = sent.get("request", "")
        consent = await self._waiting(handle) if handle else None
        if handle and consent is None:
            return self._gone(visit)
        if visit.misses >= _MAX_MISSES:
            return self._pages.problem(
                visit,
                429,
                "続けて間違えたため、しばらく入力できません。10分ほどおいてからやり直してください。",
                "Too many wrong entries. Wait ten minutes and try again.",
            )
        number, password = sent.get("number", "").strip(), sent.get("password", "")
        member = await self._book.run(lambda db: members.sign_in(db, number, password))
        if member is None:
            visit.misses += 1
            return self._login_page(visit, handle, consent, wrong=True)
        visit = self._pages.renew(visit, member.number)
        return self._see_other(visit, f"/connect?request={handle}" if handle else "/")

    @operation("page")
    async def consent(self, request: web.Request) -> web.Response:
        visit = self._pages.visit(request)
        sent = await self._pages.form(request, visit)
        if sent is None:
            return self._foreign(visit)
        consent = await self._waiting(sent.get("request", ""))
        if consent is None:
            return self._gone(visit)
        decision = sent.get("decision")
        if not visit.holder or decision not in {"agree", "decline"}:
            return self._see_other(visit, f"/connect?request={consent.handle}")
        agreed = decision == "agree"
        where = await self._book.run(lambda db: consents.decide(db, consent, visit.holder, agreed=agreed))
        # The browser leaves for the merchant: whoever sits here next must not find this member signed in.
        return self._see_other(self._pages.renew(visit, ""), where)

    @operation("page")
    async def unlink(self, request: web.Request) -> web.Response:
        visit = self._pages.visit(request)
        if await self._pages.form(request, visit) is None:
            return self._foreign(visit)
        if visit.holder:
            await self._book.run(lambda db: members.end_links(db, visit.holder))
        return self._see_other(visit, "/")

    @operation("page")
    async def logout(self, request: web.Request) -> web.Response:
        visit = self._pages.visit(request)
        if await self._pages.form(request, visit) is None:
            return self._foreign(visit)
        return self._see_other(self._pages.renew(visit, ""), "/")

    async def _waiting(self, handle: str) -> Consent | None:
        now = self._clock()
        return await self._book.run(lambda db: consents.by_handle(db, handle, now))

    def _login_page(
        self, visit: Visit, handle: str, consent: Consent | None = None, *, wrong: bool = False
    ) -> web.Response:
        return self._pages.page(
            visit,
            "login.html",
            status=401 if wrong else 200,
            handle=handle,
            consent=consent,
            wrong=wrong,
            samples=members.SAMPLES,
        )

    def _gone(self, visit: Visit) -> web.Response:
        return self._pages.problem(
            visit,
            410,
            "このお手続きは期限切れか、すでに終わっています。元のサイトからやり直してください。",
            "This request has expired or is already finished. Start again at the site you came from.",
        )

    def _foreign(self, visit: Visit) -> web.Response:
        return self._pages.problem(
            visit,
            403,
            "画面の有効期限が切れました。前の画面を読み込み直してからやり直してください。",
            "This form has expired. Reload the page before it and try again.",
        )

    def _see_other(self, visit: Visit, where: str) -> web.Response:
        return self._pages.see_other(visit, where)
