"""操作説明書 of the municipal cloud: for shops, for the city's staff and for its help desk, each finding their own chapters.

The text is in `manual/<language>.md`; pictures of its chapters are in `static/manual`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from municipal.i18n import WORDS
from municipal.site import Pages
from pagekit.files import Files
from pagekit.manual import Manual, Section, add_pages

pages = Pages()

HERE: Final = Path(__file__).parent
SECTIONS: Final = (
    Section(title="はじめに", chapters={"sign-in": ""}),
    Section(
        title="加盟店の方",
        chapters={
            "take": "take_points",
            "take-back": "refund_at_shop",
            "stuck": "take_points",
            "statements": "see_shop_books",
            "shop-log-ins": "see_own_shop",
            "tills": "keep_own_shop",
        },
    ),
    Section(
        title="市の職員",
        chapters={
            "day": "see",
            "projects": "plan_grants",
            "grant": "grant",
            "list": "upload_grants",
            "proposals": "see_proposals",
            "shops": "keep_shops",
            "closing": "settle",
            "bank": "settle",
            "year": "see",
            "announcements": "announce",
            "staff": "keep_staff",
            "rules": "change_rules",
        },
    ),
    Section(
        title="利用者の窓口",
        chapters={
            "caller": "see_member",
            "forgotten": "help_member",
            "lost-phone": "help_member",
            "lost-card": "help_member",
            "representatives": "help_member",
            "refund": "refund",
        },
    ),
    Section(title="プラットフォーム", chapters={"monday": "see_exchanges", "cities-and-keys": "keep_keys"}),
    Section(title="言葉の説明", chapters={"words": ""}),
)
"""The chapters in the order of the files, each with the action that its reader has; the last explains words."""
CHAPTERS: Final = tuple(slug for section in SECTIONS for slug in section.chapters)
TERMS: Final = (
    "proposal",
    "role",
    "project",
    "settlement",
    "transfer-file",
    "reference",
    "mykey-id",
    "code",
    "first-password",
    "second-factor",
    "point-card",
    "audit-log",
)
"""Addresses of the words, in the order of the last chapter."""
MANUAL: Final = Manual(HERE / "manual", WORDS, Files(HERE / "static"), CHAPTERS, TERMS)

add_pages(pages, MANUAL, SECTIONS)
