"""Secrets that are there, long enough, different from each other, and readable for nobody else; the database's files too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, Final

from gateway.configured import NEXT_KEY
from gateway.errors import GatewayError, SecretMissing
from gateway.model import Secret
from gateway.partners.loading.partner_settings import (
    PartnerSettings,
    SecretPlace,
    SettingsWrong,
    secret_place,
)
from gateway.preflight.finding import Finding, ok, refused, warning
from gateway.settings import Settings
from httpkit.named_files import mode_of_named_file

MIN_SECRET_BYTES: Final = 32
MIN_DIFFERENT_BYTES: Final = 8
"""Of a random key of 32 bytes or more, so many differ with certainty; forty times `x` is no key."""
TOO_WIDE: Final = 0o037
"""What goes beyond 0640: writing by the group, anything by others."""
_NEEDED: Final = ("sealing", "lookup")
_BY_LINES: Final = ("sealing", "lookup", "chain")
_DATABASE_SUFFIXES: Final = ("", "-wal", "-shm")


@dataclass(frozen=True, slots=True)
class _KeyRead:
    place: SecretPlace
    secret: Secret


def check_files(settings: Settings) -> list[Finding]:
    """The gateway's own secrets, those of partners, and the modes of all these files and of an embedded database."""
    return [*_own_secrets(settings), *_modes(settings)]


def _own_secrets(settings: Settings) -> Iterator[Finding]:
    read: dict[str, _KeyRead] = {}
    security = settings.security
    needed = (*_NEEDED, "account_key") if _takes_cards(settings) else _NEEDED
    for name in (*needed, *sorted(security.places.keys() - set(needed))):
        if name not in security.places:
            yield refused(
                "secrets",
                f"[security] has no `{name}`; make it with `openssl rand -base64 48 > secrets/{name}` and add"
                f' {name} = {{ file = "secrets/{name}" }} ({security.where})',
            )
            continue
        place = security.places[name]
        try:
            read[name] = _KeyRead(place, place.read())
        except SecretMissing as fault:
            yield refused("secrets", str(fault))
    for name, key in read.items():
        yield from _strength(name, key)
    yield from _used_twice(read)
    if read.keys() >= set(needed):
        yield ok("secrets", f"{', '.join(sorted(read))} are there and can be read")


def _takes_cards(settings: Settings) -> bool:
    return bool(settings.card.roots or settings.card.test_auth_roots)


def _strength(name: str, key: _KeyRead) -> Iterator[Finding]:
    lines = key.secret.reveal().splitlines() if name in _BY_LINES else [key.secret.reveal()]
    lines = [line.removeprefix(NEXT_KEY) if name == "lookup" else line for line in lines]
    for number, line in enumerate((line for line in lines if line), 1):
        where = f" (line {number})" if len(lines) > 1 else ""
        if len(line.encode()) < MIN_SECRET_BYTES:
            yield refused(
                "secrets",
                f"{key.place.key}: is shorter than {MIN_SECRET_BYTES} characters{where}; make it with"
                f" `openssl rand -base64 48` ({key.place.where})",
            )
        elif len(set(line)) < MIN_DIFFERENT_BYTES or _repeats_itself(line):
            yield warning(
                "secrets",
                f"{key.place.key}: repeats itself and can be guessed{where}; make a random one with"
                f" `openssl rand -base64 48` ({key.place.where})",
            )
        elif line != line.strip():
            yield warning(
                "secrets",
                f"{key.place.key}: begins or ends with a space{where}, which is part of the key and easily lost in a copy"
                f" of the file; keep copies byte by byte ({key.place.where})",
            )


def _repeats_itself(line: str) -> bool:
    """Whether it is one shorter text over and over: `1234567890`, five times."""
    return line in (line + line)[1:-1]


def _used_twice(read: dict[str, _KeyRead]) -> Iterator[Finding]:
    for (first, one), (second, other) in combinations(read.items(), 2):
        if set(one.secret.reveal().splitlines()) & set(other.secret.reveal().splitlines()):
            yield warning(
                "secrets",
                f"[security] {first} and {second} are the same secret: who learns one has both; give each one of its own"
                f" ({one.place.where})",
            )


def _modes(settings: Settings) -> Iterator[Finding]:
    wide = {
        path: mode for path in secret_files(settings) if (mode := mode_of_named_file(path) or 0) & TOO_WIDE
    }
    for path, mode in wide.items():
        sentence = (
            f"{path}: may be read or written by others (mode {mode:04o}, 0640 at most);"
            f" run `chmod 600 {path}`"
        )
        if "wide-modes" in settings.server.allow:
            yield warning("modes", sentence)
        else:
            yield refused("modes", f'{sentence}, or set [server] allow = ["wide-modes"]')
    if not wide:
        yield ok("modes", "secrets and database are for the gateway alone")


def secret_files(settings: Settings) -> list[Path]:
    """Every file that is there and holds a secret, or the people's data."""
    own = [place.file for place in settings.security.places.values() if place.file is not None]
    files = [*own, *(path for partner in settings.partners.values() for path in _partner_files(partner))]
    database = settings.database_file
    if database is not None:
        files += [database.with_name(database.name + suffix) for suffix in _DATABASE_SUFFIXES]
    return [path for path in dict.fromkeys(files) if mode_of_named_file(path) is not None]


def _partner_files(partner: PartnerSettings) -> Iterator[Path]:
    if partner.client_identity is not None:
        yield partner.client_identity.key
    yield from _files_in(dict(partner.table), ("partners", partner.id), partner)


def _files_in(table: dict[str, Any], keys: tuple[str, ...], partner: PartnerSettings) -> Iterator[Path]:
    """The files of all places of secrets in a plugin's table, at any depth."""
    for name, value in table.items():
        if not isinstance(value, dict):
            continue
        try:
            place = secret_place(value, (*keys, name), partner.place, partner.env)
        except (GatewayError, SettingsWrong):
            yield from _files_in(value, (*keys, name), partner)
        else:
            if place.file is not None:
                yield place.file
