"""Everything of one city in one archive, for its way out: a ZIP of JSON Lines, checked against the ledger as it is written.

Read from one snapshot of the database and written as it is read, whatever its size. What the archive says is held against
the ledger twice: the moves in it must add up to every balance in it, and both to what the ledger counts by itself. Whoever
takes the city over can do the first anew from the file alone (`check_archive`). Credentials and counters that follow from the rest
are left out; `NOT_ARCHIVED` says which and why. Bank accounts and transfer files are in it where they are asked for.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Any, Final

from sqlalchemy import ColumnElement, Connection, LargeBinary, Select, Table, func, select

from core_ledger import chart
from core_ledger.ledger import matches
from core_ledger.read_model import POSITION_COLUMNS, accounts, moment, moves, position
from gateway.cities import tables as city
from gateway.cities.shops import application_rows
from gateway.cities.shops.application_rows import ApplicationState
from gateway.errors import GatewayError
from gateway.platform import tables
from gateway.platform.encryption import Vault
from gateway.points.municipalities import municipality

FORMAT: Final = "point-gateway city archive 1"
MANIFEST: Final = "manifest.json"
READ_BATCH_SIZE: Final = 1_000
BOOKS_BATCH_SIZE: Final = 400
MAX_FAULTS: Final = 100
POSTED: Final = ("transfer", "post")
"""The actions of a move that change what an account has; a hold only sets aside, and a void frees it again."""

OF_THE_CITY: Final[Mapping[Table, str]] = {
    tables.point_services: "the city's point services",
    tables.point_rules: "their rules, version by version: what a point is worth, when it expires, limits",
    city.point_service_issuers: "who issues each",
    tables.support_events: "support events",
    city.staff: "people of the city's staff and of its shops, without passwords and second factors",
    city.staff_changes: "who added, raised, reset, restarted, lowered or stopped whom",
    city.deed_rules: "the city's table of what needs a second person",
    city.proposals: "what was proposed, and how it ended",
    city.proposal_decisions: "each person's yes",
    city.grant_projects: "projects of grants with their budgets",
    city.project_limits: "how often and how much for each member",
    city.venue_limits: "what a venue gives in a day",
    city.grant_ids: "single grants",
    city.grant_files: "lists of grants",
    city.carry_ins: "files of balances from a predecessor's system",
    city.carried_numbers: "which of the predecessor's numbers were carried in, and for whom",
    city.project_members: "what each member was granted in each project",
    city.grant_cancellations: "grants that were taken back",
    city.shops: "shops",
    city.companies: "companies with several shops",
    city.company_shops: "which shops are whose",
    city.company_readers: "whose log-ins read the books of a company's shops",
    city.company_workers: "whose log-ins work at each of a company's shops",
    city.shop_terms: "what shops accept that apply, version by version",
    city.shop_applications: "applications of shops and how they ended; what each says of itself is in a file of its own",
    tables.announcements: "what was announced to members and shops",
    city.account_notices: "what shops were told of their accounts, masked, and what they answered",
    city.spends: "payments at shops",
    city.refunds: "payments that were given back",
    city.pay_cards: "cards for people without a phone: whose, when issued and stopped; no number is kept anywhere",
    city.pay_card_limits: "what they may pay",
    city.settlements: "closed cycles",
    city.settlement_lines: "what each shop was paid in each",
    city.payouts: "what became of each payment",
    city.shop_debts: "what closed shops owed",
    city.settlement_settings: "how the city settles with its bank",
    city.cycle_rules: "when its cycles end and are paid, from which day on",
    city.privacy_texts: "what the city tells members of their data",
    city.bank_results: "the bank's result files: who gave each, and who recorded it",
    city.transfer_files: "each making of the bank's file",
    tables.representations: "who acts for which member, appointed by the city's desk",
    tables.audit_lines: "the audit log; `hash` is over the hash before it and this line",
}
"""Tables with a column `municipality`, each a file of its own."""

OF_THE_BANK: Final[Mapping[Table, tuple[str, str, tuple[str, ...]]]] = {
    city.shops: ("bank_sealed", "bank", ("municipality", "shop_id")),
    city.city_banks: ("payer_sealed", "payer", ("municipality",)),
    city.shop_account_changes: ("account_sealed", "bank", ("municipality", "shop_id")),
    city.settlement_accounts: ("account_sealed", "bank", ("municipality", "shop_id")),
}
"""Encrypted accounts: the column, the purpose they are sealed for, and what names the row."""

NOT_ARCHIVED: Final[Mapping[str, str]] = {
    "staff_passkeys": "credentials", "staff_challenges": "credentials", "staff_sessions": "credentials",
    "first_passwords": "credentials", "tills": "credentials", "till_tokens": "credentials", "till_pins": "credentials", "pay_codes": "credentials", "pay_card_holders": "credentials", "sessions": "credentials",
    "card_challenges": "credentials", "member_proofs": "credentials", "member_passkeys": "credentials",
    "passkey_challenges": "credentials", "oidc_requests": "credentials", "oidc_arrivals": "credentials",
    "member_restorations": "credentials", "sign_in_misses": "credentials", "client_keys": "credentials",
    "seen_nonces": "credentials", "webhook_keys": "credentials",
    "member_days": "counted from moves", "staff_grant_days": "counted from moves", "figure_cursors": "counted from moves",
    "daily_figures": "counted from moves", "day_totals": "counted from moves", "month_figures": "counted from moves",
    "issue_figures": "counted from moves", "event_gifts": "counted from moves",
    "linked_accounts": "a member's with a partner, not the city's", "link_owners": "a member's with a partner, not the city's",
    "coupon_claims": "a member's with a partner, not the city's",
    "exchange_owners": "the platform's", "exchanges": "the platform's: its moves are in the archive with their references",
    "exchange_steps": "the platform's", "partner_debits": "the platform's", "compared_days": "the platform's",
    "reversals": "the platform's", "closed_differences": "the platform's", "partner_controls": "the platform's",
    "maintenance_windows": "the platform's", "outbox": "the platform's", "seen_pushes": "the platform's",
    "schema_marker": "the platform's", "commit_probes": "the platform's", "daily_digests": "the platform's",
    "journal_ends": "the platform's", "journal_marks": "the platform's", "journal_checkpoint": "the platform's",
    "audit_heads": "the newest audit line has it", "audit_seals": "signatures under the platform's key",
    "member_events": "what a member reads of sign-ins", "member_notice_marks": "what a member has read",
    "representative_acts": "the audit log has them",
    "member_mail": "a member's address for notices, given to the platform",
    "mail_notices": "the platform's",
    "mykey_id_choices": "tries of a day", "retired_mykey_ids": "the platform's",
    "books": "the newest move has it", "anchors": "the platform's", "chain_seals": "signatures under the platform's key",
}  # fmt: skip
"""Tables that are in no archive, and why. With those above and those that are read by member, these are all."""

BY_MEMBER: Final = (
    "members",
    "accounts",
    "moves",
    "grant_lines",
    "carry_in_lines",
    "transfer_file_contents",
    *(t.name for t in OF_THE_BANK),
)
_SECRET_COLUMNS: Final = frozenset(
    {
        "card_hash",
        "password_hash",
        "password_is_first",
        "totp_confirmed",
        "totp_last_step",
        "mac",
        "ground",
        "request_hash",
        "secret_hash",
        "source_hash",
        "code_hash",
    }
)


class ArchiveFailed(GatewayError):
    """The archive is not what the ledger says, or cannot be read; no archive is left behind."""


@dataclass(slots=True)
class Sums:
    """What the moves of an archive come to, and what its other files say of the same."""

    balance: Counter[str] = field(default_factory=Counter)
    """Points of each account, from moves."""
    by_kind: Counter[str] = field(default_factory=Counter)

    def add(self, move: Mapping[str, Any]) -> None:
        if move["action"] in POSTED:
            self.balance[move["source"]] -= move["points"]
            self.balance[move["target"]] += move["points"]
            self.by_kind[move["kind"]] += move["points"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """What was written: rows by file, and the city's sums. `sha256` is the whole file's."""

    rows: Mapping[str, int]
    services: Mapping[str, int]
    """Points that members have, by point service."""
    owed_to_shops: int
    sha256: str


def write_archive(
    conn: Connection, code: str, file: Path, *, vault: Vault | None, release: str, at: datetime
) -> Archive:
    """Write everything of the city `code` as `conn` sees it, which reads from one snapshot, into `file`.

    With `vault` bank accounts and transfer files are in it, readable. Raises ArchiveFailed where the city is not there or
    the archive's sums are not the ledger's.
    """
    if not conn.execute(select(func.count()).select_from(tables.point_services).where(
        tables.point_services.c.municipality == code
    )).scalar_one():  # fmt: skip
        raise ArchiveFailed(f"{code}: this city has no point service here; give its six-digit code")
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        writer = _Writer(archive)
        sums = _write_moves(conn, code, writer)
        services = _write_balances(conn, code, writer, sums)
        _write_members(conn, code, writer)
        for table in OF_THE_CITY:
            writer.write(table.name, _rows(conn, _of_city(table, code)))
        for table, files in ((city.grant_lines, city.grant_files), (city.carry_in_lines, city.carry_ins)):
            lines = select(*_open_columns(table)).where(
                table.c.file_id.in_(select(files.c.file_id).where(files.c.municipality == code))
            )
            writer.write(table.name, _rows(conn, lines.order_by(*table.primary_key)))
        if vault is not None:
            _write_bank(conn, code, writer, vault)
            _write_applications(conn, code, writer, vault)
        owed = sum(points for account, points in sums.balance.items() if account.startswith(f"shop:{code}:"))
        _hold_against_ledger(conn, code, sums, services)
        manifest = {
            "format": FORMAT, "release": release, "municipality": code, "name": _name_of(code),
            "made_at": at.isoformat(), "bank_accounts": vault is not None,
            "points_of_members": services, "owed_to_shops": owed,
            "files": {name: {"rows": rows, "sha256": digest} for name, (rows, digest) in sorted(writer.files.items())},
            "not_archived": NOT_ARCHIVED,
        }  # fmt: skip
        archive.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=2))
        archive.writestr("README.md", _readme(code, vault is not None))
    found = check_archive(file)
    if found:
        raise ArchiveFailed(f"the archive was written and reads otherwise: {found[0]}")
    with file.open("rb") as whole:
        digest = hashlib.file_digest(whole, "sha256").hexdigest()
    return Archive(
        rows={name: rows for name, (rows, _) in writer.files.items()},
        services=services,
        owed_to_shops=owed,
        sha256=digest,
    )


def check_archive(file: Path) -> list[str]:
    """Read an archive again, alone: each file is whole, and its moves add up to its balances. Gives what is wrong."""
    faults: list[str] = []
    try:
        with zipfile.ZipFile(file) as archive:
            manifest = json.loads(archive.read(MANIFEST))
            if manifest.get("format") != FORMAT:
                return [f"{file}: is no archive of a city that this release reads ({FORMAT})"]
            reader = _Reader(archive, manifest, faults)
            _check_sums(manifest["municipality"], reader, faults)
            for name in manifest["files"].keys() - reader.read_files:
                for _ in reader.rows(name):
                    pass
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, EOFError) as fault:
        return [f"{file}: cannot be read as an archive of a city ({type(fault).__name__}: {fault})"]
    return faults[:MAX_FAULTS]


# --- writing -----------------------------------------------------------------------------------------------------------


class _Writer:
    """One file after another into the archive, counted and hashed on the way."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.files: dict[str, tuple[int, str]] = {}

    def write(self, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
        number, digest = 0, hashlib.sha256()
        with self._archive.open(f"{name}.jsonl", "w", force_zip64=True) as out:
            for row in rows:
                line = json.dumps(row, ensure_ascii=False, default=_plain).encode() + b"\n"
                out.write(line)
                digest.update(line)
                number += 1
        self.files[f"{name}.jsonl"] = (number, digest.hexdigest())

    def write_bytes(self, name: str, content: bytes) -> None:
        self._archive.writestr(name, content)
        self.files[name] = (1, hashlib.sha256(content).hexdigest())


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"{type(value).__name__} has no place in an archive")


def _rows(conn: Connection, query: Select[Any]) -> Iterator[dict[str, Any]]:
    with conn.execute(query.execution_options(yield_per=READ_BATCH_SIZE)) as result:
        for row in result.mappings():
            yield dict(row)


def _open_columns(table: Table) -> list[ColumnElement[Any]]:
    """The columns that are no secret. A chain's hash is none."""
    return [
        column
        for column in table.c
        if column.name not in _SECRET_COLUMNS
        and (column.name == "hash" or not isinstance(column.type, LargeBinary))
    ]


def _of_city(table: Table, code: str) -> Select[Any]:
    return select(*_open_columns(table)).where(table.c.municipality == code).order_by(*table.primary_key)


def _member_accounts(conn: Connection, code: str) -> ColumnElement[bool]:
    return matches(conn, accounts.c.account, f"member:*:municipality:{code}:*")


def _books(conn: Connection, code: str) -> Iterator[list[str]]:
    """The books that have an account of the city, in their order, some hundred at a time; the city's own comes last."""
    after = ""
    while True:
        page = (
            select(accounts.c.book_id)
            .distinct()
            .where(_member_accounts(conn, code), accounts.c.book_id > after)
            .order_by(accounts.c.book_id)
            .limit(BOOKS_BATCH_SIZE)
        )
        books = list(conn.execute(page).scalars())
        if not books:
            break
        yield books
        after = books[-1]
    yield [chart.municipality_book(code)]


def _is_the_citys(account: str, code: str) -> bool:
    return f":municipality:{code}:" in account or account.startswith(
        (f"municipality:{code}:", f"shop:{code}:", f"expired:{code}")
    )


def _write_moves(conn: Connection, code: str, writer: _Writer) -> Sums:
    """Every move with an account of the city on one side or both; the sums are of these."""
    sums = Sums()

    def chosen() -> Iterator[dict[str, Any]]:
        for books in _books(conn, code):
            query = select(moves).where(moves.c.book_id.in_(books)).order_by(moves.c.book_id, moves.c.seq)
            for row in _rows(conn, query):
                if not _is_the_citys(row["source"], code) and not _is_the_citys(row["target"], code):
                    continue
                row.pop("mac", None)
                sums.add(row)
                yield row | {"at": moment(row["at"]), "lots": json.loads(row["lots"] or "[]")}

    writer.write("moves", chosen())
    return sums


def _write_balances(conn: Connection, code: str, writer: _Writer, sums: Sums) -> dict[str, int]:
    """Each member's account with its lots. Gives the points of each point service."""
    services: Counter[str] = Counter()

    def each() -> Iterator[dict[str, Any]]:
        query = (
            select(*POSITION_COLUMNS)
            .where(_member_accounts(conn, code))
            .order_by(accounts.c.book_id, accounts.c.account)
        )
        with conn.execute(query.execution_options(yield_per=READ_BATCH_SIZE)) as result:
            for row in result:
                found = position(row)
                if sums.balance[row.account] != found.balance.posted:
                    raise ArchiveFailed(
                        f"{row.account}: its moves come to {sums.balance[row.account]:,} points and its balance is"
                        f" {found.balance.posted:,}; run `point-gateway ledger verify`"
                    )
                service = row.account.rpartition(":")[2]
                services[service] += found.balance.posted
                yield {
                    "member_id": row.book_id.removeprefix("member:"), "point_service": service, "account": row.account,
                    "points": found.balance.posted, "held": found.balance.held,
                    "lots": [[lot.issued_on, lot.points, lot.held] for lot in found.lots],
                }  # fmt: skip

    writer.write("balances", each())
    return dict(services)


def _write_members(conn: Connection, code: str, writer: _Writer) -> None:
    """Members who have or had points of the city, and those who chose it as their 基本自治体."""
    members = tables.members.c
    columns = (
        members.member_id, members.mykey_id, members.display_name, members.language, members.default_municipality,
        members.default_point_service, members.state, members.created_at,
    )  # fmt: skip

    def each() -> Iterator[dict[str, Any]]:
        written: set[str] = set()
        for books in _books(conn, code):
            ids = [book.removeprefix("member:") for book in books if book.startswith("member:")]
            written.update(ids)
            yield from _rows(
                conn, select(*columns).where(members.member_id.in_(ids)).order_by(members.member_id)
            )
        chosen = select(*columns).where(members.default_municipality == code).order_by(members.member_id)
        yield from (row for row in _rows(conn, chosen) if row["member_id"] not in written)

    writer.write("members", each())


def _write_bank(conn: Connection, code: str, writer: _Writer, vault: Vault) -> None:
    for table in OF_THE_BANK:
        writer.write(f"{table.name}_bank", _opened(conn, code, table, vault))
    contents = city.transfer_file_contents
    query = select(contents).where(contents.c.municipality == code).order_by(*contents.primary_key)
    for row in _rows(conn, query):
        bound_to = f"{code}/{row['starts_on']}/{row['number']}"
        content = vault.decrypt(row["file_sealed"], purpose="transfer-file", bound_to=bound_to)
        writer.write_bytes(f"transfer-files/{row['starts_on']}-{row['number']}.txt", content.encode("cp932"))
    query = select(city.bank_results).where(city.bank_results.c.municipality == code)
    for row in _rows(conn, query.order_by(*city.bank_results.primary_key)):
        bound_to = f"{code}/{row['starts_on']}/{row['number']}"
        content = vault.decrypt(row["file_sealed"], purpose="bank-result", bound_to=bound_to)
        writer.write_bytes(f"bank-results/{row['starts_on']}-{row['number']}.txt", content.encode("cp932"))


def _write_applications(conn: Connection, code: str, writer: _Writer, vault: Vault) -> None:
    states = tuple(ApplicationState)
    rows = application_rows.list_by_state(conn, vault, code, states, limit=None)
    writer.write(
        "shop_applications_entries",
        (
            {
                "number": row.number,
                "entry": asdict(row.entry),
                "account": asdict(row.account) if row.account else None,
            }
            for row in rows
        ),
    )


def _opened(conn: Connection, code: str, table: Table, vault: Vault) -> Iterator[dict[str, Any]]:
    column, purpose, names = OF_THE_BANK[table]
    query = select(table).where(table.c.municipality == code, table.c[column].is_not(None))
    for row in _rows(conn, query.order_by(*table.primary_key)):
        account = vault.decrypt(row[column], purpose=purpose, bound_to="/".join(row[name] for name in names))
        place = {key: row[key] for key in ("municipality", "starts_on", "shop_id") if key in row}
        yield place | {"account": json.loads(account)}


def _hold_against_ledger(conn: Connection, code: str, sums: Sums, services: Mapping[str, int]) -> None:
    """What the archive says of the city's sums, and what the ledger and the rows of payments say. Raises ArchiveFailed."""
    counted = conn.execute(
        select(func.coalesce(func.sum(accounts.c.posted), 0)).where(_member_accounts(conn, code))
    ).scalar_one()
    faults = []
    if int(counted) != sum(services.values()):
        faults.append(
            f"members have {int(counted):,} points in the ledger and {sum(services.values()):,} in the archive"
        )
    for table, kind in ((city.spends, "spend"), (city.refunds, "refund")):
        said = conn.execute(
            select(func.coalesce(func.sum(table.c.points), 0)).where(table.c.municipality == code)
        ).scalar_one()
        if int(said) != sums.by_kind[kind]:
            faults.append(
                f"{table.name} come to {int(said):,} points and their moves to {sums.by_kind[kind]:,}"
            )
    if faults:
        raise ArchiveFailed(f"{'; '.join(faults)}; run `point-gateway ledger verify`")


def _name_of(code: str) -> str:
    place = municipality(code)
    return place.name if place is not None else code


def _readme(code: str, with_bank: bool) -> str:
    out = io.StringIO()
    out.write(
        f"# {_name_of(code)} ({code})\n\n"
        "One file a table, one JSON object a line, UTF-8. Points are whole numbers, days are ISO days in Japan, moments RFC 3339 in\n"
        "UTC. `moves.jsonl` is every move of points with an account of the city; of those with the action `transfer` or `post`,\n"
        "the sum into an account minus the sum out of it is its balance in `balances.jsonl`. `manifest.json` has the number of rows\n"
        "and the SHA-256 of each file. `point-gateway cities check-archive FILE` checks all of this.\n\n"
        "Who receives this holds personal data of residents"
        f"{' and bank accounts' if with_bank else ''}: keep it encrypted, and erase it when it has served.\n\n"
    )
    for name, text in (
        ("members", "members with points of the city, or who chose it"),
        ("balances", "what each member has, by day of issue: [day, points, set aside]"),
        ("moves", "every move of the city's points"),
        ("grant_lines", "the lines of each list of grants"),
        *((table.name, text) for table, text in OF_THE_CITY.items()),
    ):
        out.write(f"- `{name}.jsonl`: {text}\n")
    return out.getvalue()


# --- reading again -------------------------------------------------------------------------------------------------------


class _Reader:
    """The files of an archive, each held against its number of rows and its hash while it is read."""

    def __init__(self, archive: zipfile.ZipFile, manifest: Mapping[str, Any], faults: list[str]) -> None:
        self._archive, self._files, self._faults = archive, manifest["files"], faults
        self.read_files: set[str] = set()

    def rows(self, name: str) -> Iterator[bytes]:
        number, digest = 0, hashlib.sha256()
        self.read_files.add(name)
        with self._archive.open(name) as file:
            for line in file if name.endswith(".jsonl") else _whole(file):
                digest.update(line)
                number += 1
                yield line
        if (number, digest.hexdigest()) != (self._files[name]["rows"], self._files[name]["sha256"]):
            self._faults.append(f"{name}: is not what the manifest says ({number} rows)")


def _whole(file: IO[bytes]) -> Iterator[bytes]:
    yield file.read()


def _check_sums(code: str, reader: _Reader, faults: list[str]) -> None:
    sums = Sums()
    for line in reader.rows("moves.jsonl"):
        sums.add(json.loads(line))
    seen: set[str] = set()
    for line in reader.rows("balances.jsonl"):
        row = json.loads(line)
        seen.add(row["account"])
        if sums.balance[row["account"]] != row["points"]:
            faults.append(
                f"{row['account']}: has {row['points']:,} points and its moves come to {sums.balance[row['account']]:,}"
            )
        if sum(points for _, points, _ in row["lots"]) != row["points"]:
            faults.append(f"{row['account']}: its lots are not its balance")
    of_members = {
        account
        for account in sums.balance
        if f":municipality:{code}:" in account and account.startswith("member:")
    }
    faults += [
        f"{account}: has moves and no balance"
        for account in sorted(of_members - seen)
        if sums.balance[account]
    ]
    for name, kind in (("spends.jsonl", "spend"), ("refunds.jsonl", "refund")):
        points = sum(json.loads(line)["points"] for line in reader.rows(name))
        if points != sums.by_kind[kind]:
            faults.append(f"{name}: comes to {points:,} points and its moves to {sums.by_kind[kind]:,}")
