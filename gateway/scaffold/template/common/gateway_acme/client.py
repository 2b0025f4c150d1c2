"""Requests to Acme, and answers read without guessing: neither a yes nor a no is unclear.

An answer means something only with status 200 (or 409, for an id that was used for another order), a JSON object and
the id that was asked for in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from gateway import JsonAnswer, PartnerSetup, PartnerUnavailable, Secret


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
    ) -> JsonAnswer:
        """Send once. `about` names what the answer must repeat. An unclear answer is OutcomeUnknown."""
        # TODO: how your API is asked: authentication, headers, paths. [point-gateway guide first-hour]
        headers = {"Authorization": f"Bearer {self._api_key.reveal()}", "Accept": "application/json"}
        answer = await self._http.request(method, self.base_url + path, headers=headers, json=body)
        if answer.status == 503 and method == "GET":
            raise PartnerUnavailable("acme asks for patience", answer.retry_after_s)
        asked = path.rsplit("/", 1)[0]
        read = JsonAnswer.read(answer, partner="acme", asked=asked, about=about, statuses=(200, 409))
        if (answer.status == 409) != (read.text("result") == "id_reused"):
            raise read.unclear("its status and its result do not fit")
        return read
