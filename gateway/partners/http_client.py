"""The HTTP client that one plugin is given: it refuses strangers, follows nothing, repeats nothing, and is honest.

Honest means: `NotSent` is raised only when it is certain that nothing left this machine, not in this request
and not in an earlier one of the same hook call; every other failure is `OutcomeUnknown`. This is the only
file that knows httpx and aiohttp's client; no type of theirs leaves it. In service httpx reads the URL and puts
together what is not bytes yet, and aiohttp sends (eight times the calls per second of httpx's own transport);
with `testing=True` httpx sends as well, which is what respx can answer for.
"""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from ipaddress import ip_address
from pathlib import Path
from time import perf_counter
from typing import Any, Final, NamedTuple, NoReturn, TypeVar

import aiohttp
import httpx
from httpx_aiohttp.transport import AiohttpResponseStream
from yarl import URL

from gateway.errors import GatewayError, NotSent, OutcomeUnknown
from gateway.partners.calls.call_log import CallScope, RequestRecord, current_scope
from gateway.partners.loading.partner_settings import ClientIdentity
from gateway.plugin_interfaces import HttpAnswer, Log, encode_form
from httpkit.named_files import FileUnusable, require_named_file

ANSWER_LIMIT_BYTES: Final = 8 * 2**20
STREAM_LIMIT_BYTES: Final = 2 * 2**30
PIECE_BYTES: Final = 2**18
CONNECTIONS: Final = 64
IDLE_CONNECTION_S: Final = (
    4.0  # below the 5 s of common servers: a reused connection that dies is an unknown outcome
)

CERTIFICATE_WANTED: Final = "client_certificate_wanted"
HANDSHAKE_REFUSED: Final = "handshake_refused"
"""Before TLS 1.3 for want of a certificate too, but also where no version or cipher is common to both."""

_ALERTS: Final = {
    re.compile(
        "ALERT_(CERTIFICATE_|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)"
    ): CERTIFICATE_WANTED,
    re.compile("ALERT_(HANDSHAKE_FAILURE|PROTOCOL_VERSION|INSUFFICIENT_SECURITY)"): HANDSHAKE_REFUSED,
}

_OUR_HEADERS: Final = (("accept", "*/*"), ("accept-encoding", "identity"), ("user-agent", "point-gateway"))

_Answer = TypeVar("_Answer", HttpAnswer, "_Opened")

for _name in ("httpx", "httpcore"):
    # httpx logs whole URLs at INFO and httpcore all headers at DEBUG: query values and credentials.
    logging.getLogger(_name).setLevel(logging.WARNING)


class GuardedHttp:
    """Implements `gateway.plugin_interfaces.PartnerHttp` for one plugin; one client, alive as long as the gateway.

    Until `allow` has named the hosts of the partner's profile, every request is refused.
    """

    def __init__(
        self,
        partner: str,
        log: Log,
        *,
        testing: bool = False,
        ca_file: Path | None = None,
        client_identity: ClientIdentity | None = None,
        answer_limit_bytes: int = ANSWER_LIMIT_BYTES,
        table: str = "",
    ) -> None:
        """`ca_file`: certificates of a partner's private authority, trusted besides the public ones.

        `client_identity` is shown to a partner who asks for a certificate. `table` is where its settings stand, if not in the
        partner's own. Raises ClientIdentityUnusable, OSError.
        """
        self._partner = partner
        self._table = table or f"[partners.{partner}]"
        self._log = log
        self._hosts: frozenset[str] = frozenset()
        self._timeout_s = 10.0
        self._answer_limit_bytes = answer_limit_bytes
        self._tls = _tls(ca_file, client_identity)
        self._has_identity = client_identity is not None
        self._session: aiohttp.ClientSession | None = None
        self._for_tests = _client_for_tests(self._tls) if testing else None

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
        form_charset: str = "utf-8",
    ) -> HttpAnswer:
        """Send once and give the whole answer, whatever its status.

        At most one of `json`, `form` and `content` is the body; `params` are added to those in `url`.
        `form_charset`: what the texts of `form` are written in, such as `shift_jis`; one that it has no letter for is
        not sent. `timeout_s` is for everything together, half of it for connecting; default: the profile's deadline.
        """
        scope = current_scope()
        timeout_s = self._timeout_s if timeout_s is None else timeout_s
        try:
            if scope is not None and scope.closed:
                raise _Unfit(f"{scope.hook}() has ended; a request after its end is not sent")
            if sum(body is not None for body in (json, form, content)) > 1:
                raise _Unfit("a request has one body: json, form or content")
            target = self._checked(url, params)
            said = _with_our_own(headers or {})
            if form is not None and form_charset != "utf-8":
                content, form = encode_form(form, form_charset), None
                said = [("content-type", "application/x-www-form-urlencoded"), *said]
            if json is None and form is None and (content is None or type(content) is bytes):
                request = _Request(method, target, _all_ascii(said), content)
            else:
                made = httpx.Request(method, target.url, headers=said, json=json, data=form, content=content)
                request = _Request(method, target, made.headers.multi_items(), made.read())
        except _Unfit as fault:
            raise self._stayed_here(scope, str(fault)) from None
        except (ValueError, LookupError, TypeError, httpx.InvalidURL) as fault:
            text = f"the request cannot be put together ({type(fault).__name__})"
            raise self._stayed_here(scope, text) from None
        ask = self._ask_by_httpx if self._for_tests is not None else self._ask
        return await self._send(request, scope, timeout_s, ask)

    @asynccontextmanager
    async def stream(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        timeout_s: float | None = None,
    ) -> AsyncIterator[HttpDownload]:
        """Get an answer whose body is read piece by piece, and close it at the end, read or not.

        `timeout_s` is for the head, and again for each piece. Raises as `request` does.
        """
        download = await self.open_stream(url, headers=headers, params=params, timeout_s=timeout_s)
        try:
            yield download
        finally:
            await download.aclose()

    async def open_stream(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        timeout_s: float | None = None,
    ) -> HttpDownload:
        """The same for a caller that closes it."""
        scope = current_scope()
        timeout_s = self._timeout_s if timeout_s is None else timeout_s
        try:
            if scope is not None and scope.closed:
                raise _Unfit(f"{scope.hook}() has ended; a request after its end is not sent")
            request = _Request(
                "GET", self._checked(url, params), _all_ascii(_with_our_own(headers or {})), None
            )
        except _Unfit as fault:
            raise self._stayed_here(scope, str(fault)) from None
        except (ValueError, LookupError, TypeError, httpx.InvalidURL) as fault:
            text = f"the request cannot be put together ({type(fault).__name__})"
            raise self._stayed_here(scope, text) from None
        ask = self._open_by_httpx if self._for_tests is not None else self._open
        opened = await self._send(request, scope, timeout_s, ask)

        def broke(fault: Exception) -> OutcomeUnknown:
            return OutcomeUnknown(self._says(request, _word(fault)))

        return HttpDownload(opened, broke, timeout_s)

    async def refuse(self, text: str) -> NoReturn:
        """End a request that cannot even be asked for. Raises NotSent, or OutcomeUnknown where one has left."""
        raise self._stayed_here(current_scope(), text)

    async def aclose(self) -> None:
        if self._for_tests is not None:
            await self._for_tests.aclose()
        if self._session is not None:
            await self._session.close()

    def _checked(self, url: str, params: Mapping[str, str] | None) -> _Target:
        # httpx's own `params=` drops the query that the URL has.
        target = _Target.of(httpx.URL(url).copy_merge_params(params)) if params else _target(url)
        if target.host not in self._hosts:
            raise _Unfit(
                f"{target.host} is not one of the profile's hosts; add it to partner_profile().hosts"
            )
        return target

    async def _send(
        self,
        request: _Request,
        scope: CallScope | None,
        timeout_s: float,
        ask: Callable[[_Request, float], Awaitable[_Answer]],
    ) -> _Answer:
        began = perf_counter()
        status: int | None = None
        error: str | None = (
            "cancelled"  # what is left when neither an answer nor an exception of ours says more
        )
        if scope is not None:
            scope.request_leaves()
        try:
            async with asyncio.timeout(timeout_s):
                answer = await ask(request, timeout_s)
            status, error = answer.status, None
            return answer
        except Exception as fault:  # noqa: BLE001  whatever it was, the caller hears one of two words
            error = _word(fault)
            if not _is_proof_that_nothing_left(fault):
                raise OutcomeUnknown(self._says(request, error)) from None
            if scope is not None:
                scope.request_stayed()
            raise self._stayed_here(scope, f"{request.target.host}: {self._in_words(error)}") from None
        finally:
            self._record(
                request, scope, status=status, error=error, ms=round((perf_counter() - began) * 1000)
            )

    async def _ask(self, request: _Request, timeout_s: float) -> HttpAnswer:
        response = await self._response(request, timeout_s)
        async with response:
            body = await self._whole(_parts(response))
        return HttpAnswer(status=response.status, headers=_headers(response.raw_headers), body=body)

    async def _open(self, request: _Request, timeout_s: float) -> _Opened:
        response = await self._response(request, timeout_s)

        async def close() -> None:
            response.close()  # not release(), which would read on to keep the connection

        return _Opened(response.status, _headers(response.raw_headers), _parts(response), close)

    async def _response(self, request: _Request, timeout_s: float) -> aiohttp.ClientResponse:
        if self._session is None:
            self._session = _session(self._tls)
        return await self._session.request(
            request.method,
            request.target.as_signed,
            headers=request.headers,
            data=request.content or None,
            allow_redirects=False,
            auto_decompress=False,
            timeout=_timeout(timeout_s),
        )

    async def _ask_by_httpx(self, request: _Request, timeout_s: float) -> HttpAnswer:
        response = await self._response_by_httpx(request, timeout_s)
        try:
            body = await self._whole(response.aiter_bytes())
        finally:
            await response.aclose()
        return HttpAnswer(status=response.status_code, headers=dict(response.headers.items()), body=body)

    async def _open_by_httpx(self, request: _Request, timeout_s: float) -> _Opened:
        response = await self._response_by_httpx(request, timeout_s)
        return _Opened(
            response.status_code, dict(response.headers.items()), response.aiter_bytes(), response.aclose
        )

    async def _response_by_httpx(self, request: _Request, timeout_s: float) -> httpx.Response:
        assert self._for_tests is not None
        timeout = httpx.Timeout(timeout_s, connect=timeout_s / 2, pool=timeout_s / 2)
        said = httpx.Request(
            request.method,
            request.target.url,
            headers=list(request.headers),
            content=request.content,
            extensions={"timeout": timeout.as_dict()},
        )
        return await self._for_tests.send(said, stream=True)

    async def _whole(self, parts: AsyncIterator[bytes]) -> bytes:
        body = bytearray()
        async for part in parts:
            body += part
            if len(body) > self._answer_limit_bytes:
                raise _TooLarge
        return bytes(body)

    def _stayed_here(self, scope: CallScope | None, text: str) -> NotSent | OutcomeUnknown:
        text = f"{self._partner}: {text}"
        if scope is not None and scope.may_have_left:
            return OutcomeUnknown(f"{text}; an earlier request of {scope.hook}() has left")
        return NotSent(text)

    def _says(self, request: _Request, error: str) -> str:
        return (
            f"{self._partner}: {request.method} to {request.target.host} ended with {self._in_words(error)}"
        )

    def _in_words(self, error: str) -> str:
        """The word, and for a connection that the partner refuses what to do."""
        table = self._table
        ours = f"name client_certificate and client_key in {table}"
        if error == HANDSHAKE_REFUSED:
            because = (
                f"it does not accept client_certificate of {table}"
                if self._has_identity
                else (f"it asks for a certificate of ours ({ours})")
            )
            return f"{error}: either {because}, or it has no TLS version and cipher in common with us"
        if error != CERTIFICATE_WANTED:
            return error
        if self._has_identity:
            return f"{error}: it does not accept client_certificate of {table}"
        return f"{error}: it asks for a certificate of ours; {ours}"

    def _record(
        self,
        request: _Request,
        scope: CallScope | None,
        *,
        status: int | None,
        error: str | None,
        ms: int,
    ) -> None:
        target = request.target
        if scope is not None:  # the line about the call tells it
            url = target.before_path + scope.scrubbed(target.path) + target.query_names
            request_record = RequestRecord(method=request.method, url=url, ms=ms, status=status, error=error)
            scope.requests.append(request_record)
            return
        outcome = {"status": status} if error is None else {"error": error}
        self._log.info(
            "partner_request", method=request.method, host=target.host, path=target.path, ms=ms, **outcome
        )


class _Opened(NamedTuple):
    """The head of an answer, and its body as it comes."""

    status: int
    headers: dict[str, str]
    parts: AsyncIterator[bytes]
    close: Callable[[], Awaitable[None]]


class HttpDownload:
    """Implements `gateway.plugin_interfaces.HttpStream`."""

    def __init__(
        self,
        opened: _Opened,
        broke: Callable[[Exception], OutcomeUnknown],
        timeout_s: float,
        limit_bytes: int = STREAM_LIMIT_BYTES,
    ) -> None:
        self.status: Final = opened.status
        self.headers: Final[Mapping[str, str]] = opened.headers
        self._parts = opened.parts
        self._close = opened.close
        self._broke = broke
        self._timeout_s = timeout_s
        self._left = limit_bytes
        self._rest = b""
        self._is_over = False
        self._is_closed = False

    async def next_piece(self) -> bytes | None:
        """At most 256 KiB; None after the last. Raises OutcomeUnknown where the body ends early or stands still."""
        scope = current_scope()
        if scope is not None and scope.closed:
            raise OutcomeUnknown(f"{scope.hook}() has ended; nothing is read after its end")
        if self._is_closed:
            raise OutcomeUnknown("the answer is closed; it may have had more")
        piece = bytearray(self._rest)
        try:
            async with asyncio.timeout(self._timeout_s):
                while len(piece) < PIECE_BYTES and not self._is_over:
                    if (part := await anext(self._parts, None)) is None:
                        self._is_over = True
                    else:
                        piece += part
                        self._left -= len(part)
                        if self._left < 0:
                            raise _TooLarge
        except Exception as fault:  # noqa: BLE001  whatever it was, half a body is none
            await self.aclose()
            raise self._broke(fault) from None
        self._rest = bytes(piece[PIECE_BYTES:])
        return bytes(piece[:PIECE_BYTES]) or None

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body, once."""
        while (piece := await self.next_piece()) is not None:
            yield piece

    async def aclose(self) -> None:
        """End it, read or not; safe to repeat."""
        self._is_closed, self._rest = True, b""
        await self._close()


def _parts(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    if "Content-Encoding" in response.headers:
        # We ask for none. httpx unpacks it piece by piece, so that the limit holds for what comes out.
        packed = httpx.Response(
            response.status, headers=response.raw_headers, stream=AiohttpResponseStream(response)
        )
        return packed.aiter_bytes()
    return response.content.iter_any()


@dataclass(frozen=True, slots=True)
class _Request:
    """What is sent: every part checked, nothing of it handed to the network yet."""

    method: str
    target: _Target
    headers: Sequence[tuple[str, str]]
    content: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """An address that may be asked, and what is told of it: the names of its query's parameters, not their values."""

    url: httpx.URL
    as_signed: URL  # not as yarl would write it
    host: str  # `name` or `name:port`, as in a profile: lower case, the port only where it is not the scheme's own
    path: str
    before_path: str
    query_names: str

    @classmethod
    def of(cls, url: httpx.URL) -> _Target:
        """Raises _Unfit for what no partner can be asked by."""
        host = url.netloc.decode("ascii").lower()
        if url.scheme not in ("https", "http") or not host or url.userinfo:
            raise _Unfit("a URL is https://host/path, without credentials in it")
        if url.scheme == "http" and not _is_loopback(url.host):
            raise _Unfit(f"{host} must be asked by https; only this machine may be asked by http")
        names = "&".join(url.params.keys())
        return cls(
            url=url,
            as_signed=URL(str(url), encoded=True),
            host=host,
            path=url.path,
            before_path=f"{url.scheme}://{host}",
            query_names=f"?{names}" if names else "",
        )


@lru_cache(maxsize=256)
def _target(url: str) -> _Target:
    return _Target.of(httpx.URL(url))


class _Unfit(Exception):
    """A request that is not sent; the text is ours and quotes nothing but a host."""


class ClientIdentityUnusable(GatewayError):
    """The certificate or key of ours cannot be used. The text names both files and the remedy."""


def _tls(ca_file: Path | None, client_identity: ClientIdentity | None) -> ssl.SSLContext:
    if ca_file is None and client_identity is None:
        return _public_tls()
    tls = httpx.create_ssl_context(trust_env=False)
    if ca_file is not None:
        require_named_file(ca_file)
        tls.load_verify_locations(ca_file)
    if client_identity is not None:
        _load_identity(tls, client_identity)
    return tls


@lru_cache(maxsize=1)
def _public_tls() -> ssl.SSLContext:
    """One for all partners without files of their own: to read the public authorities takes 30 ms, and nobody changes it."""
    return httpx.create_ssl_context(trust_env=False)


def _load_identity(tls: ssl.SSLContext, identity: ClientIdentity) -> None:
    files = f"client_certificate {identity.certificate} and client_key {identity.key}"
    for name, file in (("client_certificate", identity.certificate), ("client_key", identity.key)):
        try:
            require_named_file(file)
        except FileUnusable as fault:
            raise ClientIdentityUnusable(f"{name} {file} {fault}") from None
    try:
        # An empty password: a key that has one is refused, instead of asking at the terminal.
        tls.load_cert_chain(identity.certificate, identity.key, password="")
    except ssl.SSLError as fault:
        reason = (fault.reason or "").replace("_", " ").lower()
        raise ClientIdentityUnusable(
            f"{files} do not fit together or cannot be read ({reason or 'no certificate'});"
            " name a certificate in PEM and its own key without a password"
        ) from None
    except (OSError, ValueError) as fault:
        raise ClientIdentityUnusable(
            f"{files} cannot be read ({type(fault).__name__}); make both readable for the gateway alone"
        ) from None


class _TooLarge(Exception):
    """The answer is longer than the limit; the rest of it is not read."""


class _Lost(aiohttp.ClientError):
    """The connection broke after it was made. Not one of the errors after which aiohttp sends again."""


class _Alerted(_Lost):
    """The partner ended the connection with an alert; `word` says about what."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


def _alert(fault: BaseException | None) -> str | None:
    """What the other side's alert was about, if it was about us; TLS 1.3 tells it after the handshake."""
    seen: set[int] = set()
    while (
        fault is not None and id(fault) not in seen
    ):  # a fault that is raised again can be its own cause's context
        seen.add(id(fault))
        # aiohttp's own kinds are SSLErrors too, without a reason.
        reason = (getattr(fault, "reason", "") or "") if isinstance(fault, ssl.SSLError) else ""
        for alert, word in _ALERTS.items():
            if alert.search(reason):
                return word
        fault = fault.__cause__ or fault.__context__
    return None


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
        if (word := _alert(fault)) is not None:
            raise _Alerted(word) from fault
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


def _all_ascii(headers: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    """Raises ValueError or TypeError for a header that cannot be sent as it is."""
    for part in (part for header in headers for part in header):
        if not isinstance(part, str):
            raise TypeError("a header is a name and a text")
        part.encode("ascii")
    return headers


def _headers(raw: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    """By name in lower case; several of one name as one, with commas between."""
    told: dict[str, str] = {}
    try:
        for name, value in raw:
            known, text = name.decode("ascii").lower(), value.decode("ascii")
            told[known] = f"{told[known]}, {text}" if known in told else text
    except UnicodeDecodeError:
        return dict(httpx.Headers(raw).items())  # which finds out the encoding
    return told


@lru_cache(maxsize=256)
def _timeout(timeout_s: float) -> aiohttp.ClientTimeout:
    """For connecting alone: the whole, and each piece of a stream, has its limit around it where it is awaited."""
    return aiohttp.ClientTimeout(sock_connect=timeout_s / 2, connect=timeout_s / 2)


def _client_for_tests(tls: ssl.SSLContext) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        verify=tls,
        trust_env=False,  # no proxy and no netrc from the environment: only the profile's hosts are spoken to
        follow_redirects=False,
        # One client serves all members, so a partner's cookie for one must never travel with another's call.
        cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _is_proof_that_nothing_left(fault: Exception) -> bool:
    """True only for failures before a connection was ready.

    httpx's words count only where its own transport (or respx in its place) spoke them: httpx-aiohttp calls a
    reset after sending `ConnectTimeout` too.
    """
    said = _as_said(fault)
    if isinstance(said, aiohttp.ClientError):
        return isinstance(said, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)
    return isinstance(fault, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)


def _word(fault: Exception) -> str:
    """A stable word for logs and histories; the texts of exceptions are not kept, they can quote content."""
    said = _as_said(fault)
    if (alert := said.word if isinstance(said, _Alerted) else _alert(said)) is not None:
        return alert
    return next((word for kinds, word in _WORDS if isinstance(said, kinds)), "broken_answer")


def _as_said(fault: Exception) -> BaseException:
    """The fault in aiohttp's own words where they were put into httpx's."""
    if isinstance(fault.__cause__, aiohttp.ClientError) and not isinstance(fault, aiohttp.ClientError):
        return fault.__cause__
    return fault


_WORDS: Final[tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...]] = (
    (_TooLarge, "answer_too_large"),
    (aiohttp.ClientSSLError, "tls_refused"),
    ((aiohttp.ConnectionTimeoutError, httpx.ConnectTimeout, httpx.PoolTimeout), "connect_timeout"),
    ((aiohttp.ClientConnectorError, httpx.ConnectError), "connect_refused"),
    ((TimeoutError, httpx.TimeoutException), "timeout"),
    ((_Lost, httpx.NetworkError, httpx.RemoteProtocolError), "connection_lost"),
    ((aiohttp.ClientConnectionError, aiohttp.ClientPayloadError), "connection_lost"),
)
