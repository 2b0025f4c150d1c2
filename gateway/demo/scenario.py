"""The main story, played over HTTP against real processes; every number is checked and printed.

The steps are those of Kasama city's guide: points of a credit card become reserve points, then municipal
points; a campaign pays extra until midnight; coupons, events and the 14-day move follow.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import unescape
from re import search
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from rich.console import Console

from gateway.client import SignedClient
from gateway.demo.browser import Browser
from gateway.demo.environment import MEMBERS, RETURN_URL, DemoEnvironment, SampleMember
from gateway.model import JST

KASAMA: Final = {"municipality": "082163", "point_service": "kasama-ouen"}
TO_RESERVE: Final = {"kind": "reserve"}
TO_KASAMA: Final = {"kind": "municipality", **KASAMA}
LAST_MINUTE: Final = datetime(2018, 7, 31, 23, 59, tzinfo=JST)
MIDNIGHT: Final = datetime(2018, 8, 1, 0, 0, tzinfo=JST)
EVENT: Final = "himatsuri-2018"

TARO, HANAKO, JIRO = MEMBERS
AT_SAISON: Final = {
    TARO.name: ("1001-0001", "sample-taro"),
    HANAKO.name: ("1001-0002", "sample-hanako"),
    JIRO.name: ("1001-0003", "sample-jiro"),
}
AT_AIRLINE: Final = ("90010001", "sample-taro")


class StoryBroken(Exception):
    """A step did not give what it should."""


@dataclass(slots=True)
class Narrator:
    """Prints each step with its numbers, and stops the story where one does not hold."""

    out: Console

    def chapter(self, title: str) -> None:
        self.out.print(f"\n[bold]{title}[/]")

    def expect(self, what: str, found: object, wanted: object) -> None:
        if found != wanted:
            raise StoryBroken(f"{what}: {found!r} instead of {wanted!r}")
        self.out.print(f"  [green]✓[/] {what}: {found}")


@dataclass(slots=True)
class SignedIn:
    """A member at the portal: the calls that the portal makes for them."""

    portal: SignedClient
    token: str

    async def get(self, path: str, **params: str) -> Any:
        return await self._call("GET", path, 200, params=params)

    async def post(self, path: str, body: object, status: int = 200) -> Any:
        return await self._call("POST", path, status, json=body)

    async def put(self, path: str, body: object) -> Any:
        return await self._call("PUT", path, 200, json=body)

    async def _call(self, method: str, path: str, status: int, **options: Any) -> Any:
        answer = await self.portal.request(method, path, session_token=self.token, **options)
        async with answer:
            answer_body = await answer.json()
            if answer.status != status:
                raise StoryBroken(f"{method} {path}: {answer.status} instead of {status}: {answer_body}")
            return answer_body

    async def points(self, **where: str) -> int:
        """Available municipal points of one point service, or the reserve's without `where`."""
        balances = await self.get("/v1/balances")
        if not where:
            return int(balances["reserve"]["available"])
        return next(
            (one["balance"]["available"] for one in balances["municipal"] if where.items() <= one.items()), 0
        )


async def play(town: DemoEnvironment, out: Console) -> None:
    """All chapters, in order. Raises StoryBroken at the first number that does not hold."""
    tell = Narrator(out)
    async with town.portal() as portal:
        await _link_and_reserve(town, portal, tell)
        await _campaign(town, portal, tell)
        await _coupon(town, portal, tell)
        await _event_and_fourteen_days(town, portal, tell)
        await _books(town, tell)


async def one_exchange(town: DemoEnvironment) -> str | None:
    """One sample member links セゾン and exchanges two units (口), so that the partner's month has something to show.

    Returns the MyKey ID; None where that was done before in this folder.
    """
    tell = Narrator(Console(quiet=True))
    async with town.portal() as portal:
        jiro = await sign_in_as(town, portal, JIRO)
        if (await jiro.get("/v1/exchanges"))["exchanges"]:
            return None
        await exchange_at(jiro, await link_at(jiro, JIRO, tell), TO_KASAMA, 2)
    return town.mykey_ids[JIRO.name]


# --- chapters ----------------------------------------------------------------------------------------------------------


async def _link_and_reserve(town: DemoEnvironment, portal: SignedClient, tell: Narrator) -> None:
    tell.chapter("1  A member signs in, chooses セゾン, consents there, and comes back")
    taro = await sign_in_as(town, portal, TARO)
    partners = (await taro.get("/v1/partners"))["partners"]
    tell.expect(
        "partners", sorted(partner["partner_id"] for partner in partners), ["airline_miles", "saison"]
    )
    exchange = await link_at(taro, TARO, tell)

    tell.chapter("2  2口 to 留保ポイント, then allocate to 笠間市")
    exchange = await exchange_at(taro, exchange, TO_RESERVE, 2)
    tell.expect("quoted", exchange["quote"]["points"], 900)
    tell.expect("state", exchange["state"], "settled")
    tell.expect("reserve", await taro.points(), 900)
    history = (await taro.get("/v1/history/reserve"))["lines"]
    line = history[0]
    tell.expect("history", (line["kind"], line["points"], line["balance"]), ("exchange", 900, 900))
    tell.expect("reference that the partner knows", line["reference"], exchange["reference"])
    allocation = {"allocation_id": str(uuid.uuid4()), "points": 900, **KASAMA}
    await taro.post("/v1/allocations", allocation, 201)
    await taro.post("/v1/allocations", allocation, 200)
    tell.expect("笠間応援ポイント", await taro.points(**KASAMA), 900)
    tell.expect("reserve", await taro.points(), 0)


async def _campaign(town: DemoEnvironment, portal: SignedClient, tell: Narrator) -> None:
    tell.chapter("3  Directly to 笠間市: the campaign until midnight, and the wallet")
    town.set_clock(LAST_MINUTE)
    taro = await sign_in_as(town, portal, TARO)
    before = await taro.points(**KASAMA)
    exchange = await exchange_at(taro, await start_at(taro), TO_KASAMA, 2)
    tell.expect("at 23:59, points", exchange["points"], 1_100)
    tell.expect("of which the campaign's funder pays", exchange["quote"]["campaign_points"], 200)
    tell.expect("笠間応援ポイント", await taro.points(**KASAMA) - before, 1_100)
    lines = (await taro.get("/v1/history/municipal/082163/kasama-ouen", limit="2"))["lines"]
    moves = sorted((line["kind"], line["points"]) for line in lines)
    tell.expect("history", moves, [("campaign", 200), ("exchange", 900)])

    hanako = await sign_in_as(town, portal, HANAKO)
    exchange = await exchange_at(hanako, await link_at(hanako, HANAKO, tell), TO_KASAMA, 2)
    tell.expect("a wallet of 450 is drawn first", _drawn(exchange), [("wallet", 1, 450), ("eikyu", 1, 550)])
    jiro = await sign_in_as(town, portal, JIRO)
    exchange = await exchange_at(jiro, await link_at(jiro, JIRO, tell), TO_KASAMA, 2)
    tell.expect("one of 449 is left alone", _drawn(exchange), [("eikyu", 2, 1_100)])

    closed = {
        "destination": {"kind": "municipality", "municipality": "082015", "point_service": "mito-ouen"},
        "units": 1,
    }
    started = await start_at(jiro)
    problem = await jiro.post(f"/v1/exchanges/{started['exchange_id']}/quote", closed, 409)
    tell.expect(
        "水戸市 directly is refused", problem["type"].rsplit("/", 1)[-1], "not-open-for-direct-exchange"
    )
    tell.expect("with the way that works", "各自治体ポイントへの移行" in problem["detail"], True)

    town.set_clock(MIDNIGHT)
    taro = await sign_in_as(town, portal, TARO)
    exchange = await exchange_at(taro, await start_at(taro), TO_KASAMA, 2)
    tell.expect("at 00:00, points", (exchange["points"], exchange["quote"]["campaign_points"]), (900, 0))


async def _coupon(town: DemoEnvironment, portal: SignedClient, tell: Narrator) -> None:
    tell.chapter("4  A coupon of the airline")
    code = await _buy_coupon(town, "3000")
    taro = await sign_in_as(town, portal, TARO)
    wanted = {"exchange_id": str(uuid.uuid4()), "partner_id": "airline_miles", "coupon_code": code}
    exchange = await taro.post("/v1/exchanges", wanted, 201)
    tell.expect("the coupon is worth", exchange["coupon_value"], {"miles": 3_000})
    exchange = await exchange_at(taro, exchange, TO_RESERVE, None)
    tell.expect("settled", (exchange["state"], exchange["points"]), ("settled", 3_000))
    again = wanted | {"exchange_id": str(uuid.uuid4())}
    problem = await taro.post("/v1/exchanges", again, 409)
    tell.expect("the same code again: we say", problem["type"].rsplit("/", 1)[-1], "coupon-already-used")
    other_spelling = again | {"exchange_id": str(uuid.uuid4()), "coupon_code": code.replace("-", "").lower()}
    problem = await taro.post("/v1/exchanges", other_spelling, 409)
    problem_words = (problem["type"].rsplit("/", 1)[-1], problem.get("reason"))
    tell.expect("spelled otherwise: the partner says", problem_words, ("coupon-refused", "used"))


async def _event_and_fourteen_days(town: DemoEnvironment, portal: SignedClient, tell: Narrator) -> None:
    tell.chapter("5  Reserve to an event; what is left moves by itself after 14 days")
    taro = await sign_in_as(town, portal, TARO)
    gift = {"contribution_id": str(uuid.uuid4()), "points": 1_000, "event_id": EVENT}
    await taro.post("/v1/contributions", gift, 201)
    events = (await taro.get("/v1/balances"))["events"]
    tell.expect(
        "event points",
        [(event["event_id"], event["balance"]["points"]) for event in events],
        [(EVENT, 1_000)],
    )
    tell.expect("reserve left", await taro.points(), 2_000)
    await taro.put("/v1/me/default-municipality", KASAMA)
    before = await taro.points(**KASAMA)

    town.set_clock(MIDNIGHT + timedelta(days=13, hours=23))
    code, printed = await town.run("nightly")
    tell.expect("after 13 days the nightly work moves", (code, '"points": 0' in printed), (0, True))
    town.set_clock(MIDNIGHT + timedelta(days=14))
    code, printed = await town.run("nightly")
    taro = await sign_in_as(town, portal, TARO)
    tell.expect("after 14 days, exit code", code, 0)
    tell.expect("reserve", await taro.points(), 0)
    tell.expect("to the 基本自治体", await taro.points(**KASAMA) - before, 2_000)

    tell.chapter("6  Balances and histories, a page at a time")
    for path in ("reserve", "municipal/082163/kasama-ouen", f"events/{EVENT}"):
        lines = [line async for line in _pages(taro, f"/v1/history/{path}")]
        tell.expect(f"{path}: lines, and a running balance that fits", *_running(lines))


async def _books(town: DemoEnvironment, tell: Narrator) -> None:
    tell.chapter("7  The ledger, read again from its first move")
    code, printed = await town.run("ledger verify")
    tell.expect(printed.strip().splitlines()[-1] if printed.strip() else "ledger verify", code, 0)


# --- parts ---------------------------------------------------------------------------------------------------------------


async def sign_in_as(town: DemoEnvironment, portal: SignedClient, who: SampleMember) -> SignedIn:
    body = {"mykey_id": town.mykey_ids[who.name], "password": who.password}
    async with await portal.post("/v1/sessions", json=body) as answer:
        answer_body = await answer.json()
        if answer.status != 201:
            raise StoryBroken(f"{who.name} cannot sign in: {answer_body}")
        return SignedIn(portal, answer_body["token"])


async def start_at(member: SignedIn) -> Any:
    body = {"exchange_id": str(uuid.uuid4()), "partner_id": "saison", "return_url": RETURN_URL}
    return await member.post("/v1/exchanges", body, 201)


async def link_at(member: SignedIn, who: SampleMember, tell: Narrator) -> Any:
    """Over to the partner's site and back, as the member's browser goes."""
    exchange = await start_at(member)
    number, password = AT_SAISON[who.name]
    async with Browser(stop_at=RETURN_URL) as browser:
        page = await browser.open(exchange["redirect_url"])
        page = await browser.submit(
            page, page.form_with("number", "password"), number=number, password=password
        )
        page = await browser.submit(page, page.form_with("decision"), decision="agree")
    if not page.location:
        raise StoryBroken(f"the partner's site does not send {who.name} back: {page.text[:300]}")
    came = {name: values[0] for name, values in parse_qs(urlsplit(page.location).query).items()}
    body = {"return_code": came["return_code"]}
    exchange = await member.post(f"/v1/exchanges/{came['exchange']}/return", body)
    tell.expect(f"{who.name} is linked as {exchange['link']['shown_as']}", exchange["state"], "ready")
    return exchange


async def exchange_at(
    member: SignedIn, exchange: Mapping[str, Any], destination: Mapping[str, str], units: int | None
) -> Any:
    """Quote and confirm; the confirm is sent twice, as impatient people do."""
    path = f"/v1/exchanges/{exchange['exchange_id']}"
    quoted = await member.post(f"{path}/quote", {"destination": destination, "units": units})
    body = {"quote_id": quoted["quote"]["quote_id"]}
    confirmed = await member.post(f"{path}/confirm", body)
    again = await member.post(f"{path}/confirm", body)
    if again["reference"] != confirmed["reference"]:
        raise StoryBroken(f"a second confirm made a second debit: {confirmed} {again}")
    return await member.get(path)


async def _buy_coupon(town: DemoEnvironment, miles: str) -> str:
    """Log in at the airline's site and turn miles into a coupon."""
    async with Browser(stop_at=RETURN_URL) as browser:
        page = await browser.open(town.airline_url)
        number, password = AT_AIRLINE
        page = await browser.submit(
            page, page.form_with("number", "password"), number=number, password=password
        )
        page = await browser.submit(page, page.form_with("miles"), miles=miles)
        match_ = search(r"\b([0-9A-Z]{4}(?:-[0-9A-Z]{4}){3})\b", unescape(page.text))
        if match_ is None:
            raise StoryBroken(f"the airline's site shows no coupon code: {page.text[:400]}")
        return match_[1]


def _drawn(exchange: Mapping[str, Any]) -> list[tuple[str, int, int]]:
    return [(line["wallet"], line["units"], line["points"]) for line in exchange["quote"]["lines"]]


async def _pages(member: SignedIn, path: str) -> AsyncIterator[dict[str, Any]]:
    """Every line of a history, two to a page."""
    more: dict[str, str] = {}
    while True:
        page = await member.get(path, limit="2", **more)
        for line in page["lines"]:
            yield line
        if page["next_before"] is None:
            return
        more = {"before": str(page["next_before"])}


def _running(lines: list[dict[str, Any]]) -> tuple[tuple[int, bool], tuple[int, bool]]:
    """(how many lines, whether each balance is the one before plus the points), found and wanted."""
    balance, fits = 0, True
    for line in reversed(lines):
        balance += line["points"]
        fits = fits and line["balance"] == balance
    return (len(lines), fits), (len(lines), bool(lines))
