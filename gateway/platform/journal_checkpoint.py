"""Up to where the journal was read, and everything in it was found in the database, kept in that database.

A start reads on from there. A database that was put back has the checkpoint of then, so everything that it may have forgotten
comes after it. That holds for one database that goes back as a whole, and so not where a commit goes over several nodes:
one of them may fall back alone. The key that signs it is outside: who writes the database moves no checkpoint.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select
from uuid_utils import uuid7

from core_ledger import ChainKeys
from gateway.platform import tables
from gateway.platform.journal import journal_keys
from gateway.platform.journal_ends import commits_on_one_node
from gateway.platform.sql import insert_into

_ONLY: Final = 1
_c = tables.journal_checkpoint


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`reader` is the state of a `JournalReader`; `left` are the lines before it by which a person has settled others."""

    id: str
    reader: Mapping[str, Any]
    left: Sequence[Mapping[str, Any]]


def read_id(conn: Connection) -> str | None:
    """Which checkpoint the database has."""
    return conn.execute(select(_c.c.checkpoint_id).where(_c.c.number == _ONLY)).scalar()


def read(conn: Connection, keys: ChainKeys) -> Checkpoint | None:
    """The checkpoint; None where there is none that we signed: then the journal is read from its beginning."""
    row = conn.execute(select(_c).where(_c.c.number == _ONLY)).first()
    if row is None or not any(
        hmac.compare_digest(_signature(key, row.checkpoint_id, row.content), row.signature)
        for key in journal_keys(keys)
    ):
        return None
    content = json.loads(row.content)
    return Checkpoint(row.checkpoint_id, content["reader"], content["left"])


def read_usable(conn: Connection, keys: ChainKeys) -> Checkpoint | None:
    """The checkpoint where one holds: not on a database whose nodes may fall back one by one."""
    return read(conn, keys) if commits_on_one_node(conn) else None


def save(
    conn: Connection,
    keys: ChainKeys,
    reader: Mapping[str, Any],
    left: Sequence[Mapping[str, Any]],
    at: datetime,
) -> str:
    """Keep it in the place of the one before; its id."""
    id_ = uuid7().hex
    content = json.dumps({"reader": reader, "left": list(left)}, ensure_ascii=False, sort_keys=True)
    signature = _signature(journal_keys(keys)[0], id_, content)
    values = {"checkpoint_id": id_, "content": content, "signature": signature, "at": at}
    conn.execute(
        insert_into(conn, _c)
        .values(number=_ONLY, **values)
        .on_conflict_do_update(index_elements=[_c.c.number], set_=values)
    )
    return id_


def _signature(key: bytes, id_: str, content: str) -> str:
    return hmac.digest(key, f"checkpoint {id_} {content}".encode(), "sha256").hex()
