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

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any, Final

import structlog
from sqlalchemy import Connection, select

from gateway.errors import ProblemError
from gateway.exchanges import exchange_rows as records
from gateway.exchanges import reconciliation_days, reversal_rows
from gateway.exchanges.exchange_context import ExchangeContext
from gateway.exchanges.exchange_rows import Exchange
from gateway.exchanges.quotes import QuoteLine
from gateway.exchanges.states import HELD, State
from gateway.model import JST, DebitLine, DebitRecord
from gateway.partners.calls.debit_proof import same_account
from gateway.platform import tables
from gateway.platform.job_steps import run_each
from gateway.platform.safe_csv import starts_a_formula

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

    @property
    def differences(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.verdict in DIFFERENCES)

    @property
    def counts(self) -> dict[str, int]:
        return {verdict.value: sum(line.verdict is verdict for line in self.lines) for verdict in Verdict}

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

    async def compare(self, partner_id: str, day: date) -> Report:
        """Ask for the partner's book of `day` and lay ours beside it; how it came out is kept.

        Raises ProblemError where the plugin cannot tell a day, PartnerUnavailable when the partner cannot now.
        """
        partner = self.context.partner(partner_id)
        if not partner.can("debits_on"):
            raise ProblemError(
                "no-daily-list", "this partner's plugin has no debits_on(); compare with its own papers"
            )
        listed = list(await partner.debits_on(day))
        ids = list({record.exchange_id for record in listed})
        ours = await self.context.store.read(lambda conn: _ours(conn, partner_id, day, ids))
        for other in sorted(
            {our_side.settled_under for our_side in ours.values() if our_side.settled_under is not None}
        ):
            # What stands under the day on which it was settled here and under this one was taken twice.
            before = await partner.debits_on(other)
            listed += [record for record in before if record.exchange_id in ids]
        theirs = _by_exchange(listed)
        line_of = partial(_line, ignore_case=partner.profile.ids_ignore_case)
        lines = [line_of(id_, theirs.get(id_), ours.get(id_, _MISSING)) for id_ in sorted({*theirs, *ours})]
        if any(line.verdict is Verdict.OURS_ONLY for line in lines):
            # The two calendars may disagree about midnight: such a debit stands under a day beside.
            beside = [
                record
                for other in (day - timedelta(days=1), day + timedelta(days=1))
                for record in await partner.debits_on(other)
            ]
            found = _by_exchange(beside)
            lines = [_on_another_day(line, found, ours, line_of) for line in lines]
        report = Report(partner_id=partner_id, day=day, lines=tuple(lines))
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
            report = await self.compare(partner_id, day)
            reports.append(report)
            _log_differences(report)

        days = await self.context.store.read(partial(_due, partner_id=partner_id, day=day))
        await run_each(days, one, f"comparison with {partner_id}")
        return reports


def has_moved(conn: Connection, exchange: Exchange, line: Line) -> bool:
    """Is our side of an exchange, whose row the caller holds, another one than a line was drawn up from?"""
    ours = _our_side(
        conn, exchange, closings(conn, exchange.partner_id, exchange.exchange_id).get(line.exchange_id)
    )
    return ours.reversal_waits or (line.our_state, line.our_amounts) != (exchange.state, _our_amounts(ours))


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """How often a difference about an exchange was closed, and what the partner had at the last time; None: not kept."""

    number: int
    theirs: Mapping[str, int] | None


def closings(conn: Connection, partner_id: str, exchange_id: str | None = None) -> dict[str, Closing]:
    """The last closing of each difference with a partner that a person has closed, by exchange."""
    c = tables.closed_differences.c
    query = select(c.exchange_id, c.closing, c.theirs).where(c.partner_id == partner_id).order_by(c.closing)
    if exchange_id is not None:
        query = query.where(c.exchange_id == exchange_id)
    return {
        row.exchange_id: Closing(
            number=row.closing, theirs=None if row.theirs is None else json.loads(row.theirs)
        )
        for row in conn.execute(query)
    }


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
        lines=len(report.lines),
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


def _ours(conn: Connection, partner_id: str, day: date, their_ids: Sequence[str]) -> dict[str, _OurSide]:
    """Our exchanges that belong beside the partner's day: settled then, open since then, or named by it."""
    d, x, owners = tables.partner_debits, tables.exchanges, tables.exchange_owners
    debited = {
        (row.book_id, row.exchange_id)
        for row in conn.execute(
            select(d.c.book_id, d.c.exchange_id).where(
                d.c.partner_id == partner_id, d.c.day == day.isoformat()
            )
        )
    }
    since = datetime(day.year, day.month, day.day, tzinfo=JST)
    held = select(x.c.book_id, x.c.exchange_id).where(
        x.c.partner_id == partner_id,
        x.c.state.in_(list(HELD)),
        x.c.sent_at >= since,
        x.c.sent_at < since + timedelta(days=1),
    )
    keys = debited | {(row.book_id, row.exchange_id) for row in conn.execute(held)}
    for start in range(0, len(their_ids), _PAGE):
        named = select(owners.c.book_id, owners.c.exchange_id).where(
            owners.c.exchange_id.in_(list(their_ids[start : start + _PAGE]))
        )
        keys |= {(row.book_id, row.exchange_id) for row in conn.execute(named)}
    closed = closings(conn, partner_id)
    exchanges = {id_: records.get(conn, book, id_) for book, id_ in sorted(keys)}
    found = {
        id_: _our_side(conn, exchanges.get(id_), closed.get(id_))
        for id_ in {*exchanges, *their_ids}
        if id_ not in exchanges or exchanges[id_].partner_id == partner_id
    }
    of_this_day = {exchange_id for _, exchange_id in debited}
    for id_ in set(their_ids) - of_this_day:
        if (our_side := found.get(id_)) is not None and our_side.exchange is not None:
            found[id_] = replace(our_side, settled_under=_settled_under(conn, our_side.exchange))
    return found


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


def _by_exchange(records: Sequence[DebitRecord]) -> dict[str, DebitRecord]:
    """The partner's records by our ids. Several debits under one are told together: none of them is passed over."""
    found: dict[str, DebitRecord] = {}
    for record in dict.fromkeys(records):  # one that is listed twice is one
        before = found.get(record.exchange_id)
        found[record.exchange_id] = record if before is None else _together(before, record)
    return found


def _together(one: DebitRecord, other: DebitRecord) -> DebitRecord:
    back = [each.lines if each.reversed else each.given_back for each in (one, other)]
    debit_lines = [lines for lines in back if lines is not None]
    return replace(
        one,
        reference=f"{one.reference}, {other.reference}",
        lines=one.lines + other.lines,
        reversed=one.reversed and other.reversed,
        given_back=sum(debit_lines, ()) if debit_lines else None,
        service_id=_accounts_together(one.service_id, other.service_id),
    )


def _accounts_together(one: str | None, other: str | None) -> str | None:
    """Two accounts under one id are told together, and are nobody's one account."""
    if one is None or other is None or one == other:
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
        as_it_was = closing.theirs is None or theirs is None or there == closing.theirs
        return Verdict.CLOSED if as_it_was else Verdict.AMOUNT_DIFFERS
    if theirs is not None and exchange is not None and there:
        if not same_account(theirs.service_id, exchange.service_id, ignore_case=ignore_case):
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


def _on_another_day(
    line: Line, beside: Mapping[str, DebitRecord], ours: Mapping[str, _OurSide], line_of: Callable[..., Line]
) -> Line:
    theirs = beside.get(line.exchange_id)
    if line.verdict is not Verdict.OURS_ONLY or theirs is None:
        return line
    there = _day_of(theirs.at)
    return line_of(line.exchange_id, theirs, ours[line.exchange_id], note=f"stands under {there} there")


def _our_amounts(ours: _OurSide) -> dict[str, int]:
    """What the exchange drew from each wallet, less what we have given back of it; or what a person has made of it."""
    if ours.closing is not None and ours.closing.theirs is not None:
        return dict(ours.closing.theirs)
    quote = ours.exchange.quote if ours.exchange is not None else None
    return _less(_amounts(quote.lines if quote is not None else ()), ours.given_back)


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


def _words(amounts: Mapping[str, int]) -> str:
    return ", ".join(f"{amount:,} {wallet}" for wallet, amount in sorted(amounts.items()))


def _cell(value: Any) -> Any:
    """References and ids are the partner's own words: none of them is run as a formula by whoever opens the file."""
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return "'" + value if isinstance(value, str) and starts_a_formula(value) else value
