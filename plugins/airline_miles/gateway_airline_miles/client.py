"""Signed requests to the airline, and answers read without guessing.

Each request carries an HMAC-SHA256 of method, path with query, moment and body; the partner takes it within 30
seconds. An answer means something only with status 200, a JSON object and the id that was asked for in it.
Everything else is unclear and raises `OutcomeUnknown`, whose text never quotes what the partner sent.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from gateway import HttpAnswer, OutcomeUnknown, PartnerRefused, PartnerSetup, PartnerUnavailable


class AirlineClient:
    """One per plugin. `ask` moves nothing; `order` may have moved points when it raises."""

    def __init__(self, setup: PartnerSetup) -> None:
        self._http = setup.http
        self._clock = setup.clock
        self._merchant_id = setup.settings.text("merchant_id")
        self._api_key = setup.settings.secret("api_key")
        self.base_url = setup.settings.text("base_url").rstrip("/")
        parts = urlsplit(self.base_url)
        if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path or parts.query:
            raise ValueError(
                'airline_miles: base_url is scheme and host only, such as "https://points.example"'
            )
        self.host = parts.netloc

    async def order(self, path: str, body: Mapping[str, Any], *, about: Mapping[str, str]) -> Answer:
        """Ask the partner to do something. `about` names the ids that its answer must repeat."""
        return _read(path, await self._send("POST", path, body), about)

    async def ask(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
        about: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask something that moves no points. A POST is given a `requestId` that the answer must repeat."""
        about = dict(about or {})
        if body is not None:
            about["requestId"] = secrets.token_hex(8)
            body = {**body, "requestId": about["requestId"]}
        full_path = f"{path}?{urlencode(query)}" if query else path
        answer = await self._send(method, full_path, body)
        if answer.status == 503:
            wait = answer.headers.get("retry-after", "")
            raise PartnerUnavailable(
                "the airline is not available now", int(wait) if _is_whole(wait) else None
            )
        if answer.status == 401:
            raise PartnerRefused(
                "credentials_refused",
                "the airline does not accept our signature: compare merchant_id, api_key and this machine's clock",
            )
        return _read(path, answer, about)

    async def _send(self, method: str, path: str, body: Mapping[str, Any] | None) -> HttpAnswer:
        content = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
        stamp = str(int(self._clock().timestamp()))
        signed = f"{method}\n{path}\n{stamp}\n{hashlib.sha256(content).hexdigest()}".encode()
        headers = {
            "Accept": "application/json",
            "X-Merchant-Id": self._merchant_id,
            "X-Timestamp": stamp,
            "X-Signature": hmac.new(self._api_key.reveal().encode(), signed, hashlib.sha256).hexdigest(),
        }
        if body is not None:
            headers["Content-Type"] = "application/json"
        return await self._http.request(
            method, self.base_url + path, headers=headers, content=content if body is not None else None
        )


class Answer:
    """A JSON object from the partner; reading a field that is missing or of another type is unclear."""

    __slots__ = ("_fields", "_of")

    def __init__(self, of: str, fields: Mapping[str, Any]) -> None:
        self._of = of
        self._fields = fields

    def __repr__(self) -> str:
        return f"Answer({self._of!r})"

    @property
    def result(self) -> str:
        return self.text("result")

    def text(self, name: str) -> str:
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
        try:
            moment = datetime.fromisoformat(self.text(name))
        except ValueError:
            raise self.unclear(f"{name} is not a moment") from None
        if moment.tzinfo is None:
            raise self.unclear(f"{name} has no time zone")
        return moment

    def has(self, name: str) -> bool:
        return self._fields.get(name) is not None

    def rows(self, name: str) -> list[Answer]:
        rows = self._fields.get(name)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise self.unclear(f"{name} is not a list of objects")
        return [Answer(f"{self._of} {name}", row) for row in rows]

    def unclear(self, why: str) -> OutcomeUnknown:
        return OutcomeUnknown(f"the airline's answer to {self._of} says neither yes nor no: {why}")


def _read(path: str, answer: HttpAnswer, about: Mapping[str, str]) -> Answer:
    # Order ids stand in the path; the story of the exchange has them anyway, a log of errors need not.
    of = "/".join(path.split("/")[:3])
    if answer.status != 200:
        raise OutcomeUnknown(f"the airline's answer to {of} says neither yes nor no: status {answer.status}")
    try:
        fields = answer.json()
    except (ValueError, RecursionError):
        raise OutcomeUnknown(
            f"the airline's answer to {of} says neither yes nor no: it is not JSON"
        ) from None
    if not isinstance(fields, dict):
        raise OutcomeUnknown(f"the airline's answer to {of} says neither yes nor no: it is not an object")
    read = Answer(of, fields)
    for name, expected in about.items():
        if read.text(name) != expected:
            raise read.unclear(f"{name} is another one")
    return read


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 6
