"""What is typed into the form of a shop that applies: the entry, and an account where one is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from municipal.bank_form import account_of, not_listed, wrong_account
from municipal.error_messages import ErrorMessage
from municipal.site import Visit
from pagekit.api import Problem
from pagekit.typed_text import digits, number
from point_gateway_client import models

ENTRY: Final = ("name", "name_kana", "category", "address", "phone", "contact", "mail")
_OF_AN_ACCOUNT: Final = ("bank_code", "branch_code", "number", "number_again", "holder", "yucho_symbol")
NOT_ACCEPTED: Final = ErrorMessage(
    "規約に同意していません",
    "規約を読み、同意する欄に印を付けてください。",
    422,
    field="accepts",
)
NOT_FOUND: Final = ErrorMessage(
    "申請が見つかりません",
    "申請番号と照会用のことばを確認してください。終わった申請は、一定の期間のあとに消去されます。",
    404,
    field="application_number",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedApplication:
    """A form that can be sent. `account` is None where nothing of one was typed."""

    entry: Mapping[str, str]
    account: models.BankAccountTyped | None
    terms_version: int


def read_application(form: Mapping[str, str]) -> TypedApplication | ErrorMessage:
    """The form as the API takes it, or what is wrong with it."""
    account = typed_account(form)
    if isinstance(account, ErrorMessage):
        return account
    if form.get("accepts") != "yes":
        return NOT_ACCEPTED
    return TypedApplication(
        entry={name: form.get(name, "") for name in ENTRY},
        account=account,
        terms_version=number(form.get("terms_version", "")) or 1,
    )


def typed_account(form: Mapping[str, str]) -> models.BankAccountTyped | ErrorMessage | None:
    """An account that was typed, ゆうちょ's by its 記号; None where every field of it is empty."""
    if not any(form.get(name, "").strip() for name in _OF_AN_ACCOUNT):
        return None
    by_symbol = {"by": "yucho"} if digits(form.get("yucho_symbol", "")) else {}
    account = account_of({**form, **by_symbol})
    if isinstance(account, ErrorMessage):
        return account
    return models.BankAccountTyped(
        bank_code=account.bank_code,
        bank_name=account.bank_name,
        branch_code=account.branch_code,
        branch_name=account.branch_name,
        kind=account.kind,
        number=account.number,
        holder=account.holder,
        unlisted=account.unlisted,
    )


def beside_field(visit: Visit, problem: Problem) -> ErrorMessage:
    """What to say beside the form. Faults, and a city that takes no applications, are pages of their own: they are raised."""
    if problem.status >= 500 or problem.word in ("no-applications", "unknown-municipality"):
        raise problem
    if problem.word == "unknown-application":
        return replace(NOT_FOUND, word=problem.word)
    return wrong_account(problem) or not_listed(visit, problem) or visit.trouble(problem)
