"""The settings that every site has: where the gateway is, the key it signs with, and where people find it.

A TOML file; paths in it are relative to the file. Secrets stand in files of their own and never print.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from httpkit.clock import ClockStopped, FileClock, system_clock
from httpkit.named_files import FileUnusable, read_named_file
from httpkit.source_names import SourceAddress, SourceNames
from pagekit.throttle import BURST

Clock = Callable[[], datetime]
_UNSEEN: Final = "\ufeff\u200b\u200c\u200d\u200e\u200f\u2060\u00a0\u3000\x00 \t\r\f\v"


class BadSettings(Exception):
    """The settings cannot be used; the text names the file, the setting and the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """Who answers questions: `[office]` of the settings. `hours` and `name` in both languages; the others may be empty."""

    name: Mapping[str, str]
    hours: Mapping[str, str]
    phone: str
    form_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSettings:
    """`public_url` is where browsers find the site."""

    gateway_url: str
    key_id: str
    private_key: Ed25519PrivateKey = field(repr=False)
    seal_secret: bytes = field(repr=False)
    public_url: str
    host: str = "127.0.0.1"
    port: int = 8080
    clock: Clock = system_clock
    tries_at_once: int = BURST
    """Sign-ins and codes that one address may send at once; then one every five seconds."""
    office: Office | None = None
    """Stands in the footer, on the help page and on every error page."""
    trusted_proxies: int = 0
    """How many proxies of our own stand in front: an address is then the one that the outermost of them saw."""
    log_format: str = "json"
    source_address: SourceAddress = SourceAddress.TRUNCATED
    """How a browser's address stands in the log."""
    admin_address: tuple[str, int] | None = None
    """Host and port of the operators' port: health and numbers of this very process. None: there is none."""

    @property
    def source_names(self) -> SourceNames:
        """Names addresses for the log; a keyed hash goes by the site's own secret."""
        return SourceNames(how=self.source_address, keyed_hash=self._keyed_hash)

    def _keyed_hash(self, address: str) -> str:
        key = hashlib.sha256(b"log-source\n" + self.seal_secret).digest()
        return hashlib.blake2b(address.encode(), key=key, digest_size=32).hexdigest()

    @property
    def https(self) -> bool:
        return self.public_url.startswith("https:")

    @property
    def origin(self) -> str:
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{parts.netloc}"

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the file. Raises BadSettings."""
        try:
            values: dict[str, Any] = tomllib.loads(read_named_file(path).decode("utf-8-sig"))
        except FileUnusable as fault:
            raise BadSettings(f"{path}: {fault}") from fault
        except ValueError as fault:
            raise BadSettings(f"{path}: cannot be read as TOML ({type(fault).__name__})") from fault
        where = path.parent
        seal = _secret(where, values, "seal_file")
        if len(seal) < 32:
            raise BadSettings(
                f"{path}: seal_file holds fewer than 32 characters; put a long random text there"
            )
        clock_file = values.get("clock_file")
        return cls(
            gateway_url=_text(path, values, "gateway_url").rstrip("/"),
            key_id=_text(path, values, "key_id"),
            private_key=_key(path, _secret(where, values, "key_file")),
            seal_secret=seal,
            public_url=_text(path, values, "public_url").rstrip("/"),
            host=str(values.get("host", "127.0.0.1")),
            port=int(values.get("port", 8080)),
            clock=_clock(where / str(clock_file)) if clock_file else system_clock,
            tries_at_once=int(values.get("tries_at_once", BURST)),
            trusted_proxies=int(values.get("trusted_proxies", 0)),
            office=_office(path, values.get("office")),
            log_format=_one_of(path, values, "log_format", ("json", "console")),
            source_address=SourceAddress(
                _one_of(path, values, "source_address", tuple(SourceAddress), SourceAddress.TRUNCATED)
            ),
            admin_address=_address(path, values.get("admin", "")),
            **cls.own(values),
        )

    @classmethod
    def own(cls, _given: dict[str, Any]) -> dict[str, Any]:
        """What one site's settings add to these."""
        return {}


def _office(path: Path, given: Any) -> Office | None:
    if given is None:
        return None
    if not isinstance(given, dict) or not isinstance(given.get("name"), str):
        raise BadSettings(
            f"{path}: [office] needs a name; hours, phone, form_url, name_en and hours_en may follow"
        )
    values = {
        key: str(given.get(key, "")) for key in ("name", "hours", "phone", "form_url", "name_en", "hours_en")
    }
    if values["form_url"] and not values["form_url"].startswith("https://"):
        raise BadSettings(f"{path}: form_url of [office] must begin with https://")
    if not (values["phone"] or values["form_url"]):
        raise BadSettings(f"{path}: [office] needs a phone or a form_url, or nobody can be asked")
    return Office(
        name={"ja": values["name"], "en": values["name_en"] or values["name"]},
        hours={"ja": values["hours"], "en": values["hours_en"] or values["hours"]},
        phone=values["phone"],
        form_url=values["form_url"],
    )


def _address(path: Path, given: Any) -> tuple[str, int] | None:
    """HOST:PORT; without a host it is this machine alone."""
    if given == "":
        return None
    host, _, port = str(given).rpartition(":")
    if not port.isdecimal() or int(port) > 65_535 or (":" in host and not host.startswith("[")):
        raise BadSettings(f"{path}: admin is no address; write HOST:PORT, such as 127.0.0.1:9102")
    return host.strip("[]") or "127.0.0.1", int(port)


def _text(path: Path, given: dict[str, Any], name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str) or not value:
        raise BadSettings(f"{path}: {name} is missing; it is a text")
    return value


def _one_of(
    path: Path, given: dict[str, Any], name: str, words: tuple[str, ...], default: str | None = None
) -> str:
    value = given.get(name, default or words[0])
    if value not in words:
        raise BadSettings(f"{path}: {name} is one of {', '.join(words)}")
    return str(value)


def _secret(where: Path, given: dict[str, Any], name: str) -> bytes:
    file = where / _text(where, given, name)
    try:
        # What nobody sees at the ends of a line is an editor's and no part of a key.
        lines = read_named_file(file).decode("utf-8").split("\n")
        return "\n".join(line.strip(_UNSEEN) for line in lines).strip().encode()
    except UnicodeDecodeError as fault:
        raise BadSettings(f"{name}: {file} is not in UTF-8; save it as UTF-8") from fault
    except FileUnusable as fault:
        raise BadSettings(f"{name}: {file} {fault}") from fault


def _clock(file: Path) -> FileClock:
    try:
        return FileClock(file)
    except ClockStopped as fault:
        raise BadSettings(f"clock_file: {fault}") from fault


def _key(path: Path, pem: bytes) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as fault:
        raise BadSettings(f"{path}: key_file holds no unencrypted private key in PEM") from fault
    if not isinstance(key, Ed25519PrivateKey):
        raise BadSettings(
            f"{path}: key_file holds a key that is not Ed25519; make one with `point-gateway keys new`"
        )
    return key
