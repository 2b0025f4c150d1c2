"""What expires or moves by itself is told ahead of time, once, to mailers only, and without saying whose it is."""

from __future__ import annotations

import asyncio
import json
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp import web

from core_ledger import Transfer, chart, ledger
from gateway.cities import notices
from gateway.cities.notices import reference_for
from gateway.platform import tables
from gateway.points import directory
from gateway.points.rules import Expiry, PointRule
from gateway.webhooks import keys as webhook_keys
from gateway.webhooks import outbox
from gateway.webhooks.keys import Direction
from gateway.webhooks.sender import WebhookSender
from gateway.webhooks.standard_webhooks import verify

from .conftest import KASAMA, MITO, NOON, OUEN, another_town, new_id

TODAY = NOON.date()
URL = "https://mailer.example/hook"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def town(request, tmp_path):
    url, options = "", {}
    if request.param == "postgresql":
        # One job a transaction and four writers, so that what runs at once meets.
        url, options = request.getfixturevalue("postgres"), {"writers": 4, "max_batch": 1}
    async with another_town(tmp_path, url, **options) as opened:
        yield opened


async def mailer(town, name: str = "mailer", url: str = URL) -> Any:
    """Name a mailer; gives the secret that it verifies with."""
    context = town.city.context
    _, secret = await town.store.run(
        lambda conn: webhook_keys.add_mailer(conn, context.vault, name, url, town.clock())
    )
    return secret


async def queued_messages(town) -> list[dict[str, Any]]:
    """What lies in the outbox, in the order of the days that it tells of."""
    rows = await town.store.read(lambda conn: conn.execute(sa.select(tables.outbox.c.body)).all())
    found = [json.loads(row.body) for row in rows]
    return sorted(
        found,
        key=lambda values: (
            values["data"].get("last_day") or values["data"]["moves_on"],
            values["timestamp"],
        ),
    )


async def rule(town, *, on: date = TODAY, **values: Any) -> None:
    decided = PointRule(open_for_direct_exchange=True, **values)
    await town.announce(decided, on, accepted=on > TODAY)


async def expiring_on(town, day: date, points: int = 500) -> Any:
    """A member whose points can be used until that day."""
    await rule(town, expiry=Expiry.FIXED_DAY, expiry_day=day)
    return await town.member(points=points)


async def with_reserve(town, points: int, issued_on: date) -> Any:
    member = await town.member()
    move = Transfer(
        id=new_id(),
        book=chart.member_book(member.member_id),
        source=chart.partner_due("saison"),
        target=chart.reserve(member.member_id),
        points=points,
        at=town.clock(),
        kind="exchange",
        issued_on=issued_on,
    )
    await town.store.run(lambda conn: ledger.transfer(conn, move))
    return member


async def test_points_that_expire_are_told_thirty_days_ahead_and_seven_days_ahead_again(town):
    await mailer(town)
    member = await expiring_on(town, TODAY + timedelta(days=31))
    days = [TODAY + timedelta(days=number) for number in range(34)]
    made = {(day - TODAY).days: await town.city.notices.queue_notices(day) for day in days}
    assert {day: count for day, count in made.items() if count} == {1: 1, 24: 1}
    first, second = await queued_messages(town)
    assert first["type"] == "member.points_will_expire"
    assert first["data"] == second["data"] == {
        "member": reference_for(town.city.context.vault, "mailer", member.member_id),
        "language": "ja",
        "points": 500,
        "last_day": "2018-08-31",
        "municipality": KASAMA,
        "municipality_name": "笠間市",
        "point_service": OUEN,
        "point_service_name": "笠間応援ポイント",
    }  # fmt: skip


async def test_a_missed_day_is_made_up_for_and_a_day_worked_twice_at_once_tells_nothing_twice(town):
    await mailer(town)
    await expiring_on(town, TODAY + timedelta(days=20))
    made = await asyncio.gather(*(town.city.notices.queue_notices(TODAY) for _ in range(4)))
    assert sorted(made) == [0, 0, 0, 1]
    assert await town.city.notices.queue_notices(TODAY + timedelta(days=1)) == 0
    assert len(await queued_messages(town)) == 1


async def test_several_days_of_issue_with_one_last_day_are_one_message_and_what_was_spent_is_in_none(town):
    await mailer(town)
    member = await expiring_on(town, TODAY + timedelta(days=10))
    await town.give(member.member_id, 70, TODAY - timedelta(days=3))
    spent = await town.member(points=40)
    await town.store.run(
        lambda conn: ledger.transfer(
            conn,
            Transfer(
                id=new_id(), book=chart.member_book(spent.member_id), target=chart.shop(KASAMA, "soba"),
                source=chart.municipal(spent.member_id, KASAMA, OUEN), points=40, at=NOON, kind="spend",
            ),
        )
    )  # fmt: skip
    await town.city.notices.queue_notices(TODAY)
    assert [values["data"]["points"] for values in await queued_messages(town)] == [570]


async def test_points_without_a_last_day_and_points_that_have_expired_are_not_told(town):
    await mailer(town)
    member = await town.member(points=500)
    assert await town.city.notices.queue_notices(TODAY) == 0
    tomorrow = TODAY + timedelta(days=1)
    await rule(town, on=tomorrow, expiry=Expiry.MONTHS, expiry_count=1)
    await town.give(member.member_id, 90, TODAY - timedelta(days=40))
    assert await town.city.notices.queue_notices(tomorrow) == 1  # what came today lasts for a month
    assert [values["data"]["points"] for values in await queued_messages(town)] == [500]


async def test_reserve_is_told_a_week_before_it_moves_and_where_to(town):
    await mailer(town)
    member = await with_reserve(town, 900, TODAY)
    await town.store.run(
        lambda conn: conn.execute(
            sa.update(tables.members).values(
                default_municipality=MITO, default_point_service="mito-ouen", language="en"
            )
        )
    )
    made = [await town.city.notices.queue_notices(TODAY + timedelta(days=number)) for number in range(16)]
    assert [day for day, count in enumerate(made) if count] == [7]
    (values,) = await queued_messages(town)
    assert values["type"] == "member.reserve_will_move"
    assert values["data"] == {
        "member": reference_for(town.city.context.vault, "mailer", member.member_id),
        "language": "en",
        "points": 900,
        "moves_on": "2018-08-14",
        "municipality": MITO,
        "municipality_name": "水戸市",
        "point_service": "mito-ouen",
        "point_service_name": "水戸応援ポイント",
    }


@pytest.mark.parametrize("closed", [False, True])
async def test_reserve_that_has_nowhere_to_go_is_told_as_that(town, closed):
    await mailer(town)
    await with_reserve(town, 900, TODAY)
    if closed:
        await town.store.run(
            lambda conn: conn.execute(
                sa.update(tables.members).values(default_municipality=MITO, default_point_service="mito-ouen")
            )
        )
        await town.store.run(lambda conn: directory.close_service(conn, MITO, "mito-ouen", at=NOON))
    await town.city.notices.queue_notices(TODAY + timedelta(days=8))
    (values,) = await queued_messages(town)
    assert (values["data"]["municipality"], values["data"]["moves_on"]) == (None, "2018-08-14")


async def test_reserve_that_stays_because_it_would_have_expired_is_told_with_nowhere_to_go(town):
    await mailer(town)
    await rule(town, expiry=Expiry.FIXED_DAY, expiry_day=TODAY + timedelta(days=13))
    await with_reserve(town, 900, TODAY)
    kasama = {"default_municipality": KASAMA, "default_point_service": OUEN}
    await town.store.run(lambda conn: conn.execute(sa.update(tables.members).values(**kasama)))
    await town.city.notices.queue_notices(TODAY + timedelta(days=8))
    (values,) = await queued_messages(town)
    assert (values["data"]["municipality"], values["data"]["moves_on"]) == (None, "2018-08-14")


async def test_who_is_no_member_any_more_is_told_nothing(town):
    await mailer(town)
    await expiring_on(town, TODAY + timedelta(days=5))
    await town.store.run(lambda conn: conn.execute(sa.update(tables.members).values(state="revoked")))
    assert await town.city.notices.queue_notices(TODAY) == 0


async def test_two_mailers_know_a_member_by_two_names_and_portals_hear_nothing_of_it(town):
    context = town.city.context
    await mailer(town, "post")
    await mailer(town, "sms")
    await town.store.run(
        lambda conn: webhook_keys.add_portal(conn, context.vault, "portal", "https://portal.example/", NOON)
    )
    member = await expiring_on(town, TODAY + timedelta(days=5))
    assert await town.city.notices.queue_notices(TODAY) == 2
    names = {values["data"]["member"] for values in await queued_messages(town)}
    assert names == {reference_for(context.vault, name, member.member_id) for name in ("post", "sms")}
    rows = await town.store.read(lambda conn: conn.execute(sa.select(tables.outbox)).all())
    for row in rows:
        for secret in (member.member_id, member.mykey_id, member.display_name):
            assert secret not in row.body + row.message_id


async def test_a_mailer_that_is_named_later_is_told_what_is_still_ahead_and_a_revoked_one_nothing(town):
    await expiring_on(town, TODAY + timedelta(days=20))
    assert await town.city.notices.queue_notices(TODAY) == 0
    await mailer(town)
    assert await town.city.notices.queue_notices(TODAY + timedelta(days=1)) == 1
    (key,) = await town.store.read(webhook_keys.mailers)
    await town.store.run(lambda conn: webhook_keys.revoke(conn, key.key_id, NOON))
    assert await town.city.notices.queue_notices(TODAY + timedelta(days=14)) == 0


async def test_a_town_larger_than_a_page_is_told_whole(town, monkeypatch):
    monkeypatch.setattr(notices, "_PAGE", 3)
    await mailer(town)
    await expiring_on(town, TODAY + timedelta(days=5))
    for _ in range(9):
        await town.member(points=10)
    assert await town.city.notices.queue_notices(TODAY) == 10
    assert sorted(values["data"]["points"] for values in await queued_messages(town)) == [10] * 9 + [500]


async def test_the_night_tells_and_the_mailer_gets_it_signed(town):
    got: list[tuple[dict[str, str], bytes]] = []

    async def take(request: web.Request) -> web.Response:
        got.append(({name.lower(): value for name, value in request.headers.items()}, await request.read()))
        return web.Response(status=204)

    app = web.Application()
    app.add_routes([web.post("/hook", take)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    secret = await mailer(town, url=f"http://127.0.0.1:{runner.addresses[0][1]}/hook")
    await expiring_on(town, TODAY + timedelta(days=3))
    await town.city.nightly.run_now(TODAY)
    context = town.city.context
    deliveries = WebhookSender(town.store, context.vault, town.clock)
    async with deliveries.opened():
        assert await deliveries.poll_once(Direction.MAILER) == 1
    await runner.cleanup()
    ((headers, body),) = got
    assert verify([secret], headers, body, town.clock()).startswith("ahead-7-2018-08-03-082163-kasama-ouen-")
    assert json.loads(body)["data"]["points"] == 500


async def test_a_mailer_that_does_not_answer_keeps_no_portal_waiting(town):
    heard, released = asyncio.Event(), asyncio.Event()

    async def hang(_request: web.Request) -> web.Response:
        await released.wait()
        return web.Response(status=204)

    async def hear(_request: web.Request) -> web.Response:
        heard.set()
        return web.Response(status=204)

    app = web.Application()
    app.add_routes([web.post("/mailer", hang), web.post("/portal", hear)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    site, context = f"http://127.0.0.1:{runner.addresses[0][1]}", town.city.context
    await mailer(town, url=f"{site}/mailer")
    await expiring_on(town, TODAY + timedelta(days=3))
    for _ in range(40):
        await town.member(points=1)
    assert await town.city.notices.queue_notices(TODAY) == 41
    _, secret = await town.store.run(
        lambda conn: webhook_keys.add_portal(conn, context.vault, "portal", f"{site}/portal", NOON)
    )
    assert secret
    await town.store.run(lambda conn: outbox.enqueue(conn, "m", "exchange.settled", {}, town.clock()))
    deliveries = WebhookSender(town.store, context.vault, town.clock)
    running = asyncio.create_task(deliveries.run())
    async with asyncio.timeout(20):
        await heard.wait()
    released.set()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await runner.cleanup()
