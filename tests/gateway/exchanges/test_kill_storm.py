"""A plugin's process is killed again and again under load: afterwards the partner's book and the ledger are equal."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal

import pytest
import structlog

from gateway.exchanges.outcome_poller import OutcomePoller
from gateway.exchanges.states import State
from gateway.model import LinkedAccount, Secret
from gateway.partners import registry
from gateway.partners.loading.partner_settings import Isolation
from gateway.settings import Settings
from tests.gateway.exchanges.conftest import CARDS, RESERVE, World, world

__all__ = ["world"]

MEMBERS = 60
PLUGIN = """
from datetime import datetime, timedelta
from gateway import *
from gateway import hookimpl

TEXT = Label("cards", "cards")

class Plugin:
    def __init__(self, setup):
        self.http, self.base, self.clock = setup.http, setup.settings.text("base_url"), setup.clock

    @hookimpl
    def partner_profile(self):
        return PartnerProfile(
            id="cards", name=TEXT, kind=PartnerKind.OTHER, link=LinkKind.ACCOUNT, points_name=TEXT,
            wallets=(Wallet(id=WalletId("eikyu"), name=TEXT), Wallet(id=WalletId("wallet"), name=TEXT)),
            hosts=(self.base.removeprefix("http://"),), arrives_within=timedelta(hours=1),
            debits_may_hide_for=timedelta(minutes=15), terms=TEXT, proves={"amount"}, deadline_s=5.0,
        )

    @hookimpl
    async def check_connection(self):
        await self.http.get(f"{self.base}/ping")

    @hookimpl
    async def rate_table(self, at):
        return RateTable(rates=())

    @hookimpl
    async def begin_handoff(self, request):
        raise AssertionError

    @hookimpl
    async def complete_handoff(self, returned):
        raise AssertionError

    @hookimpl
    async def balances(self, account):
        return Balances(available={}, as_of=self.clock())

    def _yes(self, exchange_id, answer):
        lines = tuple(DebitLine(wallet=WalletId(w), amount=n) for w, n in answer["taken"].items())
        return Debited(exchange_id=exchange_id, reference=answer["reference"], at=self.clock(), lines=lines)

    @hookimpl
    async def debit(self, order):
        amounts = {str(wallet): amount for wallet, amount in order.amounts.items()}
        answer = await self.http.post(f"{self.base}/debit", json={"id": order.exchange_id, "amounts": amounts})
        return self._yes(order.exchange_id, answer.json())

    @hookimpl
    async def find_debit(self, exchange_id):
        answer = (await self.http.get(f"{self.base}/find?id={exchange_id}")).json()
        return self._yes(exchange_id, answer) if answer else NoRecord(exchange_id=exchange_id)
"""


class Bank:
    """The partner: a book by id, which takes the points of an id once, some time after it has read the request."""

    def __init__(self) -> None:
        self.book: dict[str, dict[str, int]] = {}
        self.debits = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                path = head.split(b" ")[1].decode()
                length = next(
                    (
                        int(it.split(b":")[1])
                        for it in head.lower().split(b"\r\n")
                        if it.startswith(b"content-length:")
                    ),
                    0,
                )
                body = await reader.readexactly(length)
                answer = await self.answer(path, body)
                text = json.dumps(answer).encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(text) + text)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def answer(self, path: str, body: bytes) -> object:
        if path == "/debit":
            order = json.loads(body)
            self.debits += 1
            await asyncio.sleep(random.uniform(0, 0.05))
            self.book.setdefault(order["id"], order["amounts"])
            await asyncio.sleep(random.uniform(0, 0.05))
            return {"taken": self.book[order["id"]], "reference": order["id"][:8]}
        if path.startswith("/find"):
            id_ = path.partition("id=")[2]
            return {"taken": self.book[id_], "reference": id_[:8]} if id_ in self.book else {}
        return {}


async def until_all_have_ended(
    world: World, settler: OutcomePoller, exchanges: list[tuple[str, str]]
) -> list[State]:
    for _ in range(400):
        states = [(await world.exchanges.get(member, id_)).state for member, id_ in exchanges]
        if not {State.OPEN, State.SENDING} & set(states):
            return states
        world.clock.forward(minutes=30)
        await settler.poll_once()
        await asyncio.sleep(0.02)
    return states


@pytest.mark.parametrize("seed", [1, 2])
async def test_after_a_storm_of_kills_the_partners_book_and_the_ledger_are_equal(world, tmp_path, seed):
    chance = random.Random(seed)
    quoted = []
    for _ in range(MEMBERS):
        member = await world.member()
        world.script.link = LinkedAccount(service_id=member, shown_as="見本 様", token=Secret("a-token"))
        exchange = await world.quoted(member, RESERVE, 2)
        quoted.append((member, exchange.exchange_id, exchange.quote.quote_id))
    bank = Bank()
    server = await asyncio.start_server(bank.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "cards.py").write_text(PLUGIN, "utf-8")
    (tmp_path / "gateway.toml").write_text(
        f'[plugins]\ndir = "plugins"\n[partners.cards]\nbase_url = "http://127.0.0.1:{port}"\n', "utf-8"
    )
    # Seconds of the breaker's alone: by the world's clock the moment to send would pass where confirming takes long.
    rested_s = 0.0
    loaded = await registry.load(
        Settings.load(tmp_path / "gateway.toml", {}),
        clock=world.clock,
        log=structlog.get_logger(),
        entry_points=(),
        isolation=Isolation.PROCESS,
        seconds=lambda: rested_s + world.clock().timestamp(),
    )
    partner = world.context.partners[CARDS] = loaded.partners[CARDS]
    kills = 0

    async def is_up() -> None:
        async with asyncio.timeout(20):
            while partner.keeper.process is None:  # noqa: ASYNC110  another process
                await asyncio.sleep(0.005)

    async def storm() -> None:
        nonlocal kills, rested_s
        while True:
            await is_up()
            await asyncio.sleep(chance.uniform(0.05, 0.2))
            partner.keeper._pause_s = 0.0  # at once again, so that there is something to kill
            rested_s += 5  # the breaker tries again
            if (process := partner.keeper.process) is not None:
                os.kill(process.pid, signal.SIGKILL)
                kills += 1

    async def confirm(member: str, exchange_id: str, quote_id: str) -> None:
        life = chance.randint(0, 7)
        async with asyncio.timeout(60):
            while partner.keeper.restarts < life or partner.keeper.process is None:  # noqa: ASYNC110  as above
                await asyncio.sleep(0.005)
        await asyncio.sleep(chance.uniform(0, 0.1))
        await world.exchanges.confirm(member, exchange_id, quote_id)

    storming = asyncio.create_task(storm())
    await asyncio.gather(*(confirm(*it) for it in quoted), return_exceptions=True)
    storming.cancel()
    unknown = [(await world.exchanges.get(*it[:2])).state for it in quoted].count(State.OPEN)
    await is_up()
    await asyncio.sleep(0.3)  # what has left has arrived
    states = await until_all_have_ended(
        world,
        OutcomePoller(world.exchanges, seconds=lambda: world.clock().timestamp()),
        [it[:2] for it in quoted],
    )
    settled = {id_ for (_, id_, _), state in zip(quoted, states, strict=True) if state is State.SETTLED}
    given = sum([(await world.balance(member)).posted for member, _, _ in quoted])
    await loaded.aclose()
    server.close()
    assert kills >= 5
    assert set(states) <= {State.SETTLED, State.DECLINED, State.NOT_SENT, State.QUOTED}, states
    assert settled == set(bank.book)
    assert unknown > 0
    assert 0 < len(settled) < MEMBERS
    assert given == len(settled) * 2 * 450
    assert bank.debits == len(bank.book)  # nothing was sent twice
