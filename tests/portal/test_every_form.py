"""Every form of the members' pages keeps what was typed and says what is wrong, at an address that holds it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gateway.demo.environment import DemoEnvironment
from portal.app import PARTS
from tests.forms_walked import FormWalk, Routes, forms_of
from tests.portal.by_hand import Hand
from tests.portal.city_hall import CityHall
from tests.portal.conftest import Loop
from tests.portal.test_step_up import write
from tests.portal.walk import PASSWORDS

pytestmark = pytest.mark.xdist_group("browser")

ROUTES = Routes(page for part in PARTS for page in part.pages.all)
KASAMA = "municipality=082163&point_service=kasama-ouen"
AN_ID = "id=01a205a7-0000-7000-8000-0000000000aa"
STRANGERS = [
    "/",
    "/login",
    "/signed-out",
    "/mail/confirm?t=x",
    "/mail/stop?t=x",
    "/navi/08",
    "/navi/08/082163",
]
"""Where a stranger begins; the rest is found by links."""
NO_LINK_LEADS_TO = [
    "/mypage", "/prove?next=/pay", "/carry-in/082163", "/settings/card-password", "/references?reference=zz",
    f"/allocate/points?{KASAMA}", f"/settings/default/confirm?{KASAMA}",
    f"/contribute/confirm?event_id=himatsuri-2018&points=10&{AN_ID}",
]  # fmt: skip
LEFT = {"/prove": "it signs out, so that the next sign-in proves who it is"}
FORMS_OF_PHONES = {
    "/phone/join", "/phone/join/card", "/phone/register", "/settings/phone/link", "/settings/phone/password",
    "/settings/passkey", "/passkey", "/settings/mail",
}  # fmt: skip
"""Only where a provider of phones and mail are set up: walked in `test_phone.py`."""
NO_FIELDS = {
    "/logout": "in every header",
    "/language": "in every header",
    "/still-here": "sent by a page's script",
    "/card/challenge": "sent by a page's script",
    "/settings/mail/remove": "one button beside an address that was set",
}
PASSES = {
    "/notices/read tampered": "up to which notice was read: all",
    "/partners/{partner}/start tampered": "an id that is none is drawn anew",
    "/settings/proofs/remove tampered": "a proof that is not there is removed already",
    "/settings/sessions tampered": "a session that is not there has ended already",
    "/settings/mykey-id empty generate": "a generated number needs no text",
    "/settings/mykey-id too long generate": "a generated number needs no text",
    "/settings/mykey-id unseen generate": "a generated number needs no text",
    "/exchanges/{exchange}/confirm tampered": "the numbers that hold are shown again",
    "/exchanges/{exchange}/units tampered": "the destination is asked for again",
    "/exchanges/{exchange}/units tampered calculate": "the destination is asked for again",
}
"""What is no mistake, and why."""


@pytest.fixture(scope="module")
def walks(town: DemoEnvironment, loop: Loop, city: CityHall) -> Iterator[list[FormWalk]]:
    """A stranger; a member with city points, a card and representatives; and one in the middle of two exchanges."""
    stranger = FormWalk(town.portal_url, ROUTES, LEFT)
    stranger.walk(STRANGERS)

    names = [name for name, PASSWORDS[name] in (loop.run(city.member(1_000)) for _ in range(2))]
    for each, actor in (names, names[::-1]):
        loop.run(city.appoint(each, actor, 300))
    loop.run(write(town, names[0], is_proven=False))
    Hand(town).sign_in(names[0]).http.close()  # another place, to be ended
    hand = Hand(town).sign_in(names[0])
    member = FormWalk(town.portal_url, ROUTES, LEFT, hand.http.cookies, seen=stranger.seen)
    code = loop.run(city.shop_code("soba"))
    shop = f"/pay/shop/confirm?code={code}&point_service=kasama-ouen&points=5&{AN_ID}"
    member.walk([*NO_LINK_LEADS_TO, f"/pay/shop?code={code}", shop])

    taro = Hand(town).sign_in("見本太郎").link_saison("見本太郎")
    _to_confirm(taro)
    taro.send("/confirm")
    quoted = _to_confirm(taro)
    exchange = _exchange(taro.to("/partners").send("/partners/saison/start"))
    exchanging = FormWalk(town.portal_url, ROUTES, LEFT, taro.http.cookies, seen=member.seen)
    exchanging.walk(
        [f"{exchange}/units?destination=municipality&{KASAMA}", quoted, "/links", *NO_LINK_LEADS_TO]
    )
    yield [stranger, member, exchanging]
    for each in (stranger, member, exchanging, hand, taro):
        each.http.close()


def _exchange(hand: Hand) -> str:
    return f"/exchanges/{hand.address.split('/')[2]}"


def _to_confirm(hand: Hand) -> str:
    """One 口 to the reserve, drawn up and not confirmed; gives the address of that page."""
    exchange = _exchange(hand.to("/partners").send("/partners/saison/start"))
    hand.to(f"{exchange}/units?destination=reserve").send("/units", units="1")
    return f"{exchange}/confirm"


def test_a_form_is_read_as_a_browser_would_send_it() -> None:
    page = """<main><form method="post" action="/x"><input type="hidden" name="h" value="1"><input name="t" value="é">
    <select name="s"><option value="a"><option value="b" selected></select><textarea name="u">v</textarea>
    <input type="radio" name="r" value="1"><input type="radio" name="r" value="2" checked>
    <input type="password" name="p"><button name="do" value="go"></form><form action="/get"></form></main>"""
    (form,) = forms_of(page)
    assert form.values == {"h": "1", "t": "é", "s": "b", "u": "v", "r": "2", "do": "go"}
    assert (form.typed, form.secret) == (["t", "u"], ["p"])
    assert (form.drawn, form.chosen, form.presses) == (["h"], ["s", "r"], [("do", "go")])


def test_every_form_forgives(walks: list[FormWalk]) -> None:
    wrong = [fault for walk in walks for fault in walk.faults]
    assert not wrong, "\n".join(wrong)


def test_what_passes_is_no_mistake(walks: list[FormWalk]) -> None:
    assert {ROUTES.plain(each) for walk in walks for each in walk.accepted} == set(PASSES)


def test_no_form_is_left_out(walks: list[FormWalk]) -> None:
    met = {page for walk in walks for page in walk.met}
    assert ROUTES.posts - met == FORMS_OF_PHONES | set(NO_FIELDS)
