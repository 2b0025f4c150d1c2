"""Staff and their sessions as rows: sync functions of a Connection, each a part of somebody's transaction.

A staff session is worth more than a member's: it lives shorter, never survives a change of role or password,
and says whether a second factor was shown.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, RowMapping, delete, insert, select, update

from gateway.cities import tables
from gateway.cities.drawn_from import version_of
from gateway.cities.shops import company_rows
from gateway.errors import ProblemError
from gateway.model import Secret
from gateway.platform.roles import PLATFORM, SHOP_ROLES, Role
from gateway.platform.sql import insert_new
from gateway.platform.states import STAFF_MOVES, StaffState
from gateway.platform.transitions import require_legal
from gateway.points import directory

IDLE_LIMIT: Final = timedelta(minutes=15)
ABSOLUTE_LIMIT: Final = timedelta(hours=9)
"""A working day at a counter."""
TILL_SESSION_TTL: Final = timedelta(hours=24)
"""Of a bound till, used or not: then the device shows its secret again."""

_staff = tables.staff
_sessions = tables.staff_sessions
_workers = tables.company_workers
_TOKEN: Final = re.compile(r"pg[cts]_[A-Za-z0-9_-]{43}")
_LOGIN: Final = re.compile(
    r"[a-z0-9](?:[a-z0-9._+-]{0,62}[a-z0-9])?(?:@[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])?)?"
)
_MARK_INTERVAL: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """One person of a city's staff or of a shop's, without the password's hash and the sealed seed."""

    staff_id: str
    municipality: str
    login: str
    display_name: str
    role: Role
    shop_id: str | None
    has_totp: bool
    password_is_first: bool
    state: StaffState
    created_at: datetime

    @property
    def active(self) -> bool:
        return self.state is StaffState.ACTIVE

    @property
    def version(self) -> str:
        return version_of(self.role.value, self.state.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffSession:
    """Who is at the other end. `municipality` is the only one whose rows this session ever sees."""

    session_id: str
    staff_id: str
    municipality: str
    login: str
    display_name: str
    role: Role
    shop_id: str | None
    client_id: str
    strong: bool
    first_password: bool
    created_at: datetime
    seen_at: datetime
    ends_at: datetime
    till_id: str | None = None
    """The bound till's whose session it is: it opens the till and nothing else."""
    is_elsewhere: bool = False
    """At another shop of the company than the log-in's own."""
    chooses_shop: bool = False
    """Whether the city lets this log-in work at several shops of a company: it may choose another one."""

    @property
    def idle_ends_at(self) -> datetime:
        return self.ends_at if self.till_id else min(self.seen_at + IDLE_LIMIT, self.ends_at)

    @property
    def own_shop(self) -> str:
        """The shop whose points this session takes. Raises ProblemError `role-not-allowed` for staff of no shop."""
        if self.shop_id is None:
            raise ProblemError("role-not-allowed", "Only a shop's own people may do this.")
        return self.shop_id


# --- people -----------------------------------------------------------------------------------------------------


def read_login(typed: str) -> str | None:
    """Read a login as it was typed, any width or case; None if it can be none."""
    login = unicodedata.normalize("NFKC", typed).strip().casefold()
    return login if _LOGIN.fullmatch(login) else None


def add(
    conn: Connection,
    *,
    staff_id: str,
    municipality: str,
    login: str,
    display_name: str,
    role: Role,
    password_hash: str,
    at: datetime,
    shop_id: str | None = None,
    password_is_first: bool = True,
) -> Staff:
    """Add a person. Raises ProblemError: `login-unfit`, `role-unfit` (422), `login-taken` (409), `unknown-municipality`."""
    known = _require_login(login)
    if municipality != PLATFORM:
        directory.require_municipality(municipality)
    if (role is Role.PLATFORM) != (municipality == PLATFORM) or (role in SHOP_ROLES) != (shop_id is not None):
        raise ProblemError(
            "role-unfit", "A shop's people belong to a shop, the platform's to no city, all others to a city.",
        )  # fmt: skip
    if not insert_new(
        conn,
        _staff,
        staff_id=staff_id,
        municipality=municipality,
        login=known,
        display_name=display_name,
        role=role.value,
        shop_id=shop_id,
        password_hash=password_hash,
        password_is_first=password_is_first,
        totp_confirmed=False,
        totp_last_step=0,
        state=StaffState.ACTIVE,
        created_at=at,
    ):
        raise _login_taken()
    return require(conn, staff_id, municipality)


def require_free_login(conn: Connection, typed: str) -> str:
    """Give a login that nobody has, as it is kept. Raises ProblemError: `login-unfit` (422), `login-taken` (409)."""
    known = _require_login(typed)
    if conn.execute(select(_staff.c.staff_id).where(_staff.c.login == known)).first() is not None:
        raise _login_taken()
    return known


def _require_login(typed: str) -> str:
    known = read_login(typed)
    if known is None:
        raise ProblemError(
            "login-unfit",
            "A login is 1 to 64 letters, digits and . _ + -, and may have the form of a mail address.",
        )
    return known


def _login_taken() -> ProblemError:
    return ProblemError("login-taken", "Somebody has this login already; choose another.")


def require(conn: Connection, staff_id: str, municipality: str, *, lock: bool = False) -> Staff:
    """Give a person of this city. Raises ProblemError `unknown-staff` (404), also for those of another city."""
    query = select(_staff).where(_staff.c.staff_id == staff_id, _staff.c.municipality == municipality)
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise unknown_staff()
    return _person(row)


def list_by_city(conn: Connection, municipality: str, shop_id: str | None = None) -> list[Staff]:
    query = select(_staff).where(_staff.c.municipality == municipality).order_by(_staff.c.login)
    if shop_id is not None:
        query = query.where(_staff.c.shop_id == shop_id)
    return [_person(row) for row in conn.execute(query)]


def lock_deciders(conn: Connection, municipality: str) -> None:
    """Hold a city's approvers and administrators, or the platform's staff, until the transaction ends, in one order for everybody.

    So two of them who dismiss each other take turns, and the second finds itself one of the last.
    """
    roles = (Role.ADMINISTRATOR.value, Role.APPROVER.value, Role.PLATFORM.value)
    those = (_staff.c.municipality == municipality, _staff.c.role.in_(roles))
    conn.execute(select(_staff.c.staff_id).where(*those).order_by(_staff.c.staff_id).with_for_update())


def by_login(conn: Connection, login: str) -> tuple[Staff, str] | None:
    """The active person of this login with the password's hash."""
    row = conn.execute(
        select(_staff).where(_staff.c.login == login, _staff.c.state == StaffState.ACTIVE)
    ).one_or_none()
    return None if row is None else (_person(row), row.password_hash)


def find(conn: Connection, staff_id: str) -> Staff | None:
    """The person of this id, of whatever city."""
    row = conn.execute(select(_staff).where(_staff.c.staff_id == staff_id)).one_or_none()
    return None if row is None else _person(row)


def password_hash(conn: Connection, staff_id: str, *, lock: bool = False) -> str | None:
    """Of an active person; `lock` keeps it so until the transaction ends."""
    query = select(_staff.c.password_hash).where(
        _staff.c.staff_id == staff_id, _staff.c.state == StaffState.ACTIVE
    )
    return conn.execute(query.with_for_update() if lock else query).scalar_one_or_none()


def write(conn: Connection, staff_id: str, **to: Any) -> None:
    """Write columns of a person's row as they are; what may be written is the caller's to know."""
    conn.execute(update(_staff).where(_staff.c.staff_id == staff_id).values(**to))


def transition(conn: Connection, person: Staff, state: StaffState) -> None:
    """Let a person in no more, or again."""
    require_legal(STAFF_MOVES, person.state, state)
    write(conn, person.staff_id, state=state)


# --- sessions ------------------------------------------------------------------------------------------------------


def start_session(
    conn: Connection,
    staff_id: str,
    *,
    client_id: str,
    strong: bool,
    at: datetime,
    till_id: str | None = None,
    shop_id: str | None = None,
    ends_at: datetime | None = None,
) -> Secret:
    """Keep a new session and give its token (`pgc_…`), which is kept nowhere. `shop_id` is another shop than the log-in's own.

    A till's is `pgt_…`, which a release that knows no tills does not take for a whole session; one at another shop is
    `pgs_…`, which a release that knows one shop a log-in does not take for a session at that one.
    """
    kind = "pgt_" if till_id else "pgs_" if shop_id else "pgc_"
    token = Secret(kind + secrets.token_urlsafe(32))
    conn.execute(
        insert(_sessions).values(
            token_hash=hash_of(token.reveal()),
            staff_id=staff_id,
            client_id=client_id,
            strong=strong,
            created_at=at,
            seen_at=at,
            ends_at=ends_at or at + (TILL_SESSION_TTL if till_id else ABSOLUTE_LIMIT),
            till_id=till_id,
            shop_id=shop_id,
        )
    )
    return token


def find_session(conn: Connection, token: str, *, client_id: str, now: datetime) -> StaffSession:
    """Give the living session of a token. Raises ProblemError `session-ended` (401), the same for every reason."""
    row = None
    if _TOKEN.fullmatch(token):
        query = (
            select(_sessions, _staff, _workers.c.company_id)
            .join(_staff, _staff.c.staff_id == _sessions.c.staff_id)
            .outerjoin(
                _workers,
                (_workers.c.municipality == _staff.c.municipality)
                & (_workers.c.staff_id == _staff.c.staff_id),
            )
            .where(
                _sessions.c.token_hash == hash_of(token),
                _sessions.c.client_id == client_id,
                _staff.c.state == StaffState.ACTIVE,
            )
        )
        row = conn.execute(query).mappings().one_or_none()
    if row is None:
        raise _ended()
    session = _session(row)
    if now >= session.idle_ends_at or (session.is_elsewhere and not _still_works_there(conn, row)):
        raise _ended()
    return replace(session, chooses_shop=row[_workers.c.company_id] is not None and session.till_id is None)


def _still_works_there(conn: Connection, row: RowMapping) -> bool:
    """Whether the log-in's own shop and the session's are still of the company at whose shops the city lets it work."""
    shop_ids = {row[_staff.c.shop_id], row[_sessions.c.shop_id]}
    return company_rows.works_at(conn, row[_staff.c.municipality], row[_staff.c.staff_id], shop_ids)


def list_sessions(conn: Connection, staff_id: str, now: datetime) -> list[StaffSession]:
    """The living sessions of a person, at all client programs, the one used last first; a till's is none of the person's."""
    query = (
        select(_sessions, _staff)
        .join(_staff, _staff.c.staff_id == _sessions.c.staff_id)
        .where(_sessions.c.staff_id == staff_id, _sessions.c.till_id.is_(None))
        .order_by(_sessions.c.seen_at.desc(), _sessions.c.token_hash)
    )
    sessions = [_session(row) for row in conn.execute(query).mappings()]
    return [session for session in sessions if now < session.idle_ends_at]


def _session(row: RowMapping) -> StaffSession:
    return StaffSession(
        session_id=row[_sessions.c.token_hash][:20],
        staff_id=row[_staff.c.staff_id],
        municipality=row[_staff.c.municipality],
        login=row[_staff.c.login],
        display_name=row[_staff.c.display_name],
        role=Role(row[_staff.c.role]),
        shop_id=row[_sessions.c.shop_id] or row[_staff.c.shop_id],
        client_id=row[_sessions.c.client_id],
        strong=row[_sessions.c.strong],
        first_password=row[_staff.c.password_is_first],
        created_at=row[_sessions.c.created_at],
        seen_at=row[_sessions.c.seen_at],
        ends_at=row[_sessions.c.ends_at],
        till_id=row[_sessions.c.till_id],
        is_elsewhere=row[_sessions.c.shop_id] is not None,
    )


def to_be_marked(session: StaffSession, now: datetime) -> bool:
    """Whether this use is to be written down: at most once a minute, so that reading stays reading."""
    return now >= session.seen_at + _MARK_INTERVAL


def mark_seen(conn: Connection, token: str, now: datetime) -> None:
    conn.execute(update(_sessions).where(_sessions.c.token_hash == hash_of(token)).values(seen_at=now))


def mark_mfa(conn: Connection, session_id: str) -> None:
    """A second factor was set up and shown in this very session."""
    conn.execute(
        update(_sessions)
        .where(_sessions.c.token_hash.startswith(session_id, autoescape=True))
        .values(strong=True)
    )


def end_session(conn: Connection, token: str, *, client_id: str) -> None:
    conn.execute(
        delete(_sessions).where(_sessions.c.token_hash == hash_of(token), _sessions.c.client_id == client_id)
    )


def end_session_of(conn: Connection, staff_id: str, session_id: str) -> bool:
    """End the one session of a person that is named. False where there is none."""
    which = (
        (_sessions.c.staff_id == staff_id)
        & _sessions.c.token_hash.startswith(session_id, autoescape=True)
        & _sessions.c.till_id.is_(None)
    )
    return conn.execute(delete(_sessions).where(which)).rowcount > 0


def end_sessions(conn: Connection, staff_id: str, *, keep: str | None = None) -> int:
    """End all sessions of a person; with `keep` neither the one named nor those of bound tills, which end with their till.

    Returns how many.
    """
    which = delete(_sessions).where(_sessions.c.staff_id == staff_id)
    if keep is not None:
        is_kept = _sessions.c.token_hash.startswith(keep, autoescape=True)
        which = which.where(~is_kept, _sessions.c.till_id.is_(None))
    return conn.execute(which).rowcount


def forget_ended(conn: Connection, now: datetime) -> int:
    """Delete sessions that are over, for the nightly sweep. Returns how many."""
    is_idle = (_sessions.c.seen_at <= now - IDLE_LIMIT) & _sessions.c.till_id.is_(None)
    over = (_sessions.c.ends_at <= now) | is_idle
    return conn.execute(delete(_sessions).where(over)).rowcount


def hash_of(token: str) -> str:
    """SHA-256 is enough for 256 random bits: there is nothing to guess slowly."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _ended() -> ProblemError:
    return ProblemError("session-ended", "This session has ended; sign in again.")


def _person(row: Row[Any]) -> Staff:
    return Staff(
        staff_id=row.staff_id,
        municipality=row.municipality,
        login=row.login,
        display_name=row.display_name,
        role=Role(row.role),
        shop_id=row.shop_id,
        has_totp=row.totp_confirmed,
        password_is_first=row.password_is_first,
        state=StaffState(row.state),
        created_at=row.created_at,
    )


def unknown_staff() -> ProblemError:
    return ProblemError("unknown-staff", "There is no such person in this city's staff.")
