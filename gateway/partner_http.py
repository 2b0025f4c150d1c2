"""The HTTP client that one plugin is given: it refuses strangers, follows nothing, repeats nothing, and is honest.

Honest means: `NotSent` is raised only when it is certain that nothing left this machine, not in this request
and not in an earlier one of the same hook call; every other failure is `OutcomeUnknown`. This is the only
file that knows httpx; no httpx type leaves it. In service httpx runs on aiohttp's connections (six times the
calls per second of its own transport at 32 in flight); with `testing=True` it runs on its own, which is
what respx can answer for.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Iterable, Mapping
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from ipaddress import ip_address
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from gateway.calling.scope import CallScope, RequestRecord, current_scope
from gateway.errors import NotSent, OutcomeUnknown
from gateway.loading.setup import HttpAnswer, Log

ANSWER_LIMIT_BYTES: Final = 8 * 2**20
CONNECTIONS: Final = 64
IDLE_CONNECTION_S: Final = (
    4.0  # below the 5 s of common servers: a reused connection that dies is an unknown outcome
)

_OUR_HEADERS: Final = (("accept", "*/*"), ("accept-encoding", "identity"), ("user-agent", "point-gateway"))

for _name in ("httpx", "httpcore"):
    # httpx logs whole URLs at INFO and httpcore all headers at DEBUG: query values and credentials.
    logging.getLogger(_name).setLevel(logging.WARNING)


class GuardedHttp:
    """Implements `gateway.loading.setup.PartnerHttp` for one plugin; one client, alive as long as the gateway.

    Until `allow` has named the hosts of the partner's profile, every request is refused.
    """

    def __init__(
        self,
        partner: str,
        log: Log,
        *,
        testing: bool = False,
        ca_file: Path | None = None,
        answer_limit_bytes: int = ANSWER_LIMIT_BYTES,
    ) -> None:
        """`ca_file`: certificates of a partner's private authority, trusted besides the public ones."""
        self._partner = partner
        self._log = log
        self._hosts: frozenset[str] = frozenset()
        self._timeout_s = 10.0
        self._answer_limit_bytes = answer_limit_bytes
        tls = httpx.create_ssl_context(trust_env=False)
        if ca_file is not None:
            tls.load_verify_locations(ca_file)
        self._transport = None if testing else AiohttpTransport(verify=tls, client=lambda: _session(tls))
        self._client = httpx.AsyncClient(
            transport=self._transport,
            verify=tls,
            trust_env=False,  # no proxy and no netrc from the environment: only the profile's hosts are spoken to
            follow_redirects=False,
            cookies=_no_cookies(),
        )

    def allow(self, hosts: Iterable[str], *, timeout_s: float) -> None:
        """From now on talk to these hosts (`name` means the scheme's own port, or `name:port`)."""
        self._hosts = frozenset(host.lower() for host in hosts)
        self._timeout_s = timeout_s

    async def get(self, url: str, **options: Any) -> HttpAnswer:
        return await self.request("GET", url, **options)

    async def post(self, url: str, **options: Any) -> HttpAnswer:
        return await self.request("POST", url, **options)

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        content: bytes | None = None,
        timeout_s: float | None = None,
    ) -> HttpAnswer:
        """Send once and give the whole answer, whatever its status.

        At most one of `json`, `form` and `content` is the body; `params` are added to those in `url`.
        `timeout_s` is for everything together, half of it for connecting; default: the profile's deadline.
        """
        scope = current_scope()
        timeout_s = self._timeout_s if timeout_s is None else timeout_s
        try:
            if scope is not None and scope.closed:
                raise _Unfit(f"{scope.hook}() has ended; a request after its end is not sent")
            if sum(body is not None for body in (json, form, content)) > 1:
                raise _Unfit("a request has one body: json, form or content")
            target = self._checked(url, params)
            timeout = httpx.Timeout(timeout_s, connect=timeout_s / 2, pool=timeout_s / 2)
            request = httpx.Request(
                method,
                target,
                headers=_with_our_own(headers or {}),
                json=json,
                data=form,
                content=content,
                extensions={"timeout": timeout.as_dict()},
            )
        except _Unfit as fault:
            raise self._stayed_here(scope, str(fault)) from None
        except (ValueError, TypeError, httpx.InvalidURL) as fault:
            text = f"the request cannot be put together ({type(fault).__name__})"
            raise self._stayed_here(scope, text) from None
        return await self._send(request, scope, timeout_s)

    async def aclose(self) -> None:
        await self._client.aclose()

    def _checked(self, url: str, params: Mapping[str, str] | None) -> httpx.URL:
        target = httpx.URL(url)
        if params:
            # httpx's own `params=` drops the query that the URL has.
            target = target.copy_merge_params(params)
        host = _host(target)
        if target.scheme not in ("https", "http") or not host or target.userinfo:
            raise _Unfit("a URL is https://host/path, without credentials in it")
        if host not in self._hosts:
            raise _Unfit(f"{host} is not one of the profile's hosts; add it to partner_profile().hosts")
        if target.scheme == "http" and not _is_loopback(target.host):
            raise _Unfit(f"{host} must be asked by https; only this machine may be asked by http")
        return target

    async def _send(self, request: httpx.Request, scope: CallScope | None, timeout_s: float) -> HttpAnswer:
        began = perf_counter()
        status: int | None = None
        error: str | None = (
            "cancelled"  # what is left when neither an answer nor an exception of ours says more
        )
        if scope is not None:
            scope.request_leaves()
        try:
            async with asyncio.timeout(timeout_s):
                response = await self._answer_to(request)
                try:
                    body = await self._whole_body(response)
                finally:
                    await response.aclose()
            status, error = response.status_code, None
            return HttpAnswer(status=status, headers=dict(response.headers.items()), body=body)
        except Exception as fault:  # noqa: BLE001  whatever it was, the caller hears one of two words
            error = _word(fault)
            if not _is_proof_that_nothing_left(fault):
                raise OutcomeUnknown(self._says(request, error)) from None
            if scope is not None:
                scope.request_stayed()
            raise self._stayed_here(scope, f"{_host(request.url)}: {error}") from None
        finally:
            self._tell(request, scope, status=status, error=error, ms=round((perf_counter() - began) * 1000))

    async def _answer_to(self, request: httpx.Request) -> httpx.Response:
        """The head of the answer. In service without the client's redirects, cookies and log-ins, which are all off."""
        if self._transport is None:
            return await self._client.send(request, stream=True)
        return await self._transport.handle_async_request(request)

    async def _whole_body(self, response: httpx.Response) -> bytes:
        body = bytearray()
        async for part in response.aiter_bytes():
            body += part
            if len(body) > self._answer_limit_bytes:
                raise _TooLarge
        return bytes(body)

    def _stayed_here(self, scope: CallScope | None, text: str) -> NotSent | OutcomeUnknown:
        text = f"{self._partner}: {text}"
        if scope is not None and scope.may_have_left:
            return OutcomeUnknown(f"{text}; an earlier request of {scope.hook}() has left")
        return NotSent(text)

    def _says(self, request: httpx.Request, error: str) -> str:
        return f"{self._partner}: {request.method} to {_host(request.url)} ended with {error}"

    def _tell(
        self,
        request: httpx.Request,
        scope: CallScope | None,
        *,
        status: int | None,
        error: str | None,
        ms: int,
    ) -> None:
        host, path = _host(request.url), request.url.path
        if scope is not None:
            path = scope.scrubbed(path)
            names = "&".join(request.url.params.keys())
            url = f"{request.url.scheme}://{host}{path}" + (f"?{names}" if names else "")
            told = RequestRecord(method=request.method, url=url, ms=ms, status=status, error=error)
            scope.requests.append(told)
        outcome = {"status": status} if error is None else {"error": error}
        self._log.info("partner_request", method=request.method, host=host, path=path, ms=ms, **outcome)


class _Unfit(Exception):
    """A request that is not sent; the text is ours and quotes nothing but a host."""


class _TooLarge(Exception):
    """The answer is longer than the limit; the rest of it is not read."""


class _Lost(aiohttp.ClientError):
    """The connection broke after it was made. Not one of the errors after which aiohttp sends again."""


async def _send_once(
    request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keeps aiohttp from repeating GET, PUT and DELETE when a reused connection breaks.

    A repetition could take a partner's points twice; and a repetition that is refused would look as if
    nothing had left.
    """
    try:
        return await send(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as fault:
        raise _Lost(type(fault).__name__) from fault


def _session(tls: ssl.SSLContext) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=tls, limit=CONNECTIONS, keepalive_timeout=IDLE_CONNECTION_S),
        cookie_jar=aiohttp.DummyCookieJar(),
        middlewares=(_send_once,),
    )


def _with_our_own(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    """What the plugin wants said, and what we say where it says nothing."""
    said = {name.lower() for name in headers}
    return [*((name, value) for name, value in _OUR_HEADERS if name not in said), *headers.items()]


def _no_cookies() -> CookieJar:
    """One client serves all members, so a partner's cookie for one must never travel with another's call."""
    return CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))


def _host(url: httpx.URL) -> str:
    """`name` or `name:port`, as in a profile: lower case, the port only where it is not the scheme's own."""
    return url.netloc.decode("ascii").lower()


@lru_cache(maxsize=256)
def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _is_proof_that_nothing_left(fault: Exception) -> bool:
    """True only for failures before a connection was ready.

    httpx-aiohttp calls a reset after sending `ConnectTimeout` too, so where aiohttp is the cause, its own
    word counts; httpx's words count only where its own transport (or respx in its place) spoke them.
    """
    if isinstance(fault.__cause__, aiohttp.ClientError):
        return isinstance(fault.__cause__, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)
    return isinstance(fault, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)


def _word(fault: Exception) -> str:
    """A stable word for logs and histories; the texts of exceptions are not kept, they can quote content."""
    said_by_aiohttp = isinstance(fault.__cause__, aiohttp.ClientError) and not isinstance(fault, _Lost)
    cause = fault.__cause__ if said_by_aiohttp else fault
    return next((word for kinds, word in _WORDS if isinstance(cause, kinds)), "broken_answer")


_WORDS: Final[tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...]] = (
    (_TooLarge, "answer_too_large"),
    (aiohttp.ClientSSLError, "tls_refused"),
    ((aiohttp.ConnectionTimeoutError, httpx.ConnectTimeout, httpx.PoolTimeout), "connect_timeout"),
    ((aiohttp.ClientConnectorError, httpx.ConnectError), "connect_refused"),
    ((TimeoutError, httpx.TimeoutException), "timeout"),
    ((_Lost, httpx.NetworkError, httpx.RemoteProtocolError), "connection_lost"),
    ((aiohttp.ClientConnectionError, aiohttp.ClientPayloadError), "connection_lost"),
)
