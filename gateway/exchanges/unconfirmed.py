"""Exchanges of which nothing came (取りやめ・期限切れ) are forgotten after a while, with their stories.

A gateway's role on PostgreSQL may not delete a story. It may call one function of the schema, which deletes only stories in
which nothing was ever sent; it reads that from the story itself, which nobody can rewrite.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, select

from gateway.exchanges.states import BEFORE_SENDING, State
from gateway.platform import tables

FORGET_BATCH_SIZE: Final = 500
NOTHING_CAME: Final = (State.REFUSED, State.EXPIRED, State.CANCELLED)
_x, _s, _o = tables.exchanges, tables.exchange_steps, tables.exchange_owners


def forget_unconfirmed(conn: Connection, ended_before: datetime) -> int:
    """Delete at most `FORGET_BATCH_SIZE` that ended before a moment. Returns how many; fewer means that there are no more."""
    if conn.dialect.name == "postgresql":
        moment = bindparam("ended_before", ended_before, type_=_x.c.ended_at.type)
        forgotten = conn.scalar(select(func.gateway_forget_unconfirmed(moment, FORGET_BATCH_SIZE)))
        return int(forgotten or 0)
    harmless = [state.value for state in (*BEFORE_SENDING, *NOTHING_CAME)]
    sent = select(_s.c.exchange_id).where(_s.c.exchange_id == _x.c.exchange_id, _s.c.state.not_in(harmless))
    query = (
        select(_x.c.exchange_id)
        .where(_x.c.state.in_([state.value for state in NOTHING_CAME]))
        .where(func.coalesce(_x.c.ended_at, _x.c.started_at) < bindparam("before", ended_before, type_=_x.c.ended_at.type))
        .where(~sent.exists())
        .limit(FORGET_BATCH_SIZE)
    )  # fmt: skip
    ids = list(conn.execute(query).scalars())
    for table in (_s, _o, _x):
        conn.execute(delete(table).where(table.c.exchange_id.in_(ids)))
    return len(ids)
