"""What is typed into the form of a bank account: every width and dash, and ゆうちょ's own numbers."""

from __future__ import annotations

import msgspec
import pytest

from gateway.cities.shops.bank_accounts import BankAccount
from municipal.bank_form import KINDS, account_of, of_yucho, wrong_account
from municipal.error_messages import ErrorMessage
from pagekit.api import Problem
from point_gateway_client import models

TYPED = {
    "bank_code": "0130", "bank_name": "ジョウヨウ", "branch_code": "001", "branch_name": "ホンテン", "kind": "1",
    "number": "1234567", "number_again": "1234567", "holder": "ミホン ショウテン", "reason": "届出",
}  # fmt: skip


def as_kept(account: models.BankAccountWanted) -> BankAccount:
    """As the gateway reads it. Raises for what it refuses."""
    values = msgspec.structs.asdict(account)
    return BankAccount(
        **{name: value for name, value in values.items() if name not in ("reason", "unlisted")}
    )


class TestBankNumbers:
    @pytest.mark.parametrize(
        "number", ["1234567", "１２３４５６７", "123-4567", "123 4567", "１２３－４５６７", "123‐4567"]
    )
    def test_a_number_is_the_same_in_every_width_and_with_every_separator(self, number: str) -> None:
        account = account_of(TYPED | {"number": number, "bank_code": "０１３０", "branch_code": " 001 "})
        assert isinstance(account, models.BankAccountWanted)
        assert (account.bank_code, account.branch_code, account.number) == ("0130", "001", "1234567")

    def test_a_slip_of_the_finger_is_named_beside_the_second_number(self) -> None:
        wrong = account_of(TYPED | {"number_again": "1234576"})
        assert isinstance(wrong, ErrorMessage)
        assert wrong.field == "number_again"

    def test_every_kind_that_the_form_offers_is_an_account(self) -> None:
        for kind, _ in KINDS:
            account = account_of(TYPED | {"kind": kind})
            assert isinstance(account, models.BankAccountWanted)
            assert as_kept(account).kind == int(kind)

    def test_a_kind_that_no_form_offers_is_asked_for(self) -> None:
        wrong = account_of(TYPED | {"kind": "3"})
        assert isinstance(wrong, ErrorMessage)
        assert wrong.field == "kind"

    @pytest.mark.parametrize("name", ["bank_code", "branch_code", "number", "holder", "bank_name", "kind"])
    def test_what_the_api_finds_wrong_is_said_beside_its_field(self, name: str) -> None:
        wrong = wrong_account(Problem("bad-bank-account", 422, facts={"field": name}))
        assert wrong is not None
        assert wrong.field == name

    def test_a_problem_of_another_kind_is_nobodys_field(self) -> None:
        assert wrong_account(Problem("busy", 503, facts={"field": "number"})) is None


class TestYucho:
    @pytest.mark.parametrize(
        ("symbol", "number", "branch", "account", "kind"),
        [
            ("10180", "12345671", "018", "1234567", "1"),
            ("11940", "1", None, None, None),
            ("11940", "11", "198", "0000001", "1"),
            ("14150", "3456781", "418", "0345678", "1"),
            ("00120", "123456", "019", "0123456", "2"),
            ("01230", "7", "129", "0000007", "2"),
            ("10180", "12345672", None, None, None),
            ("10181", "12345671", None, None, None),
            ("20180", "12345671", None, None, None),
            ("1018", "12345671", None, None, None),
            ("10180", "123456781", None, None, None),
            ("00120", "1234567", None, None, None),
            ("00120", "000", None, None, None),
            ("", "", None, None, None),
        ],
    )  # fmt: skip
    def test_symbol_and_number_are_the_account_that_banks_transfer_to(
        self, symbol: str, number: str, branch: str | None, account: str | None, kind: str | None
    ) -> None:
        converted = of_yucho(symbol, number)
        if branch is None:
            assert isinstance(converted, ErrorMessage)
            assert converted.field in ("yucho_symbol", "number")
            return
        assert isinstance(converted, dict)
        assert converted["bank_code"] == "9900"
        assert (converted["branch_code"], converted["number"], converted["kind"]) == (branch, account, kind)

    def test_a_form_with_symbol_and_number_is_taken_as_the_api_takes_accounts(self) -> None:
        form = {
            "by": "yucho", "yucho_symbol": "１０１８０", "number": "1234567 1", "number_again": "12345671",
            "holder": "ミホン ショウテン", "reason": "届出",
        }  # fmt: skip
        account = account_of(form)
        assert isinstance(account, models.BankAccountWanted)
        kept = as_kept(account)
        assert (kept.bank_name, kept.branch_name, kept.number) == ("ﾕｳﾁﾖ", "ｾﾞﾛｲﾁﾊﾁ", "1234567")
