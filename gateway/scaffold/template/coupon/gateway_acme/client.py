"""Requests to Acme, and answers read without guessing: neither a yes nor a no is unclear.

An answer means something only with status 200, a JSON object and the id that was asked for in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from gateway import OutcomeUnknown, PartnerSetup, PartnerUnavailable, Secret


class AcmeClient:
    """One per plugin; it keeps nothing of a call."""

    def __init__(self, setup: PartnerSetup) -> None:
        self._http = setup.http
        self._api_key: Secret = setup.settings.secret("api_key")
        self.base_url = setup.settings.text("base_url").rstrip("/")
        self.host = urlsplit(self.base_url).netloc

    async def send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        about: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send once. `about` names what the answer must repeat. An unclear answer is OutcomeUnknown."""
        # TODO: how your API is asked: authentication, headers, paths. [point-gateway guide first-hour]
        headers = {"Authorization": f"Bearer {self._api_key.reveal()}", "Accept": "application/json"}
        answer = await self._http.request(method, self.base_url + path, headers=headers, json=body)
        if answer.status == 503 and method == "GET":
            wait = answer.headers.get("retry-after", "")
            raise PartnerUnavailable("acme asks for patience", int(wait) if wait.isdigit() else None)
        if answer.status != 200:
            raise OutcomeUnknown(f"acme answered {path.rsplit('/', 1)[0]} with status {answer.status}")
        try:
            fields = answer.json()
        except ValueError:
            raise OutcomeUnknown("acme's answer is not JSON") from None
        if not isinstance(fields, dict):
            raise OutcomeUnknown("acme's answer is not a JSON object")
        read = Answer(fields)
        for name, expected in (about or {}).items():
            if read.text(name) != expected:
                raise OutcomeUnknown(f"acme's answer is about another {name}")
        return read


class Answer:
    """A JSON object of Acme's; a field that is missing or of another type makes it unclear."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = fields

    def text(self, name: str) -> str:
        value = self._fields.get(name)
        if not isinstance(value, str) or not value:
            raise OutcomeUnknown(f"acme's answer has no {name}")
        return value

    def whole(self, name: str) -> int:
        value = self._fields.get(name)
        if type(value) is not int or value < 0:
            raise OutcomeUnknown(f"acme's answer has no whole number {name}")
        return value

    def moment(self, name: str) -> datetime:
        try:
            moment = datetime.fromisoformat(self.text(name))
        except ValueError:
            raise OutcomeUnknown(f"acme's answer has no moment {name}") from None
        if moment.tzinfo is None:
            raise OutcomeUnknown(f"acme's {name} has no time zone")
        return moment
