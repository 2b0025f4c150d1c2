"""What is typed into the form of a bank account: folded, and ゆうちょ's own numbers turned into those that banks use.

An account at ゆうちょ銀行 is known to its owner by 記号 and 番号; a transfer from another bank needs 店番, 預金種目 and
口座番号. The two follow from each other by a rule that the bank publishes with its accounts:

    記号 1abc0, 番号 up to 8 digits that end in 1     bank 9900, 店番 ab8, 普通, the 番号 without its last digit
    記号 0abcd, 番号 up to 6 digits                   bank 9900, 店番 ab9, 当座, the 番号
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Literal

from municipal.error_messages import ErrorMessage
from municipal.site import Visit
from pagekit.api import Problem
from pagekit.typed_text import code, digits
from point_gateway_client import models

KINDS: Final = (("1", "普通"), ("2", "当座"), ("4", "貯蓄"), ("9", "その他"))
_KINDS: Final[Mapping[str, Literal[1, 2, 4, 9]]] = {"1": 1, "2": 2, "4": 4, "9": 9}
YUCHO: Final = "9900"
_DIGITS: Final = ("bank_code", "branch_code", "number", "number_again", "client_code")
_SYMBOL: Final = re.compile(r"([01])([0-9]{2})[0-9]{2}")
NOT_THE_SAME: Final = ErrorMessage(
    "口座番号が一致しません",
    "2回入力した口座番号が違います。通帳や届出書を見て、入力し直してください。",
    422,
    field="number_again",
)
NO_SYMBOL: Final = ErrorMessage(
    "ゆうちょ銀行の記号の形式が違います",
    "記号は5桁で、1か0から始まります。通帳の記号を、枝番を除いて入力してください。",
    422,
    field="yucho_symbol",
)
NO_NUMBER: Final = ErrorMessage(
    "ゆうちょ銀行の番号の形式が違います",
    "記号が1から始まる口座の番号は8桁までで最後が1、0から始まる口座の番号は6桁までです。",
    422,
    field="number",
)
_WRONG: Final[Mapping[str, tuple[str, str]]] = {
    "bank_code": ("銀行コードの形式が違います", "4桁の数字で入力してください。"),
    "branch_code": ("支店コードの形式が違います", "3桁の数字で入力してください。"),
    "number": ("口座番号の形式が違います", "7桁の数字で入力してください。"),
    "kind": ("口座の種類を選んでください", "市の振込元は普通か当座の口座です。"),
    "bank_name": ("銀行名に使えない文字があるか、長すぎます", "カナ・英数字で15文字までです。濁点と半濁点も1文字です。"),
    "branch_name": ("支店名に使えない文字があるか、長すぎます", "カナ・英数字で15文字までです。濁点と半濁点も1文字です。"),
    "holder": ("口座名義に使えない文字があるか、長すぎます", "通帳のカナのとおりに、カナ・英数字で30文字までで入力してください。"),
    "client_code": ("委託者コードの形式が違います", "10桁の数字で入力してください。"),
}  # fmt: skip


def account_of(form: Mapping[str, str]) -> models.BankAccountWanted | ErrorMessage:
    """The account that a form names, as the API takes it, or what is wrong with the form."""
    typed = dict(form) | {name: digits(form[name]) for name in _DIGITS if name in form}
    if typed.get("number", "") != typed.get("number_again", ""):
        return NOT_THE_SAME
    if form.get("by") == "yucho":
        account = of_yucho(digits(form.get("yucho_symbol", "")), typed.get("number", ""))
        if isinstance(account, ErrorMessage):
            return account
        typed |= account
    kind = _KINDS.get(code(typed.get("kind", "")))
    if kind is None:
        return ErrorMessage(*_WRONG["kind"], 422, field="kind")
    return models.BankAccountWanted(
        bank_code=typed.get("bank_code", ""),
        bank_name=typed.get("bank_name", ""),
        branch_code=typed.get("branch_code", ""),
        branch_name=typed.get("branch_name", ""),
        kind=kind,
        number=typed.get("number", ""),
        holder=typed.get("holder", ""),
        unlisted=typed.get("unlisted") == "yes",
        reason=typed.get("reason", ""),
    )


def of_yucho(symbol: str, number: str) -> dict[str, str] | ErrorMessage:
    """A 記号 and 番号, digits alone, as the account that other banks transfer to; or what is wrong with them."""
    match_ = _SYMBOL.fullmatch(symbol)
    if match_ is None or (match_[1] == "1" and not symbol.endswith("0")):
        return NO_SYMBOL
    by_transfer = match_[1] == "0"
    fits = re.fullmatch(r"[0-9]{1,6}" if by_transfer else r"[0-9]{1,7}1", number)
    if fits is None or not int(number):
        return NO_NUMBER
    branch = match_[2] + ("9" if by_transfer else "8")
    return {
        "bank_code": YUCHO,
        "bank_name": "ﾕｳﾁﾖ",
        "branch_code": branch,
        "branch_name": _read_out(branch),
        "number": (number if by_transfer else number[:-1]).rjust(7, "0"),
        "kind": "2" if by_transfer else "1",
    }


def wrong_account(problem: Problem) -> ErrorMessage | None:
    """What the API found wrong with an account, beside its field; None for a problem of another kind."""
    name = str(problem.facts.get("field", "")) if problem.word == "bad-bank-account" else ""
    sentences = _WRONG.get(name)
    return None if sentences is None else ErrorMessage(*sentences, problem.status, field=name)


def not_listed(visit: Visit, problem: Problem) -> ErrorMessage | None:
    """What the list of banks says otherwise, beside its field; None for a problem of another kind."""
    if problem.word != "bank-not-listed":
        return None
    return replace(visit.trouble(problem), field=str(problem.facts.get("field", "")))


_NAMES_OF_DIGITS: Final = dict(
    zip("0123456789", ("ｾﾞﾛ", "ｲﾁ", "ﾆ", "ｻﾝ", "ﾖﾝ", "ｺﾞ", "ﾛｸ", "ﾅﾅ", "ﾊﾁ", "ｷﾕｳ"), strict=True)
)


def _read_out(branch: str) -> str:
    """A 店名 of ゆうちょ銀行 is its 店番 read digit by digit: 〇一八 is ゼロイチハチ."""
    return "".join(_NAMES_OF_DIGITS[digit] for digit in branch)
