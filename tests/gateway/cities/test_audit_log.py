"""Who did what to whom and why: append-only, and a line that is touched shows."""

from sqlalchemy import delete, update

from gateway.platform import audit_log, tables
from gateway.platform.audit_actions import AuditAction

from .conftest import KASAMA, MITO, NOON

L = tables.audit_lines


async def write(town, city=KASAMA, action=AuditAction.SHOP_CLOSED, **more):
    return await town.store.run(
        lambda conn: audit_log.write(
            conn, city, at=NOON, actor="s1", actor_name="見本", action=action, subject="shop-1", **more
        )
    )


async def faults(town, city=None):
    return await town.store.read(lambda conn: audit_log.verify(conn, city))


async def test_lines_are_numbered_for_each_city_and_read_newest_first(town):
    for action in (AuditAction.SHOP_REGISTERED, AuditAction.SHOP_CHANGED, AuditAction.SHOP_CLOSED):
        await write(town, action=action)
    await write(town, MITO, action=AuditAction.SHOP_REOPENED)
    lines = await town.store.read(lambda conn: audit_log.page(conn, KASAMA, limit=2))
    assert [(line.seq, line.action) for line in lines] == [(3, "shop closed"), (2, "shop changed")]
    rest = await town.store.read(lambda conn: audit_log.page(conn, KASAMA, before=2))
    assert [(line.seq, line.action) for line in rest] == [(1, "shop registered")]


async def test_an_untouched_log_has_no_faults(town):
    for number in range(5):
        await write(town, reason="理由", facts={"points": number})
    assert await faults(town) == []


async def test_a_changed_reason_is_found(town):
    for number in range(3):
        await write(town, reason=f"{number}")
    await town.store.run(lambda conn: conn.execute(update(L).where(L.c.seq == 2).values(reason="another")))
    assert [(one.seq, one.text) for one in await faults(town)] == [
        (2, "this line is not the one that was written")
    ]


async def test_a_dropped_line_is_found(town):
    for _ in range(3):
        await write(town)
    await town.store.run(lambda conn: conn.execute(delete(L).where(L.c.seq == 2)))
    found = await faults(town, KASAMA)
    assert found[0].seq == 2
    assert found[0].text == "this line is gone"


async def test_lines_dropped_from_the_end_are_found(town):
    for _ in range(3):
        await write(town)
    await town.store.run(lambda conn: conn.execute(delete(L).where(L.c.seq == 3)))
    assert [one.text for one in await faults(town)] == ["the log does not end where it ended"]


async def test_a_log_without_its_head_is_found(town):
    await write(town)
    await town.store.run(lambda conn: conn.execute(delete(tables.audit_heads)))
    assert [one.text for one in await faults(town)] == ["the head of this log is gone"]
