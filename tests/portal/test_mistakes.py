"""What a mistake costs in each of the three languages, in a browser without scripts: nothing, and the page says what next.

The same is tried with scripts, in Japanese, beside each page's own tests; here the hand is `tests.portal.by_hand.Hand`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from gateway.demo.environment import DemoEnvironment
from tests.portal.by_hand import LANGUAGES, Hand, words_of
from tests.portal.city_hall import CityHall
from tests.portal.conftest import Loop
from tests.portal.walk import PASSWORDS

pytestmark = pytest.mark.xdist_group("browser")

KASAMA = "municipality=082163&point_service=kasama-ouen"
NAMES = {
    "ja": ("笠間市", "笠間応援ポイント"),
    "ja-easy": ("笠間市", "笠間応援ポイント"),
    "en": ("Kasama City (笠間市)", "Kasama Oen Points (笠間応援ポイント)"),
}
RESTED: list[int] = []
NOT_SENT = "ログインが切れていました。内容を確認して、もう一度送信してください。"


@pytest.fixture(scope="module")
def somebody(town: DemoEnvironment, city: CityHall, loop: Loop) -> str:
    """A member with 1,000 笠間応援ポイント, for all the mistakes by which nothing moves."""
    name, PASSWORDS[name] = loop.run(city.member(1_000))
    return str(name)


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def hands() -> Iterator[dict[tuple[str, str], Hand]]:
    """One browser for each person and language: a sign-in is the dearest thing here."""
    kept: dict[tuple[str, str], Hand] = {}
    yield kept
    for hand in kept.values():
        hand.http.close()


@pytest.fixture
def stranger(town: DemoEnvironment, language: str) -> Iterator[Hand]:
    """A browser of its own, in which nobody is signed in."""
    hand = Hand(town, language)
    yield hand
    hand.http.close()


@pytest.fixture(autouse=True)
def clock(town: DemoEnvironment) -> Iterator[None]:
    """What a test moved the town's clock by is taken back."""
    RESTED.clear()
    yield
    town.set_clock(town.clock() - timedelta(minutes=sum(RESTED)))


def of(hands: dict[tuple[str, str], Hand], town: DemoEnvironment, name: str, language: str) -> Hand:
    hand = hands.setdefault((name, language), Hand(town, language))
    return hand if hand.to("/mypage").address == "/mypage" else hand.sign_in(name)


@pytest.fixture
def taro(
    clock: None, hands: dict[tuple[str, str], Hand], town: DemoEnvironment, language: str
) -> Iterator[Hand]:
    """At セゾン's exchange, before the destination; what is half done is given up afterwards."""
    hand = of(hands, town, "見本太郎", language).link_saison("見本太郎")
    exchange = exchange_of(hand)
    yield hand
    hand.to(f"{exchange}/confirm")
    if hand.address.startswith(exchange) and "/cancel" in hand.page:
        hand.send("/cancel")


@pytest.fixture
def hand(
    clock: None, hands: dict[tuple[str, str], Hand], town: DemoEnvironment, somebody: str, language: str
) -> Hand:
    return of(hands, town, somebody, language)


def exchange_of(hand: Hand) -> str:
    return f"/exchanges/{hand.address.split('/')[2]}"


def points(hand: Hand, of: str) -> int:
    found = re.search(f'id="{of}">(.*?)</dd>', hand.page)
    assert found, hand.words
    return int(re.sub(r"<rt>.*?</rt>|<[^>]*>|\D", "", found[1]))


def idle(hand: Hand, minutes: int) -> None:
    RESTED.append(minutes)
    hand.town.set_clock(hand.town.clock() + timedelta(minutes=minutes))


def enter(hand: Hand, name: str) -> Hand:
    """Sign in on the page to which the hand was led."""
    assert hand.address.startswith("/login?"), hand.address
    return hand.send("/login", mykey_id=hand.town.mykey_ids[name], password=PASSWORDS[name])


class TestANumberThatCannotBe:
    """F1, F10, F20."""

    def test_keeps_the_destination_through_every_language_and_a_reload(self, taro: Hand) -> None:
        taro.to(f"{exchange_of(taro)}/units?destination=municipality&{KASAMA}")
        taro.send("/units", units="５００")
        for language in (*LANGUAGES, taro.language):
            taro.speak(language).reload()
            assert taro.errs(), language
            assert taro.says("ポイントが足りません")
            assert (taro.value("units"), taro.value("municipality")) == ("５００", "082163")
            assert "550" in taro.words
        taro.send("/units", units="１口")
        assert all(name in taro.words for name in NAMES[taro.language])

    @pytest.mark.parametrize("typed", ["", "-1", "二つ"])
    def test_is_told_beside_the_field_and_kept(self, taro: Hand, typed: str) -> None:
        taro.to(f"{exchange_of(taro)}/units?destination=reserve").send("/units", units=typed)
        assert taro.errs()
        assert taro.says("口数は1以上の整数で入力してください。")
        assert (taro.value("units"), taro.value("destination")) == (typed, "reserve")
        assert 'aria-invalid="true"' in taro.page

    def test_is_counted_out_before_it_is_sent(self, taro: Hand) -> None:
        taro.to(f"{exchange_of(taro)}/units?destination=municipality&{KASAMA}")
        taro.send("/units", units="２口", do="calculate")
        result = words_of(taro.page[taro.page.index('id="result"') :].partition("</p>")[0])
        assert any(points in result for points in ("900", "1,000", "1,100"))  # by what is left of the wallet
        assert taro.value("units") == "２口"

    def test_of_reserve_is_never_offered_to_confirm(self, hand: Hand) -> None:
        """F3."""
        for path in (f"/allocate/confirm?{KASAMA}", "/contribute/confirm?event_id=himatsuri-2018"):
            hand.to(f"{path}&points=999999")
            assert hand.errs()
            assert hand.says("ポイントが足りません")
            assert not hand.says("この内容で移行する")


class TestAConfirmation:
    def test_shows_what_is_held_before_and_after(self, taro: Hand) -> None:
        taro.to(f"{exchange_of(taro)}/units?destination=municipality&{KASAMA}").send("/units", units="2")
        before, after = (
            int(re.sub(r"\D", "", re.sub("<[^>]*>", "", found[1])))
            for found in (
                re.search(f'id="held-{when}">(.*?)</dd>', taro.page) for when in ("before", "after")
            )
            if found
        )
        assert after - before == 1_100

    def test_that_has_run_out_is_drawn_up_again_and_says_so(self, taro: Hand) -> None:
        """F2."""
        exchange = exchange_of(taro)
        taro.to(f"{exchange}/units?destination=reserve").send("/units", units="3")
        for _ in range(2):  # longer than the numbers hold, and never idle for as long
            idle(taro, 6)
            taro.to("/mypage")
        taro.to(exchange)
        assert taro.address.startswith(f"{exchange}/confirm?before=")
        assert taro.says("確認の有効期限（10分）が切れたため、今のレートで作り直しました。")
        assert taro.says("受け取るポイントは変わっていません。")

    def test_of_another_tab_is_shown_before_anything_moves(self, taro: Hand) -> None:
        """F8."""
        exchange = exchange_of(taro)
        taro.to(f"{exchange}/units?destination=reserve").send("/units", units="1")
        first = taro.page, taro.url
        taro.to(f"{exchange}/units?destination=municipality&{KASAMA}").send("/units", units="2")
        taro.page, taro.url = first
        taro.send("/confirm")
        assert taro.address == f"{exchange}/confirm?replaced=yes"
        assert taro.says("別の画面で入力し直されています。表示された内容を確認してください。")
        assert NAMES[taro.language][1] in taro.words

    @pytest.mark.parametrize("quote_id", ["", "01a205a7-0000-7000-8000-000000000001"])
    def test_that_was_tampered_with_shows_the_numbers_that_hold(self, taro: Hand, quote_id: str) -> None:
        exchange = exchange_of(taro)
        taro.to(f"{exchange}/units?destination=reserve").send("/units", units="1").send(
            "/confirm", quote_id=quote_id
        )
        assert taro.address == f"{exchange}/confirm?replaced=yes"
        assert taro.says("この内容で移行する")

    def test_that_was_given_up_is_no_longer_there_for_the_back_button(self, taro: Hand) -> None:
        """F11."""
        exchange = exchange_of(taro)
        taro.to(f"{exchange}/units?destination=reserve").send("/units", units="1")
        taro.to("/mypage")
        assert taro.says("手続きを続ける")
        taro.to(f"{exchange}/confirm").send("/cancel").to(f"{exchange}/confirm")
        assert taro.says("手続きをやめました")


class TestATimeout:
    """F11: who rests for ten minutes finds the place, and what was typed."""

    def test_keeps_what_was_typed_for_the_same_person(self, taro: Hand) -> None:
        taro.to(f"{exchange_of(taro)}/units?destination=municipality&{KASAMA}")
        idle(taro, 11)
        enter(taro.send("/units", units="７"), "見本太郎")
        assert taro.says(NOT_SENT)
        assert (taro.value("units"), taro.value("municipality")) == ("７", "082163")
        assert taro.errs()

    def test_brings_a_button_back_to_its_page(self, taro: Hand) -> None:
        exchange = exchange_of(taro)
        taro.to(f"{exchange}/units?destination=reserve").send("/units", units="1")
        idle(taro, 11)
        enter(taro.send("/confirm"), "見本太郎")
        assert taro.address.startswith(f"{exchange}/confirm?")
        assert taro.says("この内容で移行する")

    def test_shows_the_next_person_nothing_of_it(self, stranger: Hand, somebody: str) -> None:
        hand = stranger.sign_in(somebody)
        hand.to("/settings/mykey-id")
        idle(hand, 11)
        hand.send("/settings/mykey-id", do="check", mykey_id="HIMITSU2")
        enter(hand, "見本次郎")
        assert "HIMITSU2" not in hand.page
        assert hand.address.startswith("/settings/mykey-id")

    def test_at_a_shared_terminal_keeps_nothing(self, stranger: Hand, somebody: str) -> None:
        hand = stranger.to("/login")
        hand.send(
            "/login",
            mykey_id=hand.town.mykey_ids[somebody],
            password=PASSWORDS[somebody],
            shared_terminal="yes",
        )
        hand.to("/settings/mykey-id")
        idle(hand, 3)
        enter(hand.send("/settings/mykey-id", do="check", mykey_id="HIMITSU2"), somebody)
        assert "HIMITSU2" not in hand.page


class TestACode:
    """F4, F10, F17."""

    @pytest.mark.parametrize(
        ("path", "field", "typed", "said"),
        [
            ("/coupon", "coupon_code", "ＡＢＣＤー１２３４", "このクーポンコードは利用できません"),
            ("/scan", "code", "１２３４", "このコードは読み取れません"),
            ("/settings/mykey-id", "mykey_id", "ＳＡＫＵＲＡ０１", "マイキーIDに使えない文字があります"),
        ],
    )
    def test_that_is_wrong_is_told_and_kept(
        self, hand: Hand, path: str, field: str, typed: str, said: str
    ) -> None:
        hand.to(path).send(path, **{field: typed, **({"do": "check"} if field == "mykey_id" else {})})
        assert hand.errs()
        assert hand.says(said)
        assert hand.value(field) == typed

    def test_of_a_shop_is_read_in_every_width(self, hand: Hand, city: CityHall, loop: Loop) -> None:
        number = loop.run(city.shop_number("soba"))
        wide = "".join(chr(ord(digit) - ord("0") + ord("０")) for digit in number)
        for typed in (wide, f"{number[:3]} {number[3:]}", f"{number[:3]}ー{number[3:]}"):
            hand.to("/scan").send("/scan", code=typed)
            assert hand.address.startswith("/pay/shop?code="), typed
            assert NAMES[hand.language][1] in hand.words


class TestADay:
    """F21."""

    @pytest.mark.parametrize(
        ("days", "said", "field"),
        [
            ({"since": "2018-08-01", "until": "2018-07-01"}, "日付の順が逆です", "since"),
            ({"since": "", "until": "きのう"}, "日付を読み取れませんでした", "until"),
        ],
    )
    def test_that_cannot_be_is_told_beside_its_field_and_kept(
        self, hand: Hand, days: dict[str, str], said: str, field: str
    ) -> None:
        hand.to("/history/reserve").send("/history/reserve", **days)
        assert hand.errs()
        assert hand.says(said)
        assert hand.value(field) == days[field]
        assert f'id="{field}-error"' in hand.page


class TestWhoIsAsked:
    def test_stands_on_every_page_that_says_no(self, hand: Hand) -> None:
        """F-help."""
        office = "Point service office" if hand.language == "en" else "見本市 ポイント窓口"
        for path in (
            "/nowhere",
            "/exchanges/back?exchange=x",
            "/exchanges/00000000-0000-4000-8000-000000000000",
        ):
            hand.to(path)
            assert office in hand.words, path
            assert "000-000-0000" in hand.words, path

    def test_before_a_number_is_given_up_what_will_be_lost_is_named(self, hand: Hand) -> None:
        """F9."""
        hand.to("/settings/revoke")
        assert NAMES[hand.language][1] in hand.words
        assert "1,000" in hand.words
        hand.send("/settings/revoke", sure="yes", password="")
        assert hand.errs()
        assert hand.says("現在のパスワードを入力してください")


@pytest.mark.parametrize(
    "path",
    [
        f"/allocate/points?{KASAMA}",
        f"/settings/default/confirm?{KASAMA}",
    ],
)
def test_a_city_and_its_points_are_named_so_that_the_reader_can_say_them(hand: Hand, path: str) -> None:
    """F16."""
    hand.to(path)
    assert all(name in hand.words for name in NAMES[hand.language])


def test_both_rates_and_the_last_day_stand_where_the_destination_is_chosen(taro: Hand) -> None:
    """F7."""
    taro.to(f"{exchange_of(taro)}/destination")
    assert "450" in taro.words
    assert "550" in taro.words
    assert ("31 July 2018" if taro.language == "en" else "2018年7月31日") in taro.words


def test_an_example_or_a_note_of_those_who_built_it_is_read_by_nobody(taro: Hand) -> None:
    """F15."""
    for destination in ("destination=reserve", f"destination=municipality&{KASAMA}"):
        taro.to(f"{exchange_of(taro)}/units?{destination}")
        assert not re.search("見本の値|公表されていません|not published|example value", taro.words)


def test_a_page_that_asks_for_itself_is_left_alone_until_something_has_changed(taro: Hand) -> None:
    """F6."""
    taro.to(f"{exchange_of(taro)}/units?destination=reserve").send("/units", units="1")
    answer = taro.http.get(f"{exchange_of(taro)}/live?state=quoted", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.text) == (204, "")


def test_a_piece_of_a_page_that_asks_after_the_timeout_leads_back_to_the_page(taro: Hand) -> None:
    """F0."""
    page = f"{exchange_of(taro)}/units?destination=reserve"
    idle(taro, 11)
    asked = {"HX-Request": "true", "HX-Current-URL": f"{taro.town.portal_url}{page}"}
    answer = taro.http.get(f"{exchange_of(taro)}/units/result?destination=reserve&units=1", headers=asked)
    assert answer.status_code == 204
    enter(taro.to(answer.headers["HX-Redirect"]), "見本太郎")
    assert taro.address == page


@pytest.mark.parametrize("path", ["/register", "/login"])
def test_who_comes_in_at_a_library_can_say_so(stranger: Hand, path: str) -> None:
    """F18."""
    stranger.to(path)
    assert stranger.says("図書館などの共用端末で使う")
    assert 'name="shared_terminal"' in stranger.page


def test_the_map_is_one_picture_behind_the_search(stranger: Hand) -> None:
    """F22."""
    main = stranger.to("/navi").page.partition("<main")[2]
    picture = main[main.index("<svg") : main.index("</svg>")]
    assert main.index('name="name"') < main.index("<svg")
    assert 'aria-hidden="true"' in picture
    assert picture.count("<a ") == picture.count(' tabindex="-1"') == 47


def test_a_shops_kind_and_its_town_are_told_in_the_readers_language(
    hand: Hand, city: CityHall, loop: Loop
) -> None:
    """F16."""
    kind = {"ja": "飲食", "ja-easy": "食べる・飲む", "en": "Food and drink"}[hand.language]
    for path in (f"/pay/shop?code={loop.run(city.shop_number('soba'))}", "/navi/08/082163?name=そば処 見本"):
        hand.to(path)
        assert kind in hand.words
        assert NAMES[hand.language][0] in hand.words
    if hand.language == "en":
        assert '<small><span lang="ja">笠間1-2-3</span></small>' in hand.page
