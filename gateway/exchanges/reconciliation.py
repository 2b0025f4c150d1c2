"""The comparison of a partner's book with ours for one day in Japan (突合). It reports; it never repairs.

    matched          both say the same
    open             our side has not ended yet, or a reversal of it has not; asking goes on
    ours_only        we gave points for which the partner took none
    theirs_only      the partner took points for which we gave none
    amount_differs   both have it, with different amounts, or one side has given back what the other has not
    account_differs  the partner took it from another account than our order named
    closed           a difference that a person has closed, with a reason, and the partner's book is as it was then

What is laid side by side is what either side still has of a debit: what was taken, less what was given back since.
How each day came out is kept, for the month's invoice; a day that nobody has compared is compared the next night.

A person closes a difference (`gateway.exchanges.corrections`), which posts a transfer of its own and edits nothing.
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import partial, reduce
from typing import Any, Final

import structlog
from sqlalchemy import Connection, RowMapping, select, tuple_

from gateway.errors import ProblemError
from gateway.exchanges import exchange_rows as records
from gateway.exchanges import reconciliation_days, reversal_rows
from gateway.exchanges.exchange_context import ExchangeContext
from gateway.exchanges.exchange_rows import Exchange
from gateway.exchanges.quotes import QuoteLine
from gateway.exchanges.reconciliation_spool import DaySpool, OurExchange
from gateway.exchanges.states import HELD, State
from gateway.model import JST, DebitLine, DebitRecord
from gateway.partners.calls.debit_proof import same_account
from gateway.partners.partner import Partner
from gateway.platform import tables
from gateway.platform.job_steps import run_each
from httpkit.safe_csv import starts_a_formula

_PAGE: Final = 500
_log = structlog.get_logger()


class Verdict(StrEnum):
    MATCHED = "matched"
    OPEN = "open"
    OURS_ONLY = "ours_only"
    THEIRS_ONLY = "theirs_only"
    AMOUNT_DIFFERS = "amount_differs"
    ACCOUNT_DIFFERS = "account_differs"
    CLOSED = "closed"


DIFFERENCES: Final = frozenset(
    {Verdict.OURS_ONLY, Verdict.THEIRS_ONLY, Verdict.AMOUNT_DIFFERS, Verdict.ACCOUNT_DIFFERS}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One exchange, seen from both sides. Amounts are the partner's points per wallet; `points` are ours.

    Both are what is left of it when something was given back; the note then says what was. The accounts are the
    partner's service ids: the one that we ordered from, and the one that it took from, where each is known.
    """

    exchange_id: str
    verdict: Verdict
    our_state: str
    our_reference: str
    their_reference: str
    our_amounts: Mapping[str, int]
    their_amounts: Mapping[str, int]
    points: int
    note: str = ""
    our_account: str = ""
    their_account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    partner_id: str
    day: date
    lines: tuple[Line, ...]
    matched_left_out: int = 0
    """How many lines that match are not among `lines`, since nobody wants to read them."""

    @property
    def differences(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.verdict in DIFFERENCES)

    @property
    def counts(self) -> dict[str, int]:
        counts = {verdict.value: sum(line.verdict is verdict for line in self.lines) for verdict in Verdict}
        return counts | {Verdict.MATCHED.value: counts[Verdict.MATCHED.value] + self.matched_left_out}

    def to_json(self) -> str:
        values = {
            "partner": self.partner_id,
            "day": self.day.isoformat(),
            "counts": self.counts,
            "lines": [asdict(line) for line in self.lines],
        }
        return json.dumps(values, ensure_ascii=False, indent=2)

    def to_csv(self) -> str:
        """One line per exchange; amounts as JSON, so that a wallet more is not a column more."""
        text = io.StringIO()
        writer = csv.writer(text)
        names = list(Line.__dataclass_fields__)
        writer.writerow(["partner", "day", *names])
        for line in self.lines:
            values = asdict(line)
            writer.writerow([self.partner_id, self.day.isoformat(), *(_cell(values[name]) for name in names)])
        return text.getvalue()


@dataclass(frozen=True, slots=True)
class Reconciliation:
    context: ExchangeContext

    async def compare(self, partner_id: str, day: date, *, with_matched: bool = True) -> Report:
        """Ask for the partner's book of `day` and lay ours beside it; how it came out is kept.

        `with_matched=False` leaves what matches out of the report's lines: then a day of any size fits into memory.
        Raises ProblemError where the plugin cannot tell a day, PartnerUnavailable when the partner cannot now.
        """
        partner = self.context.partner(partner_id)
        if not partner.can("debits_on"):
            raise ProblemError(
                "no-daily-list", "this partner's plugin has no debits_on(); compare with its own papers"
            )
        spool = DaySpool()
        try:
            comparison = _Comparison(self.context, partner, day, spool, with_matched=with_matched)
            report = await comparison.run()
        finally:
            spool.close()
        await self.context.store.run(partial(_save_result, report=report, at=self.context.clock()))
        return report

    @property
    def comparable(self) -> list[str]:
        """The partners that can tell a day."""
        return [id_ for id_, partner in self.context.partners.items() if partner.can("debits_on")]

    async def run_nightly(self, partner_id: str, day: date) -> list[Report]:
        """Compare with one of those partners until `day`; differences are logged with both references.

        Days are compared that were not yet, that did not come out even, or of which something was given back on
        `day`, the newest first. Raises what one of them raises when the others are done.
        """
        reports: list[Report] = []

        async def one(day: date) -> None:
            report = await self.compare(partner_id, day, with_matched=False)
            reports.append(report)
            _log_differences(report)

        days = await self.context.store.read(partial(_due, partner_id=partner_id, day=day))
        await run_each(days, one, f"comparison with {partner_id}")
        return reports


class _Comparison:
    """One day of one partner, a few hundred ids at a time; both sides wait in `spool`."""

    def __init__(
        self, context: ExchangeContext, partner: Partner, day: date, spool: DaySpool, *, with_matched: bool
    ) -> None:
        self._store = context.store
        self._partner = partner
        self._day = day
        self._spool = spool
        self._with_matched = with_matched
        self._ignore_case = partner.profile.ids_ignore_case
        self._lines: list[Line] = []
        self._matched_left_out = 0
        self._ours_only: dict[str, _OurSide] = {}

    async def run(self) -> Report:
        """Raises PartnerUnavailable."""
        async for page in _closing(self._partner.debit_pages(self._day)):
            await asyncio.to_thread(self._spool.add, page)
        await self._add_ours()
        await self._add_days_settled_under()
        async for ids in self._chunks():
            theirs = await asyncio.to_thread(self._spool.records_of, ids)
            ours = await asyncio.to_thread(self._spool.ours_of, ids)
            self._compare(
                _by_exchange(theirs, ignore_case=self._ignore_case), await self._our_sides(ids, ours)
            )
        await self._compare_days_beside()
        return Report(
            partner_id=self._partner.id,
            day=self._day,
            lines=tuple(sorted(self._lines, key=lambda line: line.exchange_id)),
            matched_left_out=self._matched_left_out,
        )

    async def _add_ours(self) -> None:
        """Those that are open first: one that is settled meanwhile is met again among the settled."""
        for page_after in (_open_since, _settled_under_day):
            last = ("", "")
            while page := await self._store.read(
                partial(page_after, partner_id=self._partner.id, day=self._day, last=last)
            ):
                await asyncio.to_thread(self._spool.add_ours, page)
                last = (page[-1].exchange_id, page[-1].book_id)

    async def _chunks(self) -> AsyncIterator[list[str]]:
        last = ""
        while ids := await asyncio.to_thread(self._spool.ids_after, last, _PAGE):
            yield ids
            last = ids[-1]

    async def _our_sides(self, ids: Sequence[str], ours: Mapping[str, OurExchange]) -> dict[str, _OurSide]:
        return await self._store.read(partial(_our_sides, partner_id=self._partner.id, ours=ours, ids=ids))

    async def _add_days_settled_under(self) -> None:
        """What stands under the day on which it was settled here and under this one was taken twice."""
        others: set[date] = set()
        async for ids in self._chunks():
            ours = await asyncio.to_thread(self._spool.ours_of, ids)
            if strangers := [id_ for id_ in ids if id_ not in ours or not ours[id_].debited]:
                sides = (await self._our_sides(strangers, ours)).values()
                others |= {it.settled_under for it in sides if it.settled_under is not None}
        others.discard(self._day)  # one that was open when we looked, and is settled by now
        for other in sorted(others):
            async for page in _closing(self._partner.debit_pages(other)):
                await asyncio.to_thread(self._spool.add_of_same_ids, page)

    def _compare(self, theirs: Mapping[str, DebitRecord], ours: Mapping[str, _OurSide]) -> None:
        for id_ in sorted({*theirs, *ours}):
            our_side = ours.get(id_, _MISSING)
            line = _line(id_, theirs.get(id_), our_side, ignore_case=self._ignore_case)
            if line.verdict is Verdict.MATCHED and not self._with_matched:
                self._matched_left_out += 1
                continue
            self._lines.append(line)
            if line.verdict is Verdict.OURS_ONLY:
                self._ours_only[id_] = our_side

    async def _compare_days_beside(self) -> None:
        """The two calendars may disagree about midnight: a debit that is ours alone may stand under a day beside."""
        if not self._ours_only:
            return
        beside: dict[str, list[DebitRecord]] = {}
        for other in (self._day - timedelta(days=1), self._day + timedelta(days=1)):
            async for page in _closing(self._partner.debit_pages(other)):
                for record in page:
                    if record.exchange_id in self._ours_only:
                        beside.setdefault(record.exchange_id, []).append(record)
        found = _by_exchange(beside, ignore_case=self._ignore_case)
        line_of = partial(_line, ignore_case=self._ignore_case)
        self._lines = [_on_another_day(line, found, self._ours_only, line_of) for line in self._lines]


async def _closing(pages: AsyncGenerator[tuple[DebitRecord, ...]]) -> AsyncIterator[tuple[DebitRecord, ...]]:
    """The pages, closed in whatever way the walk through them ends."""
    async with aclosing(pages):
        async for page in pages:
            yield page


def has_moved(conn: Connection, exchange: Exchange, line: Line) -> bool:
    """Is our side of an exchange, whose row the caller holds, another one than a line was drawn up from?"""
    ours = _our_side(
        conn, exchange, closings(conn, exchange.partner_id, [exchange.exchange_id]).get(line.exchange_id)
    )
    return ours.reversal_waits or (line.our_state, line.our_amounts) != (exchange.state, _our_amounts(ours))


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """The last closing of a difference about an exchange, and what all of them have made of our side.

    `theirs` is what the partner had then, by wallet (None: not kept), of another account than the member's where
    `other_account` is set. `moved` is what the closings have added to our side, by wallet and signed; `base` is our side
    in place of the exchange's own, where it was closed before that was kept.
    """

    number: int
    theirs: Mapping[str, int] | None
    other_account: bool = False
    moved: Mapping[str, int] = field(default_factory=dict)
    base: Mapping[str, int] | None = None

    def ours(self, own: Mapping[str, int]) -> dict[str, int]:
        """Our side with what was closed; `own` is that of the exchange itself."""
        return _added(own if self.base is None else self.base, self.moved)


def closings(conn: Connection, partner_id: str, ids: Sequence[str]) -> dict[str, Closing]:
    """The last closing of each difference with a partner that a person has closed, by exchange, of these ids."""
    c = tables.closed_differences.c
    query = (
        select(c.exchange_id, c.closing, c.theirs, c.kind, c.points, c.moved)
        .where(c.partner_id == partner_id, c.exchange_id.in_(list(ids)))
        .order_by(c.closing)
    )
    last: dict[str, Closing] = {}
    for row in conn.execute(query).mappings():
        last[row["exchange_id"]] = _next_closing(last.get(row["exchange_id"]), row)
    return last


def _next_closing(before: Closing | None, row: RowMapping) -> Closing:
    theirs = None if row["theirs"] is None else json.loads(row["theirs"])
    moved, base = (before.moved, before.base) if before is not None else ({}, None)
    other_account = row["kind"] == Verdict.ACCOUNT_DIFFERS
    if row["moved"] is not None:
        moved = _added(moved, json.loads(row["moved"]))
    elif row["points"]:  # closed before that was kept: our side was made what the partner had of the member's
        moved, base = {}, ({} if other_account else theirs)
    return Closing(number=row["closing"], theirs=theirs, other_account=other_account, moved=moved, base=base)


@dataclass(frozen=True, slots=True, kw_only=True)
class _OurSide:
    """Our side of one id. There is no exchange where the id is none of ours.

    `settled_under` is the partner's day under which it was settled here, where the partner lists it under another.
    """

    exchange: Exchange | None
    closing: Closing | None
    given_back: Mapping[str, int] = field(default_factory=dict)
    reversal_waits: bool = False
    settled_under: date | None = None


_MISSING: Final = _OurSide(exchange=None, closing=None)


def _log_differences(report: Report) -> None:
    about = {"partner": report.partner_id, "day": report.day.isoformat()}
    _log.info("compared", **about, **report.counts)
    for line in report.differences:
        _log.error(
            "difference",
            **about,
            exchange_id=line.exchange_id,
            verdict=line.verdict,
            ours=line.our_reference,
            theirs=line.their_reference,
        )
    for line in report.lines:
        if line.our_state == State.NEEDS_A_PERSON and line.verdict is Verdict.OPEN and line.their_amounts:
            _log.warning("the partner lists what waits for a person", **about, exchange_id=line.exchange_id)


def _save_result(conn: Connection, report: Report, at: datetime) -> None:
    comparison_result = reconciliation_days.ComparisonResult(
        lines=sum(report.counts.values()),
        open=report.counts[Verdict.OPEN.value],
        differences=len(report.differences),
    )
    reconciliation_days.save_result(conn, report.partner_id, report.day, comparison_result, at)


def _due(conn: Connection, partner_id: str, day: date) -> list[date]:
    """The days to be compared in the night after `day`."""
    due = {
        *reconciliation_days.to_compare(conn, partner_id, day),
        *_days_given_back_on(conn, partner_id, day),
    }
    return sorted(due, reverse=True)


def _days_given_back_on(conn: Connection, partner_id: str, day: date) -> list[date]:
    """The days of those debits of which we gave something back on `day`."""
    r, d = tables.reversals, tables.partner_debits
    since = datetime(day.year, day.month, day.day, tzinfo=JST)
    query = (
        select(d.c.day)
        .distinct()
        .join(r, (r.c.book_id == d.c.book_id) & (r.c.exchange_id == d.c.exchange_id))
        .where(
            d.c.partner_id == partner_id,
            d.c.day != day.isoformat(),
            r.c.ended_at >= since,
            r.c.ended_at < since + timedelta(days=1),
        )
        .order_by(d.c.day)
    )
    return [date.fromisoformat(found) for found in conn.scalars(query)]


def _open_since(conn: Connection, partner_id: str, day: date, last: tuple[str, str]) -> list[OurExchange]:
    """A page of our exchanges that were sent on the day and have not ended, by id and book, after `last`."""
    c = tables.exchanges.c
    since = datetime(day.year, day.month, day.day, tzinfo=JST)
    query = (
        select(c.exchange_id, c.book_id)
        .where(
            c.partner_id == partner_id,
            c.state.in_(list(HELD)),
            c.sent_at >= since,
            c.sent_at < since + timedelta(days=1),
            tuple_(c.exchange_id, c.book_id) > last,
        )
        .order_by(c.exchange_id, c.book_id)
        .limit(_PAGE)
    )
    return [
        OurExchange(exchange_id=row.exchange_id, book_id=row.book_id, debited=False)
        for row in conn.execute(query)
    ]


def _settled_under_day(
    conn: Connection, partner_id: str, day: date, last: tuple[str, str]
) -> list[OurExchange]:
    """A page of our exchanges that were settled under the day, in the order of the table's key, after `last`."""
    c = tables.partner_debits.c
    query = (
        select(c.exchange_id, c.book_id)
        .where(c.partner_id == partner_id, c.day == day.isoformat(), tuple_(c.exchange_id, c.book_id) > last)
        .order_by(c.exchange_id, c.book_id)
        .limit(_PAGE)
    )
    return [
        OurExchange(exchange_id=row.exchange_id, book_id=row.book_id, debited=True)
        for row in conn.execute(query)
    ]


def _our_sides(
    conn: Connection, partner_id: str, ours: Mapping[str, OurExchange], ids: Sequence[str]
) -> dict[str, _OurSide]:
    """Our side of ids that stand in either book; those of another partner are left out."""
    owners = tables.exchange_owners.c
    keys = {(ours[id_].book_id, id_) for id_ in ids if id_ in ours}
    named = select(owners.book_id, owners.exchange_id).where(owners.exchange_id.in_(list(ids)))
    keys |= {(row.book_id, row.exchange_id) for row in conn.execute(named)}
    exchanges = {id_: records.get(conn, book_id, id_) for book_id, id_ in sorted(keys)}
    closed = closings(conn, partner_id, ids)
    sides = {
        id_: _our_side(conn, exchanges.get(id_), closed.get(id_))
        for id_ in ids
        if id_ not in exchanges or exchanges[id_].partner_id == partner_id
    }
    for id_, our_side in sides.items():
        is_of_this_day = id_ in ours and ours[id_].debited
        if our_side.exchange is not None and not is_of_this_day:
            sides[id_] = replace(our_side, settled_under=_settled_under(conn, our_side.exchange))
    return sides


def _settled_under(conn: Connection, exchange: Exchange) -> date | None:
    """The partner's day under which an exchange was settled here."""
    if exchange.state is not State.SETTLED or exchange.sent_at is None or exchange.ended_at is None:
        return None
    d = tables.partner_debits.c
    a_day = timedelta(days=1)  # the partner's clock may be another
    found = conn.scalar(
        select(d.day).where(
            d.partner_id == exchange.partner_id,
            d.day >= _day_of(exchange.sent_at - a_day),
            d.day <= _day_of(exchange.ended_at + a_day),
            d.exchange_id == exchange.exchange_id,
        )
    )
    return None if found is None else date.fromisoformat(found)


def _day_of(at: datetime) -> str:
    return at.astimezone(JST).date().isoformat()


def _our_side(conn: Connection, exchange: Exchange | None, closing: Closing | None) -> _OurSide:
    if exchange is None or exchange.state is not State.SETTLED:
        return _OurSide(exchange=exchange, closing=closing)
    given_back, waits = reversal_rows.points_given_back(conn, exchange)
    return _OurSide(exchange=exchange, closing=closing, given_back=given_back, reversal_waits=waits)


def _by_exchange(
    records: Mapping[str, Sequence[DebitRecord]], *, ignore_case: bool
) -> dict[str, DebitRecord]:
    """One record for each id. Several debits under one are told together: none of them is passed over."""
    together = partial(_together, ignore_case=ignore_case)
    return {
        id_: reduce(together, dict.fromkeys(same)) for id_, same in records.items()
    }  # listed twice is one


def _together(one: DebitRecord, other: DebitRecord, *, ignore_case: bool) -> DebitRecord:
    back = [each.lines if each.reversed else each.given_back for each in (one, other)]
    debit_lines = [lines for lines in back if lines is not None]
    return replace(
        one,
        reference=f"{one.reference}, {other.reference}",
        lines=one.lines + other.lines,
        reversed=one.reversed and other.reversed,
        given_back=sum(debit_lines, ()) if debit_lines else None,
        service_id=_accounts_together(one.service_id, other.service_id, ignore_case=ignore_case),
    )


def _accounts_together(one: str | None, other: str | None, *, ignore_case: bool) -> str | None:
    """Two accounts under one id are told together, and are nobody's one account."""
    if same_account(one, other, ignore_case=ignore_case):
        return one if one is not None else other
    return f"{one}, {other}"


def _line(
    id_: str, theirs: DebitRecord | None, ours: _OurSide, note: str = "", *, ignore_case: bool = False
) -> Line:
    exchange = ours.exchange
    verdict, notes = _verdict(theirs, ours, ignore_case=ignore_case), [note, _given_back_words(theirs, ours)]
    if verdict is Verdict.OPEN and exchange is not None and exchange.state is State.NEEDS_A_PERSON and theirs:
        notes.append("the partner lists it: decide about the exchange")
    if ours.closing is not None and verdict is not Verdict.CLOSED:
        notes.append("closed before, and the partner's book has changed since")
    return Line(
        exchange_id=id_,
        verdict=verdict,
        our_state=exchange.state.value if exchange is not None else "",
        our_reference=(exchange.reference or "") if exchange is not None else "",
        their_reference=theirs.reference if theirs is not None else "",
        our_amounts=_our_amounts(ours),
        their_amounts=_their_amounts(theirs, ours),
        points=(exchange.points or 0) - exchange.reversed_points if exchange is not None else 0,
        note="; ".join(text for text in notes if text),
        our_account=(exchange.service_id or "") if exchange is not None else "",
        their_account=(theirs.service_id or "") if theirs is not None else "",
    )


def _verdict(theirs: DebitRecord | None, ours: _OurSide, *, ignore_case: bool) -> Verdict:
    exchange, there = ours.exchange, _their_amounts(theirs, ours)
    if (closing := ours.closing) is not None:
        return _closed_verdict(closing, theirs, ours, ignore_case=ignore_case)
    if theirs is not None and exchange is not None and there:
        if _is_other_account(theirs, exchange, ignore_case=ignore_case):
            return Verdict.ACCOUNT_DIFFERS
        ordered = exchange.quote.lines if exchange.quote is not None else ()
        if exchange.state in HELD and _amounts(theirs.lines) != _amounts(ordered):
            return Verdict.AMOUNT_DIFFERS
    if exchange is not None and exchange.state in HELD:
        return Verdict.OPEN
    if exchange is None or exchange.state is not State.SETTLED:
        return Verdict.THEIRS_ONLY if there else Verdict.MATCHED
    if there == _our_amounts(ours):
        return Verdict.MATCHED
    if ours.reversal_waits:
        return Verdict.OPEN
    return Verdict.OURS_ONLY if theirs is None else Verdict.AMOUNT_DIFFERS


def _closed_verdict(
    closing: Closing, theirs: DebitRecord | None, ours: _OurSide, *, ignore_case: bool
) -> Verdict:
    """A difference that was closed stays so until the partner's book says something else of the amount or account."""
    there = _their_amounts(theirs, ours)
    other = (
        bool(there)
        and theirs is not None
        and _is_other_account(theirs, ours.exchange, ignore_case=ignore_case)
    )
    if closing.theirs is None or theirs is None:
        return Verdict.CLOSED
    if there == closing.theirs and other == closing.other_account:
        return Verdict.CLOSED
    if other:
        return Verdict.ACCOUNT_DIFFERS
    if there == _our_amounts(ours):
        return Verdict.MATCHED
    return Verdict.OPEN if ours.reversal_waits else Verdict.AMOUNT_DIFFERS


def _is_other_account(theirs: DebitRecord, exchange: Exchange | None, *, ignore_case: bool) -> bool:
    ours = exchange.service_id if exchange is not None else None
    return not same_account(theirs.service_id, ours, ignore_case=ignore_case)


def _on_another_day(
    line: Line, beside: Mapping[str, DebitRecord], ours: Mapping[str, _OurSide], line_of: Callable[..., Line]
) -> Line:
    theirs = beside.get(line.exchange_id)
    if line.verdict is not Verdict.OURS_ONLY or theirs is None:
        return line
    there = _day_of(theirs.at)
    return line_of(line.exchange_id, theirs, ours[line.exchange_id], note=f"stands under {there} there")


def _our_amounts(ours: _OurSide) -> dict[str, int]:
    """What the exchange drew from each wallet, less what we have given back of it, with what closings have moved."""
    quote = ours.exchange.quote if ours.exchange is not None else None
    own = _less(_amounts(quote.lines if quote is not None else ()), ours.given_back)
    if ours.closing is None:
        return own
    settled = ours.exchange is not None and ours.exchange.state is State.SETTLED
    return ours.closing.ours(own if settled else {})


def _their_amounts(record: DebitRecord | None, ours: _OurSide) -> dict[str, int]:
    """What the partner has of it now. Where its list tells no parts, ours are taken for granted, but never all."""
    if record is None or record.reversed:
        return {}
    if record.given_back is not None:
        return _less(_amounts(record.lines), _amounts(record.given_back))
    return _less(_amounts(record.lines), ours.given_back if _our_amounts(ours) else {})


def _given_back_words(record: DebitRecord | None, ours: _OurSide) -> str:
    there = record.given_back if record is not None else None
    words = [f"given back here: {_words(ours.given_back)}"] if ours.given_back else []
    if record is not None and record.reversed:
        words.append("taken back there")
    elif there:
        words.append(f"given back there: {_words(_amounts(there))}")
    elif there is None and record is not None and ours.given_back:
        words.append("the partner's list tells no parts")
    if ours.reversal_waits:
        words.append("a reversal has not ended")
    return "; ".join(words)


def _amounts(lines: Sequence[DebitLine | QuoteLine]) -> dict[str, int]:
    amounts: dict[str, int] = {}
    for line in lines:
        amounts[line.wallet] = amounts.get(line.wallet, 0) + line.amount
    return amounts


def _less(amounts: Mapping[str, int], back: Mapping[str, int]) -> dict[str, int]:
    left = {wallet: amount - back.get(wallet, 0) for wallet, amount in amounts.items()}
    return {wallet: amount for wallet, amount in left.items() if amount > 0}


def _added(amounts: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    total = {wallet: amounts.get(wallet, 0) + more.get(wallet, 0) for wallet in (*amounts, *more)}
    return {wallet: amount for wallet, amount in total.items() if amount}


def _words(amounts: Mapping[str, int]) -> str:
    return ", ".join(f"{amount:,} {wallet}" for wallet, amount in sorted(amounts.items()))


def _cell(value: Any) -> Any:
    """References and ids are the partner's own words: none of them is run as a formula by whoever opens the file."""
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return "'" + value if isinstance(value, str) and starts_a_formula(value) else value
