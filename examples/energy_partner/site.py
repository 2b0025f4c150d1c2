"""The fake site of the energy company, over real HTTP: `python site.py --port 28082 --secret …`, or in a test."""

from __future__ import annotations

import argparse
import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from html import escape
from typing import Any
from urllib.parse import parse_qsl, urlencode

from aiohttp import web

CHARSET = "cp932"
TOKEN_LASTS = timedelta(seconds=300)
JST = timezone(timedelta(hours=9))


def now_in_japan() -> datetime:
    return datetime.now(JST)


@dataclass
class Site:
    """`next_code`: the result code of the next order, whatever happens to it. `later`: orders are decided by `decide`."""

    secret: str
    clock: Callable[[], datetime] = now_in_japan
    points: dict[str, int] = field(default_factory=lambda: {"C-0001": 150_000})
    names: dict[str, str] = field(default_factory=lambda: {"C-0001": "齋藤　髙志 様"})
    monthly_cap: int = 100_000
    used: dict[str, int] = field(default_factory=dict)
    orders: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: dict[str, datetime] = field(default_factory=dict)
    tickets: dict[str, tuple[str, str]] = field(default_factory=dict)
    next_code: str = ""
    later: bool = False
    half_file: bool = False

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/connect", self._connect)
        app.router.add_post("/connect", self._agree)
        app.router.add_post("/token", self._token)
        app.router.add_get("/days/{day}.csv", self._day)
        for path, answer in {
            "/hello": lambda _: {"code": "0000"},
            "/link": self._link,
            "/points": self._points,
            "/take": self._debit,
            "/find": self._find,
        }.items():
            app.router.add_post(path, self._signed_in(answer))
        return app

    def decide(self, order: str) -> None:
        """What was taken in is taken now."""
        entry = self.orders[order]
        self.points[entry["customer"]] -= int(entry["points"])
        entry["code"] = "0000"

    # --- the member's side --------------------------------------------------------------------------------------

    async def _connect(self, request: web.Request) -> web.Response:
        hidden = "".join(
            f'<input type="hidden" name="{name}" value="{escape(request.query.get(name, ""))}">'
            for name in ("visit", "return_url")
        )
        buttons = "".join(f'<button name="customer" value="{it}">{it}</button>' for it in self.points)
        page = f'<!doctype html><title>でんき（見本）</title><form method="post">{hidden}{buttons}</form>'
        return web.Response(text=page, content_type="text/html")

    async def _agree(self, request: web.Request) -> web.Response:
        sent = {name: str(value) for name, value in (await request.post()).items()}
        ticket = f"T{len(self.tickets) + 1}"
        self.tickets[ticket] = (sent["visit"], sent["customer"])
        joint = "&" if "?" in sent["return_url"] else "?"
        raise web.HTTPSeeOther(f"{sent['return_url']}{joint}{urlencode({'ticket': ticket})}")

    # --- the plugin's side --------------------------------------------------------------------------------------

    async def _token(self, request: web.Request) -> web.Response:
        if (await request.post()).get("client_secret") != self.secret:
            return web.Response(status=401)
        token = f"token-{len(self.tokens) + 1}"
        self.tokens[token] = self.clock() + TOKEN_LASTS
        return _xml({"token": token, "seconds": str(round(TOKEN_LASTS.total_seconds()))})

    def _is_signed_in(self, request: web.Request) -> bool:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return self.tokens.get(token, datetime.min.replace(tzinfo=JST)) > self.clock()

    def _signed_in(self, answer: Callable[[dict[str, str]], dict[str, str]]) -> Any:
        async def handle(request: web.Request) -> web.Response:
            if not self._is_signed_in(request):
                return _xml({"code": "9401"})
            body = (await request.read()).decode("ascii")
            return _xml(answer(dict(parse_qsl(body, encoding=CHARSET, errors="strict"))))

        return handle

    def _link(self, body: dict[str, str]) -> dict[str, str]:
        visit, customer = self.tickets.pop(body.get("ticket", ""), ("", ""))
        if not customer:
            return {"code": "1001"}
        return {"code": "0000", "visit": visit.upper(), "customer": customer, "name": self.names[customer]}

    def _points(self, body: dict[str, str]) -> dict[str, str]:
        customer = body["customer"]
        if customer not in self.points:
            return {"code": "1001"}
        return {
            "code": "0000",
            "customer": customer,
            "balance": str(self.points[customer]),
            "monthlyCap": str(self.monthly_cap),
            "usedThisMonth": str(self.used.get(customer, 0)),
        }

    def _debit(self, body: dict[str, str]) -> dict[str, str]:
        code, self.next_code = self.next_code, ""
        order, customer, points = body["order"], body["customer"], int(body["points"])
        known = self.orders.get(order)
        if known is not None and (known["customer"], known["points"]) != (customer, body["points"]):
            return {"code": "2009", "order": order.upper()}
        if known is None:
            if self.used.get(customer, 0) + points > self.monthly_cap:
                return {"code": "1003", "order": order.upper()}
            self.used[customer] = self.used.get(customer, 0) + points
            self.orders[order] = {
                "code": "0100",
                "customer": customer,
                "points": body["points"],
                "number": f"D{len(self.orders) + 1:06}",
                "takenAt": f"{self.clock():%Y%m%d%H%M%S}",
            }
            if not self.later:
                self.decide(order)
        told = self._find({"order": order})
        return told | ({"code": code} if code else {})

    def _find(self, body: dict[str, str]) -> dict[str, str]:
        entry = self.orders.get(body["order"])
        return {"code": "2004", "order": body["order"].upper()} | (entry or {})

    def state_of_a_row(self, order: dict[str, str]) -> str:
        """The word of an order in the file of the day."""
        return {"0000": "確定", "0100": "処理中"}.get(order["code"], "不成立")

    async def _day(self, request: web.Request) -> web.Response:
        if not self._is_signed_in(request):
            return web.Response(status=401)
        day, text = request.match_info["day"].replace("-", ""), io.StringIO(newline="")
        rows = [
            [
                order.upper(),
                *(it[name] for name in ("number", "customer", "points", "takenAt")),
                self.state_of_a_row(it),
            ]
            for order, it in self.orders.items()
            if it["takenAt"].startswith(day)
        ]
        csv.writer(text).writerows([*rows, ["END", str(len(rows))]])
        body = text.getvalue().encode(CHARSET)
        return web.Response(body=body[: len(body) // 2] if self.half_file else body, content_type="text/csv")


def _xml(fields: dict[str, str]) -> web.Response:
    inside = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in fields.items())
    text = f'<?xml version="1.0" encoding="Shift_JIS"?>\n<answer>{inside}</answer>'
    return web.Response(body=text.encode(CHARSET), content_type="application/xml")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=28082)
    parser.add_argument("--secret", required=True)
    options = parser.parse_args()
    web.run_app(Site(options.secret).app(), host="127.0.0.1", port=options.port)
