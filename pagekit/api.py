"""Calls the gateway: every request signed (RFC 9421, Ed25519), every refusal an exception with its word.

Written from the gateway's published protocol (its `/docs`): the signature covers method, authority, path,
query, the digest of a body and the Authorization field, with a nonce of its own each time. Nothing is repeated
here: where a page is sent twice it carries the same id, and the gateway makes one of it.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
from yarl import URL

from pagekit.settings import SiteSettings
from pagekit.signing import signed_headers

TIMEOUT: Final = aiohttp.ClientTimeout(total=40, sock_connect=5)
"""Longer than the gateway lets a partner take, so that its answer is seen rather than ours."""


class Unreachable(Exception):
    """The gateway did not answer. Whether something was done shows when the thing itself is looked at."""


class Problem(Exception):
    """The gateway refused. `word` is stable; `facts` are its numbers; `fields` what was wrong with the input.

    `remedy` is the sentence of the problem type, in the language asked for; an English `detail` can be more exact.
    """

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
        self.remedy = str(facts.get("remedy") or detail)


@dataclass(frozen=True, slots=True)
class Download:
    """A file as the gateway gave it, with the fields that say what it is and how it is called."""

    content: bytes
    kind: str
    disposition: str


class Gateway:
    """One connection pool for the life of the site. People's tokens are given with each call and not kept."""

    def __init__(self, settings: SiteSettings) -> None:
        self._base = URL(settings.gateway_url)
        self._settings = settings
        self._pool: aiohttp.ClientSession | None = None

    async def opened(self) -> AsyncIterator[None]:
        """Open from here to the end of the site, in its event loop."""
        # A jar would carry one person's cookies into another person's calls.
        self._pool = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(), timeout=TIMEOUT, middlewares=(_sent_once,)
        )
        yield
        await self._pool.close()

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
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        status, told, _ = await self._ask(method, path, token, query, content, "application/json", language)
        return None if status == 204 else _read(told, method, path, status)

    async def upload(
        self, path: str, content: bytes, kind: str, *, token: str, query: Mapping[str, str], language: str
    ) -> Any:
        """Send a file of this kind (`text/csv`); gives the answer's JSON. Raises Problem and Unreachable."""
        status, told, _ = await self._ask("POST", path, token, query, content, kind, language)
        return _read(told, "POST", path, status)

    async def download(
        self, path: str, *, token: str, query: Mapping[str, str] | None = None, language: str = "ja"
    ) -> Download:
        """A file that the gateway gives, as it is. Raises Problem and Unreachable."""
        _, content, headers = await self._ask("GET", path, token, query, None, "", language)
        return Download(
            content, headers.get("Content-Type", ""), headers.get("Content-Disposition", "attachment")
        )

    async def _ask(
        self,
        method: str,
        path: str,
        token: str | None,
        query: Mapping[str, str] | None,
        content: bytes | None,
        kind: str,
        language: str,
    ) -> tuple[int, bytes, Mapping[str, str]]:
        url = self._base.join(URL(path, encoded=True)).update_query(query or {})
        headers = {"Accept-Language": "en" if language == "en" else "ja"}
        if content is not None:
            headers["Content-Type"] = kind
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        try:
            try:
                status, told, given = await self._send(method, url, headers, content)
            except _Lost:
                if method != "GET":
                    raise
                # A gateway that was started anew has let go of every connection that was kept; to look twice does no harm.
                status, told, given = await self._send(method, url, headers, content)
        except (aiohttp.ClientError, TimeoutError, OSError) as fault:
            raise Unreachable(f"{method} {path}: {type(fault).__name__}") from fault
        if status >= 400:
            raise _problem(status, _read(told, method, path, status))
        return status, told, given

    async def _send(
        self, method: str, url: URL, headers: Mapping[str, str], content: bytes | None
    ) -> tuple[int, bytes, Mapping[str, str]]:
        """Sign it and send it, once."""
        signed = signed_headers(
            method,
            url,
            headers,
            content,
            key_id=self._settings.key_id,
            key=self._settings.private_key,
            created=self._settings.clock(),
        )
        async with self._http().request(
            method,
            url,
            data=content,
            headers=signed,
            allow_redirects=False,
            skip_auto_headers=("Content-Type",),
        ) as answer:
            return answer.status, await answer.read(), dict(answer.headers)

    def _http(self) -> aiohttp.ClientSession:
        if self._pool is None:
            raise RuntimeError("the site is not open: call the gateway only from a request")
        return self._pool


class _Lost(aiohttp.ClientError):
    """The connection broke after it was made. Not one of the errors after which aiohttp sends again."""


async def _sent_once(
    request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keeps aiohttp from repeating GET, PUT and DELETE when a kept connection breaks.

    The second has the nonce of the first: the gateway refuses it, and what the first has done is told as refused.
    """
    try:
        return await send(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as fault:
        raise _Lost(type(fault).__name__) from fault


def _read(told: bytes, method: str, path: str, status: int) -> Any:
    try:
        return json.loads(told)
    except (ValueError, RecursionError) as fault:
        raise Unreachable(f"{method} {path}: {status} is not JSON") from fault


def _problem(status: int, told: Any) -> Problem:
    facts = told if isinstance(told, dict) else {}
    errors = facts.get("errors")
    named = [one for one in errors if isinstance(one, dict)] if isinstance(errors, list) else []
    places = [str(one.get("pointer") or one.get("parameter")) for one in named]
    return Problem(
        str(facts.get("type", "")).rpartition("/")[2] or "unknown",
        status,
        str(facts.get("title", "")),
        str(facts.get("detail", "")),
        facts,
        tuple(place.removeprefix("#/").split("/")[0] for place in places),
    )
