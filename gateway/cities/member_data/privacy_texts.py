"""What a city tells members of their data (個人情報の取扱い), in 日本語, English and やさしい日本語; two persons change it.

Plain text: a blank line parts paragraphs, and whatever looks like markup is shown as it was typed. The Japanese text is always
there; whoever shows another that is missing shows the Japanese one and says so. A text that no city wrote is no text: the gateway
has none of its own, for what it does with data the page 「残している記録」 tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from core_ledger import chart
from core_ledger.read_model import Position
from gateway.cities import tables
from gateway.cities.city_context import CityContext, StaffActor, require_reason, write_audit
from gateway.cities.drawn_from import require_seen, version_of
from gateway.cities.proposals.deeds import Deed
from gateway.cities.proposals.proposal_rows import Proposal
from gateway.cities.proposals.propose import Facts, Ground, propose
from gateway.cities.staff.staff_rows import StaffSession
from gateway.errors import ProblemError
from gateway.members import member_rows
from gateway.platform.audit_actions import AuditAction
from gateway.platform.invisible_chars import LINES
from gateway.platform.sql import insert_into
from gateway.points import account_positions, directory

_texts: Final = tables.privacy_texts
LANGUAGES: Final = ("ja", "en", "easy")
MAX_LENGTH: Final = 2_000
SUBJECT: Final = "privacy_text"
"""A city has one text, so one proposal waits at a time."""
_LINES: Final = re.compile(LINES)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyText:
    """The three texts, without white space around them; `en` and `easy` are empty where the city has not written them.

    Raises ProblemError `bad-privacy-text` (422), naming the field, without a Japanese text, above 2,000 characters, and for
    characters that nobody sees.
    """

    ja: str
    en: str = ""
    easy: str = ""

    def __post_init__(self) -> None:
        for name in LANGUAGES:
            text = getattr(self, name).strip()
            if len(text) > MAX_LENGTH:
                raise _bad_text(name, f"at most {MAX_LENGTH:,} characters")
            if not _LINES.match(text):
                raise _bad_text(name, "it holds a character that nobody sees")
            object.__setattr__(self, name, text)
        if not self.ja:
            raise _bad_text("ja", "write the Japanese text")

    @property
    def version(self) -> str:
        return version_of(self.ja, self.en, self.easy)


NO_TEXT_VERSION: Final = version_of("", "", "")
"""What a form says that was drawn before the city had a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CityPrivacyText:
    """What one city says; `text` and `changed_at` are None where it has written nothing."""

    municipality: str
    text: PrivacyText | None
    changed_at: datetime | None

    @property
    def version(self) -> str:
        return NO_TEXT_VERSION if self.text is None else self.text.version


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePrivacyText:
    """The command that waits for a second person: all three texts as they shall be."""

    text: PrivacyText


class PrivacyTexts:
    """The use cases. All raise `ProblemError` for what is not carried out."""

    def __init__(self, context: CityContext) -> None:
        self.context = context

    async def find(self, code: str) -> CityPrivacyText:
        """What a city says. Raises ProblemError `unknown-municipality` (404)."""
        municipality = directory.require_municipality(code).code
        return await self.context.store.read(lambda conn: find_text(conn, municipality))

    async def list_for_member(self, member_id: str) -> Sequence[CityPrivacyText]:
        """What the member's default city and each city of their points say, in this order; without those that say nothing.

        Raises ProblemError `unknown-member` (404).
        """

        def job(conn: Connection) -> Sequence[CityPrivacyText]:
            member = member_rows.require_member(conn, member_id)
            book = chart.member_book(member_id)
            codes = dict.fromkeys(
                [member.default_municipality, *_cities_of(book, account_positions.of_book(conn, book))]
            )
            found = [find_text(conn, code) for code in codes if code is not None]
            return [each for each in found if each.text is not None]

        return await self.context.store.read(job)

    async def propose_text(
        self, who: StaffSession, text: PrivacyText, reason: str, seen: str | None = None
    ) -> Proposal:
        """Propose other texts, which always need a second person. `seen` is the version that they were drawn from.

        Raises ProblemError: `reason-missing` (422), `changed-meanwhile`, `nothing-changed` (409), and as `propose`.
        """
        why, now, code = require_reason(reason), self.context.clock(), who.municipality
        command = ChangePrivacyText(text=text)

        def job(conn: Connection) -> Proposal:
            before = find_text(conn, code)
            require_seen(seen, before.version)
            if before.text == text:
                raise ProblemError("nothing-changed", "These are the texts already.")
            return propose(
                self.context, conn, who, Deed.PRIVACY_TEXT, SUBJECT, command,
                ground=text_ground(self.context, conn, code, command),
                facts=text_facts(before.text, text), reason=why, at=now,
            )  # fmt: skip

        return await self.context.store.run(job)


def find_text(conn: Connection, code: str) -> CityPrivacyText:
    """What a city says now."""
    row = conn.execute(select(_texts).where(_texts.c.municipality == code)).one_or_none()
    if row is None:
        return CityPrivacyText(municipality=code, text=None, changed_at=None)
    text = PrivacyText(ja=row.ja, en=row.en, easy=row.easy)
    return CityPrivacyText(municipality=code, text=text, changed_at=row.changed_at)


def text_facts(before: PrivacyText | None, after: PrivacyText) -> Facts:
    """Each text that changes, whole, before and after: the log has every word that members were told."""
    shown: dict[str, str | int] = {}
    for name in LANGUAGES:
        old, new = "" if before is None else getattr(before, name), getattr(after, name)
        if old != new:
            shown |= {f"privacy_{name}_before": old or "–", f"privacy_{name}": new or "–"}
    return shown


def text_ground(_: CityContext, conn: Connection, code: str, __: ChangePrivacyText) -> Ground:
    """The texts that the author saw."""
    return {"version": find_text(conn, code).version}


def change_text(
    conn: Connection, who: StaffActor, command: ChangePrivacyText, reason: str, at: datetime
) -> None:
    """Carry it out; members read it from this moment on."""
    text, code = command.text, who.municipality
    facts = dict(text_facts(find_text(conn, code).text, text))
    values = {"ja": text.ja, "en": text.en, "easy": text.easy, "changed_at": at}
    conn.execute(
        insert_into(conn, _texts)
        .values(municipality=code, **values)
        .on_conflict_do_update(index_elements=[_texts.c.municipality], set_=values)
    )
    write_audit(conn, who, at, AuditAction.PRIVACY_TEXT_CHANGED, "", reason, facts)


def _cities_of(book: str, positions: Mapping[str, Position]) -> Iterable[str]:
    """The cities whose points a member holds, held ones included."""
    for account, position in positions.items():
        match account.removeprefix(f"{book}:").split(":"):
            case ["municipality", code, _] if position.balance.posted or position.balance.held:
                yield code
            case _:
                pass


def _bad_text(field: str, text: str) -> ProblemError:
    return ProblemError("bad-privacy-text", f"{field}: {text}", field=field)
