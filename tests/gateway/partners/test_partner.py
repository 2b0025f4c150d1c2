"""A plugin made safe to call: what each kind of trouble means for the points."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, date, datetime, timedelta

import pytest
from prometheus_client import REGISTRY

from gateway import (
    JST,
    BalanceLot,
    Balances,
    Coupon,
    CouponRefused,
    CouponValue,
    Debited,
    DebitLine,
    DebitRecord,
    Declined,
    DeclineReason,
    Destination,
    ExchangeId,
    Handoff,
    HandoffRefused,
    HandoffRequest,
    HandoffReturn,
    InProgress,
    Label,
    LinkedAccount,
    LinkEnded,
    NoRecord,
    NotProcessed,
    NotSent,
    OutcomeUnknown,
    PartnerUnavailable,
    RateTable,
    Reversal,
    Reversed,
    Secret,
    WalletId,
)
from gateway.partners.calls.breaker import FAILURES_TO_OPEN, FIRST_PAUSE_S, BreakerState
from gateway.partners.calls.call_log import CallScope, RequestRecord, current_scope, record_calls
from gateway.partners.calls.guard import MAX_IN_FLIGHT, MAX_WAITING
from gateway.partners.calls.result_checks import ContractBroken
from gateway.partners.http_client import GuardedHttp
from gateway.partners.partner import Partner

NOON = datetime(2018, 7, 31, 12, 0, tzinfo=JST)
CITY = Destination.to_municipality("082163", "kasama-ouen")
X1 = ExchangeId("x-1")
ACCOUNT = LinkedAccount(service_id="A1", shown_as="サイトウ　様", token=Secret("tok-sesame"))
COUPON = Coupon(code=Secret("CPN-sesame"))
REQUEST = HandoffRequest(exchange_id=X1, return_url="https://gw.example/returns/acorn", at=NOON)
RETURNED = HandoffReturn(
    exchange_id=X1, query={"proof": "query-sesame"}, kept={"order": "kept-sesame"}, at=NOON
)


def answering(answer):
    async def hook(self):
        return answer

    return hook


def raising(fault):
    async def hook(self):
        raise fault

    return hook


# --- debit ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        Debited(exchange_id=X1, reference="R-1", at=NOON),
        Declined(exchange_id=X1, reason=DeclineReason.NOT_ENOUGH),
        Declined(exchange_id=X1, reason=DeclineReason.REFUSED, text=Label("不可", "no")),
        InProgress(exchange_id=X1),
        InProgress(exchange_id=X1, ask_after=timedelta(hours=1)),
    ],
)
async def test_a_debits_three_answers_pass(stage, order, answer):
    assert await stage(debit=answering(answer)).partner.debit(order) == answer


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "answered None instead of Debited"),
        ({}, "answered a dict instead of Debited"),
        (True, "answered a bool"),
        (NoRecord(exchange_id=X1), "answered a NoRecord"),
        (Debited, "answered a type"),
        (Debited(exchange_id=ExchangeId("x-2"), reference="R", at=NOON), "answered for another exchange_id"),
        (
            Declined(exchange_id=ExchangeId("x-2"), reason=DeclineReason.REFUSED),
            "answered for another exchange_id",
        ),
        (Debited(exchange_id=X1, reference="", at=NOON), "the reference is not a text"),
        (Debited(exchange_id=X1, reference="R" * 201, at=NOON), "the reference is not a text"),
        (Debited(exchange_id=X1, reference=12, at=NOON), "the reference is not a text"),  # type: ignore[arg-type]
        (Debited(exchange_id=X1, reference="R\x1f1", at=NOON), "the reference contains a control character"),
        (
            Debited(exchange_id=X1, reference="R", at=datetime(2018, 7, 31)),
            "`at` is not a datetime with its offset",
        ),
        (Declined(exchange_id=X1, reason="not_enough"), "no DeclineReason"),  # type: ignore[arg-type]
        (Declined(exchange_id=X1, reason=DeclineReason.REFUSED, text="no"), "text that is no Label"),  # type: ignore[arg-type]
        (InProgress(exchange_id=X1, ask_after=-timedelta(1)), "ask_after"),
        (InProgress(exchange_id=X1, ask_after=5), "ask_after"),  # type: ignore[arg-type]
    ],
)
async def test_any_other_answer_to_a_debit_is_unknown(stage, order, answer, said):
    with pytest.raises(OutcomeUnknown, match=said):
        await stage(debit=answering(answer)).partner.debit(order)


@pytest.mark.parametrize(
    "fault",
    [
        ValueError("sesame"),
        TimeoutError(),
        LinkEnded("link_ended"),
        PartnerUnavailable("503"),
        OutcomeUnknown("lost"),
        SystemExit(1),
        KeyboardInterrupt(),
        GeneratorExit(),
        asyncio.CancelledError(),
        RecursionError(),
    ],
    ids=repr,
)
async def test_whatever_a_debit_raises_is_unknown_and_never_stops_the_gateway(stage, order, fault):
    with pytest.raises(OutcomeUnknown) as unknown:
        await stage(debit=raising(fault)).partner.debit(order)
    assert "sesame" not in str(unknown.value)
    assert unknown.value.__cause__ is None


async def test_a_crash_is_told_with_its_type_and_place(stage, order):
    async def debit(self):
        return {}["sesame"]  # type: ignore[index]

    with pytest.raises(
        OutcomeUnknown, match=r"^acorn: debit\(\) crashed with KeyError \(partners/test_partner\.py:\d+\)$"
    ):
        await stage(debit=debit).partner.debit(order)


async def test_not_sent_is_believed_while_nothing_has_left(stage, order):
    with pytest.raises(NotSent, match="acorn: no key"):
        await stage(debit=raising(NotSent("no key"))).partner.debit(order)


async def test_not_sent_is_not_believed_once_a_request_has_left(stage, order):
    async def debit(self):
        current_scope().request_leaves()
        raise NotSent("says the plugin")

    with pytest.raises(OutcomeUnknown):
        await stage(debit=debit).partner.debit(order)


def ended(scope, *, status=None, error=None):
    scope.request_leaves()
    if error == "connect_refused":
        scope.request_stayed()
    scope.requests.append(
        RequestRecord(method="POST", url="https://acorn.example/pay", ms=1, status=status, error=error)
    )


@pytest.mark.parametrize(
    ("before", "believed"),
    [
        ({}, True),
        ({"status": 200}, True),  # a token, for one
        ({"error": "connection_lost"}, False),
        ({"error": "timeout"}, False),
        ({"error": "connect_refused"}, False),
        ({"status": 500}, False),
        ({"status": 503}, False),
        ({"running": True}, False),
    ],
)
async def test_not_processed_is_not_believed_after_a_request_that_was_lost(stage, order, before, believed):
    """A 429 for the second sending says nothing of the first."""
    answer = NotProcessed(exchange_id=X1, retry_after=timedelta(seconds=7))

    async def debit(self):
        scope = current_scope()
        if before.get("running"):
            scope.request_leaves()
        elif before:
            ended(scope, **before)
        ended(scope, status=429)
        return answer

    on = stage(debit=debit)
    if believed:
        assert await on.partner.debit(order) == answer
        return
    with pytest.raises(OutcomeUnknown, match="said NotProcessed, and another request of it ended without"):
        await on.partner.debit(order)


async def test_a_debit_beyond_its_deadline_is_unknown(stage, order, profile):
    async def debit(self):
        await asyncio.Event().wait()

    with pytest.raises(OutcomeUnknown, match=r"did not end within 0.02 s"):
        await stage(debit=debit, profile=profile(deadline_s=0.02)).partner.debit(order)


async def test_a_plugin_that_says_not_sent_because_it_was_stopped_is_not_believed(stage, order, profile):
    async def debit(self):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise NotSent("I was stopped") from None

    with pytest.raises(OutcomeUnknown):
        await stage(debit=debit, profile=profile(deadline_s=0.02)).partner.debit(order)


async def test_a_yes_that_comes_while_the_call_is_being_ended_is_a_yes(stage, order, profile):
    async def debit(self, order):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return Debited(exchange_id=order.exchange_id, reference="R", at=NOON)

    answer = await stage(debit=debit, profile=profile(deadline_s=0.02)).partner.debit(order)
    assert answer.reference == "R"


async def test_a_plugin_that_ignores_cancellation_holds_up_its_own_place_and_nobody(stage, order, profile):
    free = asyncio.Event()

    async def debit(self):
        while not free.is_set():
            try:
                await free.wait()
            except asyncio.CancelledError:
                continue

    on = stage(debit=debit, profile=profile(deadline_s=0.02))
    with pytest.raises(OutcomeUnknown):
        await on.partner.debit(order)
    assert on.log.named("plugin_ignores_cancellation") == [{"partner": "acorn", "hook": "debit"}]
    free.set()


async def test_a_cancelled_debit_lets_the_cancellation_through_and_stops_the_hook(stage, order):
    began, ended = asyncio.Event(), asyncio.Event()

    async def debit(self):
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    on = stage(debit=debit)
    with record_calls() as calls:
        task = asyncio.create_task(on.partner.debit(order))
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await ended.wait()
    assert [call.outcome for call in calls] == ["cancelled"]
    assert on.log.named("partner_call")[0]["outcome"] == "cancelled"


async def test_closing_the_partner_makes_running_debits_unknown(stage, order):
    began = asyncio.Event()

    async def debit(self):
        began.set()
        await asyncio.Event().wait()

    on = stage(debit=debit)
    task = asyncio.create_task(on.partner.debit(order))
    await began.wait()
    await on.partner.aclose()
    with pytest.raises(OutcomeUnknown):
        await task


async def test_a_task_that_outlives_its_debit_can_send_nothing_any_more(
    stage, order, raw_server, log, profile
):
    async def serve(reader, writer):
        await reader.read()

    host = await raw_server(serve)
    http = GuardedHttp("acorn", log)
    late: list[asyncio.Task] = []

    async def debit(self, order):
        ended = current_scope()

        async def later():
            while not ended.closed:  # noqa: ASYNC110  the scope tells nobody
                await asyncio.sleep(0)
            await http.post(f"http://{host}/pay")

        late.append(asyncio.create_task(later()))
        return Declined(exchange_id=order.exchange_id, reason=DeclineReason.REFUSED)

    on = stage(debit=debit, http=http, profile=profile(hosts=("acorn.example", host)))
    await on.partner.debit(order)
    with pytest.raises(NotSent, match="has ended"):
        await late[0]


async def test_over_real_http_a_lost_reply_is_unknown_and_a_refused_connection_is_not_sent(
    stage, order, raw_server, log, profile
):
    async def lost(reader, writer):
        await reader.readuntil(b"\r\n\r\n")

    for host, meaning in ((await raw_server(lost), OutcomeUnknown), ("127.0.0.1:1", NotSent)):
        http = GuardedHttp("acorn", log)

        async def debit(self, http=http, host=host):
            await http.post(f"http://{host}/pay", json={})

        on = stage(debit=debit, http=http, profile=profile(hosts=(host,)))
        with record_calls() as calls, pytest.raises(meaning):
            await on.partner.debit(order)
        assert [request.url for request in calls[0].requests] == [f"http://{host}/pay"]


# --- reversals ------------------------------------------------------------------------------------------------

REVERSAL = Reversal(
    reversal_id="r-1",
    exchange_id=X1,
    debit=Debited(exchange_id=X1, reference="R-1", at=NOON),
    lines=(DebitLine(wallet=WalletId("points"), units=2, amount=200),),
    at=NOON,
    account=ACCOUNT,
)


@pytest.mark.parametrize(
    "answer",
    [
        Reversed(reversal_id="r-1", reference="V-1", at=NOON),
        Declined(exchange_id=X1, reason=DeclineReason.REFUSED),
        InProgress(exchange_id=X1),
    ],
)
async def test_a_reversals_three_answers_pass(stage, answer):
    assert await stage(reverse_debit=answering(answer)).partner.reverse_debit(REVERSAL) == answer


@pytest.mark.parametrize(
    "answer",
    [
        None,
        NoRecord(exchange_id=X1),
        Reversed(reversal_id="r-2", reference="V", at=NOON),
        Reversed(reversal_id="r-1", reference="", at=NOON),
    ],
)
async def test_any_other_answer_to_a_reversal_is_unknown(stage, answer):
    with pytest.raises(OutcomeUnknown):
        await stage(reverse_debit=answering(answer)).partner.reverse_debit(REVERSAL)


async def test_a_partner_that_cannot_reverse_has_sent_nothing(stage):
    on = stage()
    assert not on.partner.can("reverse_debit")
    with pytest.raises(NotSent, match=r"the plugin has no reverse_debit\(\)"):
        await on.partner.reverse_debit(REVERSAL)


# --- asking ---------------------------------------------------------------------------------------------------


async def test_a_rate_table_is_asked_for_again_when_it_is_no_longer_good(stage, rate):
    moments: list[datetime] = []

    def rates(good_for: timedelta):
        async def rate_table(self, at: datetime) -> RateTable:
            moments.append(at)
            return RateTable(rates=(rate(),), good_for=good_for)

        return rate_table

    minutes = [NOON + timedelta(minutes=n) for n in (0, 9, 10, 19, 5)]
    partner = stage(rate_table=rates(timedelta(minutes=10))).partner
    for at in minutes:
        await partner.rate_table(at)
    # The last one: the clock was set back to before the table was asked for.
    assert moments == [minutes[0], minutes[2], minutes[4]]
    moments.clear()
    partner = stage(rate_table=rates(timedelta(0))).partner
    for _ in range(2):
        await partner.rate_table(NOON)
    assert moments == [NOON, NOON]


@pytest.mark.parametrize("good_for", [timedelta(seconds=-1), timedelta(hours=1, seconds=1), 60])
async def test_a_rate_table_is_good_for_an_hour_at_most(stage, rate, good_for):
    partner = stage(rate_table=answering(RateTable(rates=(rate(),), good_for=good_for))).partner
    with pytest.raises(ContractBroken, match="good_for must be a timedelta from 0 to one hour"):
        await partner.rate_table(NOON)


async def test_each_question_of_a_good_plugin_is_answered(stage):
    partner = stage(
        coupon_value=answering(CouponValue(wallet=WalletId("points"), amount=500, expires_at=NOON)),
        debits_on=answering([RECORD]),
    ).partner
    await partner.check_connection()
    assert len((await partner.rate_table(NOON)).rates) == 1
    assert (await partner.begin_handoff(REQUEST)).url == "https://acorn.example/login"
    assert (await partner.complete_handoff(RETURNED)).service_id == "A1"
    assert (await partner.balances(ACCOUNT)).available == {"points": 10_000}
    assert (await partner.coupon_value(COUPON)).amount == 500
    assert await partner.find_debit(X1) == NoRecord(exchange_id=X1)
    assert await partner.debits_on(date(2018, 7, 31)) == (RECORD,)


RECORD = DebitRecord(
    exchange_id=X1,
    reference="R-1",
    lines=(DebitLine(wallet=WalletId("points"), units=2, amount=200),),
    at=NOON,
)


def a_record(**changes):
    values = {"exchange_id": X1, "reference": "R-1", "lines": RECORD.lines, "at": NOON} | changes
    return [DebitRecord(**values)]  # type: ignore[arg-type]


def a_line(**changes):
    return (DebitLine(**({"wallet": WalletId("points"), "units": 2, "amount": 200} | changes)),)  # type: ignore[arg-type]


POINTS, NOBODYS = WalletId("points"), WalletId("nobodys")


def a_lot(**changes):
    values = {"wallet": POINTS, "amount": 100, "last_day": date(2018, 12, 31)} | changes
    return BalanceLot(**values)  # type: ignore[arg-type]


def with_lots(lots):
    return Balances(available={POINTS: 100}, as_of=NOON, lots=lots)


@pytest.mark.parametrize(
    ("hook", "argument", "answer", "said"),
    [
        ("rate_table", NOON, None, "answered None instead of RateTable"),
        ("rate_table", NOON, RateTable(rates=[]), "needs a tuple of Rate"),  # type: ignore[arg-type]
        ("balances", ACCOUNT, {}, "answered a dict instead of Balances"),
        ("balances", ACCOUNT, Balances(available={NOBODYS: 1}, as_of=NOON), "does not have"),
        (
            "balances",
            ACCOUNT,
            Balances(available={POINTS: 1.0}, as_of=NOON),  # type: ignore[dict-item]
            "balance of points is not a whole number",
        ),
        (
            "balances",
            ACCOUNT,
            Balances(available={POINTS: True}, as_of=NOON),
            "balance of points is not a whole number",
        ),
        (
            "balances",
            ACCOUNT,
            Balances(available={POINTS: "1"}, as_of=NOON),  # type: ignore[dict-item]
            "balance of points is not a whole number",
        ),
        (
            "balances",
            ACCOUNT,
            Balances(available={POINTS: -1}, as_of=NOON),
            "balance of points is not a whole number",
        ),
        ("balances", ACCOUNT, Balances(available=[1], as_of=NOON), "no mapping"),  # type: ignore[arg-type]
        ("balances", ACCOUNT, Balances(available={}, as_of=datetime(2018, 7, 1)), "`as_of`"),
        ("balances", ACCOUNT, with_lots([a_lot()]), "`lots` is no tuple of BalanceLot"),
        ("balances", ACCOUNT, with_lots(("lot",)), "`lots` is no tuple of BalanceLot"),
        ("balances", ACCOUNT, with_lots((a_lot(wallet=NOBODYS),)), "does not have"),
        ("balances", ACCOUNT, with_lots((a_lot(amount=0),)), "a lot's amount is not a whole number above 0"),
        ("balances", ACCOUNT, with_lots((a_lot(amount=-100),)), "a lot's amount is not"),
        ("balances", ACCOUNT, with_lots((a_lot(amount=100.0),)), "a lot's amount is not"),
        ("balances", ACCOUNT, with_lots((a_lot(last_day="2018-12-31"),)), "last_day is no date"),
        ("balances", ACCOUNT, with_lots((a_lot(last_day=NOON),)), "last_day is no date"),
        (
            "balances",
            ACCOUNT,
            with_lots((a_lot(last_day=date(2018, 7, 30)),)),
            "was over when the balance was told",
        ),
        (
            "balances",
            ACCOUNT,
            with_lots((a_lot(amount=60),)),
            "lots of points are 60 points together and `available` says 100",
        ),
        ("balances", ACCOUNT, with_lots((a_lot(amount=1),) * 101), "more than 100 lots"),
        ("coupon_value", COUPON, CouponValue(wallet=NOBODYS, amount=1), "does not have"),
        ("coupon_value", COUPON, CouponValue(wallet=[], amount=1), "breaks when read|does not have"),  # type: ignore[arg-type]
        ("coupon_value", COUPON, CouponValue(wallet=POINTS, amount=0), "above 0"),
        ("coupon_value", COUPON, CouponValue(wallet=POINTS, amount=True), "above 0"),
        (
            "coupon_value",
            COUPON,
            CouponValue(wallet=POINTS, amount=1, expires_at=datetime(2018, 7, 1)),
            "`expires_at`",
        ),
        ("begin_handoff", REQUEST, Handoff(url="https://evil.example/"), r"not in partner_profile\(\).hosts"),
        ("begin_handoff", REQUEST, Handoff(url="http://acorn.example/"), "not https"),
        ("begin_handoff", REQUEST, Handoff(url="javascript:alert(1)"), "not https"),
        ("begin_handoff", REQUEST, Handoff(url="https://u:p@acorn.example/"), "not https"),
        ("begin_handoff", REQUEST, Handoff(url="https://[acorn/"), "breaks when read"),
        ("begin_handoff", REQUEST, Handoff(url=None), "url that is no text"),  # type: ignore[arg-type]
        (
            "begin_handoff",
            REQUEST,
            Handoff(url="https://acorn.example/\r\nSet-Cookie:a=b"),
            "control character",
        ),
        ("begin_handoff", REQUEST, Handoff(url="https://acorn.example/\x00"), "control character"),
        ("begin_handoff", REQUEST, Handoff(url="https://acorn.example/\ud800"), "control character"),
        ("begin_handoff", REQUEST, Handoff(url=" https://acorn.example/"), "a space"),
        ("begin_handoff", REQUEST, Handoff(url="https://acorn.example/" + "a" * 2_000), "longer than 2,000"),
        ("complete_handoff", RETURNED, LinkedAccount(service_id="A" * 201, shown_as="x"), "longer than 200"),
        ("complete_handoff", RETURNED, LinkedAccount(service_id="A", shown_as="x" * 201), "longer than 200"),
        ("begin_handoff", REQUEST, Handoff(url="https://acorn.example/", keep={"a": 1}), "`keep`"),  # type: ignore[dict-item]
        ("complete_handoff", RETURNED, LinkedAccount(service_id="", shown_as="x"), "service_id"),
        ("complete_handoff", RETURNED, LinkedAccount(service_id="A", shown_as=" "), "shown_as"),
        (
            "complete_handoff",
            RETURNED,
            LinkedAccount(service_id="A", shown_as="x", token="t"),  # type: ignore[arg-type]
            "not a Secret",
        ),
        ("find_debit", X1, None, "instead of Debited, Declined, InProgress, IdReused or NoRecord"),
        ("find_debit", X1, NoRecord(exchange_id=ExchangeId("x-2")), "another exchange_id"),
        ("debits_on", date(2018, 7, 31), "R-1", "answered a str instead of a sequence"),
        ("debits_on", date(2018, 7, 31), ["R-1"], "answered a str instead of DebitRecord"),
        ("debits_on", date(2018, 7, 31), a_record(exchange_id=""), "no exchange_id"),
        ("debits_on", date(2018, 7, 31), a_record(at=datetime(2018, 7, 1)), "`at`"),
        ("debits_on", date(2018, 7, 31), a_record(reversed="no"), "`reversed`"),
        ("debits_on", date(2018, 7, 31), a_record(lines=()), "no lines"),
        ("debits_on", date(2018, 7, 31), a_record(lines=a_line(wallet=NOBODYS)), "does not have"),
        ("debits_on", date(2018, 7, 31), a_record(lines=a_line(amount=1.5)), "not a whole number"),
        ("debits_on", date(2018, 7, 31), a_record(given_back=[]), "neither a tuple nor None"),
        ("debits_on", date(2018, 7, 31), a_record(given_back=a_line(wallet=NOBODYS)), "does not have"),
        ("debits_on", date(2018, 7, 31), a_record(given_back=a_line(amount=0)), "not a whole number"),
        ("debits_on", date(2018, 7, 31), a_record(given_back=a_line(amount=201)), "more than was taken"),
        ("debits_on", date(2018, 7, 31), a_record(given_back=a_line() + a_line()), "more than was taken"),
        (
            "debits_on",
            date(2018, 7, 31),
            a_record(reversed=True, given_back=a_line(units=1, amount=100)),
            "names only a part",
        ),
    ],
)
async def test_an_answer_against_the_contract_is_not_taken(stage, hook, argument, answer, said):
    partner = stage(**{hook: answering(answer)}).partner
    with pytest.raises(ContractBroken, match=said):
        await getattr(partner, hook)(argument)


async def test_lots_that_end_today_or_never_are_taken_and_a_wallet_may_have_none(stage):
    lots = (a_lot(amount=40, last_day=NOON.date()), a_lot(amount=60, last_day=None))
    told = Balances(available={POINTS: 100, WalletId("cash"): 7}, as_of=NOON, lots=lots)
    assert (await stage(balances=answering(told)).partner.balances(ACCOUNT)).lots == lots


async def test_a_plugin_cannot_change_balances_after_it_gave_them(stage):
    mine = {POINTS: 100}
    balances = await stage(balances=answering(Balances(available=mine, as_of=NOON))).partner.balances(ACCOUNT)
    mine[POINTS] = 10**9
    assert balances.available[POINTS] == 100
    with pytest.raises(TypeError):
        balances.available[POINTS] = 1


@pytest.mark.parametrize(
    ("hook", "argument", "refusal"),
    [
        ("begin_handoff", REQUEST, HandoffRefused("maintenance")),
        ("complete_handoff", RETURNED, HandoffRefused("member_declined", "with query-sesame")),
        ("balances", ACCOUNT, LinkEnded("unlinked", "tok-sesame is gone")),
        ("coupon_value", COUPON, CouponRefused("used", "CPN-sesame was used")),
    ],
)
async def test_an_explicit_no_is_a_no_and_tells_no_secret(stage, hook, argument, refusal):
    on = stage(**{hook: raising(refusal)})
    with pytest.raises(type(refusal)) as exception_info:
        await getattr(on.partner, hook)(argument)
    assert exception_info.value.reason == refusal.reason
    assert "sesame" not in str(exception_info.value) + repr(on.log.lines)
    assert on.partner.breaker_state is BreakerState.CLOSED


async def test_stars_in_a_return_address_do_not_fill_the_memory(stage):
    """Each value of a return is a secret of that call; one after the other, stars for stars tripled with each."""
    stars = {"proof": "e"} | {f"more{number}": "*" for number in range(12)}
    returned = HandoffReturn(exchange_id=X1, query=stars, kept={}, at=NOON)
    on = stage(
        complete_handoff=raising(HandoffRefused("malformed_return", "the return carries no agreement"))
    )
    with record_calls() as calls, pytest.raises(HandoffRefused) as caught:
        await on.partner.complete_handoff(returned)
    assert len(str(caught.value)) < 250
    assert "e" not in calls[0].text.removeprefix("acorn: ")


def test_a_secret_is_found_as_it_stands_and_percent_encoded():
    scope = CallScope(partner="acorn", hook="debit", secrets=("a b", "50%"))
    assert scope.scrubbed("/coupons/a%20b/50%25") == "/coupons/***/***"
    assert scope.scrubbed("a b and 50%") == "*** and ***"
    assert scope.scrubbed("/other/x%20y") == "/other/x%20y"


@pytest.mark.parametrize(
    "reason", ["\x00", "\ud800", "a\r\nb", "code query-sesame is not known", "x" * 65, "", None, 7]
)
async def test_a_reason_that_is_no_word_is_told_as_refused(stage, reason):
    """It is kept with the exchange and shown: half a character would stop that, a quoted code would be told."""
    with pytest.raises(HandoffRefused) as caught:
        await stage(complete_handoff=raising(HandoffRefused(reason))).partner.complete_handoff(RETURNED)
    assert caught.value.reason == "refused"


@pytest.mark.parametrize(
    "fault", [ValueError(), SystemExit(), NotSent("x"), OutcomeUnknown("x"), HandoffRefused("x")]
)
async def test_every_other_trouble_with_a_question_means_ask_later(stage, fault):
    with pytest.raises(PartnerUnavailable):
        await stage(find_debit=raising(fault)).partner.find_debit(X1)


async def test_when_the_partner_says_how_long_to_wait_it_is_passed_on(stage):
    with pytest.raises(PartnerUnavailable) as exception_info:
        await stage(find_debit=raising(PartnerUnavailable("busy", 120))).partner.find_debit(X1)
    assert exception_info.value.retry_after_s == 120


# --- the order of wallets -------------------------------------------------------------------------------------


async def test_without_an_opinion_wallets_are_drawn_as_the_profile_lists_them(stage):
    assert await stage().partner.wallet_priority(Destination.reserve(), NOON) == ("points", "cash")


async def test_the_plugins_order_of_wallets_counts(stage):
    def wallet_priority(self, destination, at):
        return ["cash", "points"]

    assert await stage(wallet_priority=wallet_priority).partner.wallet_priority(
        Destination.reserve(), NOON
    ) == (
        "cash",
        "points",
    )


async def test_an_order_of_wallets_is_kept_as_long_as_the_rate_table_is_good(stage, rate):
    asked: list[tuple[Destination, datetime]] = []

    def wallet_priority(self, destination, at):
        asked.append((destination, at))
        return ["cash", "points"] if destination == CITY else ["points"]

    table = RateTable(rates=(rate(),), good_for=timedelta(minutes=10))
    partner = stage(wallet_priority=wallet_priority, rate_table=answering(table)).partner
    later = NOON + timedelta(minutes=10)
    for at in (NOON, NOON + timedelta(minutes=9), later):
        await partner.rate_table(at)
        for _ in range(2):
            assert await partner.wallet_priority(CITY, at) == ("cash", "points")
            assert await partner.wallet_priority(Destination.reserve(), at) == ("points",)
    assert asked == [(it, at) for at in (NOON, later) for it in (CITY, Destination.reserve())]


async def test_an_order_that_begins_with_a_day_is_asked_for_when_the_day_begins(stage, rate):
    midnight = datetime(2018, 8, 1, tzinfo=JST)

    def wallet_priority(self, destination, at):
        return ["points"] if at < midnight else ["cash"]

    table = RateTable(rates=(rate(),), good_for=timedelta(minutes=10))
    partner = stage(wallet_priority=wallet_priority, rate_table=answering(table)).partner
    before = midnight - timedelta(minutes=1)
    await partner.rate_table(before)
    orders = [await partner.wallet_priority(CITY, at.astimezone(UTC)) for at in (before, midnight)]
    assert orders == [("points",), ("cash",)]


async def test_without_a_table_that_is_good_an_order_of_wallets_is_asked_for_each_time(stage, rate):
    asked: list[datetime] = []

    def wallet_priority(self, destination, at):
        asked.append(at)
        return ["cash"] if len(asked) < 3 else ["nobodys"]

    table = RateTable(rates=(rate(),), good_for=timedelta(0))
    partner = stage(wallet_priority=wallet_priority, rate_table=answering(table)).partner
    await partner.wallet_priority(CITY, NOON)
    await partner.rate_table(NOON)
    await partner.wallet_priority(CITY, NOON)
    assert asked == [NOON, NOON]
    good = RateTable(rates=(rate(),), good_for=timedelta(minutes=10))
    partner = stage(wallet_priority=wallet_priority, rate_table=answering(good)).partner
    await partner.rate_table(NOON)
    for _ in range(2):  # a fault is no order that could be kept
        with pytest.raises(PartnerUnavailable):
            await partner.wallet_priority(CITY, NOON)
    assert len(asked) == 4


@pytest.mark.parametrize("answer", [["nobodys"], ["points", "points"], "points", None, 1, [[]]])
async def test_an_order_of_wallets_that_makes_no_sense_is_not_taken(stage, answer):
    def wallet_priority(self):
        if answer == 1:
            raise SystemExit
        return answer

    with pytest.raises(PartnerUnavailable, match=r"acorn: wallet_priority\(\)|acorn: the plugin"):
        await stage(wallet_priority=wallet_priority).partner.wallet_priority(Destination.reserve(), NOON)


# --- many calls, and partners that are down -------------------------------------------------------------------


async def test_sixteen_calls_are_in_flight_and_the_seventeenth_waits_its_turn(stage, order):
    running, free, most = 0, asyncio.Event(), 0

    async def debit(self, order):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await free.wait()
        running -= 1
        return InProgress(exchange_id=order.exchange_id)

    on = stage(debit=debit)
    tasks = [asyncio.create_task(on.partner.debit(order)) for _ in range(40)]
    while running < MAX_IN_FLIGHT:  # noqa: ASYNC110  until all that may run do
        await asyncio.sleep(0)
    free.set()
    answers = await asyncio.gather(*tasks)
    assert (len(answers), most) == (40, MAX_IN_FLIGHT)


async def test_who_waits_too_long_for_a_turn_has_sent_nothing(stage, order, profile):
    free = asyncio.Event()

    async def find_debit(self):
        while not free.is_set():
            try:
                await free.wait()
            except asyncio.CancelledError:
                continue

    on = stage(find_debit=find_debit, profile=profile(deadline_s=0.03))
    hanging = [asyncio.create_task(on.partner.find_debit(X1)) for _ in range(FAILURES_TO_OPEN - 1)]
    hanging += [asyncio.create_task(on.partner.find_debit(X1)) for _ in range(MAX_IN_FLIGHT - len(hanging))]
    await asyncio.sleep(0)
    with pytest.raises(NotSent):
        await on.partner.debit(order)
    free.set()
    await asyncio.gather(*hanging, return_exceptions=True)


async def test_a_debit_whose_turn_comes_after_the_breaker_opened_has_sent_nothing(stage, order):
    down = asyncio.Event()

    async def find_debit(self):
        await down.wait()
        raise PartnerUnavailable("down")

    on = stage(find_debit=find_debit)
    questions = [asyncio.create_task(on.partner.find_debit(X1)) for _ in range(MAX_IN_FLIGHT * 2)]
    await asyncio.sleep(0)
    debit = asyncio.create_task(on.partner.debit(order))
    await asyncio.sleep(0)
    down.set()
    with pytest.raises(NotSent, match="left alone"):
        await debit
    await asyncio.gather(*questions, return_exceptions=True)
    assert on.plugin.calls == []


async def test_a_debit_whose_turn_comes_when_a_probe_is_due_is_not_the_probe(stage, order):
    down = asyncio.Event()

    async def find_debit(self):
        await down.wait()
        on.now_s[0] += FIRST_PAUSE_S
        raise PartnerUnavailable("down")

    on = stage(find_debit=find_debit)
    questions = [asyncio.create_task(on.partner.find_debit(X1)) for _ in range(MAX_IN_FLIGHT * 2)]
    await asyncio.sleep(0)
    debit = asyncio.create_task(on.partner.debit(order))
    await asyncio.sleep(0)
    down.set()
    with pytest.raises(NotSent, match="left alone"):
        await debit
    await asyncio.gather(*questions, return_exceptions=True)
    assert (on.plugin.calls, on.partner.breaker_state) == ([], BreakerState.HALF_OPEN)


async def test_beyond_a_bounded_queue_callers_are_told_at_once(stage, order):
    free = asyncio.Event()

    async def find_debit(self, exchange_id):
        await free.wait()
        return NoRecord(exchange_id=exchange_id)

    on = stage(find_debit=find_debit)
    tasks = [asyncio.create_task(on.partner.find_debit(X1)) for _ in range(MAX_IN_FLIGHT + MAX_WAITING)]
    for _ in range(5):
        await asyncio.sleep(0)
    with pytest.raises(NotSent, match="wait already"):
        await on.partner.debit(order)
    free.set()
    assert len(await asyncio.gather(*tasks)) == MAX_IN_FLIGHT + MAX_WAITING


async def opened(on):
    """Let the breaker open by failures that only the partner can be blamed for."""
    for _ in range(FAILURES_TO_OPEN):
        with pytest.raises(PartnerUnavailable):
            await on.partner.find_debit(X1)
    assert on.partner.breaker_state is BreakerState.OPEN


async def test_an_open_breaker_holds_back_questions_and_debits_without_calling_the_plugin(stage, order):
    on = stage(find_debit=raising(PartnerUnavailable("down")))
    await opened(on)
    with pytest.raises(PartnerUnavailable, match="left alone"):
        await on.partner.check_connection()
    with pytest.raises(NotSent, match="left alone"):
        await on.partner.debit(order)
    assert on.plugin.calls == []


async def test_after_the_pause_a_debit_first_asks_whether_anybody_is_there(stage, order):
    on = stage(find_debit=raising(PartnerUnavailable("down")))
    await opened(on)
    on.now_s[0] += FIRST_PAUSE_S
    assert isinstance(await on.partner.debit(order), Debited)
    assert on.plugin.calls == ["check_connection", "debit"]
    assert on.partner.breaker_state is BreakerState.CLOSED


async def test_after_the_pause_a_debit_to_a_partner_still_down_has_sent_nothing(stage, order):
    on = stage(
        find_debit=raising(PartnerUnavailable("down")), check_connection=raising(PartnerUnavailable("down"))
    )
    await opened(on)
    on.now_s[0] += FIRST_PAUSE_S
    with pytest.raises(NotSent):
        await on.partner.debit(order)
    assert (on.plugin.calls, on.partner.breaker_state) == ([], BreakerState.OPEN)


async def test_a_stranger_who_makes_a_plugin_stumble_cannot_open_the_breaker(stage):
    on = stage(complete_handoff=raising(KeyError("proof")))
    for _ in range(FAILURES_TO_OPEN * 2):
        with pytest.raises(PartnerUnavailable):
            await on.partner.complete_handoff(RETURNED)
    assert on.partner.breaker_state is BreakerState.CLOSED


async def test_server_errors_open_the_breaker_even_if_the_plugin_then_stumbles(
    stage, raw_server, log, profile
):
    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    host = await raw_server(serve)
    http = GuardedHttp("acorn", log)

    async def find_debit(self):
        return (await http.get(f"http://{host}/")).json()

    await opened(stage(find_debit=find_debit, http=http, profile=profile(hosts=(host,))))


async def test_a_cancelled_probe_leaves_the_probing_to_the_next(stage):
    hang = asyncio.Event()

    async def check_connection(self):
        await hang.wait()

    on = stage(find_debit=raising(PartnerUnavailable("down")), check_connection=check_connection)
    await opened(on)
    on.now_s[0] += FIRST_PAUSE_S
    probe = asyncio.create_task(on.partner.check_connection())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    probe.cancel()
    with pytest.raises(asyncio.CancelledError):
        await probe
    hang.set()
    await on.partner.check_connection()
    assert on.partner.breaker_state is BreakerState.CLOSED


# --- what is told ---------------------------------------------------------------------------------------------


async def test_each_call_is_one_log_line_one_metric_and_one_record(stage, order):
    def counted(outcome):
        labels = {"partner": "acorn", "hook": "debit", "outcome": outcome}
        return REGISTRY.get_sample_value("point_gateway_partner_calls_total", labels) or 0

    before = counted("debited")
    on = stage()
    with record_calls() as calls:
        await on.partner.debit(order)
    assert counted("debited") == before + 1
    assert [(call.hook, call.outcome, call.text) for call in calls] == [("debit", "debited", "")]
    assert on.log.named("partner_call") == [
        {"partner": "acorn", "hook": "debit", "outcome": "debited", "ms": 0, "requests": []}
    ]
    assert REGISTRY.get_sample_value("point_gateway_partner_calls_in_flight", {"partner": "acorn"}) == 0


async def test_a_failed_call_is_a_warning_that_says_why(stage):
    on = stage(find_debit=raising(PartnerUnavailable("down")))
    with record_calls() as calls, pytest.raises(PartnerUnavailable):
        await on.partner.find_debit(X1)
    assert [(call.outcome, call.text) for call in calls] == [("unavailable", "acorn: down")]
    assert [level for level, event, _ in on.log.lines if event == "partner_call"] == ["warning"]


async def test_a_plugin_that_blocks_the_loop_is_named(stage, order):
    async def debit(self, order):
        time.sleep(0.06)  # noqa: ASYNC251  blocking is what this is about
        return InProgress(exchange_id=order.exchange_id)

    on = stage(debit=debit)
    await on.partner.debit(order)
    (line,) = on.log.named("plugin_blocks_the_loop")
    assert (line["hook"], line["blocked_ms"] >= 60) == ("debit", True)


async def test_known_secrets_never_appear_in_a_text(acorn, profile, log, order):
    from gateway import hookimpl

    plugin = type("P", (acorn,), {"debit": hookimpl(raising(OutcomeUnknown("key-sesame was wrong")))})(
        profile()
    )
    partner = Partner(plugin, log=log, known_secrets=lambda: ("key-sesame",))
    with pytest.raises(OutcomeUnknown) as exception_info:
        await partner.debit(order)
    assert "sesame" not in str(exception_info.value) + repr(log.lines)


@pytest.mark.parametrize(
    ("answer", "said"),
    [(None, "no PartnerProfile"), (SystemExit(), "crashed with SystemExit"), ("hosts", "hosts")],
)
async def test_a_plugin_that_cannot_say_who_it_is_is_no_partner(acorn, profile, log, answer, said):
    from gateway import hookimpl

    def partner_profile(self):
        if isinstance(answer, BaseException):
            raise answer
        return profile(hosts=()) if answer else answer

    plugin = type("P", (acorn,), {"partner_profile": hookimpl(partner_profile)})(None)
    with pytest.raises(PartnerUnavailable, match=said):
        Partner(plugin, log=log)
