"""Signed requests to the airline, and answers read without guessing.

Each request carries an HMAC-SHA256 of method, path with query, moment and body; the partner takes it within 30
seconds. Answers are read by `gateway.JsonAnswer`: neither a yes nor a no is unclear.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from gateway import HttpAnswer, JsonAnswer, PartnerRefused, PartnerSetup, PartnerUnavailable


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

    async def order(self, path: str, body: Mapping[str, Any], *, about: Mapping[str, str]) -> JsonAnswer:
        """Ask the partner to do something. `about` names the ids that its answer must repeat.

        Its 409 repeats the order id; its 401, by which nothing of a request is looked at, repeats none.
        """
        answer = await self._send("POST", path, body)
        if answer.status == 401:
            return _read(answer, path, {}, statuses=(401,))
        return _read(answer, path, about, statuses=(200, 409))

    async def ask(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
        about: Mapping[str, str] | None = None,
    ) -> JsonAnswer:
        """Ask something that moves no points. A POST is given a `requestId` that the answer must repeat."""
        about = dict(about or {})
        if body is not None:
            about["requestId"] = secrets.token_hex(8)
            body = {**body, "requestId": about["requestId"]}
        full_path = f"{path}?{urlencode(query)}" if query else path
        answer = await self._send(method, full_path, body)
        if answer.status == 503:
            raise PartnerUnavailable("the airline is not available now", answer.retry_after_s)
        if answer.status == 401:
            raise PartnerRefused(
                "credentials_refused",
                "the airline does not accept our signature: compare merchant_id, api_key and this machine's clock",
            )
        return _read(answer, path, about)

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


def _read(
    answer: HttpAnswer, path: str, about: Mapping[str, str], *, statuses: tuple[int, ...] = (200,)
) -> JsonAnswer:
    # Order ids stand in the path; the story of the exchange has them anyway, a log of errors need not.
    asked = "/".join(path.split("/")[:3])
    read = JsonAnswer.read(answer, partner="the airline", asked=asked, about=about, statuses=statuses)
    # A status and its words belong together: a yes in a 409 is none.
    word = read.text("result")
    if {"conflict": 409, "unauthorized": 401}.get(word, 200) != answer.status:
        raise read.unclear("its status and its result do not fit")
    return read
