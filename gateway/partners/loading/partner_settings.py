"""One plugin's table of `gateway.toml`, and the places where secrets are kept.

A setting that is missing or of the wrong kind is named with file, line, key and remedy. A secret is read when
a plugin asks for it and is never part of a message.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from gateway.errors import GatewayError, SecretMissing
from gateway.model import Secret
from gateway.platform.plain_text import secret_text
from gateway.platform.secret_store import NoSecret, VaultStore
from httpkit.named_files import FileUnusable, read_named_file

if TYPE_CHECKING:
    from gateway.partners.loading.sftp_settings import SftpServer

_SECRET_KEY: Final = re.compile(
    r"(^|_)(secret|password|passphrase|token|api_?key|private_key|signing_key|access_key|pin|pepper)$",
    re.IGNORECASE,
)
MAX_SECRET_BYTES: Final = 64 * 1024
"""Hundreds of keys, one a line; what is longer is another file."""
GATEWAYS_OWN: Final = frozenset({"terminal_orders"})
"""Settings in a plugin's table that the gateway reads itself."""
_HEADER: Final = re.compile(r"\s*\[([^\[\]]+)\]\s*(#.*)?")
_KEY: Final = re.compile(r"""\s*(["']?)([A-Za-z0-9_.-]+)\1\s*=""")


class SettingsWrong(GatewayError):
    """`gateway.toml` says something that cannot be followed. The text names file, line, key and remedy."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in which file a setting stands; prints as `gateway.toml:12`, or without a line when it is absent."""

    path: Path | None
    text: str = field(default="", repr=False)

    @property
    def base(self) -> Path:
        """The folder that relative paths in the file start from: its own."""
        return self.path.resolve().parent if self.path is not None else Path.cwd()

    def at(self, *keys: str) -> str:
        name = self.path.name if self.path is not None else "gateway.toml"
        line = _line_of(self.text, keys)
        return f"{name}:{line}" if line else name


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretPlace:
    """Where a secret is kept. `read` gives its value; nothing else does, and nothing prints it."""

    key: str
    where: str
    file: Path | None = None
    env_name: str | None = None
    vault_path: str | None = None
    """Path and field in a key management service: `kv/data/point-gateway#sealing`."""
    _env: Mapping[str, str] = field(repr=False, compare=False)

    def read(self) -> Secret:
        """The secret, without what an editor leaves around it (`secret_text`). Raises SecretMissing, naming the place."""
        place = self.file or self.vault_path or f"the environment variable {self.env_name}"
        try:
            if self.file is not None:
                value = secret_text(read_named_file(self.file, most_bytes=MAX_SECRET_BYTES).decode("utf-8"))
            elif self.vault_path is not None:
                path, _, name = self.vault_path.partition("#")
                value = secret_text(VaultStore.from_environment(self._env).read(path, name))
            else:
                assert self.env_name is not None
                value = secret_text(self._env.get(self.env_name, ""))
        except UnicodeDecodeError:
            raise SecretMissing(
                f"{self.key}: {place} is not in UTF-8; save it as UTF-8, without anything but the secret ({self.where})"
            ) from None
        except FileUnusable as fault:
            raise SecretMissing(f"{self.key}: {place} {fault} ({self.where})") from None
        except NoSecret as fault:
            raise SecretMissing(f"{self.key}: {fault} ({self.where})") from None
        except ValueError as fault:
            raise SecretMissing(
                f"{self.key}: {place}: {fault}; write the line anew without it ({self.where})"
            ) from None
        if not value:
            raise SecretMissing(f"{self.key}: {place} holds nothing; put the secret there ({self.where})")
        return Secret(value)


class Requirement(Protocol):
    """What a plugin must have proven: `gateway.partners.proof.Required`."""

    def check(self, folder: Path, now: datetime) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientIdentity:
    """Files in PEM: the certificate that we show to a partner (with those between it and its authority), and its key."""

    certificate: Path
    key: Path


class Isolation(StrEnum):
    """Where a plugin runs: in the gateway's process, or in one of its own, sealed by the kernel or not."""

    INSIDE = "inside"
    PROCESS = "process"
    PROCESS_UNSEALED = "process-unsealed"


DEFAULT_MEMORY_MB: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerSettings:
    """One plugin's table `[partners.<id>]`: what `setup.settings` is. Implements `gateway.plugin_interfaces.Settings`."""

    id: str
    table: Mapping[str, Any] = field(repr=False)
    place: Place
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    enabled: bool = True
    ca_file: Path | None = None
    client_identity: ClientIdentity | None = None
    sftp: SftpServer | None = None
    required: Requirement | None = None
    isolation: Isolation | None = None  # None: what is usual where the gateway runs
    memory_mb: int = DEFAULT_MEMORY_MB
    command: tuple[str, ...] = ()  # a program in another language, in place of an installed plugin
    command_folder: Path | None = None
    _read: list[str] = field(default_factory=list, repr=False, compare=False)
    _asked: set[str] = field(default_factory=set, repr=False, compare=False)

    def unread(self) -> tuple[str, ...]:
        """A sentence for each setting of the table that the plugin has not asked for: misspelt, or of no use.

        Nothing is said of a plugin that has asked for none: it may do so later.
        """
        sentences: list[str] = []
        if not self._asked:
            return ()
        for name in self.table.keys() - self._asked - GATEWAYS_OWN:
            near = get_close_matches(name, sorted(self._asked - self.table.keys()), 1)
            remedy = f"did you mean `{near[0]}`?" if near else "remove it, or correct its name"
            place = self.place.at("partners", self.id, name)
            sentences.append(
                f"[partners.{self.id}] {name}: the plugin does not read this setting; {remedy} ({place})"
            )
        return tuple(sorted(sentences))

    def read_by_plugin(self, names: Iterable[str]) -> None:
        """What a plugin in a process of its own has asked for; the gateway itself reads all its secrets."""
        self._asked.clear()
        self._asked.update(names)

    def with_known_secrets_of(self, before: PartnerSettings) -> PartnerSettings:
        """The same settings; what they read is known to `before` too, by which logs are kept free of it."""
        return replace(self, _read=before._read)

    def known_secrets(self) -> tuple[str, ...]:
        """The values that were read so far, so that logs can be kept free of them."""
        return tuple(self._read)

    def text(self, name: str, default: str | None = None) -> str:
        """A string. Raises SettingsWrong when it is missing without a default, or is no string."""
        self._asked.add(name)
        value = self.table.get(name, default)
        if not isinstance(value, str):
            raise self._wrong(name, value, "a text", f'{name} = "…"')
        return value

    def number(self, name: str, default: int | None = None) -> int:
        """A whole number. Raises SettingsWrong when it is missing without a default, or is no whole number."""
        self._asked.add(name)
        value = self.table.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._wrong(name, value, "a whole number", f"{name} = 1")
        return value

    def secret(self, name: str) -> Secret:
        """A secret from where it is kept. Raises SecretMissing for a missing place, SettingsWrong for a literal."""
        self._asked.add(name)
        if name not in self.table:
            raise SecretMissing(
                f'[partners.{self.id}] has no `{name}`; add {name} = {{ env = "{self.id.upper()}_{name.upper()}" }} '
                f"({self.place.at('partners', self.id)})"
            )
        secret = secret_place(self.table[name], ("partners", self.id, name), self.place, self.env).read()
        if secret.reveal() not in self._read:
            self._read.append(secret.reveal())
        return secret

    def _wrong(self, name: str, value: object, wanted: str, example: str) -> SettingsWrong:
        fault = f"has no `{name}`" if value is None else f"has a `{name}` that is not {wanted}"
        place = self.place.at("partners", self.id, name)
        return SettingsWrong(f"[partners.{self.id}] {fault}; write {example} ({place})")


def secret_place(value: Any, keys: Sequence[str], place: Place, env: Mapping[str, str]) -> SecretPlace:
    """Where the secret at `keys` is kept. Raises SettingsWrong for a literal or for anything else unreadable."""
    key, where = f"[{'.'.join(keys[:-1])}] {keys[-1]}", place.at(*keys)
    example = f'{keys[-1]} = {{ file = "secrets/{keys[-1]}" }}'
    if isinstance(value, str):
        raise SettingsWrong(
            f"{key}: a secret must not stand in the settings; move it to a file of its own and write {example} ({where})"
        )
    known = isinstance(value, dict) and len(value) == 1 and isinstance(next(iter(value.values())), str)
    match value:
        case {"file": str(name)} if known and name:
            return SecretPlace(key=key, where=where, file=place.base / name, _env=env)
        case {"env": str(name)} if known and name:
            return SecretPlace(key=key, where=where, env_name=name, _env=env)
        case {"vault": str(name)} if known:
            path, _, part = name.partition("#")
            if path.strip("/") and part and "#" not in part and ".." not in path.split("/"):
                return SecretPlace(key=key, where=where, vault_path=name, _env=env)
            raise SettingsWrong(
                f'{key}: a secret in Vault is named by path and field: {{ vault = "kv/data/point-gateway#{keys[-1]}" }} ({where})'
            )
    raise SettingsWrong(
        f'{key}: say where the secret is kept: {example}, {{ env = "NAME" }} or {{ vault = "PATH#FIELD" }} ({where})'
    )


def refuse_literal_secrets(table: Mapping[str, Any], keys: tuple[str, ...], place: Place) -> None:
    """Raises SettingsWrong for a string under a key that names a secret, at any depth of the table."""
    for name, value in table.items():
        if isinstance(value, dict):
            refuse_literal_secrets(value, (*keys, name), place)
        elif isinstance(value, str) and _SECRET_KEY.search(name):
            secret_place(value, (*keys, name), place, {})


def _line_of(text: str, keys: tuple[str, ...]) -> int | None:
    """The line where `keys` are set, or that of the nearest table around them. TOML's own parser keeps no lines.

    Good for tables in the usual form; a key inside an inline table is found at the line of that table.
    """
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.fullmatch(line):
            table = tuple(part.strip().strip("\"'") for part in header[1].split("."))
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            found.setdefault((*table, *key[2].split(".")), number)
    lines = (found.get(keys[:depth]) for depth in range(len(keys), 0, -1))
    return next((line for line in lines if line is not None), None)
