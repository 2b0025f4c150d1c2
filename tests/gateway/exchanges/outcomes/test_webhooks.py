"""Webhooks out: in the same transaction, signed, again until taken. Pushes in: believed only as a reason to ask."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from aiohttp import web

from gateway.errors import OutcomeUnknown, ProblemError
from gateway.exchanges.inbound_pushes import InboundPushes
from gateway.exchanges.reversals import Reversals
from gateway.exchanges.states import State
from gateway.model import Debited, Declined, DeclineReason, Secret
from gateway.platform import tables
from gateway.webhooks import keys as webhook_keys
from gateway.webhooks import outbox
from gateway.webhooks.outbox import RETRY_AFTER
from gateway.webhooks.sender import WebhookSender
from gateway.webhooks.standard_webhooks import SignatureInvalid, new_secret, sign, verify
from tests.gateway.exchanges.conftest import CARDS, MILES, NOON, new_id
from tests.gateway.exchanges.outcomes.test_outcome_poller import now, story_of

# --- the format ------------------------------------------------------------------------------------------------


def test_a_signature_is_what_the_specification_describes() -> None:
    key = base64.b64encode(b"k" * 32).decode()
    headers = sign(Secret(f"whsec_{key}"), "msg_1", NOON, b'{"a":1}')
    stamp = str(int(NOON.timestamp()))
    wanted = hmac.new(b"k" * 32, f'msg_1.{stamp}.{{"a":1}}'.encode(), hashlib.sha256).digest()
    assert headers == {
        "webhook-id": "msg_1",
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(wanted).decode()}",
    }
    assert verify([Secret(f"whsec_{key}")], headers, b'{"a":1}', NOON) == "msg_1"


def test_while_a_secret_changes_either_one_is_believed() -> None:
    old, new = new_secret(), new_secret()
    both = sign(old, "m", NOON, b"x")
    both["webhook-signature"] += " " + sign(new, "m", NOON, b"x")["webhook-signature"]
    assert verify([new], both, b"x", NOON) == "m"
    assert verify([new, old], sign(old, "m", NOON, b"x"), b"x", NOON) == "m"


def test_a_timestamp_that_no_calendar_has_is_not_believed_even_when_it_is_signed() -> None:
    secret, stamp = Secret("whsec_" + base64.b64encode(b"k" * 32).decode()), "9" * 12
    mac = hmac.new(b"k" * 32, f"m.{stamp}.x".encode(), hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(mac).decode()}"
    headers = {"webhook-id": "m", "webhook-timestamp": stamp, "webhook-signature": signature}
    with pytest.raises(SignatureInvalid):
        verify([secret], headers, b"x", NOON)


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "other"},
        {"webhook-id": ""},
        {"webhook-timestamp": "1"},
        {"webhook-timestamp": "soon"},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": "v1,\u00e9"},
    ],
)
def test_what_was_changed_on_the_way_is_not_believed(change) -> None:
    key = new_secret()
    with pytest.raises(SignatureInvalid):
        verify([key], {**sign(key, "m", NOON, b"x"), **change}, b"x", NOON)


def test_a_moment_that_no_calendar_has_is_not_believed_however_well_it_is_signed() -> None:
    key, stamp = new_secret(), "9" * 12
    mac = hmac.new(base64.b64decode(key.reveal()[6:]), f"m.{stamp}.x".encode(), hashlib.sha256).digest()
    headers = {
        "webhook-id": "m",
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }
    with pytest.raises(SignatureInvalid):
        verify([key], headers, b"x", NOON)


def test_another_body_another_key_and_another_time_are_not_believed() -> None:
    key = new_secret()
    headers = sign(key, "m", NOON, b"x")
    for keys, body, at in (
        ([key], b"y", NOON),
        ([new_secret()], b"x", NOON),
        ([], b"x", NOON),
        ([key], b"x", NOON + timedelta(minutes=6)),
        ([key], b"x", NOON - timedelta(minutes=6)),
    ):
        with pytest.raises(SignatureInvalid):
            verify(keys, headers, body, at)


# --- to portals ------------------------------------------------------------------------------------------------


@dataclass
class Portal:
    url: str = ""
    status: int = 204
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.got.append((headers, await request.read()))
        return web.Response(
            status=self.status, headers={"Location": self.url} if self.status == 302 else None
        )


@pytest.fixture
async def portal():
    listening = Portal()
    app = web.Application()
    app.add_routes([web.post("/hook", listening.take)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    listening.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield listening
    await runner.cleanup()


@pytest.fixture
async def secret(world, portal) -> Secret:
    _, made = await world.store.run(
        lambda conn: webhook_keys.add_portal(conn, world.context.vault, "portal", portal.url, world.clock())
    )
    return made


@pytest.fixture
async def deliveries(world):
    webhook_sender = WebhookSender(
        world.context.store, world.context.vault, world.context.clock, deadline_s=2.0
    )
    async with webhook_sender.opened():
        yield webhook_sender


async def outbox_of(world):
    return await world.store.read(lambda conn: conn.execute(sa.select(tables.outbox)).all())


async def test_the_portal_hears_that_an_exchange_has_settled(world, portal, secret, deliveries) -> None:
    exchange = await world.settled(await world.member())
    assert await deliveries.poll_once() == 1
    ((headers, body),) = portal.got
    assert verify([secret], headers, body, world.clock()) == f"{exchange.exchange_id}-settled"
    told = json.loads(body)
    assert told["type"] == "exchange.settled"
    assert told["data"] == {
        "exchange_id": exchange.exchange_id,
        "partner_id": CARDS,
        "state": "settled",
        "points": 900,
        "reason": None,
    }
    assert await deliveries.poll_once() == 0


async def test_nothing_is_told_while_the_outcome_is_open_and_then_how_it_ended(
    watch, world, portal, secret, deliveries
) -> None:
    _, _exchange = await watch.opened()
    assert await deliveries.poll_once() == 0
    world.script.find = lambda id_: Declined(exchange_id=id_, reason=DeclineReason.NOT_ENOUGH)
    watch.forward(seconds=5)
    await watch.settler.poll_once()
    await deliveries.poll_once()
    told = json.loads(portal.got[0][1])
    assert (told["type"], told["data"]["reason"]) == ("exchange.declined", "not_enough")


async def test_the_portal_hears_of_each_reversal(world, generous, portal, secret, deliveries) -> None:
    exchange = await world.settled(await world.member())
    reversals = Reversals(world.context)
    for _ in range(2):
        await reversals.reverse(exchange.exchange_id, new_id(), units=1, reason="r", operator="o")
    await deliveries.poll_once()
    told = [json.loads(body) for _, body in portal.got]
    back = [one["data"]["reversed_points"] for one in told if one["type"] == "exchange.reversed"]
    assert sorted(back) == [450, 900]


async def test_a_round_with_nothing_to_tell_takes_no_turn_of_the_writer(
    world, portal, secret, deliveries
) -> None:
    await world.settled(await world.member())
    assert await deliveries.poll_once() == 1
    before = dict(world.store.batch_sizes)
    assert await deliveries.poll_once() == 0
    assert world.store.batch_sizes == before


@pytest.mark.parametrize("status", [500, 302, 404])
async def test_what_is_not_taken_is_told_again_later_and_under_the_same_id(
    watch, world, portal, secret, deliveries, status
) -> None:
    portal.status = status
    await world.settled(await world.member())
    await deliveries.poll_once()
    assert await deliveries.poll_once() == 0
    portal.status = 200
    watch.forward(seconds=5)
    assert await deliveries.poll_once() == 1
    first, second = portal.got
    assert first[0]["webhook-id"] == second[0]["webhook-id"]
    assert first[0]["webhook-signature"] != second[0]["webhook-signature"]
    ((row),) = await outbox_of(world)
    assert row.delivered_at is not None


async def test_after_days_a_message_is_given_up(watch, world, portal, secret, deliveries) -> None:
    portal.status = 500
    await world.settled(await world.member())
    for wait in (timedelta(0), *RETRY_AFTER):
        watch.forward(seconds=wait.total_seconds())
        assert await deliveries.poll_once() == 1
    ((row),) = await outbox_of(world)
    assert (row.next_at, row.delivered_at, row.last_error) == (None, None, "status 500")
    watch.forward(days=30)
    assert await deliveries.poll_once() == 0


@pytest.mark.parametrize(
    ("url", "why"),
    [("https://portal..example/hook", {"UnicodeError", "UnicodeEncodeError"}), (None, {"Unreadable"})],
    ids=["no address", "no secret"],
)
async def test_what_cannot_even_be_sent_is_put_off_like_what_was_not_taken(
    world, portal, secret, deliveries, url, why
) -> None:
    """Else it would stay the oldest that is due, and some hundreds of it would keep every portal from hearing."""

    def spoil(conn) -> None:
        vault = world.context.vault
        key_id, _ = webhook_keys.add_portal(conn, vault, "other", url or portal.url, world.clock())
        if url is None:  # sealed under a key that was taken away
            lost = vault.encrypt("s", purpose="other")
            chosen = tables.webhook_keys.c.key_id == key_id
            conn.execute(sa.update(tables.webhook_keys).where(chosen).values(secret_sealed=lost))

    await world.store.run(spoil)
    await world.settled(await world.member())
    assert await deliveries.poll_once() == 2
    assert len(portal.got) == 1
    heard, put_off = sorted((row.last_error for row in await outbox_of(world)), key=bool)
    assert heard is None
    assert put_off in why  # by its name in this or a later Python


async def test_a_portal_that_is_gone_does_not_hold_up_an_exchange(world, deliveries, portal) -> None:
    await world.store.run(
        lambda conn: webhook_keys.add_portal(
            conn, world.context.vault, "gone", "http://127.0.0.1:9/hook", world.clock()
        )
    )
    exchange = await world.settled(await world.member())
    assert exchange.state is State.SETTLED
    await deliveries.poll_once()
    ((row),) = await outbox_of(world)
    assert row.last_error == "ClientConnectorError"


async def test_two_gateways_deliver_a_message_once(world, portal, secret, deliveries) -> None:
    import asyncio

    await world.settled(await world.member())
    other = WebhookSender(world.context.store, world.context.vault, world.context.clock, deadline_s=2.0)
    async with other.opened():
        counts = await asyncio.gather(deliveries.poll_once(), other.poll_once())
    assert sum(counts) == 1
    assert len(portal.got) == 1


async def test_a_revoked_portal_is_told_nothing(world, portal, secret, deliveries) -> None:
    (key,) = await world.store.read(webhook_keys.list_all)
    await world.settled(await world.member())
    assert await world.store.run(lambda conn: webhook_keys.revoke(conn, key.key_id, world.clock()))
    await deliveries.poll_once()
    assert portal.got == []


async def test_what_waits_while_a_secret_is_changed_is_told_once_under_the_new_one(
    watch, world, portal, secret, deliveries
) -> None:
    (old,) = await world.store.read(webhook_keys.list_all)
    exchange = await world.settled(await world.member())
    portal.status = 503
    await deliveries.poll_once()
    _, new = await world.store.run(
        lambda conn: webhook_keys.add_portal(conn, world.context.vault, "portal", portal.url, world.clock())
    )
    await world.store.run(
        lambda conn: webhook_keys.add_portal(conn, world.context.vault, "other", portal.url, world.clock())
    )
    await world.store.run(lambda conn: outbox.enqueue(conn, "later", "exchange.settled", {}, world.clock()))
    await world.store.run(lambda conn: webhook_keys.revoke(conn, old.key_id, world.clock()))
    portal.got.clear()
    portal.status = 204
    for _ in range(3):
        watch.forward(seconds=10)
        await deliveries.poll_once()
    told = [verify([new], *got, world.clock()) for got in portal.got if _signed_with(new, got, world.clock())]  # type: ignore[call-arg]
    assert sorted(told) == sorted([f"{exchange.exchange_id}-settled", "later"])
    assert len(portal.got) == 3


def _signed_with(key: Secret, got: tuple[dict[str, str], bytes], at: datetime) -> bool:
    try:
        return bool(verify([key], *got, at))
    except SignatureInvalid:
        return False


@pytest.mark.parametrize("url", ["http://portal.example/x", "ftp://x/y", "https://a:b@portal.example/"])
async def test_a_portal_is_told_over_tls_only(world, url) -> None:
    with pytest.raises(ProblemError, match="https"):
        await world.store.run(
            lambda conn: webhook_keys.add_portal(conn, world.context.vault, "p", url, world.clock())
        )


# --- from partners ---------------------------------------------------------------------------------------------


@pytest.fixture
async def pushed(world, watch):
    """`await pushed(exchange, id="m-1")`: the partner tells us about an exchange."""
    _, key = await world.store.run(
        lambda conn: webhook_keys.add_partner(conn, world.context.vault, CARDS, world.clock())
    )
    pushes = InboundPushes(watch.settler)

    async def push(exchange, message_id="m-1", key=key, partner=CARDS):
        body = json.dumps({"data": {"exchange_id": exchange.exchange_id}}).encode()
        headers = sign(key, message_id, world.clock(), body)
        await pushes.accept(partner, headers, body, exchange.exchange_id)
        await world.context.tasks.close()

    return push


def yes(world):
    return lambda id_: Debited(exchange_id=id_, reference="PUSHED", at=world.clock())


async def test_a_push_makes_an_open_exchange_due_and_the_partner_is_asked(watch, world, pushed) -> None:
    member, exchange = await watch.opened()
    world.script.find = yes(world)
    assert await watch.settler.poll_once() == 0
    await pushed(exchange)
    assert (await now(world, exchange)).state is State.OPEN
    assert await watch.settler.poll_once() == 1
    assert (await now(world, exchange)).state is State.SETTLED
    assert (await world.balance(member)).posted == 900


async def test_a_push_is_never_an_answer_by_itself(watch, world, pushed) -> None:
    _, exchange = await watch.opened()
    world.script.find = OutcomeUnknown("cannot say")
    await pushed(exchange)
    await watch.settler.poll_once()
    assert (await now(world, exchange)).state is State.OPEN


async def test_pushes_in_any_order_and_any_number_settle_once(watch, world, pushed) -> None:
    member, exchange = await watch.opened()
    world.script.find = yes(world)
    for message in ("m-2", "m-1", "m-2", "m-3"):
        await pushed(exchange, message)
        await watch.settler.poll_once()
    assert (await world.balance(member)).posted == 900
    assert (await story_of(world, exchange))[-1].what == "debited"


async def test_a_push_seen_before_makes_nothing_due(watch, world, pushed) -> None:
    _, exchange = await watch.opened()
    world.script.find = OutcomeUnknown("cannot say")
    await pushed(exchange)
    await watch.settler.poll_once()
    await pushed(exchange)
    assert await watch.settler.poll_once() == 0


async def test_a_push_that_contradicts_what_has_ended_is_asked_about_and_noted(watch, world, pushed) -> None:
    exchange = await world.settled(await world.member())
    world.script.find = lambda id_: Declined(exchange_id=id_, reason=DeclineReason.REFUSED)
    await pushed(exchange)
    assert (await now(world, exchange)).state is State.SETTLED
    assert (await story_of(world, exchange))[-1].what == "contradiction"


async def test_a_push_signed_by_another_is_refused_and_does_nothing(watch, world, pushed) -> None:
    _, exchange = await watch.opened()
    for options in ({"key": new_secret()}, {"partner": "miles"}):
        with pytest.raises(ProblemError) as caught:
            await pushed(exchange, **options)
        assert caught.value.type == "push-not-believed"
    assert await watch.settler.poll_once() == 0


async def test_a_push_about_nothing_of_ours_does_nothing(watch, world, pushed) -> None:
    from types import SimpleNamespace

    await pushed(SimpleNamespace(exchange_id="00000000-0000-4000-8000-000000000000"))
    assert await watch.settler.poll_once() == 0


async def test_a_push_of_another_partner_or_about_what_was_never_sent_makes_nothing_due(
    watch, world, pushed
) -> None:
    never_sent = await world.linked(await world.member())
    await pushed(never_sent)
    assert (await now(world, never_sent)).state is never_sent.state

    _, exchange = await watch.opened()
    _, key = await world.store.run(
        lambda conn: webhook_keys.add_partner(conn, world.context.vault, MILES, world.clock())
    )
    await pushed(exchange, key=key, partner=MILES)
    assert await watch.settler.poll_once() == 0


def test_a_secret_that_is_none_is_refused_and_not_repeated() -> None:
    with pytest.raises(SignatureInvalid, match="make a new one") as exception_info:
        sign(Secret("whsec_not base64"), "m-1", NOON, b"{}")
    assert "not base64" not in str(exception_info.value)
