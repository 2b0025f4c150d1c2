"""Every writing operation of members, and of staff for their own account and at a till: sent ten times at once and once
more, it has the effect of one.

Each request has a member, or a person of a shop, of its own, for whom what it names was made ready: a linked partner, a
quote, a code to be paid by. So whatever ends a session or an account ends no other request's.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp import ClientSession
from yarl import URL

from core_ledger import Transfer, chart, ledger
from gateway.api.city.routes import api as city_api
from gateway.app import whole_api
from gateway.cities.staff import staff_rows
from gateway.http.authentication import AuthLevel
from gateway.platform.roles import Role
from gateway.points import support_events
from gateway.points.support_events import SupportEvent

from .conftest import KASAMA, NOON, OUEN, PASSWORD, PORTAL, Site, give, new_id, totp_at
from .test_every_write import OWN_ACCOUNT, fired, furnished

PARTNER: Final = """
from datetime import timedelta
from pathlib import Path
from gateway import *
from gateway import hookimpl

POINTS, TEXT = WalletId("points"), Label("どんぐり", "Acorn")

class Plugin:
    def __init__(self, setup):
        self.setup = setup

    @hookimpl
    def partner_profile(self):
        return PartnerProfile(
            id="acorn", name=TEXT, kind=PartnerKind.OTHER, link=LinkKind.ACCOUNT, points_name=TEXT,
            wallets=(Wallet(id=POINTS, name=TEXT),), hosts=("acorn.example",),
            arrives_within=timedelta(days=1), debits_may_hide_for=timedelta(0), terms=TEXT, proves=set(),
        )

    @hookimpl
    async def check_connection(self):
        return None

    @hookimpl
    async def rate_table(self, at):
        rate = Rate(wallet=POINTS, destinations=frozenset(DestinationKind), cost_per_unit=100, points_per_unit=450,
                    source="the guide", sample=False)
        return RateTable(rates=(rate,))

    @hookimpl
    async def begin_handoff(self, request):
        return Handoff(url="https://acorn.example/consent?to=" + request.return_url, keep={})

    @hookimpl
    async def complete_handoff(self, returned):
        return LinkedAccount(service_id=returned.exchange_id, shown_as="サイトウ 様", token=Secret("t"))

    @hookimpl
    async def balances(self, account):
        return Balances(available={POINTS: 1000}, as_of=self.setup.clock())

    @hookimpl
    async def debit(self, order):
        with Path(self.setup.settings.text("orders")).open("a") as orders:
            orders.write(order.exchange_id + "\\n")
        return Debited(exchange_id=order.exchange_id, reference="R-" + order.exchange_id, at=order.at)

    @hookimpl
    async def find_debit(self, exchange_id):
        return NoRecord(exchange_id=exchange_id)
"""
OF_MEMBERS: Final = sorted(
    (route for route in whole_api().routes if route.caller is AuthLevel.MEMBER and route.method != "GET"),
    key=lambda route: (route.method, route.template),
)
OF_STAFF: Final = sorted(
    (
        route
        for route in city_api.routes
        if route.caller is AuthLevel.STAFF and route.method != "GET" and OWN_ACCOUNT.match(route.template)
    ),
    key=lambda route: (route.method, route.template),
)
NEW_PASSWORD: Final = "momiji-nabe-4-kilo"
MOVED: Final = {"accounts": 1, "moves": 1}
ADDED: Final[Mapping[str, Mapping[str, int]]] = {
    "allocate": {"moves": 1},
    "cancel": {"exchange_steps": 1},
    "change_mykey_id": {"member_events": 1, "mykey_id_choices": 1, "retired_mykey_ids": 1},
    "change_password": {"member_events": 1},
    "complete_return": {"exchange_steps": 1, "link_owners": 1, "linked_accounts": 1},
    "confirm": {"accounts": 1, "exchange_steps": 2, "moves": 2, "partner_debits": 1},
    "contribute": {**MOVED, "event_gifts": 1},
    "end_own_till": {"till_tokens": -1},
    "generate_mykey_id": {"mykey_id_choices": 1},
    "grant_at_venue": {**MOVED, "project_members": 1, "staff_grant_days": 1},
    "mark_read": {"member_notice_marks": 1},
    "pay_shop": {**MOVED, "spends": 1},
    "remove_till_pin": {"till_pins": -1},
    "revoke_mykey_id": {"member_proofs": -1, "retired_mykey_ids": 1},
    "shop_refund": {"moves": 1, "refunds": 1},
    "start_exchange": {"exchange_owners": 1, "exchange_steps": 2, "exchanges": 1},
    "take_points": {**MOVED, "spends": 1},
    "unlink": {"link_owners": -1, "linked_accounts": -1},
}
"""How many rows one request adds or takes away, as people agreed on it; the others add none."""
ANEW: Final[Mapping[str, frozenset[str]]] = {
    "bind_till": frozenset({"tills", "till_tokens"}),
    "make_pay_code": frozenset({"pay_codes"}),
    "quote": frozenset({"exchange_steps"}),
    "staff_begin_passkey": frozenset({"staff_challenges"}),
}
"""What each request makes anew, and moves no point by it: a till as a sign-in, a code for a minute, a quote in the story."""
DONE: Final = (
    ADDED.keys()
    | ANEW.keys()
    | {
        "check_mykey_id",
        "end_other_sessions",
        "end_session",
        "read_shop_code",
        "remove_mail_address",
        "set_default_municipality",
        "set_language",
        "set_till_pin",
        "set_till_refunds",
        "sign_out",
        "staff_begin_totp",
        "staff_change_password",
        "staff_confirm_totp",
        "staff_end_other_sessions",
        "staff_end_session",
        "staff_remove_totp",
        "staff_sign_out",
    }
)
"""What is let in and done. The others ask for a card, a phone, a mail server, or what another person made."""
Ready = Callable[["Street", str, dict[str, Any]], Awaitable[dict[str, Any]]]


@pytest.fixture
def settings_more(tmp_path: Path) -> str:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "acorn.py").write_text(PARTNER, "utf-8")
    return f'[plugins]\ndir = "plugins"\n[partners.acorn]\ntrusted = true\norders = "{tmp_path / "orders"}"\n'


class Street:
    """A furnished city with a partner, an event and a venue: new members and shop's people come to it."""

    def __init__(self, site: Site, city: dict[str, Any]) -> None:
        self.site, self.city = site, city

    async def call(self, method: str, path: str, token: str, json: Any = None) -> Any:
        got, answer = await self.site.call(method, path, token, json=json)
        assert got < 300, answer
        return answer

    async def member(self) -> tuple[str, dict[str, Any]]:
        """A member with points of the city and reserve; the token of their session, and what their requests name."""
        member, token = await self.site.member_token()
        reserve = Transfer(
            id=new_id(), book=chart.member_book(member.member_id), source=chart.partner_due("cards"),
            target=chart.reserve(member.member_id), points=500, at=NOON, kind="exchange", issued_on=NOON.date(),
        )  # fmt: skip

        def fill(conn: Any) -> None:
            give(conn, member.member_id, 500, NOON.date(), NOON)
            ledger.transfer(conn, reserve)

        await self.site.services.store.run(fill)
        shops = self.site.services.city.shops
        own = {
            "password": PASSWORD, "current": PASSWORD, "new": NEW_PASSWORD, "mykey_id": "MK4T7W2X",
            "partner_id": "acorn", "return_url": PORTAL, "event_id": "himatsuri", "municipality": KASAMA,
            "point_service": OUEN, "coupon_code": None, "address": "hanako@example.jp",
            "shop_code": shops.code_of(await shops.get(KASAMA, "soba")), "own_mykey_id": member.mykey_id,
        }  # fmt: skip
        for name in ("exchange_id", "allocation_id", "contribution_id", "spend_id"):
            own[name] = new_id()
        return token, own

    async def shop_person(self) -> tuple[str, dict[str, Any]]:
        login = f"tencho-{uuid.uuid4().hex[:8]}"
        hashed = await self.site.services.city.context.hasher.hash(PASSWORD)

        def job(conn: Any) -> str:
            staff_rows.add(
                conn, staff_id=login, municipality=KASAMA, login=login, display_name="見本 店長", role=Role.SHOP,
                password_hash=hashed, at=NOON, shop_id="soba", password_is_first=False,
            )  # fmt: skip
            return staff_rows.start_session(conn, login, client_id="city", strong=True, at=NOON).reveal()

        token = await self.site.services.store.run(job)
        return token, {
            "password": PASSWORD, "current": PASSWORD, "new": NEW_PASSWORD, "login": login, "refund_id": new_id(),
            "spend_id": new_id(), "pin": "7391", "reason": "返品",
        }  # fmt: skip

    async def started(self, token: str, own: dict[str, Any]) -> dict[str, Any]:
        """An exchange that has gone to the partner and come back."""
        wanted = {key: own[key] for key in ("exchange_id", "partner_id", "return_url")}
        exchange = await self.call("POST", "/v1/exchanges", token, wanted)
        back = exchange["redirect_url"].partition("?to=")[2]
        async with ClientSession() as browser, browser.get(back, allow_redirects=False) as came:
            assert came.status in (302, 303), await came.text()
        return {"return_code": URL(came.headers["Location"]).query["return_code"]}

    async def linked(self, token: str, own: dict[str, Any]) -> dict[str, Any]:
        body = await self.started(token, own)
        await self.call("POST", f"/v1/exchanges/{own['exchange_id']}/return", token, body)
        return {}

    async def quoted(self, token: str, own: dict[str, Any]) -> dict[str, Any]:
        await self.linked(token, own)
        body = {"destination": {"kind": "reserve"}, "units": 1}
        exchange = await self.call("POST", f"/v1/exchanges/{own['exchange_id']}/quote", token, body)
        return {"quote_id": exchange["quote"]["quote_id"]}

    async def second_session(self, token: str, own: dict[str, Any]) -> dict[str, Any]:
        body = {"mykey_id": own["own_mykey_id"], "password": PASSWORD}
        await self.call("POST", "/v1/sessions", "", body)
        sessions = (await self.call("GET", "/v1/sessions", token))["sessions"]
        return {"session_id": next(each["session_id"] for each in sessions if not each["current"])}

    async def second_staff_session(self, token: str, own: dict[str, Any]) -> dict[str, Any]:
        body = {"login": own["login"], "password": PASSWORD, "devices": []}
        await self.call("POST", "/v1/staff/sessions", "", body)
        sessions = (await self.call("GET", "/v1/staff/me/sessions", token))["sessions"]
        return {"session_id": next(each["session_id"] for each in sessions if not each["current"])}

    async def at_the_venue(self, _token: str, _own: dict[str, Any]) -> dict[str, Any]:
        venue = await self.call(
            "GET", "/v1/city/projects/ouen/venue-code", self.city["tokens"][Role.OPERATOR]
        )
        return {"venue_code": venue["venue_code"]}

    async def shown(self, _token: str, _own: dict[str, Any]) -> dict[str, Any]:
        """A code by which a member lets the shop take points."""
        token, _ = await self.member()
        body = {"municipality": KASAMA, "point_service": OUEN}
        return {"code": (await self.call("POST", "/v1/pay-codes", token, body))["digits"]}

    async def paid(self, token: str, own: dict[str, Any]) -> dict[str, Any]:
        body = {key: own[key] for key in ("spend_id", "shop_code", "point_service")} | {"points": 1}
        await self.call("POST", "/v1/spends", token, body)
        return {}

    async def pin_set(self, token: str, own: dict[str, Any]) -> dict[str, Any]:
        await self.call("PUT", "/v1/shop/till-pin", token, {"pin": own["pin"], "password": PASSWORD})
        return {}

    async def taken(self, token: str, own: dict[str, Any]) -> dict[str, Any]:
        await self.pin_set(token, own)
        body = {"spend_id": own["spend_id"], "points": 1, **await self.shown(token, own)}
        await self.call("POST", "/v1/shop/spends", token, body)
        return {}

    async def till_bound(self, token: str, own: dict[str, Any]) -> dict[str, Any]:
        body = {"name": f"レジ{own['login'][-6:]}", "password": PASSWORD}
        return {"till_id": (await self.call("POST", "/v1/shop/tills", token, body))["till"]["till_id"]}

    async def totp_begun(self, token: str, _own: dict[str, Any]) -> dict[str, Any]:
        begun = await self.call("POST", "/v1/staff/me/totp/begin", token, {"password": PASSWORD})
        return {"code": totp_at(begun["seed"], self.site.clock())}


READY: Final[Mapping[str, Ready]] = {
    "complete_return": Street.started,
    "cancel": Street.started,
    "quote": Street.linked,
    "unlink": Street.linked,
    "confirm": Street.quoted,
    "end_session": Street.second_session,
    "staff_end_session": Street.second_staff_session,
    "grant_at_venue": Street.at_the_venue,
    "take_points": Street.shown,
    "shop_refund": Street.taken,
    "remove_till_pin": Street.pin_set,
    "end_own_till": Street.till_bound,
    "staff_confirm_totp": Street.totp_begun,
    "show_exchange": Street.started,
    "offer": Street.started,
    "get_spend": Street.paid,
}


@pytest.fixture
async def street(site_on_each_database: Site) -> Street:
    site = site_on_each_database
    event = SupportEvent(
        event_id="himatsuri", name="陶炎祭", starts_at=NOON, ends_at=NOON + timedelta(days=30)
    )
    await site.services.store.run(lambda conn: support_events.register(conn, event))
    city = await furnished(site)
    return Street(site, city)


async def test_what_is_sent_again_for_oneself_has_the_effect_of_one(street: Street, tmp_path: Path) -> None:
    async def caller(route: Any) -> tuple[str, dict[str, Any]]:
        token, own = await (street.member() if route.caller is AuthLevel.MEMBER else street.shop_person())
        if ready := READY.get(route.name):
            own |= await ready(street, token, own)
        return token, own

    done, added = await fired(street.site, [*OF_MEMBERS, *OF_STAFF], caller)
    anew = {name: added.pop(name) for name in ANEW}
    assert {name: frozenset(more) for name, more in anew.items()} == ANEW
    assert added == ADDED
    assert done == DONE
    orders = (tmp_path / "orders").read_text("utf-8").split()
    assert len(orders) == len(set(orders)) == 1
