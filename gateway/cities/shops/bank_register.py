"""The list of Japan's banks and branches (金融機関コード・支店コード), to hold an account against while it is typed.

The data are those of the package `zengin-code`. Its import loads every branch of every bank; here only the files are read,
the list of banks once and the branches of a bank when they are asked for. A list is never complete on the day a branch
opens: what it lacks can be sent all the same, on purpose, and whoever decides is told.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from gateway.cities.settlement import zengin
from gateway.errors import ProblemError

_PACKAGE: Final = "zengin_code"
_NAME_LENGTH: Final = 15
"""What a transfer file has room for; longer names are cut there."""
_KINDS: Final = {"bank_name": "ｷﾞﾝｺｳ", "branch_name": "ｼﾃﾝ"}
"""Some write these words behind a name and some do not."""


class Listing(StrEnum):
    """How an account stands to the list."""

    LISTED = "listed"
    NO_BANK = "no_bank"
    NO_BRANCH = "no_branch"
    OTHER_BANK_NAME = "other_bank_name"
    OTHER_BRANCH_NAME = "other_branch_name"


_FIELDS: Final = {
    Listing.NO_BANK: "bank_code",
    Listing.NO_BRANCH: "branch_code",
    Listing.OTHER_BANK_NAME: "bank_name",
    Listing.OTHER_BRANCH_NAME: "branch_name",
}


def find_names(bank_code: str, branch_code: str) -> tuple[str | None, str | None]:
    """The names of a bank and of its branch as transfer files write them; None for a code that is not listed."""
    bank = _banks().get(bank_code)
    return bank, None if bank is None else _branches(bank_code).get(branch_code)


def listing_of(bank_code: str, bank_name: str, branch_code: str, branch_name: str) -> Listing:
    """Hold an account against the list. An empty name is no other one; what cannot be written is another one."""
    bank, branch = find_names(bank_code, branch_code)
    if bank is None:
        return Listing.NO_BANK
    if branch is None:
        return Listing.NO_BRANCH
    if not _is_name("bank_name", bank_name, bank):
        return Listing.OTHER_BANK_NAME
    if not _is_name("branch_name", branch_name, branch):
        return Listing.OTHER_BRANCH_NAME
    return Listing.LISTED


def listed_names(bank_code: str, bank_name: str, branch_code: str, branch_name: str) -> tuple[str, str]:
    """The names to write down: the list's where none was typed.

    Raises ProblemError `bank-not-listed` (422) naming the field, for a code that the list lacks or has another name for.
    """
    listing = listing_of(bank_code, bank_name, branch_code, branch_name)
    bank, branch = find_names(bank_code, branch_code)
    if listing is not Listing.LISTED:
        raise ProblemError(
            "bank-not-listed",
            f"{_FIELDS[listing]}: the list of banks has {bank or 'no such bank'}, {branch or 'no such branch'}.",
            field=_FIELDS[listing],
            listed_bank=bank or "–",
            listed_branch=branch or "–",
        )
    assert bank is not None
    assert branch is not None
    return bank_name or bank, branch_name or branch


def _is_name(field: str, typed: str, listed: str) -> bool:
    if not typed.strip():
        return True
    try:
        written = zengin.half_width(typed)
    except ValueError:
        return False
    kind = _KINDS[field]
    return written[:_NAME_LENGTH].removesuffix(kind) == listed.removesuffix(kind)


@cache
def _banks() -> Mapping[str, str]:
    return _read("banks.json")


@lru_cache(maxsize=32)
def _branches(bank_code: str) -> Mapping[str, str]:
    return _read(f"branches/{bank_code}.json")


def _read(name: str) -> Mapping[str, str]:
    spec = find_spec(_PACKAGE)
    folder = Path(spec.origin).parent if spec and spec.origin else None
    path = None if folder is None else folder / "source-data" / "data" / name
    if path is None or not path.exists():
        return {}
    with path.open(encoding="utf-8") as file:
        return {
            code: zengin.half_width(entry["kana"])[:_NAME_LENGTH] for code, entry in json.load(file).items()
        }
