"""Everything that an operator decides, read once from `gateway.toml`; each mistake is named with its place.

    [server]    host, port, public_url, portal_return_urls, trusted_proxies, admin, allow
    [database]  url, prepared (false: no named prepared statements, for a pooler by transaction)
    [clock]     file (only for demonstrations)                 [log]       level, format, source_address
    [security]  sealing, lookup, account_key, chain           [plugins]   dir
    [municipal] public_url (of the pages of cities' staff and shops)
    [portal]    public_url (of the members' pages, to which their passkeys are bound)
    [card]      roots, fingerprints, revocation, origins, test_auth_roots, test_sign_roots
    [oidc.<id>] issuer, client_id, redirect_uri, key, key_id and what else is to be known of a provider of OpenID Connect
    [digests]   file (where each day's digest goes, best on another disk), time_stamp, time_stamp_roots
    [journal]   path (a folder for confirmed orders, best on another disk)
    [mail]      host, port, security, user, password, sender, portal_url, ca_file, deadline_s
    [traces]    endpoint, sample_ratio (spans by OTLP over HTTP; the extra `otel`)
    [open_data] municipalities (whose registers of shops anybody may have), licence, phones
    [retention] notices_days, unconfirmed_exchanges_days, webhook_messages_days, grant_file_texts_days,
                carry_in_codes_days, shop_applications_days, unused_tills_days
    [partners.<id>]  enabled, ca_file, client_certificate, client_key, sftp, require, isolation, trusted, memory_mb, and
                     whatever that plugin asks for

A secret is never written into the file: `{ file = "…" }` or `{ env = "…" }` says where it is kept. Plain
values of the tables can be overridden by `POINT_GATEWAY_<TABLE>__<KEY>` in the environment; a variable of this
beginning that names no setting is refused like a wrong key.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, Literal, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from card.client_data import checked_origin
from gateway.errors import SecretMissing
from gateway.model import Secret
from gateway.oidc_settings import OidcProviderSettings, read_oidc
from gateway.partners.loading.partner_settings import (
    DEFAULT_MEMORY_MB,
    ClientIdentity,
    Isolation,
    PartnerSettings,
    Place,
    SecretPlace,
    SettingsWrong,
    refuse_literal_secrets,
    secret_place,
)
from gateway.partners.loading.sftp_settings import sftp_server
from gateway.partners.proof import Required
from gateway.platform.plain_text import plain_text
from gateway.platform.retention import Retention
from gateway.platform.secret_store import is_loopback
from httpkit.named_files import FileUnusable, read_named_file

__all__ = ["PartnerSettings", "SecretPlace", "Settings", "SettingsWrong"]

ENV_PREFIX: Final = "POINT_GATEWAY_"
_SECURITY: Final = ("sealing", "lookup", "account_key", "chain")
MIN_MEMORY_MB: Final = 128
MAX_MEMORY_MB: Final = 16_384
_PARTNER_ID: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


_T = TypeVar("_T", bound=_Table)


class Server(_Table):
    """Where the gateway listens, and how browsers reach it. `portal_return_urls` may be sent browsers back to.

    `trusted_proxies` is how many proxies of our own stand in front: an address is then what the outermost of them saw.
    `admin` is the address of a port for operators, HOST:PORT: health and metrics of this very process. `allow` names what `gateway.preflight` else refuses.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65_535)
    public_url: str = ""
    portal_return_urls: tuple[str, ...] = ()
    trusted_proxies: int = Field(default=0, ge=0)
    admin: str = ""
    allow: tuple[
        Literal["plain-http", "database-without-tls", "wide-modes", "mail-without-tls", "traces-without-tls"],
        ...,
    ] = ()

    @field_validator("portal_return_urls", "allow", mode="before")
    @classmethod
    def _from_list(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value

    @field_validator("admin")
    @classmethod
    def _address(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if value and (
            not port.isdecimal() or int(port) > 65_535 or (":" in host and not host.startswith("["))
        ):
            raise ValueError("an address is HOST:PORT, such as 127.0.0.1:9101")
        return value

    @property
    def admin_address(self) -> tuple[str, int] | None:
        """Host and port of the operators' port; without a host it is this machine alone. None: there is none."""
        if not self.admin:
            return None
        host, _, port = self.admin.rpartition(":")
        return host.strip("[]") or "127.0.0.1", int(port)

    @field_validator("public_url", "portal_return_urls")
    @classmethod
    def _absolute(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for url in (value,) if isinstance(value, str) else value:
            if url and (not _is_web_address(url) or (isinstance(value, str) and "?" in url)):
                raise ValueError("a URL is https://host/path")
        return value.rstrip("/") if isinstance(value, str) else value

    @property
    def origin(self) -> str:
        """What return addresses at this gateway start with."""
        return self.public_url or f"http://{self.host}:{self.port}"


def _is_web_address(url: str) -> bool:
    """Whether it is http or https to a host, with a port that there is, and without a user, a password or a fragment."""
    try:
        parts = urlsplit(url)
        has_port = parts.port != 0
    except ValueError:
        return False
    is_plain = "@" not in parts.netloc and not parts.fragment
    return parts.scheme in ("http", "https") and bool(parts.hostname) and has_port and is_plain


class MunicipalSettings(_Table):
    """Where staff and shops open their pages; passkeys are bound to this address. Default: the gateway's own."""

    public_url: str = ""

    @field_validator("public_url")
    @classmethod
    def _origin(cls, value: str) -> str:
        if value and (not _is_web_address(value) or "?" in value or urlsplit(value).path.strip("/")):
            raise ValueError("an origin is https://host, without a path")
        return value.rstrip("/")


class PortalSettings(_Table):
    """Where members open their pages; their passkeys are bound to this address. Without one they have none."""

    public_url: str = ""

    @field_validator("public_url")
    @classmethod
    def _origin(cls, value: str) -> str:
        if value and (not _is_web_address(value) or "?" in value or urlsplit(value).path.strip("/")):
            raise ValueError("an origin is https://host, without a path")
        return value.rstrip("/")


class OpenDataSettings(_Table):
    """The cities whose registers of shops are given to anybody, under which licence; with the shops' telephones or without."""

    municipalities: tuple[str, ...] = ()
    licence: str = "https://creativecommons.org/licenses/by/4.0/"
    phones: bool = False

    @field_validator("municipalities", mode="before")
    @classmethod
    def _from_list(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value

    @field_validator("municipalities")
    @classmethod
    def _codes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(re.fullmatch(r"[0-9]{6}", code) for code in value):
            raise ValueError("a municipality is its code of six digits, such as 082163")
        return value

    @field_validator("licence")
    @classmethod
    def _address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme != "https" or not parts.netloc or not value.isascii() or set(value) & set(' <>"'):
            raise ValueError("a licence is the https address of its text")
        return value


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


class DigestSettings(_Table):
    """Where each day's digest goes, and who signs its time: `time_stamp` is the address of an authority (RFC 3161),
    `time_stamp_roots` a PEM file with the certificates that its stamps lead to. Stamps are kept in `file`.
    """

    file: str = Field(default="", min_length=1)
    time_stamp: str = ""
    time_stamp_roots: str = ""

    @field_validator("time_stamp")
    @classmethod
    def _address(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.netloc or parts.username):
            raise ValueError("an authority's address is http://host/path or https://host/path")
        return value


class LogSettings(_Table):
    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "console"] = "json"
    source_address: Literal["none", "full", "truncated", "keyed-hash"] = "truncated"
    """How the address of whoever calls stands in the log: none, full, truncated (/24, /48) or keyed-hash."""


class _MailTable(_Table):
    host: str = ""
    port: int = Field(default=0, ge=0, le=65_535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    sender: str = ""
    portal_url: str = ""
    ca_file: str = ""
    deadline_s: float = Field(default=30, ge=1, le=300)

    @field_validator("sender")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and not re.fullmatch(r"[!-?A-~]{1,64}@[A-Za-z0-9.-]{1,190}", value):
            raise ValueError("a sender is an address, such as noreply@example.jp")
        return value

    @field_validator("portal_url")
    @classmethod
    def _origin(cls, value: str) -> str:
        if value and (not _is_web_address(value) or "?" in value or urlsplit(value).path.strip("/")):
            raise ValueError("an origin is https://host, without a path")
        return value.rstrip("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings:
    """How mail leaves: to one SMTP server, over TLS. `portal_url` is what links in mails begin with."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    user: str
    password: SecretPlace | None
    sender: str
    portal_url: str
    ca_file: Path | None
    deadline_s: float

    def read_password(self) -> str | None:
        """Raises SecretMissing, naming the place."""
        return None if self.password is None else self.password.read().reveal()


class TracesSettings(_Table):
    """Where spans go: `endpoint` is the whole address of a collector's OTLP/HTTP, `sample_ratio` the part of the traces."""

    endpoint: str = ""
    sample_ratio: float = Field(default=1.0, ge=0, le=1)

    @field_validator("endpoint")
    @classmethod
    def _address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
            raise ValueError("an endpoint is https://host/v1/traces")
        return value


class RetentionSettings(_Table):
    """After how many days what is not for ever goes; `docs/personal-data.md` says what each is."""

    notices_days: int = Field(default=90, ge=90, le=3_650)
    unconfirmed_exchanges_days: int = Field(default=30, ge=1, le=3_650)
    webhook_messages_days: int = Field(default=30, ge=7, le=3_650)
    grant_file_texts_days: int = Field(default=5 * 365 + 2, ge=30, le=36_500)
    carry_in_codes_days: int = Field(default=28, ge=7, le=365)
    shop_applications_days: int = Field(default=90, ge=30, le=3_650)
    unused_tills_days: int = Field(default=30, ge=2, le=365)

    @property
    def retention(self) -> Retention:
        return Retention(
            notices=timedelta(days=self.notices_days),
            unconfirmed_exchanges=timedelta(days=self.unconfirmed_exchanges_days),
            webhook_messages=timedelta(days=self.webhook_messages_days),
            grant_file_texts=timedelta(days=self.grant_file_texts_days),
            carry_in_codes=timedelta(days=self.carry_in_codes_days),
            shop_applications=timedelta(days=self.shop_applications_days),
            unused_tills=timedelta(days=self.unused_tills_days),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """Where the gateway's own secrets are kept; each is read when the part that needs it starts."""

    where: str
    places: Mapping[str, SecretPlace]

    def sealing(self) -> Secret:
        """Encrypts link tokens, coupon codes and the `state` of returns; one key a line, the first one seals."""
        return self._read("sealing")

    def lookup(self) -> Secret:
        """Keys the hashes by which coupons and sign-ins are found again; one key a line, the first one makes new ones."""
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
    portal: PortalSettings = field(default_factory=PortalSettings)
    card: CardSettings = field(default_factory=CardSettings)
    open_data: OpenDataSettings = field(default_factory=OpenDataSettings)
    retention: Retention = field(default_factory=Retention)
    mail: MailSettings | None = None
    traces: TracesSettings | None = None
    oidc: Mapping[str, OidcProviderSettings] = field(default_factory=dict)
    database_prepared: bool = True
    digest_file: Path | None = None
    time_stamp_url: str = ""
    time_stamp_roots: Path | None = None
    journal_folder: Path | None = None

    @property
    def database_file(self) -> Path | None:
        """The file of an embedded database; None for PostgreSQL and for a database in memory."""
        kind, _, rest = self.database_url.partition(":///")
        name = unquote(rest.partition("?")[0])
        return Path(name) if kind.startswith("sqlite") and name not in ("", ":memory:") else None

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
        _refuse_unknown_variables(env, _secret_variables(document))
        digests = _digests(tables, place)
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
            portal=_checked(PortalSettings, "portal", tables, place),
            card=_checked(CardSettings, "card", tables, place),
            open_data=_checked(OpenDataSettings, "open_data", tables, place),
            mail=_mail(tables, place, env),
            traces=_traces(tables, place),
            retention=_checked(RetentionSettings, "retention", tables, place).retention,
            oidc=read_oidc(tables.get("oidc", {}), place, env),
            digest_file=place.base / digests.file if digests.file else None,
            time_stamp_url=digests.time_stamp,
            time_stamp_roots=place.base / digests.time_stamp_roots if digests.time_stamp_roots else None,
            journal_folder=_path(tables, "journal", "path", place),
        )


_TABLES: Final = (
    "server",
    "database",
    "clock",
    "security",
    "log",
    "municipal",
    "portal",
    "card",
    "open_data",
    "retention",
    "mail",
    "traces",
    "oidc",
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
        "admin": str,
        "allow": list,
    },
    "clock": {"file": str},
    "traces": {"endpoint": str},
    "log": {"level": str, "format": str, "source_address": str},
    "municipal": {"public_url": str},
    "open_data": {"municipalities": list, "licence": str},
    "retention": {
        "notices_days": int,
        "unconfirmed_exchanges_days": int,
        "webhook_messages_days": int,
        "grant_file_texts_days": int,
        "carry_in_codes_days": int,
        "shop_applications_days": int,
        "unused_tills_days": int,
    },
    "portal": {"public_url": str},
    "digests": {"file": str, "time_stamp": str, "time_stamp_roots": str},
    "journal": {"path": str},
    "plugins": {"dir": str},
}


_VARIABLES: Final = frozenset(
    {f"{ENV_PREFIX}{name}__{key}".upper() for name, keys in _OVERRIDABLE.items() for key in keys}
    | {f"{ENV_PREFIX}CONFIG", f"{ENV_PREFIX}DATABASE__URL"}
)
_DATABASES: Final = ("sqlite", "sqlite+pysqlite", "postgresql+psycopg")


def _refuse_unknown_variables(env: Mapping[str, str], named: frozenset[str]) -> None:
    """A misspelt variable would leave its setting as it was without a word. `named` keep secrets."""
    for variable in sorted(env):
        if (
            not variable.upper().startswith(ENV_PREFIX)
            or variable.startswith(f"{ENV_PREFIX}TEST_")
            or variable in _VARIABLES | named
        ):
            continue
        endings = {known.removeprefix(ENV_PREFIX) for known in _VARIABLES}
        near = get_close_matches(variable.upper().removeprefix(ENV_PREFIX), sorted(endings), 1)
        remedy = (
            f"did you mean {ENV_PREFIX}{near[0]}?" if near else f"there are {', '.join(sorted(_VARIABLES))}"
        )
        raise SettingsWrong(f"{variable}: the environment names a setting that is none; {remedy}")


def _secret_variables(value: Any) -> frozenset[str]:
    """The variables that `{ env = "NAME" }` names, at any depth."""
    if not isinstance(value, dict):
        return frozenset()
    own = {value["env"]} if len(value) == 1 and isinstance(value.get("env"), str) else set()
    return frozenset(own).union(*map(_secret_variables, value.values()))


def _read(path: Path | None) -> tuple[Place, dict[str, Any]]:
    if path is None:
        return Place(None), {}
    try:
        text = plain_text(read_named_file(path).decode("utf-8"))
    except FileUnusable as fault:
        raise SettingsWrong(f"{path}: {fault}") from None
    except UnicodeDecodeError:
        raise SettingsWrong(f"{path}: is not in UTF-8; save it as UTF-8") from None
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
        return _known_database(overriding, f"{ENV_PREFIX}DATABASE__URL")
    url = table.get("url", f"sqlite:///{place.base / 'gateway.db'}")
    if not isinstance(url, str) or _has_password(url):
        url = secret_place(url, keys, place, env).read().reveal()
    return _known_database(url, place.at(*keys))


def _has_password(url: str) -> bool:
    """Whether a URL holds a password, in its authority or as a parameter; one that cannot be read may."""
    try:
        parts = urlsplit(url)
        return parts.password is not None or "password" in parse_qs(parts.query)
    except ValueError:
        return True


def _known_database(url: str, where: str) -> str:
    """The URL, if it names a database that this gateway has. Raises SettingsWrong, which never repeats the URL."""
    kind = url.partition(":")[0]
    if kind in _DATABASES:
        return url
    example = "postgresql+psycopg://role@host/database"
    if not kind.startswith("postgres"):
        example = f"sqlite:///gateway.db or {example}"
    fault = f"begins with `{kind}:`, which is no database of this gateway"
    if not re.fullmatch(r"[a-z0-9+]{1,32}", kind) or kind == url:
        fault = "is no URL of a database"
    raise SettingsWrong(f"[database] url: {fault}; write {example} ({where})")


def _prepared(table: Mapping[str, Any], place: Place) -> bool:
    prepared = table.get("prepared", True)
    if not isinstance(prepared, bool):
        raise SettingsWrong(
            f"[database] prepared: is neither true nor false ({place.at('database', 'prepared')})"
        )
    return prepared


def _digests(tables: Mapping[str, Mapping[str, Any]], place: Place) -> DigestSettings:
    digests = _checked(DigestSettings, "digests", tables, place)
    if (digests.time_stamp or digests.time_stamp_roots) and not (
        digests.file and digests.time_stamp and digests.time_stamp_roots
    ):
        raise SettingsWrong(
            f"[digests] time stamps need file, time_stamp and time_stamp_roots; write all three ({place.at('digests')})"
        )
    return digests


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


_DEFAULT_PORTS: Final = {"starttls": 587, "tls": 465, "none": 25}


def _mail(
    tables: Mapping[str, Mapping[str, Any]], place: Place, env: Mapping[str, str]
) -> MailSettings | None:
    """None where no mail is sent. Raises SettingsWrong for what is missing, and for mail without TLS that is not allowed."""
    if "mail" not in tables:
        return None
    table = dict(tables["mail"])
    password = table.pop("password", None)
    plain = _checked(_MailTable, "mail", {"mail": table}, place)
    for name in ("host", "sender", "portal_url"):
        if not getattr(plain, name):
            raise SettingsWrong(
                f"[mail] has no `{name}`; mail needs host, sender and portal_url ({place.at('mail')})"
            )
    if plain.security == "none" and "mail-without-tls" not in tables.get("server", {}).get("allow", ()):
        raise SettingsWrong(
            '[mail] security = "none" sends addresses in the clear; use "starttls" or "tls",'
            f' or allow it by name: [server] allow = ["mail-without-tls"] ({place.at("mail", "security")})'
        )
    return MailSettings(
        host=plain.host,
        port=plain.port or _DEFAULT_PORTS[plain.security],
        security=plain.security,
        user=plain.user,
        password=None if password is None else secret_place(password, ("mail", "password"), place, env),
        sender=plain.sender,
        portal_url=plain.portal_url,
        ca_file=place.base / plain.ca_file if plain.ca_file else None,
        deadline_s=plain.deadline_s,
    )


def _traces(tables: Mapping[str, Mapping[str, Any]], place: Place) -> TracesSettings | None:
    """None where nothing is traced. Raises SettingsWrong for a table without an endpoint, and for one without TLS elsewhere."""
    if "traces" not in tables:
        return None
    if not tables["traces"].get("endpoint"):
        raise SettingsWrong(
            f'[traces] has no `endpoint`; write endpoint = "https://host/v1/traces" ({place.at("traces")})'
        )
    traces = _checked(TracesSettings, "traces", tables, place)
    parts = urlsplit(traces.endpoint)
    allowed = tables.get("server", {}).get("allow", ())
    if (
        parts.scheme == "http"
        and not is_loopback(parts.hostname or "")
        and "traces-without-tls" not in allowed
    ):
        raise SettingsWrong(
            "[traces] endpoint: sends spans in the clear; use https, a collector on this machine,"
            f' or allow it by name: [server] allow = ["traces-without-tls"] ({place.at("traces", "endpoint")})'
        )
    return traces


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
    own = (
        "enabled",
        "ca_file",
        "client_certificate",
        "client_key",
        "sftp",
        "require",
        "isolation",
        "trusted",
        "memory_mb",
        "command",
        "command_folder",
    )
    command, command_folder = _command(id_, table, place)
    return PartnerSettings(
        id=id_,
        table={key: value for key, value in table.items() if key not in own},
        client_identity=_client_identity(id_, table, place, env),
        sftp=sftp_server(id_, table, place, env),
        place=place,
        env=env,
        enabled=enabled,
        ca_file=place.base / ca_file if ca_file else None,
        required=Required.from_table(id_, table["require"], place) if "require" in table else None,
        isolation=_isolation(id_, table, place),
        memory_mb=_memory_mb(id_, table, place),
        command=command,
        command_folder=command_folder,
    )


def _isolation(id_: str, table: Mapping[str, Any], place: Place) -> Isolation | None:
    """Where the operator wants the plugin to run; None: nothing is said about it."""
    trusted, isolation = table.get("trusted", False), table.get("isolation")
    if not isinstance(trusted, bool):
        raise SettingsWrong(
            f"[partners.{id_}] trusted: is neither true nor false ({place.at('partners', id_, 'trusted')})"
        )
    if isolation is None:
        return Isolation.INSIDE if trusted else None
    where = place.at("partners", id_, "isolation")
    modes = (Isolation.PROCESS, Isolation.PROCESS_UNSEALED)
    if isolation not in modes:
        raise SettingsWrong(
            f'[partners.{id_}] isolation: is neither "process" nor "process-unsealed";'
            f" a plugin that may read all secrets and book points has trusted = true instead ({where})"
        )
    if trusted:
        raise SettingsWrong(
            f"[partners.{id_}] says trusted = true and isolation; write one of them ({where})"
        )
    return Isolation(isolation)


def _command(id_: str, table: Mapping[str, Any], place: Place) -> tuple[tuple[str, ...], Path | None]:
    """A plugin that is another program, and the folder of its code, which holds nothing of the operator's."""
    words, folder = table.get("command"), table.get("command_folder")
    if words is None and folder is None:
        return (), None
    where = place.at("partners", id_, "command" if words is not None else "command_folder")
    example = 'command = ["/usr/bin/node", "dist/main.js"]'
    if not isinstance(words, list) or not words or not all(isinstance(it, str) and it for it in words):
        raise SettingsWrong(
            f"[partners.{id_}] command: is no list of a program and its arguments; write {example} ({where})"
        )
    if not isinstance(folder, str) or not folder:
        raise SettingsWrong(
            f"[partners.{id_}] has a command and no command_folder; write the folder of the plugin's code, which it may"
            f' read: command_folder = "plugins/{id_}" ({where})'
        )
    if table.get("trusted") is True:
        raise SettingsWrong(
            f"[partners.{id_}] says trusted = true and command; another program always has a process of its own"
            f" ({where})"
        )
    code = (place.base / folder).resolve()
    if place.base.is_relative_to(code):
        raise SettingsWrong(
            f"[partners.{id_}] command_folder: holds {place.path.name if place.path else 'the settings'}, which the plugin"
            f" could read; put its code into a folder of its own ({where})"
        )
    return tuple(words), code


def _memory_mb(id_: str, table: Mapping[str, Any], place: Place) -> int:
    memory_mb = table.get("memory_mb", DEFAULT_MEMORY_MB)
    if type(memory_mb) is not int or not MIN_MEMORY_MB <= memory_mb <= MAX_MEMORY_MB:
        raise SettingsWrong(
            f"[partners.{id_}] memory_mb: is no whole number from {MIN_MEMORY_MB} to {MAX_MEMORY_MB:,};"
            f" write memory_mb = {DEFAULT_MEMORY_MB} ({place.at('partners', id_, 'memory_mb')})"
        )
    return memory_mb


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
