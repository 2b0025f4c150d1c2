"""Printed cards, read back: what is on them, what is not, and that a reader finds the QR on the page."""

import io
from datetime import date

import pypdf
import pytest

from gateway.cities.spending.pay_card_sheet import CARDS_A_PAGE, PrintedCard, card_sheets

NUMBER = "1234 5678 9012 3456"


def card(number=NUMBER, name="山田 花子"):
    return PrintedCard(
        service_name="笠間応援ポイント", number=number, qr=f"PGC1.{number.replace(' ', '')}.{'a' * 24}", holder_name=name,
        issued_on=date(2018, 7, 31),
    )  # fmt: skip


def pages(data):
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages]


def test_a_card_says_whose_points_it_is_for_and_its_number_and_the_stub_whose_it_is():
    (text,) = pages(card_sheets([card()], "笠間市"))
    for said in (
        "笠間市",
        "笠間応援ポイント",
        NUMBER,
        "山田 花子 様",
        "2018年7月31日 発行",
        "カードの下4桁 3456",
    ):
        assert said in text, said


@pytest.mark.parametrize(("count", "expected"), [(1, 1), (CARDS_A_PAGE, 1), (CARDS_A_PAGE + 1, 2), (100, 20)])
def test_five_are_on_a_page(count, expected):
    cards = [card(f"{number:016}"[:4] + f" 0000 0000 {number:04}") for number in range(count)]
    found = pages(card_sheets(cards, "笠間市"))
    assert len(found) == expected
    assert sum(page.count("ポイントカード") for page in found) == count


def test_the_same_cards_are_the_same_bytes():
    assert card_sheets([card()], "笠間市") == card_sheets([card()], "笠間市")


def test_a_long_or_rare_name_stays_on_the_stub():
    (text,) = pages(card_sheets([card(name="𠮷" * 60)], "笠間市"))
    assert "〓" in text
    assert "…" in text


def test_no_number_shows_itself():
    assert NUMBER not in repr(card())
