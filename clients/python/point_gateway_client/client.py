"""Sends calls to one gateway as one client program, every request signed: `Client` waits, `AsyncClient` awaits.

Calls of a member or of staff carry the token of their session: `client.signed_in(token)` sends with it. Tokens are
not kept by the client itself, so one client serves any number of people at once.

A GET whose connection broke is signed anew and sent once more. Nothing else is repeated.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, Self, TypeVar
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from point_gateway_client.call import Call, Language, headers_of, read_answer
from point_gateway_client.errors import ConnectionLost
from point_gateway_client.signing import authority_of, load_private_key, sign_headers
from point_gateway_client.transport import (
    AsyncHttpxTransport,
    AsyncTransport,
    HttpxTransport,
    SignedRequest,
    Transport,
)

AnswerT = TypeVar("AnswerT")
Clock = Callable[[], datetime]

DEFAULT_TIMEOUT_S: Final = 40.0
"""Longer than a gateway lets a partner take, so that its answer is seen and not a timeout of ours."""


def system_clock() -> datetime:
    """Now; it must agree with the gateway's clock within 60 seconds."""
    return datetime.now(UTC)


class RequestSigner:
    """Makes the signed request of a call. Needs no network."""

    def __init__(
        self, base_url: str, key_id: str, private_key: bytes | Ed25519PrivateKey, clock: Clock
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
            raise ValueError(f"{base_url!r}: give the gateway's address, like https://points.example.jp")
        if parts.username is not None:
            raise ValueError("the gateway's address holds a user name; leave it out")
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._authority = authority_of(parts.scheme, parts.netloc)
        self._prefix = parts.path.rstrip("/")
        self._key_id = key_id
        self._key = load_private_key(private_key) if isinstance(private_key, bytes) else private_key
        self._clock = clock

    def sign(self, call: Call[Any], token: str | None, language: Language) -> SignedRequest:
        """`call` with a new nonce. Raises ValueError where it needs a session and no token is there."""
        if call.session and token is None:
            raise ValueError(
                f"{call.method} {call.target}: needs somebody who is signed in; use signed_in(token)"
            )
        target = self._prefix + call.target
        headers = sign_headers(
            call.method,
            self._authority,
            target,
            headers_of(call, token=token, language=language),
            call.content,
            key_id=self._key_id,
            private_key=self._key,
            created=self._clock(),
        )
        return SignedRequest(
            method=call.method, url=self._origin + target, headers=headers, content=call.content
        )


class Client:
    """One connection pool; threads may share it. Close it, or use it in `with`."""

    def __init__(
        self,
        base_url: str,
        key_id: str,
        private_key: bytes | Ed25519PrivateKey,
        *,
        language: Language = "ja",
        clock: Clock = system_clock,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        transport: Transport | None = None,
    ) -> None:
        """`private_key` is PEM or a key. Raises WrongKey, and ValueError for an address that is none."""
        self._signer = RequestSigner(base_url, key_id, private_key, clock)
        self._language: Language = language
        self._transport = transport or HttpxTransport(timeout_s)

    def send(
        self, call: Call[AnswerT], *, token: str | None = None, language: Language | None = None
    ) -> AnswerT:
        """The typed answer. Raises Problem, Unreachable and UnexpectedAnswer."""
        words: Language = language or self._language
        try:
            answer = self._transport.send(self._signer.sign(call, token, words))
        except ConnectionLost:
            if call.method != "GET":
                raise
            answer = self._transport.send(self._signer.sign(call, token, words))
        return read_answer(call, answer)

    def signed_in(self, token: str) -> SignedIn:
        """Sends calls as the person of that session."""
        return SignedIn(self, token)

    def close(self) -> None:
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class SignedIn:
    """A client with the session of one person."""

    def __init__(self, client: Client, token: str) -> None:
        self._client, self._token = client, token

    def send(self, call: Call[AnswerT], *, language: Language | None = None) -> AnswerT:
        """The typed answer. Raises Problem, Unreachable and UnexpectedAnswer."""
        return self._client.send(call, token=self._token, language=language)


class AsyncClient:
    """One connection pool of one event loop. Close it, or use it in `async with`."""

    def __init__(
        self,
        base_url: str,
        key_id: str,
        private_key: bytes | Ed25519PrivateKey,
        *,
        language: Language = "ja",
        clock: Clock = system_clock,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        transport: AsyncTransport | None = None,
    ) -> None:
        """`private_key` is PEM or a key. Raises WrongKey, and ValueError for an address that is none."""
        self._signer = RequestSigner(base_url, key_id, private_key, clock)
        self._language: Language = language
        self._transport = transport or AsyncHttpxTransport(timeout_s)

    async def send(
        self, call: Call[AnswerT], *, token: str | None = None, language: Language | None = None
    ) -> AnswerT:
        """The typed answer. Raises Problem, Unreachable and UnexpectedAnswer."""
        words: Language = language or self._language
        try:
            answer = await self._transport.send(self._signer.sign(call, token, words))
        except ConnectionLost:
            if call.method != "GET":
                raise
            answer = await self._transport.send(self._signer.sign(call, token, words))
        return read_answer(call, answer)

    def signed_in(self, token: str) -> AsyncSignedIn:
        """Sends calls as the person of that session."""
        return AsyncSignedIn(self, token)

    async def close(self) -> None:
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class AsyncSignedIn:
    """An asynchronous client with the session of one person."""

    def __init__(self, client: AsyncClient, token: str) -> None:
        self._client, self._token = client, token

    async def send(self, call: Call[AnswerT], *, language: Language | None = None) -> AnswerT:
        """The typed answer. Raises Problem, Unreachable and UnexpectedAnswer."""
        return await self._client.send(call, token=self._token, language=language)
