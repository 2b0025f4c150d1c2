"""Passwords: which ones are accepted, and how they are kept (argon2id), away from the event loop.

A hash takes tens of milliseconds and 32 MiB on purpose, so it runs in a small pool of threads with a bounded
queue: a flood of sign-ins is answered "busy" instead of eating the machine. Who is signed in, or comes from a known
device, is hashed in a lane of its own, which strangers cannot fill; and one network fills no more than a part of theirs.
"""

from __future__ import annotations

import asyncio
import re
import threading
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
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


class _Lane:
    """Threads of its own with a bounded queue. Raises ProblemError `busy` when that is full."""

    def __init__(self, name: str, threads: int, waiting: int) -> None:
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix=f"passwords-{name}")
        self.room = threading.BoundedSemaphore(threads + waiting)

    async def run(self, work: Callable[[], T]) -> T:
        if not self.room.acquire(blocking=False):
            raise _busy()
        try:
            done: Future[T] = self.pool.submit(work)
        except RuntimeError:
            self.room.release()
            raise
        done.add_done_callback(lambda _: self.room.release())  # also when the caller has gone away meanwhile
        return await asyncio.wrap_future(done)


class PasswordHasher:
    """Hashes and verifies: `threads` for strangers and one for those who are known; at most `waiting` calls beside them
    in each lane, then `busy`. One source has at most `per_source` of the strangers' places.

    Memory is bounded by (`threads` + 1) × `memory_kib`. The defaults exceed OWASP's minimum for argon2id (19 MiB,
    two passes) and take about 60 ms on a small server.
    """

    def __init__(
        self,
        *,
        threads: int = 2,
        waiting: int = 62,
        per_source: int = 8,
        time_cost: int = 2,
        memory_kib: int = 32 * 1024,
        parallelism: int = 1,
    ) -> None:
        self._argon = argon2.PasswordHasher(
            time_cost=time_cost, memory_cost=memory_kib, parallelism=parallelism
        )
        self._strangers = _Lane("strangers", threads, waiting)
        self._known = _Lane("known", 1, waiting)
        self._per_source = per_source
        self._of_source: Counter[str] = Counter()
        # what an unknown member's password is compared with, so that it takes as long as a known one's
        self._nobody = self._argon.hash("a password that nobody has")

    async def hash(self, password: str) -> str:
        """Hash a new password; the text carries its parameters and salt. Raises ProblemError `busy`."""
        return await self._known.run(lambda: self._argon.hash(_bytes(_normal(password))))

    async def verify(
        self, kept: str | None, password: str, *, is_known: bool = False, source: str = ""
    ) -> Verdict:
        """Compare with the kept hash; None (no such member) takes the same time and is wrong. Raises `busy`.

        `is_known`: asked by somebody who is signed in, or from a known device. `source` names a stranger's network.
        """
        if is_known:
            return await self._known.run(lambda: self._verify(kept, password))
        if source and self._of_source[source] >= self._per_source:
            raise _busy()
        self._of_source[source] += 1
        try:
            return await self._strangers.run(lambda: self._verify(kept, password))
        finally:
            self._of_source[source] -= 1
            if not self._of_source[source]:
                del self._of_source[source]

    def close(self) -> None:
        """Finish what runs and end the threads."""
        for lane in (self._strangers, self._known):
            lane.pool.shutdown(wait=True, cancel_futures=True)

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


def _busy() -> ProblemError:
    return ProblemError(
        "busy", "Too many people are signing in at this moment; try again in a few seconds.", retry_after_s=5
    )


def check_new_password(password: str, *, mykey_id: str = "", words: Iterable[str] = ()) -> None:
    """Refuse a password that is too short, too long, the MyKey ID, or among the first that anyone would try.

    10 to 128 characters after NFKC, any characters, no rules of composition (NIST SP 800-63B, 5.1.1.2). `words` belong
    to the person: a name, a login. Raises ProblemError `password-unfit` (422) with the fact `why`: short, long,
    mykey-id, common.
    """
    normal = _normal(password)
    plain = "".join(normal.casefold().split())
    if len(normal) < MIN_LENGTH:
        raise _unfit("short", f"A password has at least {MIN_LENGTH} characters.")
    if len(normal) > MAX_LENGTH:
        raise _unfit("long", f"A password has at most {MAX_LENGTH} characters.")
    if mykey_id and mykey_id.casefold() in plain:
        raise _unfit("mykey-id", "A password does not contain the MyKey ID; choose another.")
    own = [word.casefold() for text in (mykey_id, *words) for word in _PARTS.split(_normal(text)) if word]
    if _is_common(plain) or _is_ones_own(plain, own) or _is_guessable(normal, own):
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


_LOCAL_WORDS: Final = [
    "sato",
    "suzuki",
    "takahashi",
    "tanaka",
    "ito",
    "itou",
    "watanabe",
    "yamamoto",
    "nakamura",
    "kobayashi",
    "kato",
    "katou",
    "yoshida",
    "yamada",
    "sasaki",
    "yamaguchi",
    "matsumoto",
    "inoue",
    "kimura",
    "saito",
    "saitou",
    "taro",
    "tarou",
    "jiro",
    "jirou",
    "hanako",
    "yuki",
    "haruka",
    "sakura",
    "misaki",
    "ai",
    "aiko",
    "kenji",
    "takashi",
    "hiroshi",
    "akira",
    "daisuke",
    "kaito",
    "haruto",
    "ichiro",
    "ichirou",
    "nippon",
    "nihon",
    "japan",
    "tokyo",
    "osaka",
    "kyoto",
    "nagoya",
    "sapporo",
    "hiroshima",
    "fukuoka",
    "yokohama",
    "ibaraki",
    "mito",
    "tsukuba",
    "kasama",
    "doraemon",
    "anpanman",
    "pikachu",
    "totoro",
    "ghibli",
    "jojo",
    "naruto",
    "onepiece",
    "sushi",
    "ramen",
    "neko",
    "inu",
    "momo",
    "hime",
    "ohayou",
    "konnichiwa",
    "arigatou",
    "sayonara",
    "aishiteru",
    "daisuki",
    "ganbare",
    "tanoshii",
    "kawaii",
    "aiueo",
    "kakikukeko",
    "gakkou",
    "kaisha",
    "jichitai",
    "shiyakusho",
    "yakuba",
    "kokoro",
    "hikari",
    "hana",
    "sora",
    "umi",
    "yama",
    "kaze",
    "tsuki",
    "hoshi",
    "mykey",
    "point",
]
"""What people of this country begin with: family and given names, cities, food, animals, cartoons, greetings."""

_PARTS: Final = re.compile(r"[\W_]+")
MIN_GUESSES: Final = 100_000_000
"""Fewer, and whoever has stolen a hash needs a day on one card; the estimate knows 30,000 leaked passwords."""
_CHARACTERS_LOOKED_AT: Final = 40
"""At a time: the estimate takes 30 ms for these, and much longer for more."""


def _is_guessable(normal: str, own: list[str]) -> bool:
    """Whether a leaked password, a common word, a name, a date or a row of keys makes most of every part of it."""
    from zxcvbn import zxcvbn  # its lists take a moment, and few processes set passwords

    words = [*own, *sorted(_STEMS), *_LOCAL_WORDS]
    parts = [normal[at : at + _CHARACTERS_LOOKED_AT] for at in range(0, len(normal), _CHARACTERS_LOOKED_AT)]
    return all(zxcvbn(part, user_inputs=words)["guesses"] < MIN_GUESSES for part in parts)


def _is_ones_own(plain: str, own: list[str]) -> bool:
    """Whether hardly anything is left of it without the person's own words."""
    words = sorted((word for word in own if len(word) >= 2), key=len, reverse=True)
    rest = plain
    for word in words:
        rest = rest.replace(word, "")
    return rest != plain and sum(char.isalnum() for char in rest) < 4


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
