"""What a partner owes for a month, from the quotes that were kept; a funder owes its own campaign."""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import insert

from core_ledger import Transfer, ledger
from gateway.api.city.partner_settlements import PartnerMonthView
from gateway.cities.settlement import partner_settlement
from gateway.exchanges import reconciliation_days
from gateway.exchanges.quotes import Quote, QuoteLine
from gateway.model import JST, Destination, Label
from gateway.platform import tables

from .conftest import KASAMA, PLATFORM

NAMES = {"saison": Label("セゾンカード", "Saison card")}
JULY = datetime(2018, 7, 10, 12, 0, tzinfo=JST)


def line(units, points, campaign=0, funder="fund", wallet_name=Label("永", "e")):  # noqa: B008  a frozen value
    return QuoteLine(
        wallet="eikyu", wallet_name=wallet_name, units=units, amount=units * 100, points=points,
        cost_per_unit=100, points_per_unit=550 if campaign else 450, campaign="summer" if campaign else "",
        campaign_name=Label("夏のキャンペーン", "Summer campaign") if campaign else None, campaign_points=campaign,
        funder=funder if campaign else "",
    )  # fmt: skip


def quote(*lines, at=JULY):
    points = sum(one.points for one in lines)
    return Quote(
        quote_id="q", destination=Destination.to_municipality("082163", "kasama-ouen"),
        units=sum(one.units for one in lines), lines=lines, points=points,
        partner_points=points - sum(one.campaign_points for one in lines), terms=Label("t", "t"), notes=(),
        quoted_at=at, ends_at=at, arrives_within_s=1,
    )  # fmt: skip


async def exchange(town, number, made, *, at=JULY, state="settled"):
    def job(conn):
        key = {"book_id": f"member:{number}", "exchange_id": f"x{number}", "partner_id": "saison"}
        conn.execute(
            insert(tables.exchanges).values(
                **key,
                state=state,
                request_hash="h",
                quote=made.to_json(),
                points=made.points,
                started_at=at,
                sent_at=at,
                ended_at=at if state == "settled" else None,
            )
        )
        if state == "settled":
            conn.execute(insert(tables.partner_debits).values(**key, day=at.date().isoformat()))

    await town.store.run(job)


def move(id_, source, target, points, issued_on):
    return Transfer(
        id=id_,
        book="member:2",
        source=source,
        target=target,
        points=points,
        at=JULY,
        kind="k",
        issued_on=issued_on,
    )


async def compared(town, *days, at=datetime(2018, 8, 1, 1, tzinfo=JST), differences=0):
    """Lay these days of July beside the partner's."""

    def job(conn):
        comparison_result = reconciliation_days.ComparisonResult(lines=1, open=0, differences=differences)
        for day in days:
            reconciliation_days.save_result(conn, "saison", date(2018, 7, day), comparison_result, at)

    await town.store.run(job)


async def july(town):
    return await town.store.read(lambda conn: partner_settlement.month_of(conn, "saison", 2018, 7, NAMES))


async def test_the_partner_owes_450_a_unit_and_the_funder_the_100_above(town):
    await exchange(town, 1, quote(line(2, 900)))
    await exchange(town, 2, quote(line(10, 5_500, 1_000)))
    month = await july(town)
    assert [(one.owed_by, one.campaign, one.units, one.points) for one in month.lines] == [
        ("fund", "summer", 10, 1_000),
        ("saison", "", 2, 900),
        ("saison", "summer", 10, 4_500),
    ]
    assert (month.owes, month.exchanges) == (5_400, 2)


async def test_a_partner_that_pays_for_its_own_campaign_owes_each_unit_once(town):
    await exchange(town, 1, quote(line(10, 5_500, 1_000, funder="saison")))
    month = await july(town)
    assert [(one.owed_by, one.exchanges, one.units, one.points) for one in month.lines] == [
        ("saison", 1, 10, 5_500)
    ]
    assert month.owes == 5_500


async def test_a_month_begins_and_ends_at_midnight_in_japan(town):
    await exchange(town, 1, quote(line(1, 450)), at=datetime(2018, 6, 30, 23, 59, 59, tzinfo=JST))
    await exchange(town, 2, quote(line(2, 900)), at=datetime(2018, 7, 1, 0, 0, tzinfo=JST))
    await exchange(town, 3, quote(line(4, 1_800)), at=datetime(2018, 8, 1, 0, 0, tzinfo=JST))
    assert (await july(town)).owes == 900


async def test_a_month_is_reconciled_when_every_day_of_it_was_compared_and_came_out_even(town):
    await exchange(town, 1, quote(line(1, 450)))  # on the 10th, when business began
    month = await july(town)
    assert (month.compared, month.days_left, month.reconciled) == (0, 22, False)
    await compared(town, 10, at=JULY)  # the day was not over
    assert (await july(town)).days_left == 22
    await compared(town, *range(10, 31))
    month = await july(town)
    assert (month.compared, month.days_left, month.reconciled) == (1, 1, False)
    await compared(town, 31)
    assert (await july(town)).reconciled


async def test_looking_at_a_day_before_any_business_does_not_begin_it(town):
    nothing = reconciliation_days.ComparisonResult(lines=0, open=0, differences=0)
    await town.store.run(
        lambda conn: reconciliation_days.save_result(conn, "saison", date(2018, 7, 1), nothing, JULY)
    )
    await exchange(town, 1, quote(line(1, 450)))
    await compared(town, *range(10, 32))
    assert (await july(town)).reconciled


async def test_the_days_of_many_exchanges_are_found_by_their_keys(town):
    """One by one, each among all of the partner's debits, four thousand took seventeen seconds."""
    await exchange(town, 1, quote(line(1, 450)))
    await compared(town, *range(10, 32))
    steps = []

    def counted(conn):
        driver = conn.connection.driver_connection
        driver.set_progress_handler(lambda: steps.append(1), 100)
        partner_settlement.month_of(conn, "saison", 2018, 7, NAMES)
        driver.set_progress_handler(None, 0)
        made, steps[:] = len(steps), []
        return made

    for number in range(2, 101):
        await exchange(town, number, quote(line(1, 450)))
    hundred = await town.store.run(counted)
    for number in range(101, 401):
        await exchange(town, number, quote(line(1, 450)))
    assert await town.store.run(counted) < 8 * hundred


async def test_a_difference_or_an_open_outcome_is_not_reconciled(town):
    await exchange(town, 1, quote(line(1, 450)))
    await compared(town, *range(10, 32))
    await compared(town, 20, differences=2)
    month = await july(town)
    assert (month.differences, month.reconciled) == (2, False)
    for left in (1, 0, 0):
        await town.store.run(lambda conn: reconciliation_days.close_one(conn, "saison", date(2018, 7, 20)))
        assert (await july(town)).differences == left
    await exchange(town, 2, quote(line(1, 450)), state="open")
    month = await july(town)
    assert (month.owes, month.open_outcomes, month.reconciled) == (450, 1, False)


async def test_an_exchange_that_ended_after_its_day_was_compared_was_not_compared(town):
    await compared(town, *range(1, 32))
    late = datetime(2018, 7, 31, 23, 59, tzinfo=JST)
    await exchange(town, 1, quote(line(1, 450)), at=late)
    assert (await july(town)).compared == 1
    await compared(town, 31, at=late)
    await exchange(town, 2, quote(line(1, 450)), at=late + timedelta(seconds=1))
    month = await july(town)
    assert (month.exchanges, month.compared, month.reconciled) == (2, 1, False)


async def test_reversals_and_corrections_of_the_month_are_taken_into_account(town):
    await exchange(town, 1, quote(line(2, 900)))

    def job(conn):
        conn.execute(
            insert(tables.reversals).values(
                book_id="member:1",
                reversal_id="r",
                exchange_id="x1",
                partner_id="saison",
                state="reversed",
                lines=json.dumps([{"points": 450, "campaign_points": 0, "funder": ""}]),
                points=450,
                taken_from="a",
                by_hand=False,
                reason="r",
                operator="o",
                started_at=JULY,
                ended_at=JULY,
            )
        )
        conn.execute(
            insert(tables.closed_differences).values(
                partner_id="saison",
                exchange_id="x2",
                closing=1,
                day="2018-07-10",
                kind="k",
                points=-50,
                reason="r",
                operator="o",
                closed_at=JULY,
            )
        )
        conn.execute(insert(tables.exchange_owners).values(exchange_id="x2", book_id="member:2"))
        ledger.transfer(
            conn, move("x2:partner:post", "partner:saison:due", "member:2:reserve", 900, JULY.date())
        )
        ledger.transfer(conn, move("x2:correction:0", "member:2:reserve", "partner:saison:due", 50, None))

    await town.store.run(job)
    month = await july(town)
    assert (month.reversed_points, month.corrected_points, month.owes) == (450, -50, 400)


async def test_a_partner_that_owes_for_a_correction_alone_has_its_invoice(town):
    """It debited what it had declined here, and that was its first exchange."""
    await exchange(town, 2, quote(line(2, 900)), state="declined")
    closed = {
        "partner_id": "saison", "exchange_id": "x2", "closing": 1, "day": "2018-07-10", "kind": "theirs_only", "points": 900,
        "reason": "r", "operator": "o", "closed_at": JULY,
    }  # fmt: skip

    def job(conn):
        conn.execute(insert(tables.closed_differences).values(**closed))
        conn.execute(insert(tables.closed_differences).values(**closed | {"partner_id": "left", "points": 0}))
        conn.execute(insert(tables.exchange_owners).values(exchange_id="x2", book_id="member:2"))
        ledger.transfer(
            conn, move("x2:correction:0", "partner:saison:due", "member:2:reserve", 900, JULY.date())
        )

    await town.store.run(job)
    assert await town.store.read(partner_settlement.partners_with_business) == ["saison"]
    assert (await july(town)).owes == 900


async def test_the_invoice_adds_up_in_excel(town):
    await exchange(town, 1, quote(line(2, 900)))
    rows = [
        row.split(",")
        for row in partner_settlement.invoice_csv([await july(town)]).decode("utf-8-sig").split("\r\n")
    ]
    assert rows[1] == [
        "2018-07", "saison", "セゾンカード", "saison", "セゾンカード", "eikyu", "永", "100", "450", "", "", "1", "2", "900",
    ]  # fmt: skip
    assert rows[-2][-1] == "900"
    assert {len(row) for row in rows if row != [""]} == {14}


async def test_wallets_partners_and_campaigns_are_named_and_a_funder_by_what_it_pays_for(town):
    await exchange(town, 1, quote(line(2, 900)))
    await exchange(town, 2, quote(line(10, 5_500, 1_000)))
    month = await july(town)
    assert (month.name, [(one.owed_by, one.owed_by_name.ja) for one in month.lines]) == (
        NAMES["saison"],
        [("fund", "夏のキャンペーンの負担者"), ("saison", "セゾンカード"), ("saison", "セゾンカード")],
    )
    assert [one.campaign_name and one.campaign_name.en for one in month.lines] == [
        "Summer campaign",
        None,
        "Summer campaign",
    ]
    assert {one.wallet_name for one in month.lines} == {Label("永", "e")}
    row = partner_settlement.invoice_csv([month]).decode("utf-8-sig").split("\r\n")[1]
    assert (
        row
        == "2018-07,saison,セゾンカード,fund,夏のキャンペーンの負担者,eikyu,永,100,550,summer,夏のキャンペーン,1,10,1000"
    )


async def test_what_goes_back_to_a_funder_has_its_name_in_the_invoice(town):
    await exchange(town, 1, quote(line(10, 5_500, 1_000)))
    values = {
        "book_id": "member:1", "reversal_id": "r", "exchange_id": "x1", "partner_id": "saison", "state": "reversed",
        "lines": json.dumps([{"points": 1_100, "campaign_points": 200, "funder": "fund"}]), "points": 1_100,
        "taken_from": "a", "by_hand": False, "reason": "r", "operator": "o", "started_at": JULY, "ended_at": JULY,
    }  # fmt: skip
    await town.store.run(lambda conn: conn.execute(insert(tables.reversals).values(**values)))
    rows = partner_settlement.invoice_csv([await july(town)]).decode("utf-8-sig").split("\r\n")
    assert rows[-3:-1] == [
        "2018-07,saison,セゾンカード,saison,セゾンカード,合計,,,,,,,,3600",
        "2018-07,saison,セゾンカード,fund,夏のキャンペーンの負担者,取消・返還,,,,,,,,-200",
    ]


async def test_a_funder_that_is_a_city_or_a_partner_has_its_own_name(town):
    await exchange(town, 1, quote(line(10, 5_500, 1_000, funder=KASAMA)))
    await exchange(town, 2, quote(line(10, 5_500, 1_000, funder="airline")))
    partners = NAMES | {"airline": Label("見本航空", "Sample Air")}
    month = await town.store.read(lambda conn: partner_settlement.month_of(conn, "saison", 2018, 7, partners))
    assert {one.owed_by: one.owed_by_name.ja for one in month.lines} == {
        KASAMA: "笠間市",
        "airline": "見本航空",
        "saison": "セゾンカード",
    }


async def test_a_wallet_that_was_renamed_has_its_last_name_and_a_partner_that_left_its_id(town):
    new = line(1, 450, wallet_name=Label("新しい名前", "new"))
    await exchange(town, 1, quote(new, at=JULY.replace(day=20)))
    await exchange(town, 2, quote(line(1, 450), at=JULY))
    month = await town.store.read(lambda conn: partner_settlement.month_of(conn, "saison", 2018, 7, {}))
    (one,) = month.lines
    assert (one.wallet_name.ja, one.owed_by_name.ja, month.name.en) == ("新しい名前", "saison", "saison")


async def test_what_is_owed_is_told_by_name_over_http(site):
    await exchange(site.services, 1, quote(line(10, 5_500, 1_000)))
    who = await site.staff_token("platform", PLATFORM)
    status, told = await site.call("GET", "/v1/platform/partner-settlements?year=2018&month=7", who)
    (partner,) = told["partners"]
    assert (status, partner["name"], partner["owes"]) == (200, {"ja": "saison", "en": "saison"}, 4_500)
    funder = partner["lines"][0]
    assert funder["owed_by_name"] == {"ja": "夏のキャンペーンの負担者", "en": "Funder of “Summer campaign”"}
    assert (funder["wallet_name"]["ja"], funder["campaign_name"]["en"]) == ("永", "Summer campaign")


async def test_the_api_tells_what_comes_off_a_funders_lines_and_what_comes_on_top(town):
    await exchange(town, 1, quote(line(2, 1_100, campaign=200)))
    month = replace(await july(town), funders_reversed={"fund": 100}, funders_corrected={"fund": -100})
    partner_month_view = PartnerMonthView.of(month)
    assert (partner_month_view.funders_reversed, partner_month_view.funders_corrected) == (
        {"fund": 100},
        {"fund": -100},
    )
    assert sum(one.points for one in partner_month_view.lines if one.owed_by == "fund") == 200
