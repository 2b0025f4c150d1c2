"""`[oidc.<id>]`: a provider of OpenID Connect by which members sign in with their phone.

What is not known of the national service (whether it publishes discovery, what `aud` it wants, whether it honours `max_age`)
is decided here and nowhere in code. A mistake is named with its place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from gateway.partners.loading.partner_settings import Place, SecretPlace, SettingsWrong, secret_place

PROVIDER_ID: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
_ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")


class OidcProviderSettings(BaseModel):
    """One provider, as `gateway.toml` describes it.

    `issuer` is compared letter by letter. `redirect_uri` is the portal's, `https://…/phone/return/<id>`, as it was registered.
    With `discovery` the endpoints come from the issuer's `/.well-known/openid-configuration`; else all three are named here.
    `hosts` may be asked besides the issuer's own. `assertion_audience` is the one `aud` of our client assertion: the token
    endpoint, the issuer, or a text of its own. `reauthentication`: with `max-age` the provider is asked to identify the person
    anew and its `auth_time` proves it; `provider` is for one that does so each time by itself. `required_acr` names what
    `acr` must be one of.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, hide_input_in_errors=True, arbitrary_types_allowed=True
    )

    id: str
    name: str
    name_en: str = ""
    issuer: str
    client_id: str = Field(min_length=1, max_length=255, pattern=r"^[!-~]+$")
    redirect_uri: str = Field(max_length=255)
    key: SecretPlace = Field(repr=False)
    key_id: str = Field(min_length=1, max_length=255)
    assertion_algorithm: Literal["ES256", "RS256", "PS256"] = "ES256"
    assertion_audience: str = "token-endpoint"
    assertion_lifetime_s: int = Field(default=60, ge=5, le=60)
    id_token_algorithms: tuple[Literal["ES256", "ES384", "PS256", "RS256"], ...] = ("ES256",)
    discovery: bool = True
    authorization_endpoint: str = ""
    token_endpoint: str = ""
    jwks_uri: str = ""
    hosts: tuple[str, ...] = ()
    iss_parameter: Literal["required", "discovery"] = "discovery"
    reauthentication: Literal["max-age", "provider"] = "max-age"
    acr_values: str = Field(default="", max_length=255)
    required_acr: tuple[str, ...] = ()
    deadline_s: int = Field(default=10, ge=1, le=30)
    ca_file: Path | None = None

    @field_validator("id_token_algorithms", "hosts", "required_acr", mode="before")
    @classmethod
    def _from_list(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value

    @field_validator("issuer", "redirect_uri", *_ENDPOINTS)
    @classmethod
    def _address(cls, value: str) -> str:
        parts = urlsplit(value)
        is_here = parts.hostname is not None and parts.netloc.rpartition("@")[2].startswith(_LOOPBACK)
        if value and (
            parts.scheme not in ("https", "http")
            or not parts.netloc
            or parts.fragment
            or "@" in parts.netloc
            or (parts.scheme == "http" and not is_here)
        ):
            raise ValueError("an address is https://host/path; http is for this machine alone")
        return value

    @model_validator(mode="after")
    def _complete(self) -> OidcProviderSettings:
        missing = [name for name in _ENDPOINTS if not getattr(self, name)]
        if not self.discovery and missing:
            raise ValueError(f"without discovery name {', '.join(missing)} as well")
        if self.discovery and len(missing) < len(_ENDPOINTS):
            raise ValueError("endpoints are named where discovery = false; take them away or say so")
        if not self.id_token_algorithms:
            raise ValueError('id_token_algorithms names at least one, such as ["ES256"]')
        return self

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """The hosts that this provider's requests may go to."""
        named = (self.issuer, self.token_endpoint, self.jwks_uri)
        return frozenset({*self.hosts, *(urlsplit(url).netloc.lower() for url in named if url)})


def read_oidc(
    tables: Mapping[str, Any], place: Place, env: Mapping[str, str]
) -> dict[str, OidcProviderSettings]:
    """The tables under `[oidc]`. Raises SettingsWrong, naming table, key and line."""
    return {id_: _read(id_, table, place, env) for id_, table in tables.items()}


def _read(id_: str, table: Any, place: Place, env: Mapping[str, str]) -> OidcProviderSettings:
    where = place.at("oidc", id_)
    if not isinstance(table, dict):
        raise SettingsWrong(f"[oidc] {id_}: is no table; write [oidc.{id_}] ({where})")
    if not PROVIDER_ID.fullmatch(id_):
        raise SettingsWrong(f"[oidc.{id_}]: an id is lower-case letters, digits and _; rename it ({where})")
    if "key" not in table:
        example = f'key = {{ file = "secrets/{id_}.pem" }}'
        raise SettingsWrong(f"[oidc.{id_}] has no `key`; add {example} ({where})")
    values: dict[str, Any] = {"name": id_, **table, "id": id_}
    values["key"] = secret_place(table["key"], ("oidc", id_, "key"), place, env)
    if isinstance(table.get("ca_file"), str):
        values["ca_file"] = place.base / table["ca_file"]
    try:
        return OidcProviderSettings.model_validate(values)
    except ValidationError as fault:
        mistake = fault.errors(include_input=False, include_url=False)[0]
        key = str(mistake["loc"][0]) if mistake["loc"] else ""
        raise SettingsWrong(_sentence(id_, key, mistake, place.at("oidc", id_, key))) from None


def _sentence(id_: str, key: str, mistake: Mapping[str, Any], where: str) -> str:
    if mistake["type"] == "missing":
        return f"[oidc.{id_}] has no `{key}`; add it ({where})"
    if mistake["type"] == "extra_forbidden":
        keys = [name for name in OidcProviderSettings.model_fields if name != "id"]
        near = get_close_matches(key, keys, 1)
        remedy = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(keys)}"
        return f"[oidc.{id_}] has no setting `{key}`; {remedy} ({where})"
    message = str(mistake["msg"]).removeprefix("Value error, ")
    return f"[oidc.{id_}] {key + ': ' if key else ''}{message}; correct it ({where})"
