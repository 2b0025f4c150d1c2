"""Sends signed requests by httpx and hands back raw answers. Repeats nothing, follows nothing, keeps no cookies.

A program with another HTTP library gives its own `Transport` or `AsyncTransport` to a client.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Protocol

import httpx

from point_gateway_client.call import RawAnswer
from point_gateway_client.errors import ConnectionLost, Unreachable


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRequest:
    """Exactly what is sent: `url` is percent-encoded already, and changing anything breaks the signature."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    content: bytes | None = field(repr=False)


class Transport(Protocol):
    """Raises Unreachable, or ConnectionLost where the request may have arrived."""

    def send(self, request: SignedRequest) -> RawAnswer: ...

    def close(self) -> None: ...


class AsyncTransport(Protocol):
    """Raises Unreachable, or ConnectionLost where the request may have arrived."""

    async def send(self, request: SignedRequest) -> RawAnswer: ...

    async def close(self) -> None: ...


class HttpxTransport:
    def __init__(self, timeout_s: float) -> None:
        self._http = httpx.Client(cookies=_no_cookies(), timeout=_timeout(timeout_s), follow_redirects=False)

    def send(self, request: SignedRequest) -> RawAnswer:
        try:
            response = self._http.request(
                request.method, request.url, headers=dict(request.headers), content=request.content
            )
        except httpx.HTTPError as error:
            raise _fault(request, error) from error
        return RawAnswer(response.status_code, response.headers, response.content)

    def close(self) -> None:
        self._http.close()


class AsyncHttpxTransport:
    def __init__(self, timeout_s: float) -> None:
        self._http = httpx.AsyncClient(
            cookies=_no_cookies(), timeout=_timeout(timeout_s), follow_redirects=False
        )

    async def send(self, request: SignedRequest) -> RawAnswer:
        try:
            response = await self._http.request(
                request.method, request.url, headers=dict(request.headers), content=request.content
            )
        except httpx.HTTPError as error:
            raise _fault(request, error) from error
        return RawAnswer(response.status_code, response.headers, response.content)

    async def close(self) -> None:
        await self._http.aclose()


def _timeout(timeout_s: float) -> httpx.Timeout:
    return httpx.Timeout(timeout_s, connect=min(timeout_s, 5.0))


def _no_cookies() -> CookieJar:
    # A jar would carry one person's cookies into another person's calls.
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))


def _fault(request: SignedRequest, error: httpx.HTTPError) -> Unreachable:
    text = f"{request.method} {request.url.partition('?')[0]}: {type(error).__name__}"
    lost = isinstance(error, httpx.ReadError | httpx.WriteError | httpx.RemoteProtocolError)
    return ConnectionLost(text) if lost else Unreachable(text)
