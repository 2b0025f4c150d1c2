"""How an exchange begins, and every way in which a return can be wrong."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from threading import Barrier

import pytest

from core_ledger import Store
from gateway.errors import CouponRefused, HandoffRefused, PartnerUnavailable, ProblemError
from gateway.exchanges import exchange_rows as records
from gateway.exchanges import link_rows
from gateway.exchanges.exchange_context import expire, require_before_sending
from gateway.exchanges.link_rows import Link
from gateway.exchanges.states import State
from gateway.members.members import Members
from gateway.members.passwords import PasswordHasher
from gateway.model import LinkedAccount, Secret
from gateway.platform import tables
from gateway.services import _release_links

CARDS, MILES, PORTAL = "cards", "miles", "https://portal.example/back"


def id_of(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


async def refused(work) -> ProblemError:
    with pytest.raises(ProblemError) as caught:
        await work
    return caught.value


async def test_a_first_exchange_sends_the_member_to_the_partners_site(world) -> None:
    member = await world.member()
    exchange, new = await world.openings.start(member, id_of(1), CARDS, return_url=PORTAL)
    assert new
    assert exchange.state is State.AWAITING_RETURN
    assert exchange.redirect_url == "https://partner.example/consent"
    assert world.script.handoffs[0].return_url.startswith("https://gateway.example/returns/cards?state=")


async def test_the_same_id_and_content_is_the_same_exchange_and_one_handoff(world) -> None:
    member = await world.member()
    first, _ = await world.openings.start(member, id_of(1), CARDS, return_url=PORTAL)
    again, new = await world.openings.start(member, id_of(1), CARDS, return_url=PORTAL)
    assert not new
    assert again == first
    assert len(world.script.handoffs) == 1


async def test_the_same_id_with_other_content_is_refused(world) -> None:
    member = await world.member()
    await world.openings.start(member, id_of(1), CARDS, return_url=PORTAL)
    no = await refused(world.openings.start(member, id_of(1), CARDS, return_url=PORTAL + "/2"))
    assert no.type == "exchange-id-reused"


async def test_another_members_id_is_refused_before_the_partner_could_mistake_one_for_the_other(
    world,
) -> None:
    await world.openings.start(await world.member(), id_of(1), CARDS, return_url=PORTAL)
    no = await refused(world.openings.start(await world.member(), id_of(1), CARDS, return_url=PORTAL))
    assert no.type == "exchange-id-reused"


async def test_many_starts_at_once_make_one_exchange(world) -> None:
    member = await world.member()
    starts = [world.openings.start(member, id_of(1), CARDS, return_url=PORTAL) for _ in range(8)]
    results = await asyncio.gather(*starts)
    assert sum(new for _, new in results) == 1


async def test_a_handoff_that_could_not_begin_is_begun_by_asking_again(world) -> None:
    member = await world.member()
    world.script.handoff = PartnerUnavailable("down")
    with pytest.raises(PartnerUnavailable):
        await world.openings.start(member, id_of(1), CARDS, return_url=PORTAL)
    world.script.handoff = None
    exchange, new = await world.openings.start(member, id_of(1), CARDS, return_url=PORTAL)
    assert not new
    assert exchange.redirect_url == "https://partner.example/consent"


async def test_the_return_links_the_account_and_the_next_exchange_needs_no_visit(world) -> None:
    member = await world.member()
    exchange = await world.linked(member)
    assert exchange.state is State.READY
    assert world.script.returns[0].kept == {"token": "t-1"}
    second, _ = await world.openings.start(member, id_of(2), CARDS)
    assert second.state is State.READY


async def test_the_plugin_sees_what_the_partner_added_and_not_our_state(world) -> None:
    member = await world.member()
    await world.openings.start(member, id_of(1), CARDS, return_url=PORTAL)
    code = await world.come_back(orderId="7", status="ok")
    await world.openings.complete(member, id_of(1), code)
    assert dict(world.script.returns[0].query) == {"orderId": "7", "status": "ok"}


async def test_a_return_can_be_used_once(world) -> None:
    member = await world.member()
    await world.openings.start(member, id_of(1), CARDS, return_url=PORTAL)
    await world.come_back()
    no = await refused(world.come_back())
    assert no.type == "state-used"


async def test_a_return_that_is_loaded_again_while_the_partner_answers_is_one_return(world) -> None:
    member, again = await world.member(), asyncio.Event()
    await world.openings.start(member, id_of(1), CARDS, return_url=PORTAL)
    code = await world.come_back()

    async def takes_a_code_once(_returned: object) -> LinkedAccount:
        if len(world.script.returns) > 1:
            again.set()
            raise HandoffRefused("code_used")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(again.wait(), 0.2)
        return LinkedAccount(service_id="svc-1", shown_as="サイトウ 様", token=Secret("partner-token"))

    world.script.link = takes_a_code_once
    both = await asyncio.gather(*(world.openings.complete(member, id_of(1), code) for _ in range(2)))
    assert [one.state for one in both] == [State.READY, State.READY]
    assert len(world.script.returns) == 1


async def test_a_forged_state_is_refused_before_the_plugin_sees_anything(world) -> None:
    member = await world.member()
    await world.openings.start(member, id_of(1), CARDS, return_url=PORTAL)
    for forged in ("", "x", "x" * 5_000, "state"):
        assert (await refused(world.openings.arrive(CARDS, {"state": forged}))).type == "state-invalid"
    assert world.script.returns == []


async def test_a_state_made_for_another_partner_is_refused(world) -> None:
    member = await world.member()
    await world.openings.start(member, id_of(1), CARDS, return_url=PORTAL)
    state = world.script.handoffs[0].return_url.partition("state=")[2]
    assert (await refused(world.openings.arrive(MILES, {"state": state}))).type == "state-invalid"


async def test_a_return_after_half_an_hour_is_too_late(world) -> None:
    member = await world.member()
    await world.openings.start(member, id_of(1), CARDS, return_url=PORTAL)
    world.clock.forward(minutes=30)
    assert (await refused(world.come_back())).type == "state-expired"


async def test_only_the_member_who_began_can_finish_and_only_with_the_browsers_code(world) -> None:
    member, other = await world.member(), await world.member()
    await world.openings.start(member, id_of(1), CARDS, return_url=PORTAL)
    assert (await refused(world.openings.complete(member, id_of(1), "x" * 24))).type == "not-returned"
    code = await world.come_back()
    somebody_else = await refused(world.openings.complete(other, id_of(1), code))
    assert somebody_else.type == "unknown-exchange"
    assert (await refused(world.openings.complete(member, id_of(1), "x" * 24))).type == "return-code-wrong"
    assert world.script.returns == []
    assert (await world.openings.complete(member, id_of(1), code)).state is State.READY


async def test_finishing_is_safe_to_repeat_when_the_partner_was_down(world) -> None:
    member = await world.member()
    await world.openings.start(member, id_of(1), CARDS, return_url=PORTAL)
    code = await world.come_back()
    world.script.link = PartnerUnavailable("down")
    with pytest.raises(PartnerUnavailable):
        await world.openings.complete(member, id_of(1), code)
    world.script.link = None
    first = await world.openings.complete(member, id_of(1), code)
    again = await world.openings.complete(member, id_of(1), code)
    assert first.state is again.state is State.READY


async def test_a_member_who_does_not_consent_ends_the_exchange(world) -> None:
    member = await world.member()
    await world.openings.start(member, id_of(1), CARDS, return_url=PORTAL)
    code = await world.come_back()
    world.script.link = HandoffRefused("member_declined")
    exchange = await world.openings.complete(member, id_of(1), code)
    assert (exchange.state, exchange.reason) == (State.REFUSED, "member_declined")


async def test_one_partner_account_belongs_to_one_member(world) -> None:
    await world.linked(await world.member())
    other = await world.member()
    await world.openings.start(other, id_of(2), CARDS, return_url=PORTAL)
    code = await world.come_back()
    no = await refused(world.openings.complete(other, id_of(2), code))
    assert no.type == "account-linked-elsewhere"


async def test_revoking_frees_the_partners_accounts_and_deletes_their_tokens(world) -> None:
    member, other, hasher = await world.member(), await world.member(), PasswordHasher()
    await world.linked(member)
    members = Members(
        world.store, hasher, world.clock, vault=world.context.vault, release_links=_release_links
    )
    await members.revoke(member)
    assert await world.store.read(lambda conn: link_rows.list_by_member(conn, f"member:{member}")) == []
    assert (await world.linked(other)).state is State.READY
    hasher.close()


async def test_linking_another_account_replaces_the_first_and_frees_it(world) -> None:
    member, other = await world.member(), await world.member()
    await world.linked(member)
    await world.store.run(lambda conn: link_rows.remove(conn, f"member:{member}", CARDS))
    await world.linked(other)
    world.script.link = LinkedAccount(service_id="svc-2", shown_as="B")
    exchange = await world.linked(member)
    assert exchange.state is State.READY


async def test_two_accounts_that_a_member_links_at_once_leave_the_later_one_linked_and_the_other_free(
    world,
) -> None:
    member, other, engine = await world.member(), await world.member(), world.store.engine
    start = Barrier(1 if engine.dialect.name == "sqlite" else 2)  # SQLite has one writer

    def link(service_id: str, of: str = member) -> Link:
        book = f"member:{of}"
        return Link(
            book_id=book, partner_id=CARDS, service_id=service_id, shown_as="A", linked_at=world.clock()
        )

    def saves(service_id: str):
        def job(conn):
            start.wait(5)
            link_rows.save(conn, link(service_id))

        return job

    beside = Store.open(engine.url.render_as_string(hide_password=False))
    await asyncio.gather(world.store.run(saves("svc-1")), beside.run(saves("svc-2")))
    await beside.close()
    found = await world.store.read(lambda conn: link_rows.find(conn, f"member:{member}", CARDS))
    (free,) = {"svc-1", "svc-2"} - {found.service_id}
    with pytest.raises(ProblemError, match="linked to another member"):
        await world.store.run(lambda conn: link_rows.save(conn, link(found.service_id, other)))
    await world.store.run(lambda conn: link_rows.save(conn, link(free, other)))


async def test_no_secret_is_readable_in_the_database(world) -> None:
    member = await world.member()
    world.script.link = LinkedAccount(service_id="svc-1", shown_as="A", token=Secret("very-secret-token"))
    await world.linked(member)
    await world.openings.start(member, id_of(9), MILES, coupon_code="SECRET-COUPON-7")

    def everything(conn) -> str:
        return repr([conn.execute(table.select()).all() for table in tables.metadata.sorted_tables])

    stored = await world.store.read(everything)
    assert "svc-1" in stored
    assert "very-secret-token" not in stored
    assert "SECRET-COUPON-7" not in stored


async def test_a_coupon_is_asked_for_its_value_and_makes_the_exchange_ready(world) -> None:
    member = await world.member()
    exchange, new = await world.openings.start(member, id_of(1), MILES, coupon_code="COUPON-1")
    assert new
    assert exchange.state is State.READY
    assert exchange.available == {"miles": 3_000}


async def test_a_coupon_that_the_partner_refuses_leaves_nothing_behind(world) -> None:
    member = await world.member()
    world.script.coupon = CouponRefused("used")
    with pytest.raises(CouponRefused):
        await world.openings.start(member, id_of(1), MILES, coupon_code="COUPON-1")
    world.script.coupon = None
    _, new = await world.openings.start(member, id_of(1), MILES, coupon_code="COUPON-2")
    assert new


async def test_the_kind_of_link_decides_whether_a_coupon_belongs(world) -> None:
    member = await world.member()
    assert (await refused(world.openings.start(member, id_of(1), MILES))).type == "coupon-missing"
    no = await refused(world.openings.start(member, id_of(1), CARDS, coupon_code="X"))
    assert no.type == "coupon-not-taken"
    assert (await refused(world.openings.start(member, id_of(1), "nobody"))).type == "unknown-partner"
    assert (await refused(world.openings.start(member, id_of(1), CARDS))).type == "return-url-missing"


async def test_what_nobody_confirms_is_over_after_a_day(world) -> None:
    member = await world.member()
    exchange = await world.linked(member)
    world.clock.forward(hours=25)
    no = await refused(world.exchanges.quote(member, exchange.exchange_id, _reserve(), 1))
    assert (no.type, no.facts["state"]) == ("exchange-state", "expired")
    assert replace(exchange, state=State.EXPIRED).state is State.EXPIRED


def _reserve():
    from gateway.model import Destination

    return Destination.reserve()


async def test_a_coupon_begun_again_under_its_id_is_the_same_exchange_and_is_not_asked_for_twice(
    world,
) -> None:
    member = await world.member()
    first, _ = await world.openings.start(member, id_of(1), MILES, coupon_code="COUPON-1")
    world.script.coupon = CouponRefused("used")
    again, new = await world.openings.start(member, id_of(1), MILES, coupon_code="COUPON-1")
    assert (again, new) == (first, False)


async def test_a_quote_waits_for_the_return_from_the_partners_site(world) -> None:
    exchange, _ = await world.openings.start(await world.member(), id_of(1), CARDS, return_url=PORTAL)
    with pytest.raises(ProblemError) as caught:
        require_before_sending(exchange)
    assert caught.value.type == "not-returned"


async def test_what_was_confirmed_a_moment_ago_does_not_expire(world) -> None:
    settled = await world.settled(await world.member())
    now = world.clock()
    left = await world.store.run(lambda conn: expire(conn, settled.book_id, settled.exchange_id, now))
    assert left == settled


async def test_an_exchange_moves_only_as_the_table_of_states_allows_and_from_where_it_stands(world) -> None:
    settled = await world.settled(await world.member())
    with pytest.raises(ProblemError, match="is settled and cannot become ready"):
        await world.store.run(
            lambda conn: records.transition(conn, settled, State.READY, world.clock(), "back")
        )
    stale = replace(settled, state=State.READY)
    with pytest.raises(ProblemError, match="has moved on"):
        await world.store.run(
            lambda conn: records.transition(conn, stale, State.QUOTED, world.clock(), "late")
        )
    assert (
        await world.store.read(lambda conn: records.get(conn, settled.book_id, settled.exchange_id))
        == settled
    )


async def test_a_list_of_exchanges_is_of_one_partner_where_one_is_named(world) -> None:
    settled = await world.settled(await world.member())

    def listed(partner_id):
        return world.store.read(
            lambda conn: records.list_by(conn, states=[State.SETTLED], partner_id=partner_id)
        )

    assert [one.exchange_id for one in await listed(CARDS)] == [settled.exchange_id]
    assert await listed(MILES) == []
