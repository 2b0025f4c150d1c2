"""A partner that puts its day into a file: the plugin that reads it, and files of any size that are never whole in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

PLUGIN: Final = """
import asyncio
from datetime import datetime, timedelta
from gateway import *
from gateway import hookimpl, read_lines

POINTS = WalletId("points")
TEXT = Label("どんぐり", "Acorn")


class Plugin:
    def __init__(self, setup):
        self.setup = setup
        self.base_url = setup.settings.text("base_url", "http://127.0.0.1:1")
        self.path = setup.settings.text("path", "/out/day.csv")
        self.by_sftp = setup.settings.text("by", "http") == "sftp"

    @hookimpl
    def partner_profile(self):
        return PartnerProfile(
            id="acorn", name=TEXT, kind=PartnerKind.OTHER, link=LinkKind.COUPON, points_name=TEXT,
            wallets=(Wallet(id=POINTS, name=TEXT),), hosts=(self.base_url.partition("://")[2],),
            arrives_within=timedelta(days=1), debits_may_hide_for=timedelta(0), terms=TEXT, proves={"amount"},
        )

    @hookimpl
    async def check_connection(self):
        return None

    @hookimpl
    async def rate_table(self, at):
        rate = Rate(wallet=POINTS, destinations=frozenset({DestinationKind.RESERVE}), cost_per_unit=100,
                    points_per_unit=450, source="the guide", sample=False)
        return RateTable(rates=(rate,))

    @hookimpl
    async def coupon_value(self, coupon):
        files = await self.setup.sftp.list("/out")
        return CouponValue(wallet=POINTS, amount=sum(file.size for file in files) or 1)

    @hookimpl
    async def debit(self, order):
        return Declined(exchange_id=order.exchange_id, reason=DeclineReason.REFUSED)

    @hookimpl
    async def find_debit(self, exchange_id):
        return NoRecord(exchange_id=exchange_id)

    @hookimpl
    async def debits_on(self, day):
        if self.by_sftp:
            async for page in self.pages(self.setup.sftp.pieces(self.path)):
                yield page
            return
        async with self.setup.http.stream(self.base_url + self.path) as answer:
            if answer.status != 200:
                raise OutcomeUnknown(f"acorn has no file ({answer.status})")
            async for page in self.pages(answer.pieces()):
                yield page

    async def pages(self, pieces):
        count, last = 0, None
        async for lines in read_lines(pieces, "shift_jis"):
            if last is not None:
                raise OutcomeUnknown("acorn's file goes on after its end")
            if lines[-1].startswith("END,"):
                last = lines.pop()
            count += len(lines)
            yield await asyncio.to_thread(records, lines)
        if last != f"END,{count}":
            raise OutcomeUnknown("acorn's file is not whole")


def records(lines):
    found = []
    for line in lines:
        order, state, points, _ = line.split(",")
        if state == "確定":
            found.append(DebitRecord(
                exchange_id=ExchangeId(order), reference="R-" + order,
                lines=(DebitLine(wallet=POINTS, amount=int(points)),), at=datetime(2018, 7, 31, 12, tzinfo=JST),
            ))
    return found
"""


def plugin_class() -> type:
    """The plugin, for what takes a class."""
    names: dict[str, Any] = {}
    exec(compile(PLUGIN, "acorn.py", "exec"), names)
    kind: type = names["Plugin"]
    return kind


def day_file(size: int, taken_each: int = 50) -> Iterator[bytes]:
    """A file of about `size` bytes in pieces of some 100 KB, each of whose lines has 100 bytes; every so many are debits."""
    count = 0
    while count * 100 < size:
        lines = []
        for _ in range(1_000):
            state = "確定" if count % taken_each == 0 else "処理"
            line = f"x-{count:09},{state},500,".encode("cp932")
            lines.append(line + b"." * (99 - len(line)) + b"\n")
            count += 1
        yield b"".join(lines)
    yield f"END,{count}\r\n".encode("cp932")


def debits_in(size: int, taken_each: int = 50) -> int:
    """How many of its lines are debits."""
    lines = -(-size // 100_000) * 1_000
    return -(-lines // taken_each)
