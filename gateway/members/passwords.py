"""Passwords: which ones are accepted, and how they are kept (argon2id), away from the event loop.

A hash takes tens of milliseconds and 32 MiB on purpose, so it runs in a small pool of threads with a bounded
queue: a flood of sign-ins is answered "busy" instead of eating the machine.
"""

from __future__ import annotations

import asyncio
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeVar

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

from gateway.errors import ProblemError

MIN_LENGTH: Final = 10
MAX_LENGTH: Final = 128

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Verdict:
    """`right`: the password is the member's. `renewed` is a new hash to store when the parameters have changed."""

    right: bool
    renewed: str | None = None


class PasswordHasher:
    """Hashes and verifies in `threads` threads of its own; at most `waiting` calls beside them, then `busy`.

    Memory is bounded by `threads` × `memory_kib`. The defaults exceed OWASP's minimum for argon2id (19 MiB,
    two passes) and take about 60 ms on a small server.
    """

    def __init__(
        self,
        *,
        threads: int = 2,
        waiting: int = 62,
        time_cost: int = 2,
        memory_kib: int = 32 * 1024,
        parallelism: int = 1,
    ) -> None:
        self._argon = argon2.PasswordHasher(
            time_cost=time_cost, memory_cost=memory_kib, parallelism=parallelism
        )
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="passwords")
        self._room = threading.BoundedSemaphore(threads + waiting)
        # what an unknown member's password is compared with, so that it takes as long as a known one's
        self._nobody = self._argon.hash("a password that nobody has")

    async def hash(self, password: str) -> str:
        """Hash a new password; the text carries its parameters and salt. Raises ProblemError `busy`."""
        return await self._run(lambda: self._argon.hash(_bytes(_normal(password))))

    async def verify(self, kept: str | None, password: str) -> Verdict:
        """Compare with the kept hash; None (no such member) takes the same time and is wrong. Raises `busy`."""
        return await self._run(lambda: self._verify(kept, password))

    def close(self) -> None:
        """Finish what runs and end the threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _verify(self, kept: str | None, password: str) -> Verdict:
        typed = _bytes(
            _normal(password)[: MAX_LENGTH + 1]
        )  # what is longer is nobody's password and costs no more
        try:
            self._argon.verify(kept or self._nobody, typed)
        except (VerificationError, InvalidHashError):
            return Verdict(right=False)
        if kept is None:
            return Verdict(right=False)
        return Verdict(
            right=True, renewed=self._argon.hash(typed) if self._argon.check_needs_rehash(kept) else None
        )

    async def _run(self, work: Callable[[], T]) -> T:
        if not self._room.acquire(blocking=False):
            raise ProblemError(
                "busy", "Too many people are signing in at this moment; try again in a few seconds.",
                retry_after_s=5,
            )  # fmt: skip
        try:
            done: Future[T] = self._pool.submit(work)
        except RuntimeError:
            self._room.release()
            raise
        done.add_done_callback(lambda _: self._room.release())  # also when the caller has gone away meanwhile
        return await asyncio.wrap_future(done)


def check_new_password(password: str, *, mykey_id: str = "") -> None:
    """Refuse a password that is too short, too long, the MyKey ID, or among the first that anyone would try.

    10 to 128 characters after NFKC, any characters, no rules of composition (NIST SP 800-63B, 5.1.1.2).
    Raises ProblemError `password-unfit` (422) with the fact `why`: short, long, mykey-id, common.
    """
    normal = _normal(password)
    plain = "".join(normal.casefold().split())
    if len(normal) < MIN_LENGTH:
        raise _unfit("short", f"A password has at least {MIN_LENGTH} characters.")
    if len(normal) > MAX_LENGTH:
        raise _unfit("long", f"A password has at most {MAX_LENGTH} characters.")
    if mykey_id and mykey_id.casefold() in plain:
        raise _unfit("mykey-id", "A password does not contain the MyKey ID; choose another.")
    if _is_common(plain):
        raise _unfit("common", "This password is among the first that anyone would try; choose another.")


def _unfit(why: str, text: str) -> ProblemError:
    return ProblemError("password-unfit", text, why=why)


def _normal(password: str) -> str:
    """One form for the same characters, whatever keyboard typed them."""
    return unicodedata.normalize("NFKC", password)


def _bytes(normal: str) -> bytes:
    return normal.encode("utf-8", "surrogatepass")  # half a character typed by a broken client is no crash


_RUNS: Final = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertyuiop[]",
    "1qaz2wsx3edc4rfv5tgb6yhn",
    "1q2w3e4r5t6y7u8i9o0p",
    "qazwsxedcrfvtgbyhnujm",
)
"""Rows of the keyboard and of the alphabet; a password lying on one, either way round, is common."""

_STEMS: Final = frozenset(
    "password passw0rd p@ssword p@ssw0rd qwerty qwertyuiop asdfgh asdfghjkl zxcvbn zxcvbnm iloveyou welcome letmein "  # noqa: SIM905  words, not code
    "admin administrator changeme default secret master monkey dragon sunshine princess football baseball superman "
    "pokemon doraemon sakura nippon japan tokyo kasama ibaraki mykey mykeyid mykeyplatform point points "
    "mynumber mynumbercard arigatou konnichiwa aishiteru abc abcd abcdef test testtest guest user login hello".split()
)
"""The commonest words of leaked lists and of this place; with digits and signs around them they are no better."""


def _is_common(plain: str) -> bool:
    if any(plain in run or plain[::-1] in run for run in _RUNS):
        return True
    if any(
        plain == plain[:size] * (len(plain) // size) + plain[: len(plain) % size] for size in (1, 2, 3, 4)
    ):
        return True  # aaaaaaaaaa, 1212121212, abc1abc1abc1
    stem = plain.strip("0123456789!@#$%^&*()-_=+.,?~ ")
    half = stem[: len(stem) // 2]
    return (not stem and len(plain) < 16) or stem in _STEMS or (half * 2 == stem and half in _STEMS)
