"""Reports over time: statements, unused points by day of issue, and exports."""

import csv
import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from core_ledger import Store, entries, export_csv, export_json_lines, statement, unused_by_issue_date
from tests.core_ledger.samples import BOOK, DAY, KASAMA, NOW, RESERVE, allocate, earn, hold_out, posted

MINUTE = timedelta(minutes=1)


async def three_minutes(store: Store) -> None:
    hold = hold_out(50, at=NOW + MINUTE)
    await store.apply(earn(900, at=NOW), allocate(200, at=NOW + MINUTE), hold)
    await store.apply(
        posted(hold, at=NOW + 2 * MINUTE), earn(100, at=NOW + 3 * MINUTE, issued_on=date(2018, 8, 1))
    )


async def test_a_statement_opens_where_the_one_before_it_closed(store: Store) -> None:
    await three_minutes(store)
    first = await store.read(lambda conn: statement(conn, BOOK, RESERVE, NOW, NOW + 2 * MINUTE))
    second = await store.read(lambda conn: statement(conn, BOOK, RESERVE, NOW + 2 * MINUTE, NOW + 9 * MINUTE))
    assert (first.opening, [line.points for line in first.entries], first.closing) == (0, [900, -200], 700)
    assert (second.opening, [line.points for line in second.entries], second.closing) == (
        700,
        [-50, 100],
        750,
    )


async def test_unused_points_are_summed_by_day_of_issue_now_and_at_a_past_moment(store: Store) -> None:
    await three_minutes(store)
    await store.apply(earn(7, member="b0000002", at=NOW + 2 * MINUTE))
    later = date(2018, 8, 1)
    reserves = "member:*:reserve"
    assert await store.read(lambda conn: unused_by_issue_date(conn, reserves)) == {DAY: 657, later: 100}
    past = NOW + 2 * MINUTE
    assert await store.read(lambda conn: unused_by_issue_date(conn, reserves, past)) == {DAY: 657}
    assert await store.read(lambda conn: unused_by_issue_date(conn, reserves, NOW)) == {DAY: 900}
    municipal = "member:*:municipality:082163:*"
    assert await store.read(lambda conn: unused_by_issue_date(conn, municipal)) == {DAY: 250}
    assert await store.read(lambda conn: unused_by_issue_date(conn, municipal, NOW)) == {}


async def test_a_star_stands_for_one_part_of_a_name_and_minds_upper_and_lower_case(store: Store) -> None:
    await store.apply(
        earn(1, target=f"{BOOK}:municipality:082163:reserve"), earn(2, target=f"{BOOK}:RESERVE")
    )
    await store.apply(earn(4, target=f"{BOOK}:res%rve"), earn(8))
    for pattern, points in (
        ("member:*:reserve", 8),
        ("member:*:res%rve", 4),
        ("member:*:RESERVE", 2),
        ("member:*:*", 14),
    ):
        found = await store.read(lambda conn, pattern=pattern: unused_by_issue_date(conn, pattern))
        assert sum(found.values()) == points, pattern


async def test_history_can_be_narrowed_by_time_and_kind(store: Store) -> None:
    await three_minutes(store)

    async def lines(**filters: Any) -> list[int]:
        return [
            line.points for line in await store.read(lambda conn: entries(conn, BOOK, RESERVE, **filters))
        ]

    assert await lines() == [100, -50, -200, 900]
    assert await lines(kinds={"allocate"}) == [-50, -200]
    assert await lines(since=NOW + MINUTE, until=NOW + 3 * MINUTE) == [-50, -200]
    assert await lines(kinds=["exchange"], limit=1) == [100]
    assert await lines(before=4) == [-200, 900], "move 4 is the post: its own line is the cursor"
    assert await lines(before=3) == [-200, 900], "move 3 is a hold, which no line shows"
    assert await lines(before=1) == []
    assert [line.balance for line in await store.read(lambda conn: entries(conn, BOOK, KASAMA))] == [250, 200]
    assert await store.read(lambda conn: entries(conn, "member:nobody", RESERVE)) == []


async def test_everything_can_be_exported_as_json_lines_and_as_csv(store: Store) -> None:
    await three_minutes(store)
    await store.apply(
        replace(earn(1, member="b0000002"), reference='a "quoted", 笠間\nline', details={"k": "v"})
    )
    lines = [json.loads(line) for line in await store.read(lambda conn: list(export_json_lines(conn)))]
    assert [(line["book_id"], line["seq"]) for line in lines] == [
        *((BOOK, seq) for seq in range(1, 6)),
        ("member:b0000002", 1),
    ]
    assert lines[0]["at"] == "2018-07-31T14:59:00+00:00"
    rows = list(
        csv.DictReader(await store.read(lambda conn: "".join(export_csv(conn)).splitlines(keepends=True)))
    )
    assert [{**row, "hold": row["hold"] or None} for row in rows] == [
        {key: value if value is None else str(value) for key, value in line.items()} for line in lines
    ]
    some = await store.read(
        lambda conn: list(export_json_lines(conn, book=BOOK, since=NOW + MINUTE, until=NOW + 2 * MINUTE))
    )
    assert [json.loads(line)["seq"] for line in some] == [2, 3]


async def test_an_empty_ledger_exports_a_header_and_no_lines(store: Store) -> None:
    assert await store.read(lambda conn: list(export_json_lines(conn))) == []
    (header,) = await store.read(lambda conn: list(export_csv(conn)))
    assert header.startswith("book_id,seq,id,")
