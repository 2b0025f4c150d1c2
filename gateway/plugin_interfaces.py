"""What a plugin is given when it is made: its settings, an HTTP client, a clock and a log. There are no globals.

A plugin is a class whose `__init__` takes one `PartnerSetup`; its distribution names that class in the
entry-point group `gateway.partners`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from gateway.model import Secret

Clock = Callable[[], datetime]
"""Gives the present moment as an aware datetime. Passed in everywhere, so that time can be told in tests."""


class Log(Protocol):
    """A structured log: an event word and key-values. Secrets are scrubbed before a line is written."""

    def debug(self, event: str, **values: Any) -> Any: ...
    def info(self, event: str, **values: Any) -> Any: ...
    def warning(self, event: str, **values: Any) -> Any: ...
    def error(self, event: str, **values: Any) -> Any: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """What a partner answered. Header names are lower case; the body is whole (a longer one is an error)."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def json(self) -> Any:
        """The body as JSON. Raises ValueError for anything else; inside `debit` that is an unknown outcome."""
        return json.loads(self.body)

    @property
    def retry_after_s(self) -> int | None:
        """What the header Retry-After asks for, where it gives seconds."""
        wait = self.headers.get("retry-after", "")
        return int(wait) if wait.isascii() and wait.isdigit() and len(wait) <= 6 else None


class PartnerHttp(Protocol):
    """The HTTP client of one plugin, alive as long as the gateway.

    Follows no redirects, repeats nothing, talks only to the profile's `hosts`. Raises `NotSent` when
    provably nothing left this machine during the hook call, else `OutcomeUnknown`; for hooks that move no
    points the gateway turns both into `PartnerUnavailable`, so a plugin need not catch either.
    """

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
    ) -> HttpAnswer: ...

    async def get(self, url: str, **options: Any) -> HttpAnswer: ...

    async def post(self, url: str, **options: Any) -> HttpAnswer: ...


class Settings(Protocol):
    """One plugin's table `[partners.<id>]` of gateway.toml. A missing or ill-typed value names its place."""

    def text(self, name: str, default: str | None = None) -> str: ...
    def number(self, name: str, default: int | None = None) -> int: ...
    def secret(self, name: str) -> Secret: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerSetup:
    settings: Settings
    http: PartnerHttp
    clock: Clock
    log: Log
