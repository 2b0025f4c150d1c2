"""Coupons (クーポンコード): one serves one exchange, whoever holds it.

A code is a secret until it is spent: it is stored sealed, and recognised by a keyed hash. It is claimed under its hash
by every look-up key that is known, so that two gateways meet at one of them while the key is turned over.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, select

from gateway.errors import ProblemError
from gateway.exchanges.exchange_rows import Exchange
from gateway.platform import tables
from gateway.platform.sql import insert_new


def refuse_claimed(conn: Connection, partner_id: str, code_hashes: Sequence[str]) -> None:
    claims = tables.coupon_claims
    query = select(claims.c.exchange_id).where(
        claims.c.partner_id == partner_id, claims.c.code_hash.in_(code_hashes)
    )
    if conn.execute(query).first() is not None:
        raise _used()


def claim(conn: Connection, exchange: Exchange) -> None:
    """Take the coupon for this exchange. Raises ProblemError when another exchange has it."""
    for code_hash in sorted(exchange.coupon_hashes):  # in one order: who comes second waits for the first
        is_new = insert_new(
            conn,
            tables.coupon_claims,
            partner_id=exchange.partner_id,
            code_hash=code_hash,
            book_id=exchange.book_id,
            exchange_id=exchange.exchange_id,
        )
        if not is_new:
            raise _used()


def release(conn: Connection, exchange: Exchange) -> None:
    """The exchange came to nothing: its coupon may serve another one."""
    claims = tables.coupon_claims
    conn.execute(
        delete(claims).where(
            claims.c.partner_id == exchange.partner_id,
            claims.c.code_hash.in_(exchange.coupon_hashes),
            claims.c.exchange_id == exchange.exchange_id,
        )
    )


def _used() -> ProblemError:
    return ProblemError(
        "coupon-already-used", "this coupon was exchanged before; each coupon can be used once"
    )
