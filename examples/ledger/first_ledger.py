"""A ledger in one file: points come in, are allocated, held, spent; then everything is checked and proved.

    python examples/ledger/first_ledger.py

Prints what first_ledger.txt holds.
"""

import asyncio
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from core_ledger import (
    Hold,
    NotEnoughPoints,
    Post,
    Store,
    Transfer,
    balances,
    chart,
    create_schema,
    daily_digest,
    entries,
    lots,
    proof,
    total,
    verify,
    verify_proof,
)

MEMBER = "a0000001"
BOOK = chart.member_book(MEMBER)
RESERVE = chart.reserve(MEMBER)
KASAMA = chart.municipal(MEMBER, "082163", "kasama-ouen")
NOW = datetime(2018, 7, 31, 14, 59, tzinfo=UTC)


async def main(url: str) -> None:
    async with Store.open(url) as store:
        create_schema(store.engine)

        # 2 units of 100 points at Saison bring 900 into the reserve. The caller makes the id and may ask again.
        earned = Transfer(
            id="exchange-1",
            book=BOOK,
            source=chart.partner_due("saison"),
            target=RESERVE,
            points=900,
            at=NOW,
            kind="exchange",
            issued_on=date(2018, 7, 31),
            reference="order-4711",
        )
        (receipt,) = await store.apply(earned)
        (again,) = await store.apply(earned)
        print(
            f"move {receipt.seq}: {receipt.points} points; asked again, written again: {not again.replayed}"
        )

        # A hold sets points aside at once; its post moves the very points that it took.
        hold = Hold(
            id="allocate-1", book=BOOK, source=RESERVE, target=KASAMA, points=600, at=NOW, kind="allocate"
        )
        await store.apply(hold)
        try:
            await store.apply(
                Transfer(
                    id="too-much",
                    book=BOOK,
                    source=RESERVE,
                    target=KASAMA,
                    points=301,
                    at=NOW,
                    kind="allocate",
                )
            )
        except NotEnoughPoints as refusal:
            print(refusal)
        await store.apply(Post(id="allocate-1-post", book=BOOK, hold=hold.id, at=NOW + timedelta(seconds=2)))

        for account, balance in (await store.read(lambda conn: balances(conn, BOOK))).items():
            print(f"{account}: {balance.posted}")
        for line in await store.read(lambda conn: entries(conn, BOOK, RESERVE)):
            print(f"  {line.seq} {line.kind:9} {line.points:+5} -> {line.balance:4} {line.reference}")
        for heap in await store.read(lambda conn: lots(conn, BOOK, KASAMA)):
            print(f"issued on {heap.issued_on}: {heap.points}")
        print(f"Saison owes {-await store.read(lambda conn: total(conn, chart.partner_due('saison')))}")

        # Once a day the heads of all books become one short digest; a member's proof leads to it.
        digest = await store.run(lambda conn: daily_digest(conn, date(2018, 7, 31)))
        given = await store.read(lambda conn: proof(conn, BOOK))
        assert given is not None
        print(f"digest {digest.digest[:16]}…, proof holds: {verify_proof(given, digest.digest)}")
        report = await store.read(verify)
        print(
            f"verified {report.moves} moves in {report.books} book: {'all holds' if report.ok else report.faults}"
        )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(main(f"sqlite:///{Path(folder) / 'ledger.db'}"))
