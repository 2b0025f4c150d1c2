"""A partner's yes shows the debit that was ordered, or it is no yes; what is not shown is held to the profile."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from gateway import (
    JST,
    Debited,
    DebitLine,
    DebitRecord,
    ExchangeId,
    IdReused,
    LinkKind,
    NotProcessed,
    OutcomeUnknown,
    PartnerUnavailable,
    WalletId,
)
from gateway.partners.calls.debit_proof import ExpectedDebit

NOON = datetime(2018, 7, 31, 12, 0, tzinfo=JST)
X1, POINTS = ExchangeId("x-1"), WalletId("points")


def answering(answer):
    async def hook(self):
        return answer

    return hook


PROVES = {"proves": {"amount", "account"}}
YES = Debited(
    exchange_id=ExchangeId("x-1"),
    reference="R-1",
    at=NOON,
    lines=(DebitLine(wallet=POINTS, amount=200),),
    service_id="A1",
)


class TestAYesProvesItself:
    async def test_a_yes_that_shows_the_order_is_believed(self, stage, profile, order):
        partner = stage(profile=profile(**PROVES), debit=answering(YES), find_debit=answering(YES)).partner
        assert await partner.debit(order) == YES
        assert await partner.find_debit(X1, ExpectedDebit.of_order(order)) == YES

    async def test_lines_of_one_wallet_are_compared_by_their_sum(self, stage, profile, order):
        halves = (DebitLine(wallet=POINTS, amount=50), DebitLine(wallet=POINTS, amount=150))
        partner = stage(profile=profile(**PROVES), debit=answering(replace(YES, lines=halves))).partner
        assert isinstance(await partner.debit(order), Debited)

    @pytest.mark.parametrize(
        "shown",
        [
            {"lines": (DebitLine(wallet=POINTS, amount=199),)},
            {"lines": (DebitLine(wallet=WalletId("cash"), amount=200),)},
            {"lines": (DebitLine(wallet=POINTS, amount=200), DebitLine(wallet=WalletId("cash"), amount=1))},
            {"service_id": "A2"},
            {"service_id": "a1"},
        ],
    )
    @pytest.mark.parametrize("promises", [PROVES, {"proves": set()}, {}])
    async def test_a_yes_that_shows_another_debit_is_that_of_another_order(
        self, stage, profile, order, shown, promises
    ):
        yes = replace(YES, **shown)
        partner = stage(profile=profile(**promises), debit=answering(yes), find_debit=answering(yes)).partner
        another = IdReused(exchange_id=X1, reference="R-1", lines=yes.lines, service_id=yes.service_id)
        assert await partner.debit(order) == another
        assert await partner.find_debit(X1, ExpectedDebit.of_order(order)) == another

    @pytest.mark.parametrize(
        ("silent", "said"),
        [({"lines": None}, 'proves "amount"'), ({"service_id": None}, 'proves "account"')],
    )
    async def test_what_the_profile_proves_is_asked_of_every_yes(self, stage, profile, order, silent, said):
        partner = stage(profile=profile(**PROVES), debit=answering(replace(YES, **silent))).partner
        with pytest.raises(OutcomeUnknown, match=said):
            await partner.debit(order)

    async def test_what_the_profile_does_not_prove_may_be_missing(self, stage, profile, order):
        bare = replace(YES, lines=None, service_id=None)
        for promises in ({"proves": set()}, {}):
            partner = stage(profile=profile(**promises), debit=answering(bare)).partner
            assert await partner.debit(order) == bare

    async def test_ids_in_another_case_are_the_same_where_the_partner_says_so(self, stage, profile, order):
        shouted = replace(YES, exchange_id=ExchangeId("X-1"), service_id="a1")
        careless = profile(proves={"amount", "account"}, ids_ignore_case=True)
        answered = await stage(profile=careless, debit=answering(shouted)).partner.debit(order)
        assert answered == replace(shouted, exchange_id=X1)
        with pytest.raises(OutcomeUnknown, match="another exchange_id"):
            await stage(profile=profile(**PROVES), debit=answering(shouted)).partner.debit(order)

    async def test_a_coupon_link_shows_no_account(self, stage, profile, order):
        coupons = profile(link=LinkKind.COUPON, proves={"amount"})
        with pytest.raises(OutcomeUnknown, match="a coupon link has none"):
            await stage(profile=coupons, debit=answering(YES)).partner.debit(order)

    @pytest.mark.parametrize(
        ("shown", "said"),
        [
            ({"lines": ()}, "neither None nor a tuple"),
            ({"lines": [DebitLine(wallet=POINTS, amount=200)]}, "neither None nor a tuple"),
            ({"lines": (DebitLine(wallet=POINTS, amount=-200),)}, "not a whole number above 0"),
            ({"lines": (DebitLine(wallet=POINTS, amount=200.0),)}, "not a whole number above 0"),  # type: ignore[arg-type]
            ({"lines": (DebitLine(wallet=WalletId("gold"), amount=200),)}, "does not have"),
            ({"service_id": 7}, "empty or no text"),
            ({"service_id": " "}, "empty or no text"),
            ({"service_id": "A" * 201}, "longer than 200"),
            ({"service_id": "A\x00"}, "control character"),
        ],
    )
    async def test_what_is_shown_has_its_shape(self, stage, profile, order, shown, said):
        with pytest.raises(OutcomeUnknown, match=said):
            await stage(profile=profile(**PROVES), debit=answering(replace(YES, **shown))).partner.debit(
                order
            )

    async def test_a_day_shows_the_accounts_that_the_profile_proves(self, stage, profile):
        row = DebitRecord(exchange_id=X1, reference="R-1", lines=YES.lines, at=NOON)  # type: ignore[arg-type]
        with pytest.raises(PartnerUnavailable, match="has no service_id"):
            await stage(profile=profile(**PROVES), debits_on=answering([row])).partner.debits_on(
                date(2018, 7, 31)
            )
        debit_records = [replace(row, service_id="A1")]
        listed = await stage(profile=profile(**PROVES), debits_on=answering(debit_records)).partner.debits_on(
            date(2018, 7, 31)
        )
        assert listed[0].service_id == "A1"


async def test_a_request_that_the_partner_did_not_look_at_is_not_processed(stage, order):
    answer = NotProcessed(exchange_id=X1, retry_after=timedelta(seconds=7))
    assert await stage(debit=answering(answer)).partner.debit(order) == answer
    wrong = NotProcessed(exchange_id=X1, retry_after=timedelta(seconds=-7))
    with pytest.raises(OutcomeUnknown, match="retry_after"):
        await stage(debit=answering(wrong)).partner.debit(order)
    with pytest.raises(PartnerUnavailable, match="NotProcessed instead of"):
        await stage(find_debit=answering(answer)).partner.find_debit(X1)
