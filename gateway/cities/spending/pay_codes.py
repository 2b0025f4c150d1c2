"""Pay codes: what a member shows at the counter, and what a shop shows to be scanned.

A member's code is twelve digits, random, sixty seconds, once. As a QR it is signed, so that made-up ones are known
without asking the database; typed it is the bare digits, found by a keyed hash. The portal asks for a new one
before the old has ended. A shop's code is printed: it names the shop, is signed, and moves nothing by itself.
"""

from __future__ import annotations

import secrets
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Final

from sqlalchemy import Connection, bindparam, delete, select, update

from core_ledger import chart
from gateway.cities import tables
from gateway.cities.city_context import CityContext
from gateway.errors import ProblemError
from gateway.members import step_up
from gateway.platform.compiled_sql import CompiledStatement
from gateway.platform.sql import insert_new
from gateway.platform.typed_text import without_separators
from gateway.points import directory

PAY_CODE_TTL: Final = timedelta(seconds=60)
DIGITS: Final = 12
SIGNATURE_LENGTH: Final = 24
_PREFIX: Final = "PGP1"
_codes = tables.pay_codes
_LOCKED: Final = CompiledStatement(
    select(_codes).where(_codes.c.code_hash == bindparam("hashed")).with_for_update()
)
_USE_UP: Final = CompiledStatement(
    update(_codes).where(_codes.c.code_hash == bindparam("hashed")).values(spend_id=bindparam("spend"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PayCode:
    """`qr` is the text of the QR, `digits` what is typed where no camera helps."""

    qr: str = field(repr=False)
    digits: str = field(repr=False)
    made_at: datetime
    ends_at: datetime
    most_points: int | None = None
    """What it pays at most, where the member has set a sum and has not just proved who they are."""


@dataclass(frozen=True, slots=True)
class PayCodes:
    context: CityContext

    async def make(self, member_id: str, code: str, service: str, *, is_proven: bool = False) -> PayCode:
        """Make a code for one point service. Unless `is_proven`, it pays up to the member's own sum. Raises ProblemError: `unknown-municipality`, `unknown-point-service` (404)."""
        now = self.context.clock()

        def job(conn: Connection) -> tuple[str, int | None]:
            directory.require_known_service(conn, code, service)
            most_points = None if is_proven else step_up.find_above(conn, member_id)
            while True:
                digits = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
                if insert_new(
                    conn,
                    _codes,
                    code_hash=_hashes(self.context, digits)[0],
                    book_id=chart.member_book(member_id),
                    municipality=code,
                    point_service=service,
                    made_at=now,
                    ends_at=now + PAY_CODE_TTL,
                    most_points=most_points,
                ):
                    return digits, most_points
                # Somebody has this one, which is rare, but codes are kept for a day.

        digits, most_points = await self.context.store.run(job)
        return PayCode(
            qr=f"{_PREFIX}.{digits}.{_sign(self.context, digits)}",
            digits=digits,
            made_at=now,
            ends_at=now + PAY_CODE_TTL,
            most_points=most_points,
        )

    async def used_for(self, member_id: str, digits: str) -> str | None:
        """The spend that a member's own code was used for; None while it was not. Raises `pay-code-unknown` (404)."""
        query = select(_codes.c.spend_id, _codes.c.book_id).where(
            _codes.c.code_hash.in_(_hashes(self.context, digits))
        )
        row = await self.context.store.read(lambda conn: conn.execute(query).first())
        if row is None or row.book_id != chart.member_book(member_id):
            raise _unknown()
        spend_id: str | None = row.spend_id
        return spend_id


async def read(context: CityContext, text: str) -> str:
    """The hash under which a scanned or typed code is found. Raises ProblemError `pay-code-unknown` (404) for anything else.

    A code lives for a minute, also through a turn-over of the look-up key: a QR shows by its signature which key it was
    made with, and typed digits are looked for by each.
    """
    scanned = "".join(unicodedata.normalize("NFKC", text).split())
    if scanned.startswith(_PREFIX):
        prefix, _, rest = scanned.partition(".")
        digits, _, signature = rest.partition(".")
        signatures = context.vault.keyed_hashes(digits, purpose="pay-code-qr")
        for own, hashed in zip(signatures, _hashes(context, digits), strict=True):
            if prefix == _PREFIX and compare_digest(signature.encode(), own[:SIGNATURE_LENGTH].encode()):
                return hashed
        raise _unknown()
    plain = without_separators(text)
    if len(plain) != DIGITS or not plain.isascii() or not plain.isdigit():
        raise _unknown()
    newest, *older = _hashes(context, plain)
    if not older:
        return newest
    query = select(_codes.c.code_hash).where(_codes.c.code_hash.in_([newest, *older]))
    return await context.store.read(lambda conn: conn.execute(query).scalar()) or newest


def redeem(
    conn: Connection, hashed: str, code: str, spend_id: str, points: int, now: datetime
) -> tuple[str, str]:
    """Use a code up for a spend, as a part of its transaction; gives the book and the point service it is of.

    Raises ProblemError: `pay-code-unknown` (404, also for another city's), `pay-code-used`, `pay-code-ended`,
    `pay-code-unproven` (409), after which it still pays less.
    """
    row = _LOCKED.first(conn, {"hashed": hashed})
    if row is None or row["municipality"] != code:
        raise _unknown()
    if row["spend_id"] is not None:
        raise ProblemError(
            "pay-code-used", "This code was used before. Nothing more was taken; ask for a new one."
        )
    if now >= row["ends_at"]:
        raise ProblemError("pay-code-ended", "This code is too old. Nothing was taken; ask for a new one.")
    if row["most_points"] is not None and points > row["most_points"]:
        raise ProblemError(
            "pay-code-unproven",
            "For this sum the member confirms first who they are, and shows a new code. Nothing was taken.",
        )
    _USE_UP.all(conn, {"hashed": hashed, "spend": spend_id})
    return row["book_id"], row["point_service"]


def forget_ended(conn: Connection, now: datetime) -> int:
    """Delete codes that ended a day ago, for the nightly sweep; until then a late scan gets its own words."""
    return conn.execute(delete(_codes).where(_codes.c.ends_at < now - timedelta(days=1))).rowcount


def _sign(context: CityContext, digits: str) -> str:
    return context.vault.keyed_hash(digits, purpose="pay-code-qr")[:SIGNATURE_LENGTH]


def _hashes(context: CityContext, digits: str) -> tuple[str, ...]:
    return context.vault.keyed_hashes(digits, purpose="pay-code")


def _unknown() -> ProblemError:
    return ProblemError("pay-code-unknown", "This code is not one of ours. Nothing was taken.")
