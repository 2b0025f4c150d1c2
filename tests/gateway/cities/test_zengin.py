"""The bank transfer file against the published layout: every field at its place, 120 bytes a record."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.cities.settlement.zengin import TransferFrom, TransferTo, half_width, transfer_file
from gateway.cities.shops.bank_accounts import BankAccount, Payer
from gateway.errors import ProblemError

CITY = TransferFrom(
    client_code="1234567890", client_name=half_width("カサマシ カイケイカンリシャ"), pays_on=date(2018, 8, 15),
    bank_code="0130", bank_name=half_width("ジヨウヨウ"), branch_code="021", branch_name=half_width("カサマ"),
    account_kind=1, account_number="0012345",
)  # fmt: skip


def shop(yen=12_345, **changes):
    values: dict[str, Any] = {
        "bank_code": "0130", "bank_name": half_width("ジヨウヨウ"), "branch_code": "021",
        "branch_name": half_width("カサマ"), "account_kind": 2, "account_number": "7654321",
        "holder": half_width("カ)ミホンショウテン"), "yen": yen, "reference": "42",
    }  # fmt: skip
    return TransferTo(**(values | changes))


def records(targets):
    raw = transfer_file(CITY, targets)
    lines = raw.split(b"\r\n")
    assert lines.pop() == b""
    return lines


def test_every_record_has_120_bytes():
    assert {len(line) for line in records([shop(), shop(), shop()])} == {120}


def cut(record, *lengths):
    """The record's fields by their published lengths."""
    assert sum(lengths) == 120
    fields, at = [], 0
    for length in lengths:
        fields.append(record[at : at + length].decode("shift_jis"))
        at += length
    return fields


def test_the_header_says_who_pays_and_when():
    header = cut(records([shop()])[0], 1, 2, 1, 10, 40, 4, 4, 15, 3, 15, 1, 7, 17)
    assert header == [
        "1", "21", "0", "1234567890", "ｶｻﾏｼ ｶｲｹｲｶﾝﾘｼﾔ".ljust(40), "0815", "0130", "ｼﾞﾖｳﾖｳ".ljust(15), "021",
        "ｶｻﾏ".ljust(15), "1", "0012345", " " * 17,
    ]  # fmt: skip


def test_a_data_record_says_whom_and_how_much():
    data = cut(records([shop()])[1], 1, 4, 15, 3, 15, 4, 1, 7, 30, 10, 1, 10, 10, 1, 1, 7)
    assert data == [
        "2", "0130", "ｼﾞﾖｳﾖｳ".ljust(15), "021", "ｶｻﾏ".ljust(15), "0000", "2", "7654321",
        "ｶ)ﾐﾎﾝｼﾖｳﾃﾝ".ljust(30), "0000012345", "0", "0000000042", "0" * 10, "7", " ", " " * 7,
    ]  # fmt: skip


def test_a_text_for_the_payee_stands_where_both_customer_codes_would():
    data = cut(records([shop(edi="ｾｲｻﾝ0715ﾌﾞﾝ")])[1], 1, 4, 15, 3, 15, 4, 1, 7, 30, 10, 1, 20, 1, 1, 7)
    assert data[10:] == ["0", "ｾｲｻﾝ0715ﾌﾞﾝ".ljust(20), "7", "Y", " " * 7]


@pytest.mark.parametrize("edi", ["ｱ" * 21, "精算", "ｦ"])
def test_a_text_that_does_not_fit_is_refused_by_its_field(edi):
    with pytest.raises(ValueError, match="edi"):
        records([shop(edi=edi)])


def test_an_end_mark_follows_the_last_record():
    plain = transfer_file(CITY, [shop()])
    assert plain.endswith(b"9" + b" " * 119 + b"\r\n")
    assert transfer_file(CITY, [shop()], end_mark=True) == plain + b"\x1a"


def test_the_trailer_counts_and_sums():
    *_, trailer, end = records([shop(1), shop(9_999_999_999)])
    assert cut(trailer, 1, 6, 12, 101)[:3] == ["8", "000002", "010000000000"]
    assert end == b"9" + b" " * 119


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("がぎぱぴ", "ｶﾞｷﾞﾊﾟﾋﾟ"), ("ヴィーナス", "ｳﾞｲ-ﾅｽ"), ("キャッシュ", "ｷﾔﾂｼﾕ"), ("ｷｬｯｼｭ", "ｷﾔﾂｼﾕ"),
        ("Ａｂ１２", "AB12"), ("ヲワン", "ｵﾜﾝ"), ("ｦ", "ｵ"), ("（株）ア・イ", "(株"), ("カ）ミホン", "ｶ)ﾐﾎﾝ"),
    ],
)  # fmt: skip
def test_names_are_written_as_banks_take_them(text, written):
    if "株" in text:
        with pytest.raises(ValueError, match="株"):
            half_width(text)
    else:
        assert half_width(text) == written


@given(st.text(st.characters(min_codepoint=0x3041, max_codepoint=0x30FC), max_size=20))
def test_what_is_written_is_one_byte_a_character_and_written_again_the_same(text):
    try:
        written = half_width(text)
    except ValueError:
        return
    assert len(written.encode("shift_jis")) == len(written)
    assert half_width(written) == written


@pytest.mark.parametrize("yen", [0, -1, 10_000_000_000])
def test_no_amount_that_a_transfer_cannot_carry(yen):
    with pytest.raises(ValueError, match="yen"):
        transfer_file(CITY, [shop(yen)])


def account(**changes):
    values: dict[str, Any] = {
        "bank_code": "0130", "bank_name": "ジョウヨウ", "branch_code": "021", "branch_name": "カサマ", "kind": 1,
        "number": "0012345", "holder": "ミホン ショウテン",
    }  # fmt: skip
    return BankAccount(**(values | changes))


def test_an_account_is_kept_as_the_file_writes_it_and_shown_masked():
    bank_account = account()
    assert (bank_account.holder, bank_account.bank_name) == ("ﾐﾎﾝ ｼﾖｳﾃﾝ", "ｼﾞﾖｳﾖｳ")
    assert bank_account.masked == "0130-021 ****345"
    assert "0012345" not in repr(bank_account)


@pytest.mark.parametrize(
    "changes",
    [
        {"number": "12345"},
        {"bank_code": "１２３４"},
        {"kind": 3},
        {"holder": "見本"},
        {"holder": "ヽヤマ"},
        {"holder": "ア ゝ"},
        {"holder": ""},
        {"holder": "ガ" * 16},
    ],
)
def test_an_account_that_no_file_could_carry_is_refused(changes):
    with pytest.raises(ProblemError) as refused:
        account(**changes)
    assert refused.value.type == "bad-bank-account"


def test_a_client_code_has_ten_digits():
    with pytest.raises(ProblemError):
        Payer(client_code="123", account=account())


def test_a_city_pays_from_no_savings_account():
    with pytest.raises(ProblemError) as refused:
        Payer(client_code="1234567890", account=account(kind=4))
    assert refused.value.type == "bad-bank-account"


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("カ゛ス", "ｶﾞｽ"),
        ("カ \u3099ス", "ｶﾞｽ"),
        ("ハ\u3000゜ン", "ﾊﾟﾝ"),
        ("いすゞ", "ｲｽｽﾞ"),
        ("イスヾ", "ｲｽｽﾞ"),
        ("みすゝ", "ﾐｽｽ"),
        ("ア〜イ", "ｱ-ｲ"),
        ("ア～イ", "ｱ-ｲ"),
        ("ハ゜ン", "ﾊﾟﾝ"),
        ("か゛す", "ｶﾞｽ"),
        ("ｶﾞｽ", "ｶﾞｽ"),
        ("ツツジヶオカ", "ﾂﾂｼﾞｹｵｶ"),
        ("ヵ", "ｶ"),
        ("ヰヱ", "ｲｴ"),
        ("ヸヹ", "ｲﾞｴﾞ"),
        ("ゐゑ", "ｲｴ"),
        ("ヮ", "ﾜ"),
        ("ㇰㇷ", "ｸﾌ"),
        *((f"コ{dash}ヒ", "ｺ-ﾋ") for dash in "ー－−–—─‐―ｰ‑━"),
    ],
)
def test_every_kana_and_dash_that_people_type_is_written_as_banks_take_it(typed: str, written: str) -> None:
    assert half_width(typed) == written


def test_what_banks_do_not_take_is_named_also_where_nobody_sees_it() -> None:
    with pytest.raises(ValueError, match=r"U\+200B cannot stand"):
        half_width("カ\u200bナ")
    with pytest.raises(ValueError, match="笠 cannot stand"):
        half_width("笠間")
