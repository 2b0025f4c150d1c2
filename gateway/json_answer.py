"""Reads a partner's JSON without guessing: what is missing, of another type or about something else is unclear.

    answer = JsonAnswer.read(await self._http.request(…), partner="acme", asked="/v1/debits", about={"id": order_id})
    if answer.text("result") == "debited": …

An answer means something only with a status that the partner documents for it (200 unless `statuses` says otherwise),
a JSON object and the ids that were asked for in it. Everything else raises `OutcomeUnknown`, whose text says what was
wrong and never quotes what the partner sent. Numbers with a fraction are read as exact decimals, never as floats.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NoReturn, Self

from gateway.errors import OutcomeUnknown
from gateway.plugin_interfaces import HttpAnswer

MAX_DIGITS: Final = 18
"""Of a decimal before its point: more are no points, and would fill the memory when written out."""

_DECIMAL: Final = re.compile(r"[0-9]{1,40}(\.[0-9]{1,40})?", re.ASCII)
"""Python itself would read `1_000`, ` 12 ` and `１２` too: no partner documents those."""


class JsonAnswer:
    """A JSON object of a partner's. It prints none of its fields."""

    __slots__ = ("_asked", "_fields", "_partner")

    def __init__(self, fields: Mapping[str, Any], *, partner: str, asked: str) -> None:
        self._fields = fields
        self._partner = partner
        self._asked = asked

    def __repr__(self) -> str:
        return f"JsonAnswer({self._partner!r}, {self._asked!r})"

    @classmethod
    def read(
        cls,
        answer: HttpAnswer,
        *,
        partner: str,
        asked: str,
        about: Mapping[str, str] | None = None,
        statuses: Collection[int] = (200,),
        ids_ignore_case: bool = False,
    ) -> Self:
        """The object in `answer`. `about` names the fields that must repeat what was asked.

        `statuses` are those that the partner documents for this answer, such as 201 or 202. With `ids_ignore_case`
        the fields of `about` may come back in another case. `asked` stands in errors and logs: give a path without
        ids or codes in it. Raises OutcomeUnknown.
        """
        if answer.status not in statuses:
            raise cls({}, partner=partner, asked=asked).unclear(f"status {answer.status}")
        return cls.parse(
            answer.body, partner=partner, asked=asked, about=about, ids_ignore_case=ids_ignore_case
        )

    @classmethod
    def parse(
        cls,
        body: bytes,
        *,
        partner: str,
        asked: str,
        about: Mapping[str, str] | None = None,
        ids_ignore_case: bool = False,
    ) -> Self:
        """The object in a body that is no answer, such as that of a push. Raises OutcomeUnknown."""
        read = cls({}, partner=partner, asked=asked)
        try:
            fields = json.loads(body, parse_float=Decimal, parse_constant=_refuse)
        except (ValueError, RecursionError):
            raise read.unclear("it is not JSON") from None
        if not isinstance(fields, dict):
            raise read.unclear("it is not an object")
        read._fields = fields
        for name, expected in (about or {}).items():
            text = read.text(name)
            same = text.casefold() == expected.casefold() if ids_ignore_case else text == expected
            if not same:
                raise read.unclear(f"{name} is another one")
        return read

    def text(self, name: str) -> str:
        """A text that is not empty."""
        value = self._fields.get(name)
        if not isinstance(value, str) or not value:
            raise self.unclear(f"{name} is not a text")
        return value

    def whole(self, name: str) -> int:
        """A whole number, zero or more; True and 1.0 are neither."""
        value = self._fields.get(name)
        if type(value) is not int or value < 0:
            raise self.unclear(f"{name} is not a whole number")
        return value

    def decimal(self, name: str) -> Decimal:
        """An exact decimal, zero or more: a JSON number, or a text such as "12345.75", in plain digits."""
        value = self._fields.get(name)
        number = value if isinstance(value, Decimal) else None
        if type(value) is int or (isinstance(value, str) and _DECIMAL.fullmatch(value)):
            number = Decimal(value)
        if number is None or not number.is_finite() or number < 0:
            raise self.unclear(f"{name} is not a decimal number")
        if number.adjusted() >= MAX_DIGITS:
            raise self.unclear(f"{name} has too many digits")
        return number

    def points(self, name: str) -> int:
        """Points that the partner writes as a decimal: "400.00" is 400, and 400.50 is unclear."""
        number = self.decimal(name)
        if number != number.to_integral_value():
            raise self.unclear(f"{name} is not a whole number of points")
        return int(number)

    def moment(self, name: str) -> datetime:
        """A moment in ISO 8601, with its time zone."""
        try:
            moment = datetime.fromisoformat(self.text(name))
        except ValueError:
            raise self.unclear(f"{name} is not a moment") from None
        if moment.tzinfo is None:
            raise self.unclear(f"{name} has no time zone")
        return moment

    def day(self, name: str) -> date:
        """A day, `2026-12-31`."""
        text = self.text(name)
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise self.unclear(f"{name} is not a day") from None
        if day.isoformat() != text:  # such as 20261231
            raise self.unclear(f"{name} is not a day")
        return day

    def rows(self, name: str) -> list[JsonAnswer]:
        """A list of objects, each to be read as carefully."""
        rows = self._fields.get(name)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise self.unclear(f"{name} is not a list of objects")
        return [JsonAnswer(row, partner=self._partner, asked=f"{self._asked} {name}") for row in rows]

    def has(self, name: str) -> bool:
        """Whether the field is there and is not null."""
        return self._fields.get(name) is not None

    def unclear(self, why: str) -> OutcomeUnknown:
        """The error to raise for a word that the partner does not document, or a field that does not fit."""
        return OutcomeUnknown(f"{self._partner}'s answer to {self._asked} says neither yes nor no: {why}")


def _refuse(constant: str) -> NoReturn:
    """NaN and Infinity are not JSON."""
    raise ValueError(constant)
