"""Sessions: an opaque token that a member's browser holds through a client program; only its hash is kept.

A session ends when it is idle too long, when its day is over, when the member signs out, ends it from another
place, changes the password or revokes the MyKey ID. It serves the client program that made it and no other.

When it was last used is written at most once a minute, and at most eight times per idle limit where that is
shorter, so that reading stays reading. Idleness is measured from what is written: a session never lives longer
than its idle limit after its last use, and may end up to that one step (a minute; 15 seconds at a shared
terminal) before.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, insert, or_, select, update

from gateway.errors import ProblemError
from gateway.http.authentication import ActingRight
from gateway.model import Secret
from gateway.platform import tables
from gateway.platform.compiled_sql import CompiledInStatement, CompiledStatement

IDLE_LIMIT: Final = timedelta(minutes=10)
SHARED_TERMINAL_IDLE_LIMIT: Final = timedelta(minutes=2)
ABSOLUTE_LIMIT: Final = timedelta(hours=8)

_sessions = tables.sessions
_TOKEN: Final = re.compile(r"pg[sa]_[A-Za-z0-9_-]{43}")
_MAX_MARK_INTERVAL: Final = timedelta(minutes=1)
_FIND: Final = CompiledStatement(select(_sessions).where(_sessions.c.token_hash == bindparam("hashed")))
_FIND_MANY: Final = CompiledInStatement(
    lambda hashes: select(_sessions).where(_sessions.c.token_hash.in_(hashes))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """Somebody else than the member is signed in: `actor_id` acts for them, and may do what `rights` say."""

    representation_id: str
    actor_id: str
    rights: frozenset[ActingRight]


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One session as it stands. `session_id` names it to its member and opens nothing."""

    session_id: str
    member_id: str
    client_id: str
    created_at: datetime
    seen_at: datetime
    idle_limit: timedelta
    ends_at: datetime
    proved_by: str | None = None
    """The kind of proof that it began with; None for one from before this was kept."""
    acting: Acting | None = None
    """None: it is the member's own."""

    @property
    def acting_rights(self) -> frozenset[ActingRight] | None:
        """What whoever acts for the member may do; None where it is the member."""
        return None if self.acting is None else self.acting.rights

    @property
    def idle_ends_at(self) -> datetime:
        """When it ends unless it is used before."""
        return min(self.seen_at + self.idle_limit, self.ends_at)

    def alive(self, now: datetime) -> bool:
        return now < self.idle_ends_at

    def to_be_marked(self, now: datetime) -> bool:
        """Whether this use is to be written down."""
        return now >= self.seen_at + min(_MAX_MARK_INTERVAL, self.idle_limit / 8)


def new_token() -> Secret:
    """256 random bits with a prefix by which a leaked one is recognised (`pgs_`)."""
    return Secret("pgs_" + secrets.token_urlsafe(32))


def new_acting_token() -> Secret:
    """For whoever acts for a member (`pga_`). A release that knows nothing of rights takes it for no token at all."""
    return Secret("pga_" + secrets.token_urlsafe(32))


def start(
    conn: Connection,
    token: Secret,
    *,
    member_id: str,
    client_id: str,
    at: datetime,
    idle_limit: timedelta = IDLE_LIMIT,
    absolute_limit: timedelta = ABSOLUTE_LIMIT,
    proved_by: str | None = None,
    acting: Acting | None = None,
) -> Session:
    """Keep a new session under the hash of its token, which is given to the client program once and not kept."""
    hashed = _hash(token.reveal())
    session = Session(
        session_id=_session_id(hashed),
        member_id=member_id,
        client_id=client_id,
        created_at=at,
        seen_at=at,
        idle_limit=idle_limit,
        ends_at=at + absolute_limit,
        proved_by=proved_by,
        acting=acting,
    )
    conn.execute(
        insert(_sessions).values(
            token_hash=hashed,
            member_id=member_id,
            client_id=client_id,
            created_at=at,
            seen_at=at,
            idle_limit_s=int(idle_limit.total_seconds()),
            ends_at=session.ends_at,
            proved_by=proved_by,
            representation_id=None if acting is None else acting.representation_id,
            actor_id=None if acting is None else acting.actor_id,
            rights=None if acting is None else " ".join(sorted(acting.rights)),
        )
    )
    return session


def find(conn: Connection, token: str, *, client_id: str, now: datetime) -> Session:
    """Give the living session of a token. Raises ProblemError `session-ended` (401), the same words for every reason."""
    key = key_of(token)
    row = _FIND.first(conn, {"hashed": key}) if key is not None else None
    return require_living(None if row is None else _session(row), client_id=client_id, now=now)


def key_of(token: str) -> str | None:
    """Under which a token's session is kept; None for what cannot be a token of ours."""
    return _hash(token) if _TOKEN.fullmatch(token) else None


def find_many(conn: Connection, keys: Sequence[str]) -> Mapping[str, Session]:
    """The sessions of these keys, living or not."""
    return {row["token_hash"]: _session(row) for row in _FIND_MANY.all(conn, keys)}


def require_living(session: Session | None, *, client_id: str, now: datetime) -> Session:
    """Give a session that lives and is this client program's. Raises ProblemError `session-ended` (401)."""
    if session is None or session.client_id != client_id or not session.alive(now):
        raise ended()
    return session


def mark_seen(conn: Connection, token: str, session: Session, now: datetime) -> Session:
    """Write down that it was used. Raises ProblemError `session-ended` if it was ended meanwhile."""
    hit = conn.execute(update(_sessions).where(_sessions.c.token_hash == _hash(token)).values(seen_at=now))
    if hit.rowcount == 0:
        raise ended()
    return replace(session, seen_at=now)


def end(conn: Connection, token: str, *, client_id: str) -> bool:
    """Sign out. Returns False when there was nothing to end, which is the same to the caller."""
    gone = conn.execute(
        delete(_sessions).where(_sessions.c.token_hash == _hash(token), _sessions.c.client_id == client_id)
    )
    return gone.rowcount > 0


def list_by_member(conn: Connection, member_id: str, now: datetime) -> tuple[Session, ...]:
    """The member's living sessions, the one used last first."""
    rows = conn.execute(
        select(_sessions).where(_sessions.c.member_id == member_id).order_by(_sessions.c.seen_at.desc())
    )
    return tuple(session for session in (_session(row._asdict()) for row in rows) if session.alive(now))


def end_one(conn: Connection, member_id: str, session_id: str) -> None:
    """End one of the member's own sessions by its name. Raises ProblemError `unknown-session` (404)."""
    which = delete(_sessions).where(
        _sessions.c.member_id == member_id, _sessions.c.token_hash.startswith(session_id, autoescape=True)
    )
    if len(session_id) != _ID_LENGTH or conn.execute(which).rowcount == 0:
        raise ProblemError("unknown-session", "There is no such session; it may have ended already.")


def end_all(conn: Connection, member_id: str, *, except_id: str | None = None) -> int:
    """End all sessions of a member, and those in which this member acts for others, but for one where it is named."""
    whose = or_(_sessions.c.member_id == member_id, _sessions.c.actor_id == member_id)
    which = delete(_sessions).where(whose)
    if except_id is not None:
        which = which.where(~_sessions.c.token_hash.startswith(except_id, autoescape=True))
    return conn.execute(which).rowcount


def end_acting(conn: Connection, representation_id: str) -> int:
    """End the sessions in which somebody acts by this representation. Returns how many."""
    which = delete(_sessions).where(_sessions.c.representation_id == representation_id)
    return conn.execute(which).rowcount


def forget_ended(conn: Connection, now: datetime) -> int:
    """Delete what ended of itself, for the nightly sweep. Returns how many."""
    rows = conn.execute(select(_sessions).where(_sessions.c.seen_at < now - SHARED_TERMINAL_IDLE_LIMIT))
    dead = [row.token_hash for row in rows if not _session(row._asdict()).alive(now)]
    for start_at in range(0, len(dead), 500):
        conn.execute(delete(_sessions).where(_sessions.c.token_hash.in_(dead[start_at : start_at + 500])))
    return len(dead)


def ended() -> ProblemError:
    return ProblemError("session-ended", "This session has ended; sign in again.")


_ID_LENGTH: Final = 20


def _session_id(hashed: str) -> str:
    return hashed[:_ID_LENGTH]


def _hash(token: str) -> str:
    """SHA-256 is enough for 256 random bits: there is nothing to guess slowly."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _session(row: Mapping[str, Any]) -> Session:
    return Session(
        session_id=_session_id(row["token_hash"]),
        member_id=row["member_id"],
        client_id=row["client_id"],
        created_at=row["created_at"],
        seen_at=row["seen_at"],
        idle_limit=timedelta(seconds=row["idle_limit_s"]),
        ends_at=row["ends_at"],
        proved_by=row["proved_by"],
        acting=_acting(row),
    )


def _acting(row: Mapping[str, Any]) -> Acting | None:
    if row["representation_id"] is None:
        return None
    rights = frozenset(ActingRight(word) for word in row["rights"].split())
    return Acting(representation_id=row["representation_id"], actor_id=row["actor_id"], rights=rights)
