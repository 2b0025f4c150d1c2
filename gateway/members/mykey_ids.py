"""MyKey IDs (マイキーID): what they look like, how they are chosen, and that none ever names two people.

Eight characters out of 27: the digits and capitals without those that are taken for another (0 O 1 I L, B for
8, S for 5, Z for 2, V for U). Generated and chosen IDs use the same 27, so what a person types with a
look-alike can be read as it was meant. A retired ID is never given out again: points sent to it would find the
wrong person.

Choosing follows the public rules: [重複チェック] tells whether a choice is free, after three taken ones one is
generated; [自動生成] up to three times. Both count within a day, so that the check is no way to find out who
has an ID.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, insert, select, update

from gateway.errors import ProblemError
from gateway.platform import tables
from gateway.platform.typed_text import without_separators

ALPHABET: Final = "23456789ACDEFGHJKMNPQRTUWXY"
LENGTH: Final = 8
TRIES_A_DAY: Final = 3
CHOICE_RETENTION: Final = timedelta(days=1)

_PLAIN: Final = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")
_LOOK_ALIKES: Final = {"B": "8", "S": "5", "Z": "2", "V": "U"}

_members = tables.members
_retired = tables.retired_mykey_ids
_choices = tables.mykey_id_choices

Draw = Callable[[], str]
"""Gives a random valid MyKey ID; passed in where a test wants a collision."""


# --- the words themselves: pure ------------------------------------------------------------------------------------


def draw() -> str:
    """Draw an ID at random: 27^8, about 280,000,000,000 of them."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def is_valid(mykey_id: str) -> bool:
    return len(mykey_id) == LENGTH and all(letter in ALPHABET for letter in mykey_id)


def read(typed: str) -> str | None:
    """Read what a person typed: any width or case, spaces and hyphens between, look-alikes. None if it is no ID."""
    if _PLAIN.fullmatch(typed):
        return typed  # as nearly all of a file's hundred thousand are written
    mykey_id = "".join(_LOOK_ALIKES.get(letter, letter) for letter in _letters(typed))
    return mykey_id if is_valid(mykey_id) else None


def read_choice(typed: str) -> str:
    """Read the ID that a member wants to have; here a look-alike is refused, not silently replaced.

    Raises ProblemError `mykey-id-unfit` (422) naming the first character that cannot be used.
    """
    wanted = _letters(typed)
    for letter in wanted:
        if letter not in ALPHABET and letter.isascii() and letter.isalnum():
            raise _unfit(
                f"A MyKey ID does not contain {letter}, which is easily taken for another character."
            )
    if not is_valid(wanted):
        raise _unfit(f"A MyKey ID has {LENGTH} characters: digits and letters from A to Z.")
    return wanted


def masked(mykey_id: str) -> str:
    """The ID as a page may show it to whoever looks on: the first two characters and six stars."""
    return mykey_id[:2] + "*" * (len(mykey_id) - 2)


@dataclass(frozen=True, slots=True)
class IdAllowance:
    """How often a member has met a taken ID, had one generated and changed, since `since`; and what is offered."""

    since: datetime
    taken: int = 0
    generated: int = 0
    changed: int = 0
    offered: str | None = None
    """The IDs that were generated, with spaces between, the last one last."""

    @property
    def offers(self) -> tuple[str, ...]:
        """The generated IDs; each may be chosen, also after three taken choices."""
        return tuple((self.offered or "").split())

    def at(self, now: datetime) -> IdAllowance:
        """Counts are forgotten a day after the first."""
        return self if now < self.since + CHOICE_RETENTION else IdAllowance(since=now)

    def may_choose(self) -> bool:
        """Whether the member may still try words of their own."""
        return self.taken < TRIES_A_DAY

    def met_taken(self) -> IdAllowance:
        return replace(self, taken=self.taken + 1)

    def with_generated(self, mykey_id: str) -> IdAllowance:
        """One more generated. Raises ProblemError `mykey-id-generated-enough` (409) after three."""
        if self.generated >= TRIES_A_DAY:
            raise _tomorrow(
                "mykey-id-generated-enough",
                "Three IDs have been generated today; use one of them, or try again",
                self,
            )
        return replace(self, generated=self.generated + 1, offered=" ".join((*self.offers, mykey_id)))

    def with_change(self) -> IdAllowance:
        """One more change. Raises ProblemError `mykey-id-changed-enough` (409) after three."""
        if self.changed >= TRIES_A_DAY:
            raise _tomorrow(
                "mykey-id-changed-enough", "The MyKey ID was changed three times today; try again", self
            )
        return replace(self, changed=self.changed + 1, offered=None)


# --- in the database: functions of a Connection ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class IdSuggestion:
    """The answer of 重複チェック and 自動生成. `generated` is offered instead when the third choice was taken."""

    wanted: str
    available: bool
    generated: str | None
    tries_left: int
    offered: tuple[str, ...] = ()
    """All IDs that were generated within the day; each may be chosen."""


def is_available(conn: Connection, mykey_id: str) -> bool:
    """Whether nobody has this ID and nobody ever had."""
    held = conn.execute(select(_members.c.member_id).where(_members.c.mykey_id == mykey_id)).first()
    return held is None and retired_from(conn, mykey_id) is None


def new_mykey_id(conn: Connection, draw: Draw = draw) -> str:
    """Draw until one is free. Raises RuntimeError when 20 in a row were not: then the source is not random."""
    for _ in range(20):
        mykey_id = draw()
        if is_available(conn, mykey_id):
            return mykey_id
    raise RuntimeError("twenty random MyKey IDs in a row were taken; the source of randomness is broken")


def check(conn: Connection, member_id: str, typed: str, now: datetime, draw: Draw = draw) -> IdSuggestion:
    """重複チェック: tell whether the wanted ID is free; the third taken one brings a generated one instead.

    Raises ProblemError `mykey-id-unfit` (422), `mykey-id-only-generated` (409) after three taken choices in a day.
    """
    wanted = read_choice(typed)
    before = _allowance(conn, member_id, now)
    if not before.may_choose():
        raise _only_generated(before)
    if is_available(conn, wanted):
        left = TRIES_A_DAY - before.taken
        return IdSuggestion(wanted, available=True, generated=None, tries_left=left, offered=before.offers)
    after = before.met_taken()
    if not after.may_choose() and after.generated < TRIES_A_DAY:
        after = after.with_generated(new_mykey_id(conn, draw))
    _remember(conn, member_id, after)
    offered = None if after.may_choose() or not after.offers else after.offers[-1]
    left = TRIES_A_DAY - after.taken
    return IdSuggestion(wanted, available=False, generated=offered, tries_left=left, offered=after.offers)


def generate(conn: Connection, member_id: str, now: datetime, draw: Draw = draw) -> IdSuggestion:
    """自動生成: offer a random free ID, up to three times a day; each of them may always be chosen.

    Raises ProblemError `mykey-id-generated-enough` (409).
    """
    after = _allowance(conn, member_id, now).with_generated(new_mykey_id(conn, draw))
    _remember(conn, member_id, after)
    drawn, left = after.offers[-1], TRIES_A_DAY - after.generated
    return IdSuggestion(drawn, available=True, generated=drawn, tries_left=left, offered=after.offers)


def choose(conn: Connection, member_id: str, typed: str, now: datetime, draw: Draw = draw) -> IdSuggestion:
    """Give the member the wanted ID and retire the old one, or count the taken choice as `check` does.

    Nothing has changed where the answer says it is not available. Raises ProblemError: `mykey-id-unfit` (422),
    `mykey-id-only-generated` and `mykey-id-changed-enough` (409).
    """
    wanted = read_choice(typed)
    before = _allowance(conn, member_id, now)
    held = conn.execute(select(_members.c.mykey_id).where(_members.c.member_id == member_id)).scalar_one()
    if wanted == held:
        return IdSuggestion(wanted, available=True, generated=None, tries_left=TRIES_A_DAY - before.taken)
    after = before.with_change()
    if wanted not in before.offers or not is_available(conn, wanted):
        choice = check(conn, member_id, wanted, now, draw)
        if not choice.available:
            return choice
    retire(conn, member_id, held, now)
    conn.execute(update(_members).where(_members.c.member_id == member_id).values(mykey_id=wanted))
    _remember(conn, member_id, after)
    return IdSuggestion(wanted, available=True, generated=None, tries_left=TRIES_A_DAY - after.taken)


def retire(conn: Connection, member_id: str, mykey_id: str, now: datetime) -> None:
    """Keep an ID from ever naming somebody else. The second time is the same answer."""
    if retired_from(conn, mykey_id) is None:
        conn.execute(insert(_retired).values(mykey_id=mykey_id, member_id=member_id, retired_at=now))


def retired_from(conn: Connection, mykey_id: str) -> str | None:
    """The member who had this ID and has it no more."""
    return conn.execute(
        select(_retired.c.member_id).where(_retired.c.mykey_id == mykey_id)
    ).scalar_one_or_none()


def _allowance(conn: Connection, member_id: str, now: datetime) -> IdAllowance:
    # the member's own row is the lock: the counts may have no row yet, and several writers may count at once
    conn.execute(select(_members.c.member_id).where(_members.c.member_id == member_id).with_for_update())
    columns = (
        _choices.c.since,
        _choices.c.taken,
        _choices.c.generated,
        _choices.c.changed,
        _choices.c.offered,
    )
    row = conn.execute(select(*columns).where(_choices.c.member_id == member_id)).one_or_none()
    return IdAllowance(since=now) if row is None else IdAllowance(*row).at(now)


def _remember(conn: Connection, member_id: str, choosing: IdAllowance) -> None:
    conn.execute(delete(_choices).where(_choices.c.member_id == member_id))
    conn.execute(
        insert(_choices).values(
            member_id=member_id,
            since=choosing.since,
            taken=choosing.taken,
            generated=choosing.generated,
            changed=choosing.changed,
            offered=choosing.offered,
        )
    )


def _letters(typed: str) -> str:
    folded = without_separators(typed[:64])  # an ID with all its spaces is shorter
    return "".join(letter.upper() if letter.isascii() else letter for letter in folded)


def _unfit(text: str) -> ProblemError:
    return ProblemError("mykey-id-unfit", text)


def _only_generated(choosing: IdAllowance) -> ProblemError:
    return _tomorrow(
        "mykey-id-only-generated",
        "Three choices were taken today; have an ID generated, or choose again",
        choosing,
    )


def _tomorrow(type_: str, text: str, choosing: IdAllowance) -> ProblemError:
    again_at = choosing.since + CHOICE_RETENTION
    return ProblemError(
        type_,
        f"{text} after {again_at.isoformat()}.",
        again_at=again_at.isoformat(),
        offered=" ".join(choosing.offers),
    )
