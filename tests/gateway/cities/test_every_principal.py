"""Every operation of the API's description with everybody who is not its own: refused with one word, and nothing is done.

Which role may do what, and which keys reach what, stand in `test_who_may_do_what.py` and `test_key_scopes.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from gateway.app import whole_api
from gateway.cities.staff import staff_rows
from gateway.cities.staff.staff_rows import StaffState
from gateway.client import SignedClient, new_key_pair
from gateway.http.authentication import AuthLevel
from gateway.http.client_keys import register_key
from gateway.platform.roles import ALLOWED, PLATFORM, SHOP_ROLES, Action, Role

from .conftest import KASAMA, NOON, Site, new_id
from .test_every_own_write import READY, Street, settings_more
from .test_every_write import furnished, request_of, rows

__all__ = ["settings_more"]
ROUTES: Final = [route for route in whole_api().routes if route.caller in (AuthLevel.MEMBER, AuthLevel.STAFF)]
OWN: Final = frozenset({Action.OWN_ACCOUNT, Action.SECOND_FACTOR})
ANYTHING: Final = re.compile("nonce")
ENDED: Final = (401, "session-ended")


async def answer_to(client: SignedClient, route: Any, token: str | None, request: Any) -> tuple[int, str]:
    path, options = request
    answer = await client.request(route.method, path, session_token=token, **options)
    problem = await answer.json() if answer.content_type == "application/problem+json" else {}
    return answer.status, problem.get("type", "").rpartition("/")[2]


class Strangers:
    """The sessions of a furnished city that open nothing, or not this."""

    def __init__(self, site: Site) -> None:
        self.site = site

    async def come(self) -> None:
        site = self.site
        _, self.member = await site.member_token()
        _, self.signed_out = await site.member_token()
        assert (await site.call("DELETE", "/v1/sessions/current", self.signed_out))[0] == 204
        self.staff = {role: await self.person(role) for role in Role}
        self.left = {role: await self.person(role) for role in Role}
        for token in self.left.values():
            assert (await site.call("DELETE", "/v1/staff/sessions/current", token))[0] == 204
        self.stopped = {role: await self.person(role, closed=True) for role in Role}
        self.weak = {role: await self.person(role, strong=False) for role in Role}
        self.first = {role: await self.person(role, first=True) for role in Role}

    async def person(
        self, role: Role, *, closed: bool = False, strong: bool = True, first: bool = False
    ) -> str:
        login = f"{role}-{new_id()[:8]}"
        city, shop_id = PLATFORM if role is Role.PLATFORM else KASAMA, "soba" if role in SHOP_ROLES else None

        def job(conn: Any) -> str:
            staff_rows.add(
                conn, staff_id=login, municipality=city, login=login, display_name="見本", role=role,
                password_hash="x", at=NOON, shop_id=shop_id, password_is_first=first,
            )  # fmt: skip
            token = staff_rows.start_session(conn, login, client_id="city", strong=strong, at=NOON).reveal()
            if closed:
                staff_rows.write(conn, login, state=StaffState.CLOSED)
            return token

        return await self.site.services.store.run(job)

    async def other_program(self) -> SignedClient:
        pair = new_key_pair()
        await self.site.services.store.run(
            lambda conn: register_key(conn, "another", pair.key_id, pair.public_raw, NOON)
        )
        return SignedClient(self.site.url, pair.key_id, pair.private_pem, clock=self.site.clock)

    def wrong(self, route: Any) -> Mapping[str, tuple[str | None, tuple[int, str]]]:
        """Who is refused at this operation: a token, and the answer to it."""
        nobody: dict[str, tuple[str | None, tuple[int, str]]] = {
            "nobody": (None, (401, "session-missing")),
            "a made-up session": ("pgm_" + "A" * 43, ENDED),
            "a made-up session of staff": ("pgc_" + "A" * 43, ENDED),
        }
        if route.caller is AuthLevel.MEMBER:
            return nobody | {
                "who has signed out": (self.signed_out, ENDED),
                "staff": (self.staff[Role.ADMINISTRATOR], ENDED),
                "a shop": (self.staff[Role.SHOP], ENDED),
            }
        role = _own(route)
        nobody |= {
            "a member": (self.member, ENDED),
            "who has signed out": (self.left[role], ENDED),
            "who was stopped": (self.stopped[role], ENDED),
        }
        if route.action not in OWN:
            nobody["first password"] = (self.first[role], (403, "password-to-change"))
            if role not in SHOP_ROLES:
                nobody["password only"] = (self.weak[role], (403, "second-factor-missing"))
        return nobody


async def test_who_is_not_its_own_is_refused_with_the_right_word_and_nothing_is_done(site: Site) -> None:
    known = await furnished(site)
    strangers = Strangers(site)
    await strangers.come()
    wrong, sent = [], 0
    async with site.client() as client, await strangers.other_program() as another:
        before = await rows(site, ANYTHING)
        for route in ROUTES:
            request = request_of(route, known)
            for who, (token, expected) in strangers.wrong(route).items():
                sent += 1
                if (got := await answer_to(client, route, token, request)) != expected:
                    wrong.append((route.name, who, got))
            own = strangers.member if route.caller is AuthLevel.MEMBER else strangers.staff[_own(route)]
            if (got := await answer_to(another, route, own, request)) != ENDED:
                wrong.append((route.name, "another program's key", got))
    assert wrong == []
    assert sent > 6 * len(ROUTES)
    assert await rows(site, ANYTHING) == before


def _own(route: Any) -> Role:
    return next(role for role in Role if route.action in ALLOWED[role])


FOREIGN: Final = {
    "cancel": (404, "unknown-exchange"),
    "complete_return": (404, "unknown-exchange"),
    "confirm": (404, "unknown-exchange"),
    "quote": (404, "unknown-exchange"),
    "end_session": (404, "unknown-session"),
    "unlink": (409, "link-missing"),
    "show_exchange": (404, "unknown-exchange"),
    "offer": (404, "unknown-exchange"),
    "get_spend": (404, "unknown-spend"),
    "end_own_till": (404, "unknown-till"),
    "shop_refund": (404, "unknown-spend"),
    "staff_end_session": (404, "unknown-session"),
}
"""What another member, or another shop, is told who names what is somebody's own: as if there were no such thing."""


async def test_what_is_ones_own_is_nothing_to_another(site: Site) -> None:
    street = Street(site, await furnished(site))
    boss = street.city["tokens"][Role.ADMINISTRATOR]
    await street.call("POST", "/v1/city/shops", boss, {"shop_id": "udon", "name": "うどん"})
    of_another_shop = await site.staff_token("shop", KASAMA, "udon")
    told = {}
    for route in ROUTES:
        if route.name in FOREIGN:
            by_member = route.caller is AuthLevel.MEMBER
            token, own = await (street.member() if by_member else street.shop_person())
            own |= await READY[route.name](street, token, own)
            stranger = (await street.member())[0] if by_member else of_another_shop
            before = await rows(site, ANYTHING)
            async with site.client() as client:
                told[route.name] = await answer_to(client, route, stranger, request_of(route, own))
            assert await rows(site, ANYTHING) == before, route.name
    assert told == FOREIGN
