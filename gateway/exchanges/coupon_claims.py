"""Coupons (クーポンコード): one serves one exchange, whoever holds it.

A code is a secret until it is spent: it is stored sealed, and recognised by a keyed hash.
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from gateway.errors import ProblemError
from gateway.exchanges.exchange_rows import Exchange
from gateway.platform import tables
from gateway.platform.sql import insert_new


def refuse_claimed(conn: Connection, partner_id: str, code_hash: str | None) -> None:
    claims = tables.coupon_claims
    query = select(claims.c.exchange_id).where(
        claims.c.partner_id == partner_id, claims.c.code_hash == code_hash
    )
    if conn.execute(query).first() is not None:
        raise _used()


def claim(conn: Connection, exchange: Exchange) -> None:
    """Take the coupon for this exchange. Raises ProblemError when another exchange has it."""
    mine = insert_new(
        conn,
        tables.coupon_claims,
        partner_id=exchange.partner_id,
        code_hash=exchange.coupon_hash,
        book_id=exchange.book_id,
        exchange_id=exchange.exchange_id,
    )
    if not mine:
        raise _used()


def _used() -> ProblemError:
    return ProblemError(
        "coupon-already-used", "this coupon was exchanged before; each coupon can be used once"
    )
