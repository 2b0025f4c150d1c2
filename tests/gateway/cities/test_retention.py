"""What is not for ever goes at night, however much of it there is, and nothing else goes with it."""

from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select

from core_ledger import chart
from gateway.exchanges import unconfirmed
from gateway.exchanges.unconfirmed import forget_unconfirmed
from gateway.http import nonces
from gateway.members import member_events
from gateway.members.member_events import MemberEventKind
from gateway.platform import schema_functions, tables
from migrations.versions import r0033_member_data

from .conftest import NOON
from .test_four_eyes import town

__all__ = ["town"]

DAY = timedelta(days=1)


async def exchange(town, number, states, ended_at):
    """An exchange that went through these states, with its owner and its story."""
    found, exchange_id = await town.member(), f"{number:032}"
    book = chart.member_book(found.member_id)

    def job(conn):
        conn.execute(
            insert(tables.exchanges).values(
                book_id=book, exchange_id=exchange_id, partner_id="saison", state=states[-1], request_hash="h",
                started_at=NOON, ended_at=ended_at, steps=len(states),
            )
        )  # fmt: skip
        conn.execute(insert(tables.exchange_owners).values(book_id=book, exchange_id=exchange_id))
        for step, state in enumerate(states, 1):
            conn.execute(
                insert(tables.exchange_steps).values(
                    book_id=book, exchange_id=exchange_id, step=step, at=NOON, state=state, what="x"
                )
            )

    await town.store.run(job)
    return exchange_id


async def left(town):
    """The ids that each table still has."""

    def job(conn):
        names = (tables.exchanges, tables.exchange_owners, tables.exchange_steps)
        return [set(conn.execute(select(table.c.exchange_id)).scalars()) for table in names]

    return await town.store.read(job)


class TestExchangesOfWhichNothingCame:
    async def test_go_after_their_time_with_their_story(self, town):
        for number, state in enumerate(("refused", "expired", "cancelled")):
            await exchange(town, number, ["awaiting_return", "quoted", state], NOON)
        late = await exchange(town, 9, ["ready", "expired"], NOON + DAY)
        assert await town.store.run(lambda conn: forget_unconfirmed(conn, NOON + DAY)) == 3
        assert await left(town) == [{late}] * 3

    async def test_nothing_else_goes_whatever_its_row_says(self, town):
        settled = await exchange(town, 1, ["ready", "quoted", "sending", "settled"], NOON)
        waits = await exchange(town, 2, ["ready", "quoted"], NOON)
        # Somebody who may write the row has made it look as if nothing had been sent.
        forged = await exchange(town, 3, ["quoted", "sending", "settled", "expired"], NOON)
        assert await town.store.run(lambda conn: forget_unconfirmed(conn, NOON + DAY)) == 0
        assert await left(town) == [{settled, waits, forged}] * 3

    async def test_go_in_batches_until_none_is_left(self, town, monkeypatch):
        monkeypatch.setattr(unconfirmed, "FORGET_BATCH_SIZE", 2)
        for number in range(5):
            await exchange(town, number, ["expired"], NOON)
        forget = lambda conn: forget_unconfirmed(conn, NOON + DAY)  # noqa: E731
        assert [await town.store.run(forget) for _ in range(4)] == [2, 2, 1, 0]

    def test_the_migrations_function_is_the_schemas(self):
        assert r0033_member_data.FORGET_UNCONFIRMED == schema_functions.FORGET_UNCONFIRMED


class TestTheNight:
    async def test_takes_stale_nonces_that_no_request_has_swept(self, site, monkeypatch):
        monkeypatch.setattr(nonces, "SWEEP_BATCH_SIZE", 3)
        services, now = site.services, site.clock()
        rows = [
            {"key_id": "k", "nonce": str(number), "forget_at": now - DAY if number else now + DAY}
            for number in range(8)
        ]
        await services.store.run(lambda conn: conn.execute(insert(tables.seen_nonces), rows))
        # Not all seven where a request of the site's own has swept a batch meanwhile.
        assert await services.nightly.parts(NOON.date())["nonces"]() > 3
        count = select(func.count()).select_from(tables.seen_nonces)
        assert await services.store.read(lambda conn: conn.scalar(count)) == 1

    async def test_takes_what_the_settings_say(self, site):
        services = site.services
        member, _ = await site.member_token()
        old = site.clock() - services.settings.retention.notices

        def job(conn):
            for at in (old - timedelta(seconds=1), old + timedelta(seconds=1)):
                member_events.record(conn, member.member_id, MemberEventKind.CARD_LINKED, at)

        await services.store.run(job)
        await services.nightly.parts(NOON.date())["sessions"]()
        events = await services.store.read(
            lambda conn: member_events.list_by_member(conn, member.member_id, old - DAY)
        )
        assert [event.kind for event in events if event.kind == "card_linked"] == ["card_linked"]

    @pytest.mark.parametrize("part", ["unconfirmed exchanges", "nonces", "outbox", "sessions"])
    async def test_has_a_part_for_it(self, site, part):
        assert await site.services.nightly.parts(NOON.date())[part]() == 0
