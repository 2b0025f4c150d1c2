"""Nothing goes over a network in the clear: addresses in http beyond this machine, databases without TLS."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from gateway.preflight.finding import Finding, ok, refused, warning
from gateway.settings import Settings

ENCRYPTED: Final = ("require", "verify-ca", "verify-full")


def check_transport(settings: Settings) -> list[Finding]:
    """Every address of the settings, and how the database is reached."""
    return [*_addresses(settings), *_database(settings)]


def is_loopback(host: str | None) -> bool:
    """Whether this host is this machine, by what it is called: nothing is looked up."""
    name = (host or "").rstrip(".").casefold()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        ip = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return (getattr(ip, "ipv4_mapped", None) or ip).is_loopback


def _addresses(settings: Settings) -> Iterator[Finding]:
    server = settings.server
    named = [("[server] public_url", server.public_url)]
    if not server.public_url:
        named = [("[server] public_url is not set, so it is", server.origin)]
    named += [("[server] portal_return_urls", url) for url in server.portal_return_urls]
    named += [("[municipal] public_url", settings.municipal.public_url)]
    named += [
        (f"[partners.{id_}] {name}", url)
        for id_, partner in settings.partners.items()
        if partner.enabled
        for name, url in _texts(partner.table)
    ]
    plain = [(name, url) for name, url in named if _is_plain(url)]
    for name, url in plain:
        sentence = f"{name}: {url} is plain http to another machine, which anybody on the way reads and changes; write https://"
        if "plain-http" in server.allow:
            yield warning("transport", sentence)
        else:
            yield refused("transport", f'{sentence}, or set [server] allow = ["plain-http"]')
    address = server.admin_address
    if address is not None and not is_loopback(address[0]):
        yield warning(
            "admin",
            f"[server] admin: {server.admin} is reached from other machines and asks nobody who they are; let a firewall"
            " take Prometheus alone, or write 127.0.0.1",
        )
    if not plain:
        yield ok("transport", "no address of the settings is plain http to another machine")


def _is_plain(url: str) -> bool:
    if not url.strip().casefold().startswith("http://"):
        return False
    try:
        return not is_loopback(urlsplit(url.strip()).hostname)
    except ValueError:
        return True


def _texts(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, str):
            yield prefix + name, value
        elif isinstance(value, Mapping):
            yield from _texts(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            yield from ((prefix + name, part) for part in value if isinstance(part, str))


def _database(settings: Settings) -> Iterator[Finding]:
    if settings.database_file is not None or not settings.database_url.startswith("postgresql"):
        return
    hosts, mode = _hosts_and_sslmode(settings.database_url)
    far = [host for host in hosts if not host.startswith(("/", "@")) and not is_loopback(host)]
    if not far:
        yield ok("database-tls", "the database is on this machine")
    elif mode in ENCRYPTED:
        yield ok("database-tls", f"the database is reached by TLS (sslmode={mode})")
        if mode == "require":
            yield warning(
                "database-tls",
                "[database] url: sslmode=require encrypts and does not ask who answers; write sslmode=verify-full and"
                " sslrootcert=…",
            )
    else:
        sentence = (
            f"[database] url: reaches {', '.join(far)} with sslmode={mode}, which goes on without TLS where the server has"
            " none; add ?sslmode=verify-full"
        )
        if "database-without-tls" in settings.server.allow:
            yield warning("database-tls", sentence)
        else:
            yield refused("database-tls", f'{sentence}, or set [server] allow = ["database-without-tls"]')


def _hosts_and_sslmode(url: str) -> tuple[list[str], str]:
    """What libpq goes by: parameters before the authority, else its variables; no host is the socket of this machine."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    hosts = [name for value in query.get("hostaddr", query.get("host", [])) for name in value.split(",")]
    names = [name.rpartition(":")[0] if name.count(":") == 1 else name for name in hosts if name]
    if not names and parts.hostname:
        names = [name.rpartition(":")[0] or name for name in parts.hostname.split(",")]
    if not names:
        names = [
            name for name in os.environ.get("PGHOSTADDR", os.environ.get("PGHOST", "")).split(",") if name
        ]
    mode = query.get("sslmode", [os.environ.get("PGSSLMODE", "prefer")])[-1]
    return names, mode
