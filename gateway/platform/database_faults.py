"""A fault of the database in one sentence: what it said, of which database, and the remedy that fits."""

from __future__ import annotations

import re
from typing import Final

from sqlalchemy.engine.url import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

_REMEDIES: Final = (
    ((r"could not translate host name|failed to resolve host|Name or service not known|nodename nor servname|"
     r"Temporary failure in name resolution|No address associated|getaddrinfo"),
     "correct the host in [database] url, or see that its name is known here"),
    ((r"password authentication failed|no password supplied|role \".*\" does not exist|Peer authentication failed|"
     r"Ident authentication failed|authentication failed"),
     "see that role and password are those of this database"),
    (r"no pg_hba\.conf entry", "let the server's pg_hba.conf take this role from this machine"),
    (r"database \".*\" does not exist", "make it (CREATE DATABASE), or correct the name in [database] url"),
    ((r"Connection refused|timeout expired|timed out|No route to host|Network is unreachable|Connection reset|"
     r"server closed the connection|terminating connection|could not connect|connection to server on socket|the database system is"),
     "see that the server runs and can be reached from here"),
    (r"certificate|SSL|TLS", "see sslmode and sslrootcert in [database] url"),
    (r"permission denied", "grant this role SELECT, INSERT, UPDATE and DELETE on all tables of the gateway's schema"),
    (r"no such table|relation \".*\" does not exist|no such column|column \".*\" does not exist",
     "run `point-gateway db status`, it says what the schema needs"),
    (r"unable to open database file", "see that the folder exists and belongs to the gateway's user"),
    (r"readonly database|read-only",
     "see that the database can be written: a read-only disk, a standby, or a file of another user"),
    (r"file is not a database|malformed", "name the right file, or put a backup back (`point-gateway backup restore`)"),
    (r"database is locked", "another program keeps it locked; end that one, or wait"),
    (r"full|No space left|disk I/O", "make room on the disk, or see the machine's log about it"),
    (r"too many (connections|clients)|remaining connection slots",
     "raise max_connections at the server, or start fewer gateways"),
)  # fmt: skip
_OTHER: Final = "this is the database's own fault; see its log"


def database_sentence(fault: SQLAlchemyError, url: str | None = None) -> str:
    """What the database said, as it is, with a remedy. The statement and its values are never repeated."""
    if isinstance(fault, ArgumentError | NoSuchModuleError):  # the text of these may hold the URL
        return (
            "[database] url cannot be read; write postgresql+psycopg://role@host/database or sqlite:///path"
        )
    answer = " ".join(str(getattr(fault, "orig", None) or fault).split("\n")[0].split())
    remedy = next((remedy for said, remedy in _REMEDIES if re.search(said, answer, re.IGNORECASE)), _OTHER)
    return f"{_name_of(url)} refused: {answer.rstrip('.')}; {remedy}"


def _name_of(url: str | None) -> str:
    try:
        parsed = make_url(url) if url else None
    except ArgumentError:
        parsed = None
    if parsed is None:
        return "the database"
    if parsed.get_backend_name() == "sqlite":
        return f"the database {parsed.database or 'in memory'}"
    return f"the database {parsed.database or ''}{_host_of(parsed)}".rstrip()


def _host_of(parsed: URL) -> str:
    hosts = parsed.query.get("host", parsed.host or "")
    named = hosts if isinstance(hosts, str) else ",".join(hosts)
    return f" at {named}" if named else " on this machine"
