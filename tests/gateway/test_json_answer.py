"""What a partner's JSON says, and what it does not say."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from gateway import HttpAnswer, JsonAnswer, OutcomeUnknown


def asked(fields: dict[str, Any]) -> JsonAnswer:
    return JsonAnswer(fields, partner="acme", asked="/v1/debits")


def told(body: bytes, *, status: int = 200, **headers: str) -> HttpAnswer:
    return HttpAnswer(status=status, headers=headers, body=body)


def read(answer: HttpAnswer, **about: str) -> JsonAnswer:
    return JsonAnswer.read(answer, partner="acme", asked="/v1/debits", about=about)


def test_an_answer_is_read_field_by_field():
    answer = read(told(b'{"id": "x-1", "points": 900, "at": "2018-07-31T23:59:00+09:00"}'), id="x-1")
    assert (answer.text("id"), answer.whole("points")) == ("x-1", 900)
    assert answer.moment("at").isoformat() == "2018-07-31T23:59:00+09:00"
    assert answer.has("points")
    assert not answer.has("reference")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (told(b"{}", status=500), "status 500"),
        (told(b"{}", status=201), "status 201"),
        (told(b"<html>"), "it is not JSON"),
        (told(b"[" * 100_000), "it is not JSON"),
        (told(b"[]"), "it is not an object"),
        (told(b"{}"), "id is not a text"),
        (told(b'{"id": "x-2"}'), "id is another one"),
    ],
)
def test_what_is_neither_yes_nor_no_is_unclear_and_says_why(answer, why):
    with pytest.raises(OutcomeUnknown) as unclear:
        read(answer, id="x-1")
    assert str(unclear.value) == f"acme's answer to /v1/debits says neither yes nor no: {why}"


@pytest.mark.parametrize("value", [True, 1.0, -1, "1", None, [1]])
def test_only_a_whole_number_that_is_not_negative_is_one(value):
    with pytest.raises(OutcomeUnknown):
        asked({"points": value}).whole("points")
    assert asked({"points": 0}).whole("points") == 0


@pytest.mark.parametrize("value", ["2018-07-31T12:00:00", "2018-07-31", "soon", "", 1, None])
def test_only_a_moment_with_a_time_zone_is_one(value):
    with pytest.raises(OutcomeUnknown):
        asked({"at": value}).moment("at")


@pytest.mark.parametrize("value", [None, {}, "x", [1], [{}, None]])
def test_only_a_list_of_objects_has_rows(value):
    with pytest.raises(OutcomeUnknown):
        asked({"captures": value}).rows("captures")


def test_an_answer_prints_none_of_its_fields():
    assert "secret" not in repr(asked({"token": "secret"}))


def test_a_list_is_read_row_by_row_and_a_fault_says_where():
    rows = asked({"captures": [{"id": "a"}, {"id": ""}]}).rows("captures")
    assert rows[0].text("id") == "a"
    with pytest.raises(OutcomeUnknown, match="/v1/debits captures says neither yes nor no: id is not a text"):
        rows[1].text("id")


@pytest.mark.parametrize(
    ("header", "wait_s"),
    [("30", 30), ("", None), ("-1", None), ("1e3", None), ("9999999", None), ("３", None)],
)
def test_retry_after_counts_where_it_gives_seconds(header, wait_s):
    assert told(b"", status=503, **{"retry-after": header}).retry_after_s == wait_s
    assert told(b"", status=503).retry_after_s is None


@pytest.mark.parametrize(
    "value",
    [
        "1_000",
        "１２",
        "٣",
        " 12",
        "12 ",
        "+1",
        "-1",
        "1e3",
        "1,000",
        "0x10",
        ".5",
        "5.",
        "NaN",
        "Infinity",
        "",
        True,
        None,
    ],
)
def test_a_decimal_is_written_in_plain_digits_with_one_point(value):
    with pytest.raises(OutcomeUnknown, match="amount is not a decimal number"):
        asked({"amount": value}).decimal("amount")


def test_a_decimal_is_exact_and_points_are_whole():
    answer = read(told(b'{"id": "x-1", "a": 400.00, "b": "12345.75", "c": 7}'), id="x-1")
    assert (answer.points("a"), str(answer.decimal("b")), answer.points("c")) == (400, "12345.75", 7)
    with pytest.raises(OutcomeUnknown, match="b is not a whole number of points"):
        answer.points("b")


def test_a_day_is_written_with_dashes():
    assert JsonAnswer({"until": "2026-12-31"}, partner="acorn", asked="/x").day("until") == date(2026, 12, 31)


@pytest.mark.parametrize(
    "value", ["20261231", "2026-W53-4", "2026-02-30", "31.12.2026", "", None, 20261231, "2026-12-31T00:00"]
)
def test_only_a_day_is_one(value):
    with pytest.raises(OutcomeUnknown, match="until is not a"):
        JsonAnswer({"until": value}, partner="acorn", asked="/x").day("until")
