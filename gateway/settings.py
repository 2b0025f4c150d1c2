"""Everything that an operator decides, read once from `gateway.toml`; each mistake is named with its place.

    [server]    host, port, public_url, portal_return_urls, trusted_proxies
    [database]  url, prepared (false: no named prepared statements, for a pooler by transaction)
    [clock]     file (only for demonstrations)                 [log]       level, format
    [security]  sealing, lookup, account_key, chain           [plugins]   dir
    [municipal] public_url (of the pages of cities' staff and shops)
    [card]      roots, fingerprints, revocation, origins, test_auth_roots, test_sign_roots
    [digests]   file (where each day's digest goes, best on another disk)
    [journal]   path (a folder for confirmed orders, best on another disk)
    [partners.<id>]  enabled, ca_file, client_certificate, client_key, require, and whatever that plugin asks for

A secret is never written into the file: `{ file = "…" }` or `{ env = "…" }` says where it is kept. Plain
values of the first five tables can be overridden by `POINT_GATEWAY_<TABLE>__<KEY>` in the environment.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from card.client_data import checked_origin
from gateway.errors import SecretMissing
from gateway.model import Secret
from gateway.partners.loading.partner_settings import (
    ClientIdentity,
    PartnerSettings,
    Place,
    SecretPlace,
    SettingsWrong,
    refuse_literal_secrets,
    secret_place,
)
from gateway.partners.proof import Required
from gateway.platform.plain_text import plain_text

__all__ = ["PartnerSettings", "SecretPlace", "Settings", "SettingsWrong"]

ENV_PREFIX: Final = "POINT_GATEWAY_"
_SECURITY: Final = ("sealing", "lookup", "account_key", "chain")
_PARTNER_ID: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


_T = TypeVar("_T", bound=_Table)


class Server(_Table):
    """Where the gateway listens, and how browsers reach it. `portal_return_urls` may be sent browsers back to.

    `trusted_proxies` is how many proxies of our own stand in front: an address is then what the outermost of them saw.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65_535)
    public_url: str = ""
    portal_return_urls: tuple[str, ...] = ()
    trusted_proxies: int = Field(default=0, ge=0)

    @field_validator("portal_return_urls", mode="before")
    @classmethod
    def _from_list(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value

    @field_validator("public_url", "portal_return_urls")
    @classmethod
    def _absolute(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for url in (value,) if isinstance(value, str) else value:
            parts = urlsplit(url)
            if url and (parts.scheme not in ("http", "https") or not parts.netloc or parts.fragment):
                raise ValueError("a URL is https://host/path")
        return value.rstrip("/") if isinstance(value, str) else value

    @property
    def origin(self) -> str:
        """What return addresses at this gateway start with."""
        return self.public_url or f"http://{self.host}:{self.port}"


class MunicipalSettings(_Table):
    """Where staff and shops open their pages; passkeys are bound to this address. Default: the gateway's own."""

    public_url: str = ""

    @field_validator("public_url")
    @classmethod
    def _origin(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/")):
            raise ValueError("an origin is https://host, without a path")
        return value.rstrip("/")


class CardSettings(_Table):
    """Logins by card. No roots, no logins; paths are seen from the settings' own folder.

    `roots` holds JPKI's root certificates and `fingerprints` states their SHA-256 where it is not known to us;
    `revocation` is a folder of CRLs; `origins` are the sites that may ask. The test roots (PEM files) are for
    demonstrations: whoever has their key can be anybody.
    """

    roots: str = ""
    fingerprints: dict[str, str] = Field(default_factory=dict)
    revocation: str = ""
    origins: tuple[str, ...] = ()
    test_auth_roots: tuple[str, ...] = ()
    test_sign_roots: tuple[str, ...] = ()

    @field_validator("origins", "test_auth_roots", "test_sign_roots", mode="before")
    @classmethod
    def _from_list(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value

    @field_validator("origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(checked_origin(one) for one in value)


class LogSettings(_Table):
    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "console"] = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """Where the gateway's own secrets are kept; each is read when the part that needs it starts."""

    where: str
    places: Mapping[str, SecretPlace]

    def sealing(self) -> Secret:
        """Encrypts link tokens, coupon codes and the `state` of returns; one key a line, the first one seals."""
        return self._read("sealing")

    def lookup(self) -> Secret:
        """Keys the hashes by which coupons and sign-ins are found again."""
        return self._read("lookup")

    def account_key(self) -> Secret:
        """Keys the hash by which a card's certificate is recognised."""
        return self._read("account_key")

    def chain(self) -> Secret | None:
        """Signs moves, audit lines and daily digests; one key a line, the first one signs. None: derived from `lookup`."""
        return self._read("chain") if "chain" in self.places else None

    def _read(self, name: str) -> Secret:
        if name not in self.places:
            raise SecretMissing(
                f'[security] has no `{name}`; add {name} = {{ file = "secrets/{name}" }} ({self.where})'
            )
        return self.places[name].read()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of one gateway. Read with `Settings.load`; nothing in it prints a secret."""

    path: Path | None
    server: Server
    database_url: str = field(repr=False)
    clock_file: Path | None
    security: Security
    log: LogSettings
    partners: Mapping[str, PartnerSettings]
    plugins_dir: Path | None
    municipal: MunicipalSettings = field(default_factory=MunicipalSettings)
    card: CardSettings = field(default_factory=CardSettings)
    database_prepared: bool = True
    digest_file: Path | None = None
    journal_folder: Path | None = None

    @classmethod
    def load(cls, path: Path | None, env: Mapping[str, str] | None = None) -> Settings:
        """Read `path` (None: defaults only) and the environment. Raises SettingsWrong, naming the place."""
        env = dict(os.environ if env is None else env)
        place, document = _read(path)
        tables = {name: _table(document, name, place) for name in document}
        for name in tables:
            if name not in _TABLES:
                raise SettingsWrong(
                    f"[{name}] is not a table of the settings; {_TABLES_SENTENCE} ({place.at(name)})"
                )
        for name, keys in _OVERRIDABLE.items():
            for key, kind in keys.items():
                variable = f"{ENV_PREFIX}{name}__{key}".upper()
                if variable in env:
                    tables.setdefault(name, {})[key] = _from_env(env[variable], kind, variable)
        return cls(
            path=path,
            server=_checked(Server, "server", tables, place),
            database_url=_database_url(tables.get("database", {}), place, env),
            database_prepared=_prepared(tables.get("database", {}), place),
            clock_file=_path(tables, "clock", "file", place),
            security=_security(tables.get("security", {}), place, env),
            log=_checked(LogSettings, "log", tables, place),
            partners={
                id_: _partner(id_, table, place, env) for id_, table in tables.get("partners", {}).items()
            },
            plugins_dir=_path(tables, "plugins", "dir", place),
            municipal=_checked(MunicipalSettings, "municipal", tables, place),
            card=_checked(CardSettings, "card", tables, place),
            digest_file=_path(tables, "digests", "file", place),
            journal_folder=_path(tables, "journal", "path", place),
        )


_TABLES: Final = (
    "server",
    "database",
    "clock",
    "security",
    "log",
    "municipal",
    "card",
    "digests",
    "journal",
    "partners",
    "plugins",
)
_TABLES_SENTENCE: Final = f"there are {', '.join(_TABLES)}"
_OVERRIDABLE: Final[Mapping[str, Mapping[str, type]]] = {
    "server": {
        "host": str,
        "port": int,
        "public_url": str,
        "portal_return_urls": list,
        "trusted_proxies": int,
    },
    "clock": {"file": str},
    "log": {"level": str, "format": str},
    "municipal": {"public_url": str},
    "digests": {"file": str},
    "journal": {"path": str},
    "plugins": {"dir": str},
}


def _read(path: Path | None) -> tuple[Place, dict[str, Any]]:
    if path is None:
        return Place(None), {}
    try:
        text = plain_text(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as fault:
        raise SettingsWrong(
            f"{path}: cannot be read ({type(fault).__name__}); name a TOML file in UTF-8"
        ) from None
    try:
        return Place(path, text), tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise SettingsWrong(f"{path}: is not TOML: {fault}") from None


def _table(document: Mapping[str, Any], name: str, place: Place) -> dict[str, Any]:
    table = document[name]
    if not isinstance(table, dict):
        raise SettingsWrong(f"`{name}` stands outside every table; put it under one ({place.at(name)})")
    return dict(table)


def _checked(kind: type[_T], name: str, tables: Mapping[str, Mapping[str, Any]], place: Place) -> _T:
    try:
        return kind.model_validate(tables.get(name, {}))
    except ValidationError as fault:
        mistake = fault.errors(include_input=False, include_url=False)[0]
        key = str(mistake["loc"][0])
        raise SettingsWrong(_sentence(kind, name, key, mistake, place.at(name, key))) from None


def _sentence(kind: type[_Table], name: str, key: str, mistake: Mapping[str, Any], where: str) -> str:
    keys = list(kind.model_fields)
    if mistake["type"] == "extra_forbidden":
        near = get_close_matches(key, keys, 1)
        remedy = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(keys)}"
        return f"[{name}] has no setting `{key}`; {remedy} ({where})"
    return f"[{name}] {key}: {mistake['msg']}; correct it ({where})"


def _database_url(table: Mapping[str, Any], place: Place, env: Mapping[str, str]) -> str:
    """SQLAlchemy's URL; default: one SQLite file beside the settings. A URL with a password is a secret."""
    keys = ("database", "url")
    for other in table.keys() - {"url", "prepared"}:
        raise SettingsWrong(
            f"[database] has no setting `{other}`; there are url, prepared ({place.at('database', other)})"
        )
    if (overriding := env.get(f"{ENV_PREFIX}DATABASE__URL")) is not None:
        return overriding
    url = table.get("url", f"sqlite:///{place.base / 'gateway.db'}")
    if isinstance(url, str) and urlsplit(url).password is None:
        return url
    return secret_place(url, keys, place, env).read().reveal()


def _prepared(table: Mapping[str, Any], place: Place) -> bool:
    prepared = table.get("prepared", True)
    if not isinstance(prepared, bool):
        raise SettingsWrong(
            f"[database] prepared: is neither true nor false ({place.at('database', 'prepared')})"
        )
    return prepared


def _path(tables: Mapping[str, Mapping[str, Any]], name: str, key: str, place: Place) -> Path | None:
    """A file or folder named in a table of one key, seen from the settings' own folder."""
    table = tables.get(name, {})
    for other in table.keys() - {key}:
        raise SettingsWrong(f"[{name}] has no setting `{other}`; there is {key} ({place.at(name, other)})")
    value = table.get(key)
    if value is not None and (not isinstance(value, str) or not value):
        raise SettingsWrong(f'[{name}] {key}: is no path; write {key} = "…" ({place.at(name, key)})')
    return place.base / value if value is not None else None


def _security(table: Mapping[str, Any], place: Place, env: Mapping[str, str]) -> Security:
    for name in table.keys() - set(_SECURITY):
        raise SettingsWrong(
            f"[security] has no setting `{name}`; there are {', '.join(_SECURITY)} ({place.at('security', name)})"
        )
    places = {name: secret_place(value, ("security", name), place, env) for name, value in table.items()}
    return Security(where=place.at("security"), places=places)


def _partner(id_: str, table: object, place: Place, env: Mapping[str, str]) -> PartnerSettings:
    where = place.at("partners", id_)
    if not isinstance(table, dict):
        raise SettingsWrong(f"[partners] {id_}: is no table; write [partners.{id_}] ({where})")
    if not _PARTNER_ID.fullmatch(id_):
        raise SettingsWrong(
            f"[partners.{id_}]: an id is lower-case letters, digits and _; rename it ({where})"
        )
    refuse_literal_secrets(table, ("partners", id_), place)
    enabled, ca_file = table.get("enabled", True), table.get("ca_file")
    if not isinstance(enabled, bool):
        raise SettingsWrong(
            f"[partners.{id_}] enabled: is neither true nor false ({place.at('partners', id_, 'enabled')})"
        )
    if ca_file is not None and not isinstance(ca_file, str):
        raise SettingsWrong(f"[partners.{id_}] ca_file: is no path ({place.at('partners', id_, 'ca_file')})")
    own = ("enabled", "ca_file", "client_certificate", "client_key", "require")
    return PartnerSettings(
        id=id_,
        table={key: value for key, value in table.items() if key not in own},
        client_identity=_client_identity(id_, table, place, env),
        place=place,
        env=env,
        enabled=enabled,
        ca_file=place.base / ca_file if ca_file else None,
        required=Required.from_table(id_, table["require"], place) if "require" in table else None,
    )


def _client_identity(
    id_: str, table: Mapping[str, Any], place: Place, env: Mapping[str, str]
) -> ClientIdentity | None:
    """The certificate that the gateway shows to a partner who asks for one, and its key; both or neither."""
    certificate, key = table.get("client_certificate"), table.get("client_key")
    if certificate is None and key is None:
        return None
    there, missing = (
        ("client_key", "client_certificate") if certificate is None else ("client_certificate", "client_key")
    )
    where = place.at("partners", id_, there)
    if certificate is None or key is None:
        example = '"acme.pem"' if missing == "client_certificate" else '{ file = "acme.key" }'
        raise SettingsWrong(
            f"[partners.{id_}] has {there} and no {missing}; write {missing} = {example} beside it ({where})"
        )
    if not isinstance(certificate, str) or not certificate:
        raise SettingsWrong(
            f'[partners.{id_}] client_certificate: is no path; write client_certificate = "acme.pem" ({where})'
        )
    kept = secret_place(key, ("partners", id_, "client_key"), place, env)
    if kept.file is None:
        raise SettingsWrong(
            f"[partners.{id_}] client_key: must be a file; write"
            f' client_key = {{ file = "acme.key" }} ({kept.where})'
        )
    return ClientIdentity(certificate=place.base / certificate, key=kept.file)


def _from_env(value: str, kind: type, variable: str) -> Any:
    """One override, as what the table would hold. A list is separated by commas."""
    if kind is list:
        return [part.strip() for part in value.split(",") if part.strip()]
    if kind is int and not value.isdecimal():
        raise SettingsWrong(f"{variable}: is no whole number; correct it in the environment")
    return int(value) if kind is int else value
