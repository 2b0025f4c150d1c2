"""The gateway as a site calls it: typed calls, sent by aiohttp on one pool of connections.

`point_gateway_client` signs, reads answers and knows the problems. Here stands what is a site's own: its transport,
and that an answer which cannot be read is no answer to a page. Nothing is repeated here but a GET whose connection
broke: where a page is sent twice it carries the same id, and the gateway makes one of it.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

import aiohttp
from yarl import URL

from pagekit.settings import SiteSettings
from point_gateway_client import (
    AsyncClient,
    Call,
    ConnectionLost,
    File,
    Problem,
    RawAnswer,
    SignedRequest,
    UnexpectedAnswer,
    Unreachable,
    models,
)
from point_gateway_client.call import Language, read_answer
from point_gateway_client.client import RequestSigner

__all__ = ["Call", "File", "Gateway", "Problem", "Unreachable"]

TIMEOUT: Final = aiohttp.ClientTimeout(total=40, sock_connect=5)
"""Longer than the gateway lets a partner take, so that its answer is seen rather than ours."""

FILE_TIMEOUT: Final = aiohttp.ClientTimeout(sock_connect=5, sock_read=TIMEOUT.total)
"""A file takes as long as the browser takes to read it."""

STATE_HEADER: Final = "Point-Gateway-State"

AnswerT = TypeVar("AnswerT")


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A `File` whose content is still at the gateway. Where it breaks off, its pieces raise what aiohttp raises."""

    pieces: AsyncGenerator[bytes, None]
    media_type: str
    disposition: str


class Gateway:
    """One connection pool for the life of the site. People's tokens are given with each call and not kept."""

    def __init__(self, settings: SiteSettings) -> None:
        self.planned_stops: tuple[models.PlannedStopView, ...] = ()
        """What the gateway announced last of its own stops; see `pagekit.planned_stops`."""
        self.on_call: Callable[[str, float], None] = _nobody_counts
        """Told of each call what became of it (`answered`, the word of a refusal, `unreachable`) and its seconds."""
        self._transport = AiohttpTransport()
        access = (settings.gateway_url, settings.key_id, settings.private_key)
        self._client = AsyncClient(*access, clock=settings.clock, transport=self._transport)
        self._signer = RequestSigner(*access, settings.clock)

    @property
    def is_restored(self) -> bool:
        """Whether the gateway's last answer said that its database is being completed and nothing is confirmed (復旧中)."""
        return self._transport.is_restored

    def stops_ahead(self, now: datetime) -> list[models.PlannedStopView]:
        """The planned stops that are not over, the next first."""
        return [stop for stop in self.planned_stops if now < stop.stops_until]

    async def opened(self) -> AsyncIterator[None]:
        """Open from here to the end of the site, in its event loop."""
        self._transport.open()
        yield
        await self._client.close()

    async def send(self, call: Call[AnswerT], *, token: str | None = None, language: str = "ja") -> AnswerT:
        """The typed answer. A token goes along only with calls that need a session. Raises Problem and Unreachable."""
        return await self._counted(
            self._client.send(call, token=_token_of(call, token), language=_spoken(language))
        )

    async def open_file(self, call: Call[File], *, token: str | None, language: str) -> OpenFile:
        """A file that is read as it is passed on, by who must read or close its pieces. Raises Problem and Unreachable."""
        return await self._counted(self._open_file(call, _token_of(call, token), _spoken(language)))

    async def _open_file(self, call: Call[File], token: str | None, language: Language) -> OpenFile:
        try:
            head, response = await self._transport.open_stream(self._signer.sign(call, token, language))
        except ConnectionLost:
            if call.method != "GET":
                raise
            head, response = await self._transport.open_stream(self._signer.sign(call, token, language))
        try:
            file = read_answer(call, head)
        except Exception:
            response.close()
            raise
        return OpenFile(_pieces(response), file.media_type, file.disposition)

    async def _counted(self, sending: Coroutine[Any, Any, AnswerT]) -> AnswerT:
        began, outcome = time.monotonic(), "unreachable"
        try:
            answer = await sending
            outcome = "answered"
        except UnexpectedAnswer as error:
            raise Unreachable(str(error)) from error
        except Problem as refused:
            outcome = refused.word
            raise
        finally:
            self.on_call(outcome, time.monotonic() - began)
        return answer


def _token_of(call: Call[Any], token: str | None) -> str | None:
    return None if call.session is False else token


def _spoken(language: str) -> Language:
    return "en" if language == "en" else "ja"


async def _pieces(response: aiohttp.ClientResponse) -> AsyncGenerator[bytes, None]:
    async with response:  # one that was not read to its end is closed, and its connection with it
        async for piece in response.content.iter_any():
            yield piece


def _nobody_counts(_outcome: str, _seconds: float) -> None:
    """Where there is no operators' port."""


class AiohttpTransport:
    """Sends signed requests as they are: follows nothing, repeats nothing, keeps no cookies."""

    def __init__(self) -> None:
        self._pool: aiohttp.ClientSession | None = None
        self.is_restored = False

    def open(self) -> None:
        """Call it in the event loop of the site."""
        # A jar would carry one person's cookies into another person's calls.
        self._pool = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(), timeout=TIMEOUT, middlewares=(_sent_once,)
        )

    async def send(self, request: SignedRequest) -> RawAnswer:
        with _faults_of(request):
            async with await self._request(request, TIMEOUT) as response:
                return RawAnswer(response.status, _lowered(response.headers), await response.read())

    async def open_stream(self, request: SignedRequest) -> tuple[RawAnswer, aiohttp.ClientResponse]:
        """A success without its content, which is for the caller to read or to close; any other answer is whole."""
        with _faults_of(request):
            response = await self._request(request, FILE_TIMEOUT)
            content = b"" if response.status < 300 else await response.read()
            return RawAnswer(response.status, _lowered(response.headers), content), response

    async def _request(
        self, request: SignedRequest, patience: aiohttp.ClientTimeout
    ) -> aiohttp.ClientResponse:
        if self._pool is None:
            raise RuntimeError("the site is not open: call the gateway only from a request")
        response = await self._pool.request(
            request.method,
            URL(request.url, encoded=True),
            data=request.content,
            headers=request.headers,
            allow_redirects=False,
            skip_auto_headers=("Content-Type",),
            timeout=patience,
        )
        self.is_restored = response.headers.get(STATE_HEADER) == "restored"
        return response

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.close()


@contextmanager
def _faults_of(request: SignedRequest) -> Iterator[None]:
    """What aiohttp raises, as the client's transports do."""
    try:
        yield
    except _LostAfterConnect as error:
        raise ConnectionLost(f"{request.method} {_path(request)}: {error}") from error
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise Unreachable(f"{request.method} {_path(request)}: {type(error).__name__}") from error


class _LostAfterConnect(aiohttp.ClientError):
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
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _LostAfterConnect(type(error).__name__) from error


def _lowered(headers: Mapping[str, Any]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _path(request: SignedRequest) -> str:
    return URL(request.url, encoded=True).raw_path
