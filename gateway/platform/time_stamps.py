"""Time stamps of daily digests (RFC 3161): an authority elsewhere signs that a digest was there at a moment.

Who has the gateway's keys can make another history with digests of its own, but no stamp of a day that is over. A stamp is a
line of the file of digests. The library, rfc3161-client, comes with the extra `timestamp`.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from cryptography import x509

from gateway.errors import GatewayError
from gateway.model import JST
from gateway.platform.daily_digest import (
    STAMP,
    UNREADABLE,
    DigestFault,
    counting_digests,
    day_of,
    fingerprint,
    written_lines,
)
from httpkit.named_files import FileUnusable, read_named_file

STAMP_WITHIN: Final = timedelta(days=7)
"""A digest is stamped in the days after its own; a stamp that is younger may be one of a digest that was made anew."""

DEADLINE_S: Final = 15.0
MAX_ANSWER_BYTES: Final = 64 * 1024
_REQUEST_TYPE: Final = "application/timestamp-query"


class StampFailed(GatewayError):
    """No stamp was given, or one is not what it should be; the text says why."""


@dataclass(frozen=True, slots=True)
class StampAuthority:
    """Where stamps are asked for, and the file with the certificates (PEM) that its stamps lead to."""

    url: str
    roots: Path

    async def stamp(self, document: str) -> str:
        """Ask for a stamp of this digest, check it, and give the line that holds it. Raises StampFailed."""
        library = _library()
        builder = library.TimestampRequestBuilder().data(document.encode())
        request = builder.hash_algorithm(library.HashAlgorithm.SHA256).build()
        answer = await self._ask(request.as_bytes())
        self._check(answer, document, nonce=request.nonce)
        token = base64.b64encode(answer).decode()
        content = {"kind": STAMP, "day": day_of(document), "of": fingerprint(document), "answer": token}
        return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    async def _ask(self, request: bytes) -> bytes:
        import aiohttp

        timeout = aiohttp.ClientTimeout(total=DEADLINE_S)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session,
                session.post(
                    self.url, data=request, headers={"Content-Type": _REQUEST_TYPE}, allow_redirects=False
                ) as answer,
            ):
                if answer.status != 200:
                    raise StampFailed(f"{self.url}: answers {answer.status}; see [digests] time_stamp")
                body = await answer.content.read(MAX_ANSWER_BYTES + 1)
                while len(body) <= MAX_ANSWER_BYTES and (more := await answer.content.read(MAX_ANSWER_BYTES)):
                    body += more
        except (aiohttp.ClientError, TimeoutError, OSError) as fault:
            raise StampFailed(
                f"{self.url}: cannot be asked ({type(fault).__name__}); see [digests] time_stamp"
            ) from None
        if len(body) > MAX_ANSWER_BYTES:
            raise StampFailed(f"{self.url}: answers with more than a time stamp; see [digests] time_stamp")
        return body

    def check(self, answer: bytes, document: str) -> datetime:
        """When the authority signed that this digest was there. Raises StampFailed for anything else than its stamp."""
        return self._check(answer, document, nonce=None)

    def _check(self, answer: bytes, document: str, *, nonce: int | None) -> datetime:
        library = _library()
        verifier = library.VerifierBuilder(roots=self._read_roots(), nonce=nonce).build()
        try:
            response = library.decode_timestamp_response(answer)
            verifier.verify_message(response, document.encode())
            moment: datetime = response.tst_info.gen_time
        except (library.VerificationError, ValueError) as fault:
            raise StampFailed(f"the time stamp is not one of this digest by {self.roots}: {fault}") from None
        return moment

    def _read_roots(self) -> list[x509.Certificate]:
        try:
            return x509.load_pem_x509_certificates(read_named_file(self.roots))
        except FileUnusable as fault:
            raise StampFailed(f"{self.roots}: {fault}; see [digests] time_stamp_roots") from None
        except ValueError as fault:
            raise StampFailed(
                f"{self.roots}: has no certificate that can be read ({type(fault).__name__}); see [digests] time_stamp_roots"
            ) from None


@dataclass(frozen=True, slots=True)
class StampReport:
    """What the stamps of a file say: when each day's digest was signed for, and what is wrong."""

    moments: Mapping[str, datetime]
    unstamped: Sequence[str]
    faults: Sequence[DigestFault]

    @property
    def sentence(self) -> str:
        """One sentence for whoever verifies; empty where the file has no stamp."""
        if not self.moments:
            return ""
        day = max(self.moments)
        text = f"{len(self.moments):,} digests are time-stamped, that of {day} at {self.moments[day].astimezone(JST):%Y-%m-%d %H:%M:%S}"
        return text + (f"; without a stamp: {', '.join(self.unstamped)}" if self.unstamped else "")


def unstamped_documents(text: str, today: date) -> list[str]:
    """The digests of a file that have no stamp yet and may still get one, oldest first."""
    lines = written_lines(text)
    stamped = _stamps_of(lines)
    oldest = (today - STAMP_WITHIN).isoformat()
    return [
        line
        for line in counting_digests(lines)
        if fingerprint(line) not in stamped and day_of(line) >= oldest
    ]


def check_stamps(lines: Sequence[str], check: Callable[[bytes, str], datetime]) -> StampReport:
    """Look at the stamp of every digest of a file; `check` is an authority's."""
    written = written_lines("\n".join(lines))
    stamps, moments, unstamped, faults = (
        _stamps_of(written),
        dict[str, datetime](),
        list[str](),
        list[DigestFault](),
    )
    for document in counting_digests(written):
        day, answer = day_of(document), stamps.get(fingerprint(document))
        if day == UNREADABLE:  # is named where digests are compared
            continue
        if answer is None:
            unstamped.append(day)
            continue
        try:
            moments[day] = check(answer, document)
        except StampFailed as fault:
            faults.append(DigestFault("ledger", day, str(fault)))
            continue
        late = moments[day].astimezone(JST).date() - date.fromisoformat(day)
        if late > STAMP_WITHIN + timedelta(days=1):
            text = f"its time stamp is {late.days} days younger than its day: it may have been made anew"
            faults.append(DigestFault("ledger", day, text))
    first = min(moments, default="")
    return StampReport(moments, [day for day in unstamped if first and day > first], faults)


def has_stamps(lines: Sequence[str]) -> bool:
    """Whether a file of digests has any time stamp."""
    return bool(_stamps_of(written_lines("\n".join(lines))))


def _stamps_of(lines: Sequence[str]) -> dict[str, bytes]:
    """The answers of the authority by the digest they are of; what cannot be read is empty, which is no stamp."""
    stamps: dict[str, bytes] = {}
    for line in lines:
        content = _read(line)
        if content is not None:
            try:
                answer = base64.b64decode(str(content.get("answer")), validate=True)
            except (binascii.Error, ValueError):
                answer = b""
            stamps.setdefault(str(content.get("of")), answer)
    return stamps


def _read(line: str) -> dict[str, Any] | None:
    try:
        content = json.loads(line)
    except ValueError:
        return None
    return content if isinstance(content, dict) and content.get("kind") == STAMP else None


def _library() -> Any:
    try:
        import rfc3161_client
    except ModuleNotFoundError:
        raise StampFailed(
            "time stamps need rfc3161-client, which is not installed: pip install 'point-gateway[timestamp]'"
        ) from None
    return rfc3161_client
