"""A card with a QR for people without a phone: one valid card, a PIN above the city's sum, a ceiling of the day."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from core_ledger import chart, entries, verify
from gateway.cities import tables
from gateway.cities.proposals.deeds import Deed, DeedRule
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.shops.shops import ShopEntry
from gateway.cities.spending import pay_card_numbers, pay_card_pins, pay_cards
from gateway.cities.spending.pay_card_rows import CardLimits
from gateway.cities.spending.payments_check import payment_faults
from gateway.cities.spending.spend_rows import PaymentRequest
from gateway.errors import ProblemError
from gateway.members import member_events, member_rows
from gateway.platform import audit_log
from gateway.platform.check_digit import is_checked

from .conftest import KASAMA, MITO, NOON, OUEN, new_id

PIN = "4627"
WHY = "窓口で本人確認"


@pytest.fixture
async def shop(town):
    await town.city.shops.register(await town.who("operator"), "soba", ShopEntry(name="そば処 見本"))
    return await town.who("shop", KASAMA, "soba")


async def issue(town, *members, is_replacement=False, issue_id=None):
    who = await town.who("operator")
    ids = [member.mykey_id for member in members]
    return await town.city.cards.issue(who, issue_id or new_id(), OUEN, ids, WHY, replace=is_replacement)


async def card_of(town, member, **how):
    (issued,) = (await issue(town, member, **how)).cards
    return issued


async def set_pin(town, member, pin=PIN):
    await town.city.cards.set_pin(await town.who("operator"), member.mykey_id, pin, WHY)


async def pay(town, code, points=300, spend_id=None, pin=None, shop_id="soba"):
    who = await town.who("shop", KASAMA, shop_id)
    return await town.city.spending.receive_payment(who, spend_id or new_id(), code, points, pin)


async def refused(awaited):
    with pytest.raises(ProblemError) as caught:
        await awaited
    return caught.value


async def word(awaited):
    return (await refused(awaited)).type


async def audit(town):
    return await town.store.read(lambda conn: audit_log.page(conn, KASAMA, limit=20))


async def state(town, member):
    book = chart.member_book(member.member_id)
    return await town.store.read(lambda conn: pay_cards.state_of(conn, book, KASAMA, town.clock()))


class TestAShopTakesPointsWithIt:
    async def test_by_its_qr_or_its_number_in_any_width(self, town, shop):
        member = await town.member(points=1_000)
        card = await card_of(town, member)
        paid = await pay(town, card.qr)
        assert (paid.spend.points, paid.spend.way, paid.left) == (300, "card", 700)
        wide = "".join(chr(ord(digit) + 0xFEE0) for digit in card.number)
        assert (await pay(town, f"{wide[:4]} {wide[4:8]}-{wide[8:12]} {wide[12:]}")).left == 400
        assert await town.total(chart.shop(KASAMA, "soba")) == 600

    async def test_the_move_in_the_ledger_says_so(self, town, shop):
        member = await town.member(points=1_000)
        await pay(town, (await card_of(town, member)).qr)
        (entry, *_) = await town.store.read(lambda conn: pay_card_entries(conn, member.member_id))
        assert (entry.kind, entry.details["way"]) == ("spend", "card")
        assert await town.store.read(payment_faults) == []

    async def test_one_sale_is_one_payment_however_often_it_is_sent(self, town, shop):
        member, spend_id = await town.member(points=1_000), new_id()
        card = await card_of(town, member)
        outcomes = await asyncio.gather(*(pay(town, card.qr, 300, spend_id) for _ in range(5)))
        assert sorted(outcome.replayed for outcome in outcomes) == [False, True, True, True, True]
        assert await town.balance(member.member_id) == 700
        assert (await state(town, member)).paid_today == 300
        assert await word(pay(town, card.qr, 301, spend_id)) == "id-reused"

    async def test_one_id_with_another_card_or_a_code_is_no_payment_of_it(self, town, shop):
        first, second, spend_id = await town.member(points=500), await town.member(points=500), new_id()
        await pay(town, (await card_of(town, first)).qr, 300, spend_id)
        assert await word(pay(town, (await card_of(town, second)).qr, 300, spend_id)) == "id-reused"
        code = await town.city.codes.make(second.member_id, KASAMA, OUEN)
        assert await word(pay(town, code.qr, 300, spend_id)) == "id-reused"
        assert await town.balance(second.member_id) == 500

    async def test_a_lost_answer_is_asked_for_again_also_after_the_card_was_stopped(self, town, shop):
        member, spend_id = await town.member(points=1_000), new_id()
        card = await card_of(town, member)
        await pay(town, card.qr, 300, spend_id)
        await town.city.cards.stop(await town.who("operator"), member.mykey_id, "紛失")
        assert (await pay(town, card.qr, 300, spend_id)).replayed
        assert await town.balance(member.member_id) == 700

    async def test_too_little_is_refused_and_counts_nothing(self, town, shop):
        member = await town.member(points=100)
        assert await word(pay(town, (await card_of(town, member)).qr, 101)) == "not-enough-points"
        assert (await state(town, member)).paid_today == 0


def pay_card_entries(conn, member_id):
    return entries(conn, chart.member_book(member_id), chart.municipal(member_id, KASAMA, OUEN), limit=5)


class TestANumber:
    async def test_tells_nothing_of_the_member_and_is_in_no_table(self, town, shop):
        member = await town.member(points=1_000)
        card = await card_of(town, member)
        assert member.mykey_id not in card.qr
        assert member.member_id not in card.qr

        def texts(conn):
            rows = [
                conn.execute(sa.select(table)).all() for table in (tables.pay_cards, tables.pay_card_holders)
            ]
            return str(rows) + str(audit_log.page(conn, KASAMA, limit=20))

        everything = await town.store.read(texts)
        assert card.number not in everything
        assert card.number[:12] not in everything

    def test_has_a_digit_that_checks_it(self):
        for _ in range(200):
            number = pay_card_numbers.draw()
            assert len(number) == 16
            assert is_checked(number)
            place = int(number[3]) % 15
            wrong = number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]
            assert not is_checked(wrong)

    async def test_that_was_made_up_or_is_another_citys_pays_nothing(self, town, shop):
        member = await town.member(points=1_000)
        card = await card_of(town, member)
        flipped = card.qr[:-1] + ("0" if card.qr[-1] != "0" else "1")
        unsigned = f"PGC1.{card.number}"
        wrong_digit = card.number[:-1] + str((int(card.number[-1]) + 1) % 10)
        for text in (flipped, unsigned, f"PGC1.{card.number}.", wrong_digit, pay_card_numbers.draw()):
            assert await word(pay(town, text)) == "pay-card-unknown"
        with pytest.raises(ProblemError):  # found without asking the database whose it is
            pay_card_numbers.read(town.city.context, wrong_digit)
        await town.city.shops.register(await town.who("operator", MITO), "cafe", ShopEntry(name="カフェ"))
        other = await town.who("shop", MITO, "cafe")
        assert (
            await word(town.city.spending.receive_payment(other, new_id(), card.qr, 300))
            == "pay-card-unknown"
        )
        assert await town.balance(member.member_id) == 1_000


class TestAMemberHasOneValidCard:
    async def test_a_new_one_stops_the_one_before_at_once(self, town, shop):
        member = await town.member(points=1_000)
        lost = await card_of(town, member)
        new = await card_of(town, member, is_replacement=True)
        assert new.replaces == lost.card.last_digits
        assert await word(pay(town, lost.qr)) == "pay-card-stopped"
        assert (await pay(town, new.qr)).left == 700
        assert [card.stopped_by is None for card in (await state(town, member)).cards] == [True, False]

    async def test_none_is_replaced_that_nobody_asked_to_replace(self, town):
        member = await town.member(points=1_000)
        await issue(town, member)
        again = await issue(town, member)
        assert (again.cards, [each.why for each in again.left_out]) == ((), ["pay-card-valid"])

    async def test_issued_by_ten_at_once_is_one(self, town, shop):
        member = await town.member(points=1_000)
        issues = await asyncio.gather(*(issue(town, member, is_replacement=True) for _ in range(10)))
        cards = [card for each in issues for card in each.cards]
        words = [
            await word(pay(town, card.qr))
            if card.card.card_hash != (await state(town, member)).valid
            else "valid"
            for card in cards
        ]
        assert sorted(words) == ["pay-card-stopped"] * 9 + ["valid"]

    async def test_the_same_issue_sent_again_issues_no_second_one(self, town, shop):
        member, issue_id = await town.member(points=1_000), new_id()
        card = await card_of(town, member, issue_id=issue_id)
        again = await issue(town, member, is_replacement=True, issue_id=issue_id)
        assert (again.cards, [each.why for each in again.left_out]) == ((), ["issued-before"])
        assert (await pay(town, card.qr)).left == 700

    async def test_a_stopped_one_stays_stopped_and_a_new_one_is_issued_without_replacing(self, town, shop):
        member = await town.member(points=1_000)
        card, who = await card_of(town, member), await town.who("operator")
        await town.city.cards.stop(who, member.mykey_id, "紛失")
        assert await word(pay(town, card.qr)) == "pay-card-stopped"
        assert await word(town.city.cards.stop(who, member.mykey_id, "紛失")) == "pay-card-none"
        assert (await pay(town, (await card_of(town, member)).qr)).left == 700

    async def test_who_has_given_the_mykey_id_up_pays_no_more(self, town, shop):
        member = await town.member(points=1_000)
        card = await card_of(town, member)
        await town.store.run(
            lambda conn: conn.execute(
                sa.update(member_rows.tables.members)
                .where(member_rows.tables.members.c.member_id == member.member_id)
                .values(state="revoked")
            )
        )
        assert await word(pay(town, card.qr)) == "pay-card-stopped"

    async def test_many_are_issued_at_once_and_who_gets_none_is_named(self, town):
        first, second, elsewhere = [await town.member(points=10) for _ in range(3)]
        await issue(town, second)
        stranger = await town.member()  # has nothing of this city
        made = await issue(town, first, second, elsewhere, stranger, first)
        assert {card.member.member_id for card in made.cards} == {first.member_id, elsewhere.member_id}
        assert {(each.mykey_id, each.why) for each in made.left_out} == {
            (second.mykey_id, "pay-card-valid"), (stranger.mykey_id, "unknown-member"),
        }  # fmt: skip


class TestThePin:
    async def test_is_needed_above_the_citys_sum_and_not_up_to_it(self, town, shop):
        member = await town.member(points=5_000)
        card = await card_of(town, member)
        await set_pin(town, member)
        assert (await pay(town, card.qr, 1_000)).left == 4_000
        assert await word(pay(town, card.qr, 1_001)) == "pay-card-pin-needed"
        assert (await pay(town, card.qr, 1_001, pin=PIN)).left == 2_999

    async def test_that_was_never_set_is_told_with_what_can_be_paid(self, town, shop):
        member = await town.member(points=5_000)
        refusal = await refused(pay(town, (await card_of(town, member)).qr, 1_001, pin=PIN))
        assert (refusal.type, refusal.facts["no_pin_points"]) == ("pay-card-no-pin", 1_000)

    async def test_is_locked_after_five_wrong_ones_and_small_sums_go_on(self, town, shop):
        member = await town.member(points=5_000)
        card = await card_of(town, member)
        await set_pin(town, member)
        left = [
            (await refused(pay(town, card.qr, 1_001, pin="0000"))).facts.get("tries_left") for _ in range(5)
        ]
        assert left == [4, 3, 2, 1, None]
        assert await word(pay(town, card.qr, 1_001, pin=PIN)) == "pay-card-pin-locked"
        assert (await state(town, member)).is_pin_locked
        assert (await pay(town, card.qr, 1_000)).left == 4_000
        await set_pin(town, member, "7351")
        assert (await pay(town, card.qr, 1_001, pin="7351")).left == 2_999

    async def test_a_right_one_clears_the_misses_the_fifth_try_too(self, town, shop):
        member = await town.member(points=5_000)
        card = await card_of(town, member)
        await set_pin(town, member)
        for _ in range(2):
            for _ in range(4):
                assert await word(pay(town, card.qr, 1_001, pin="0000")) == "pay-card-pin-wrong"
            await pay(town, card.qr, 1_001, pin=PIN)
        assert await town.balance(member.member_id) == 5_000 - 2 * 1_001

    async def test_forty_guesses_at_once_are_five(self, town, shop, monkeypatch):
        member = await town.member(points=5_000)
        card = await card_of(town, member)
        await set_pin(town, member)
        looked_at = []
        verify_pin = type(town.city.context.hasher).verify

        async def counted(self, *said, **how):
            looked_at.append(said)
            return await verify_pin(self, *said, **how)

        monkeypatch.setattr(type(town.city.context.hasher), "verify", counted)
        words = await asyncio.gather(
            *(word(pay(town, card.qr, 1_001, pin=f"{guess:04}")) for guess in range(40))
        )
        assert set(words) == {"pay-card-pin-wrong", "pay-card-pin-locked"}
        assert len(looked_at) == 5
        assert await town.balance(member.member_id) == 5_000

    async def test_no_try_is_spent_where_none_is_needed(self, town, shop):
        member, spend_id = await town.member(points=5_000), new_id()
        card = await card_of(town, member)
        await set_pin(town, member)
        await pay(town, card.qr, 1_001, spend_id, pin=PIN)
        assert (await pay(town, card.qr, 1_001, spend_id, pin="0000")).replayed
        assert (await pay(town, card.qr, 1_000, pin="0000")).left == 2_999
        holder = await town.store.read(lambda conn: conn.execute(sa.select(tables.pay_card_holders)).one())
        assert holder.pin_misses == 0

    async def test_a_busy_server_counts_no_miss(self, town, shop, monkeypatch):
        member = await town.member(points=5_000)
        card = await card_of(town, member)
        await set_pin(town, member)

        async def busy(*_, **__):
            raise ProblemError("busy")

        monkeypatch.setattr(type(town.city.context.hasher), "verify", busy)
        assert await word(pay(town, card.qr, 1_001, pin=PIN)) == "busy"
        holder = await town.store.read(lambda conn: conn.execute(sa.select(tables.pay_card_holders)).one())
        assert holder.pin_misses == 0

    async def test_stays_with_the_member_when_the_card_is_replaced(self, town, shop):
        member = await town.member(points=5_000)
        await card_of(town, member)
        await set_pin(town, member)
        new = await card_of(town, member, is_replacement=True)
        assert (await pay(town, new.qr, 1_001, pin=PIN)).left == 3_999

    @pytest.mark.parametrize("pin", ["0000", "1234", "8901", "9876", "1948", "2018", "12a4", "123", "12345"])
    async def test_that_anyone_would_try_is_refused(self, town, pin):
        member = await town.member(points=1)
        await issue(town, member)
        assert await word(set_pin(town, member, pin)) == "pay-card-pin-unfit"

    async def test_a_stolen_database_does_not_tell_it(self, town, shop):
        """Ten thousand PINs are hashed in minutes; without the gateway's key none of them fits."""
        member = await town.member(points=1)
        await issue(town, member)
        await set_pin(town, member)
        holder = await town.store.read(lambda conn: conn.execute(sa.select(tables.pay_card_holders)).one())
        assert not (await town.city.context.hasher.verify(holder.pin_hash, PIN, is_known=True)).right
        assert PIN not in holder.pin_hash


class TestWhatAPhotographedCardCanDo:
    async def test_is_the_days_ceiling_in_pieces_of_the_citys_sum(self, town, shop):
        """Whoever has a picture of the QR and no PIN: 1,000 at once, 5,000 a day, however often the card is replaced."""
        member = await town.member(points=20_000)
        card = await card_of(town, member)
        assert await word(pay(town, card.qr, 1_001)) == "pay-card-no-pin"
        for _ in range(5):
            await pay(town, card.qr, 1_000)
        refusal = await refused(pay(town, card.qr, 1))
        assert (refusal.type, refusal.facts["available"]) == ("limit-of-the-day", 0)
        new = await card_of(town, member, is_replacement=True)
        assert await word(pay(town, new.qr, 1)) == "limit-of-the-day"
        assert await town.balance(member.member_id) == 15_000
        town.clock.forward(days=1)
        assert (await pay(town, new.qr, 1)).left == 14_999

    async def test_the_ceiling_holds_in_a_race_and_with_the_pin(self, town, shop):
        member = await town.member(points=20_000)
        card = await card_of(town, member)
        await set_pin(town, member)
        outcomes = await asyncio.gather(*(pay(town, card.qr, 900) for _ in range(10)), return_exceptions=True)
        assert sum(1 for outcome in outcomes if not isinstance(outcome, Exception)) == 5
        assert await word(pay(town, card.qr, 1_500, pin=PIN)) == "limit-of-the-day"
        assert await town.balance(member.member_id) == 20_000 - 5 * 900

    async def test_what_is_given_back_on_the_same_day_can_be_paid_again(self, town, shop):
        member = await town.member(points=20_000)
        card = await card_of(town, member)
        paid = [await pay(town, card.qr, 1_000) for _ in range(5)]
        await town.city.spending.refund_by_shop(shop, new_id(), paid[0].spend.spend_id, 400, "打ち間違い")
        assert (await refused(pay(town, card.qr, 500))).facts["available"] == 400
        await pay(town, card.qr, 400)
        town.clock.forward(days=1)
        await town.refund(paid[1].spend, 1_000)
        assert (await state(town, member)).paid_today == 0

    async def test_the_city_says_how_much(self, town, shop):
        boss, member = await town.who("administrator"), await town.member(points=20_000)
        card = await card_of(town, member)
        change = town.city.cards.change_limits
        await change(boss, CardLimits(no_pin_points=200, points_a_day=500), "要綱の改正", seen=None)
        assert await word(pay(town, card.qr, 201)) == "pay-card-no-pin"
        await pay(town, card.qr, 200)
        await change(boss, CardLimits(no_pin_points=0, points_a_day=0), "停止", seen=None)
        assert await word(pay(town, card.qr, 1)) == "limit-of-the-day"
        wrong = CardLimits(no_pin_points=501, points_a_day=500)
        assert await word(change(boss, wrong, "誤り", seen=None)) == "pay-card-limits-unfit"
        stale = change(boss, CardLimits(), "古い画面", seen=CardLimits().version)
        assert await word(stale) == "changed-meanwhile"


class TestLimitsAreRaisedByTwo:
    """One person who could raise them alone would issue a card for everybody's points and have them paid at one shop."""

    @pytest.mark.parametrize(
        "raised",
        [
            CardLimits(no_pin_points=1_001),
            CardLimits(points_a_day=5_001),
            CardLimits(cards_a_day=31),
            CardLimits(no_pin_points=0, points_a_day=0, cards_a_day=31),
        ],
    )
    async def test_whatever_else_is_lowered(self, town, shop, raised):
        boss = await town.who("administrator")
        await town.who("approver")
        proposal = await town.city.cards.change_limits(boss, raised, "要綱", seen=None)
        assert isinstance(proposal, Proposal)
        assert await town.city.cards.limits(KASAMA) == CardLimits()
        assert proposal.facts["cards_a_day_before"] == 30
        own = town.city.proposals.approve(boss, proposal.proposal_id, proposal.digest, "")
        assert await word(own) == "second-person-missing"
        await town.decided(proposal)
        assert await town.city.cards.limits(KASAMA) == raised

    async def test_and_not_over_a_stop_of_meanwhile(self, town, shop):
        boss = await town.who("administrator")
        await town.who("approver")
        proposal = await town.city.cards.change_limits(
            boss, CardLimits(points_a_day=9_000), "要綱", seen=None
        )
        stop = CardLimits(no_pin_points=0, points_a_day=0)
        await town.city.cards.change_limits(boss, stop, "盗難", seen=None)
        assert await word(town.decided(proposal)) == "proposal-outdated"
        assert await town.city.cards.limits(KASAMA) == stop

    async def test_a_table_that_asks_for_nobody_is_refused(self, town, shop):
        boss = await town.who("administrator")
        await town.who("approver")
        rule = DeedRule(deed=Deed.CARD_LIMITS, persons=0)
        assert await word(town.city.proposals.propose_deed_rule(boss, rule, "簡素化")) == "bad-deed-rule"


class TestWhatOneClerkCanDoAlone:
    async def test_ends_at_the_citys_number_of_cards_in_a_day(self, town, shop):
        """A clerk who keeps copies of cards takes no more than so many ceilings of a day, and each stands in the log."""
        boss, members = await town.who("administrator"), [await town.member(points=10) for _ in range(5)]
        await town.city.cards.change_limits(boss, CardLimits(cards_a_day=3), "要綱", seen=None)
        assert len((await issue(town, *members[:2])).cards) == 2
        refusal = await refused(issue(town, *members[2:4]))
        assert (refusal.type, refusal.facts["available"]) == ("pay-card-too-many", 1)
        assert len((await issue(town, members[2])).cards) == 1
        assert await word(issue(town, members[0], is_replacement=True)) == "pay-card-too-many"
        colleague = await town.who("operator", name="同僚")
        ids = [members[3].mykey_id]
        assert len((await town.city.cards.issue(colleague, new_id(), OUEN, ids, WHY)).cards) == 1
        town.clock.forward(days=1)
        assert len((await issue(town, members[4])).cards) == 1


class TestTheLogAndTheMemberAreTold:
    async def test_of_every_deed_with_its_reason_and_no_number(self, town, shop):
        member, who = await town.member(points=10), await town.who("operator")
        card = await card_of(town, member)
        await set_pin(town, member)
        await town.city.cards.printable(who, [card.number])
        await town.city.cards.stop(who, member.mykey_id, "紛失の電話")
        lines = [line for line in await audit(town) if line.subject == member.mykey_id]
        assert [line.action for line in lines] == [
            "pay card stopped", "pay card printed", "pay card PIN set", "pay card issued",
        ]  # fmt: skip
        assert [line.reason for line in lines] == ["紛失の電話", "", WHY, WHY]
        assert lines[0].facts["card"] == card.number[-4:]
        events = await town.store.read(
            lambda conn: member_events.list_by_member(conn, member.member_id, NOON - timedelta(days=1))
        )
        assert {event.kind.value for event in events} == {
            "pay_card_issued", "pay_card_stopped", "pay_card_pin_set",
        }  # fmt: skip

    async def test_a_reason_is_asked_for(self, town):
        member, who = await town.member(points=10), await town.who("operator")
        assert (
            await word(town.city.cards.issue(who, new_id(), OUEN, [member.mykey_id], " ")) == "reason-missing"
        )
        await issue(town, member)
        assert await word(town.city.cards.stop(who, member.mykey_id, "")) == "reason-missing"
        assert await word(town.city.cards.set_pin(who, member.mykey_id, PIN, "")) == "reason-missing"

    async def test_a_stopped_card_is_not_printed(self, town):
        member, who = await town.member(points=10), await town.who("operator")
        card = await card_of(town, member)
        await card_of(town, member, is_replacement=True)
        assert await word(town.city.cards.printable(who, [card.number])) == "pay-card-stopped"
        assert await word(town.city.cards.printable(who, ["12"])) == "pay-card-unknown"


async def test_no_number_and_no_pin_shows_itself(town):
    member = await town.member(points=10)
    card = await card_of(town, member)
    assert card.number not in repr(card)
    assert pay_card_pins.MISSES_ALLOWED == 5
    assert "hash-of-a-pin" not in repr(replace_request(card))


def replace_request(card):
    request = PaymentRequest(
        municipality=KASAMA, shop_id="soba", spend_id=new_id(), points=1, at=NOON, way="card", taken_by="x",
        card_hash=card.card.card_hash,
    )  # fmt: skip
    return replace(request, pin_hash="hash-of-a-pin")


async def test_the_books_stay_whole(town, shop):
    member = await town.member(points=3_000)
    card = await card_of(town, member)
    await asyncio.gather(*(pay(town, card.qr, 100) for _ in range(8)))
    assert await town.store.read(lambda conn: verify(conn).faults) == ()
    assert await town.store.read(payment_faults) == []
