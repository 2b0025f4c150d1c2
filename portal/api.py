"""Calls the gateway: every request signed (RFC 9421, Ed25519), every refusal an exception with its word.

Written from the gateway's published protocol (its `/docs`): the signature covers method, authority, path,
query, the digest of a body and the Authorization field, with a nonce of its own each time. Nothing is repeated
here: where a page is sent twice it carries the same id, and the gateway makes one of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import aiohttp
from yarl import URL

from portal.settings import Settings
from portal.signing import signed_headers

TIMEOUT: Final = aiohttp.ClientTimeout(total=40, sock_connect=5)
"""Longer than the gateway lets a partner take, so that its answer is seen rather than ours."""


class Unreachable(Exception):
    """The gateway did not answer. Whether something was done shows when the thing itself is looked at."""


class Problem(Exception):
    """The gateway refused. `word` is stable; `facts` are its numbers; `fields` what was wrong with the input."""

    def __init__(
        self,
        word: str,
        status: int,
        title: str,
        detail: str,
        facts: Mapping[str, Any],
        fields: tuple[str, ...],
    ) -> None:
        super().__init__(word)
        self.word, self.status, self.title, self.detail = word, status, title, detail
        self.facts, self.fields = facts, fields


class Gateway:
    """One connection pool for the life of the portal. Members' tokens are given with each call and not kept."""

    def __init__(self, settings: Settings) -> None:
        self._base = URL(settings.gateway_url)
        self._settings = settings
        # A jar would carry one member's cookies into another member's calls.
        self._http = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), timeout=TIMEOUT)

    async def call(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        body: Any = None,
        query: Mapping[str, str] | None = None,
        language: str = "ja",
    ) -> Any:
        """The answer's JSON, or None for an empty one. Raises Problem and Unreachable."""
        url = self._base.join(URL(path, encoded=True)).update_query(query or {})
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        headers = {"Accept-Language": "en" if language == "en" else "ja"}
        if content is not None:
            headers["Content-Type"] = "application/json"
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        signed = signed_headers(
            method,
            url,
            headers,
            content,
            key_id=self._settings.key_id,
            key=self._settings.private_key,
            created=self._settings.clock(),
        )
        try:
            async with self._http.request(
                method,
                url,
                data=content,
                headers=signed,
                allow_redirects=False,
                skip_auto_headers=("Content-Type",),
            ) as answer:
                text = await answer.read()
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError) as fault:
            raise Unreachable(f"{method} {path}: {type(fault).__name__}") from fault
        if status == 204:
            return None
        try:
            told = json.loads(text)
        except ValueError as fault:
            raise Unreachable(f"{method} {path}: {status} is not JSON") from fault
        if status < 400:
            return told
        raise _problem(status, told)

    async def close(self) -> None:
        await self._http.close()


def _problem(status: int, told: Any) -> Problem:
    facts = told if isinstance(told, dict) else {}
    places = [str(one.get("pointer") or one.get("parameter")) for one in facts.get("errors", ())]
    return Problem(
        str(facts.get("type", "")).rpartition("/")[2] or "unknown",
        status,
        str(facts.get("title", "")),
        str(facts.get("detail", "")),
        facts,
        tuple(place.removeprefix("#/").split("/")[0] for place in places),
    )
