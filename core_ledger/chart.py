"""The chart of accounts: names of books and accounts as plain strings made by small functions.

A book is one member's (for settlements one municipality's, one partner's) part of the ledger. An account
belongs to a book when its name continues the book's; only then does it have a floor of zero and heaps of
points with their days of issue. Every other account is "the other side", summed over books.
"""

from functools import lru_cache

from core_ledger.errors import BadMove

MAX_NAME_LENGTH = 300
_kept = lru_cache(maxsize=4096)
"""For the names that are asked for several times in each move: checking their parts takes longer than finding them."""


@_kept
def member_book(member_id: str) -> str:
    """Name the book of one member: "member:<id>"."""
    return f"member:{part(member_id, 'member_id')}"


def municipality_book(code: str) -> str:
    """Name the book of one municipality, by its six-digit code: "municipality:<code>"."""
    return f"municipality:{part(code, 'code')}"


def partner_book(partner_id: str) -> str:
    """Name the book of one partner: "partner:<id>"."""
    return f"partner:{part(partner_id, 'partner_id')}"


def reserve(member_id: str) -> str:
    """Name a member's reserve (留保ポイント)."""
    return f"{member_book(member_id)}:reserve"


@_kept
def municipal(member_id: str, code: str, service: str) -> str:
    """Name a member's municipal points (自治体ポイント); a municipality may run several point services."""
    return f"{member_book(member_id)}:municipality:{part(code, 'code')}:{part(service, 'service')}"


def event_share(member_id: str, event_id: str) -> str:
    """Name what a member has set aside for one support event (特定支援イベント)."""
    return f"{member_book(member_id)}:event:{part(event_id, 'event_id')}"


def event(event_id: str) -> str:
    """Name a support event's own account, summed over all members' books."""
    return f"event:{part(event_id, 'event_id')}"


def partner_due(partner_id: str) -> str:
    """Name what a partner owes for the points that came from it; its total over books is minus the debt."""
    return f"{partner_book(partner_id)}:due"


def funder(funder_id: str, campaign: str) -> str:
    """Name who pays a campaign's extra points."""
    return f"funder:{part(funder_id, 'funder_id')}:{part(campaign, 'campaign')}"


def granted(code: str) -> str:
    """Name the source of the points that a municipality gives (給付)."""
    return f"{municipality_book(code)}:granted"


def carried_in(code: str, origin: str) -> str:
    """Name the source of points that were carried in from a predecessor's system (引継ぎ), by their origin: paid or free."""
    return f"{municipality_book(code)}:carried_in:{part(origin, 'origin')}"


@_kept
def shop(code: str, shop_id: str) -> str:
    """Name what a municipality owes one of its shops (加盟店)."""
    return f"shop:{part(code, 'code')}:{part(shop_id, 'shop_id')}"


def expired(code_or_reserve: str) -> str:
    """Name where expired points go (失効): of one municipality, or of "reserve"."""
    return f"expired:{part(code_or_reserve, 'code_or_reserve')}"


def merge(merge_id: str) -> str:
    """Name what points pass between the books of two members who are one person: zero over both books."""
    return f"merge:{part(merge_id, 'merge_id')}"


def owned(book: str, account: str) -> bool:
    """Say whether `account` belongs to `book`: its name starts with the book's name and a colon."""
    return account.startswith(book + ":")


def part(text: str, field: str) -> str:
    """Return `text` when it can be one part of a name; raise BadMove naming `field` otherwise."""
    if ":" in text:
        raise BadMove(field, f'{text!r} contains ":", which separates the parts of a name; leave it out')
    return name(text, field)


def name(text: object, field: str) -> str:
    """Return `text` when it can be a whole name or id; raise BadMove naming `field` otherwise."""
    if not isinstance(text, str) or not text:
        raise BadMove(field, "give a text that is not empty")
    if len(text) > MAX_NAME_LENGTH:
        raise BadMove(field, f"{len(text)} characters are too many; use at most {MAX_NAME_LENGTH}")
    if not text.isprintable():
        # isprintable() is false for control characters and for lone surrogates, which no database stores.
        raise BadMove(field, f"{text!r} contains a character that cannot be printed; leave it out")
    return text
