"""Reads a partner's JSON without guessing: what is missing, of another type or about something else is unclear.

    answer = JsonAnswer.read(await self._http.request(…), partner="acme", asked="/v1/debits", about={"id": order_id})
    if answer.text("result") == "debited": …

An answer means something only with status 200, a JSON object and the ids that were asked for in it. Everything else
raises `OutcomeUnknown`, whose text says what was wrong and never quotes what the partner sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from gateway.errors import OutcomeUnknown
from gateway.loading.setup import HttpAnswer


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
        cls, answer: HttpAnswer, *, partner: str, asked: str, about: Mapping[str, str] | None = None
    ) -> Self:
        """The object in `answer`. `about` names the fields that must repeat what was asked.

        `asked` stands in errors and logs: give a path without ids or codes in it. Raises OutcomeUnknown.
        """
        read = cls({}, partner=partner, asked=asked)
        if answer.status != 200:
            raise read.unclear(f"status {answer.status}")
        try:
            fields = answer.json()
        except (ValueError, RecursionError):
            raise read.unclear("it is not JSON") from None
        if not isinstance(fields, dict):
            raise read.unclear("it is not an object")
        read._fields = fields
        for name, expected in (about or {}).items():
            if read.text(name) != expected:
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

    def moment(self, name: str) -> datetime:
        """A moment in ISO 8601, with its time zone."""
        try:
            moment = datetime.fromisoformat(self.text(name))
        except ValueError:
            raise self.unclear(f"{name} is not a moment") from None
        if moment.tzinfo is None:
            raise self.unclear(f"{name} has no time zone")
        return moment

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
