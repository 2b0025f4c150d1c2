"""A digest a day that stands for the ledger's and the audit log's chains, signed, and kept where the database is not.

Whoever rolls the database back, rewrites it or empties it cannot change the digests outside it. The signature is an
Ed25519 one, so that somebody who must not be able to make digests can check them by the public key alone.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import Connection, insert, select

from core_ledger import ChainKeys, count_moves, daily_digest, digest_of, sealed_on
from gateway.errors import GatewayError
from gateway.platform import journal_ends, tables
from gateway.platform.encryption import derive_key
from gateway.platform.plain_text import plain_text

_d = tables.daily_digests
RESTORED: Final = "restored"
"""The kind of a line that says: the database was restored on purpose, and has lost the digests before this line."""

STAMP: Final = "time stamp"
"""The kind of a line that holds the time stamp of a digest; see `gateway.platform.time_stamps`."""

UNREADABLE: Final = "an unreadable line"


class DigestsDisagree(GatewayError):
    """The digests outside are not those of this database: it was rolled back, rewritten, or is another one."""


@dataclass(frozen=True, slots=True)
class DigestFault:
    """One way in which the database is not the one that the digests were made of. `chain`: `ledger` or `audit`."""

    chain: str
    day: str
    text: str

    def __str__(self) -> str:
        return f"digest of {self.day}: {self.text}"


def public_key(keys: ChainKeys) -> str:
    """The newest key's public half, in hex: who has it can check digests and make none."""
    return _signer(keys.keys[0]).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def make_document(conn: Connection, keys: ChainKeys, day: date, at: datetime) -> str:
    """Make the digest of `day`, once: one line of JSON, signed, that names the line before it."""
    text = day.isoformat()
    ledger = daily_digest(conn, day)
    # Only now: it lets one maker after the other in, and who came second finds the document of the first.
    stored = conn.scalar(select(_d.c.document).where(_d.c.day == text))
    if stored is not None:
        return str(stored)
    before = conn.scalar(select(_d.c.document).order_by(_d.c.day.desc()).limit(1))
    heads = conn.execute(select(tables.audit_heads).order_by(tables.audit_heads.c.municipality))
    content = {
        "day": text,
        "made_at": at.isoformat(),
        "books": ledger.books,
        "moves": count_moves(conn),
        "digest": ledger.digest,
        "audit": {row.municipality: [row.seq, row.hash.hex()] for row in heads},
        "signed_since": sealed_on(conn),
        "journal": journal_ends.list_ends(conn, since=at - journal_ends.IN_DIGEST),
        "previous": fingerprint(before) if before is not None else "",
        "key": public_key(keys),
    }
    signature = _signer(keys.keys[0]).sign(_canonical(content)).hex()
    document = _text(content | {"signature": signature})
    conn.execute(insert(_d).values(day=text, document=document))
    return document


def list_documents(conn: Connection) -> list[str]:
    """Every digest that the database has, oldest first."""
    return list(conn.scalars(select(_d.c.document).order_by(_d.c.day)))


def written_lines(text: str) -> list[str]:
    """The lines of a file of digests, without the marks of whatever has saved it meanwhile."""
    return [line for line in plain_text(text).split("\n") if line.strip()]


def read_journal_ends(file: Path, keys: ChainKeys) -> dict[str, int]:
    """How far the journal was by the newest digest in `file` that we signed; nothing where there is none."""
    try:
        lines = written_lines(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        return {}
    trusted = _trusted(keys)
    for line in reversed(counting_digests(lines)):
        content = _read(line)
        if content is not None and _is_signed(content, trusted):
            return {str(segment): int(count) for segment, count in content.get("journal", {}).items()}
    return {}


def find_lost_day(file: Path, keys: ChainKeys, documents: Sequence[str]) -> str | None:
    """The newest day whose digest, signed by us, is in `file` and not among `documents`: the database was rolled back.

    None where nothing is lost, or no file is there yet. Lines that somebody else has written say nothing of the database.
    """
    try:
        lines = written_lines(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        return None
    own = set(documents)
    trusted = _trusted(keys)
    contents = [
        content
        for line in counting_digests(lines)
        if line not in own and (content := _read(line)) is not None
    ]
    days = [str(content["day"]) for content in contents if _is_signed(content, trusted)]
    return max(days, default=None)


def append_to(file: Path, documents: Sequence[str]) -> int:
    """Append to `file` what it does not have yet, durably; how many lines that were.

    Raises DigestsDisagree where the file has a digest that is not among `documents`: then nothing is written.
    """
    with file.open("a+", encoding="utf-8") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        opened.seek(0)
        present = written_lines(opened.read())
        unknown = [line for line in counting_digests(present) if line not in set(documents)]
        if unknown:
            raise DigestsDisagree(
                f"{file}: it has the digest of {day_of(unknown[-1])}, which this database does not have: the database "
                "was rolled back, rewritten or is another one; run `point-gateway ledger verify --against` with it, and after"
                " a restore on purpose `point-gateway restore end`"
            )
        missing = [document for document in documents if document not in set(present)]
        opened.writelines(f"{document}\n" for document in missing)
        opened.flush()
        os.fsync(opened.fileno())
    return len(missing)


def append_restored(
    file: Path, keys: ChainKeys, documents: Sequence[str], *, operator: str, reason: str, at: datetime
) -> str | None:
    """Write down in `file` that the database was restored on purpose to where `documents` end, and return that line.

    None where the database lacks none of the digests.

    The digests after that stay in the file, and are digests of what is no more. Signed, so that only who has the key can
    have a lost day forgotten.
    """
    with file.open("a+", encoding="utf-8") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        opened.seek(0)
        present = written_lines(opened.read())
        if all(line in set(documents) for line in counting_digests(present)):
            return None
        kept = [line for line in present if line in set(documents)]
        content = {
            "kind": RESTORED,
            "at": at.isoformat(),
            "after": fingerprint(kept[-1]) if kept else "",
            "operator": operator,
            "reason": reason,
            "key": public_key(keys),
        }
        signature = _signer(keys.keys[0]).sign(_canonical(content)).hex()
        line = _text(content | {"signature": signature})
        opened.write(line + "\n")
        opened.flush()
        os.fsync(opened.fileno())
    return line


def append_lines(file: Path, lines: Sequence[str]) -> None:
    """Append lines about digests that are in `file`, durably."""
    with file.open("a", encoding="utf-8") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        opened.writelines(f"{line}\n" for line in lines)
        opened.flush()
        os.fsync(opened.fileno())


def counting_digests(lines: Sequence[str]) -> list[str]:
    """The digests that count: those between a restore and the moment it went back to are of what is no more."""
    counting: list[str] = []
    for line in lines:
        kind, after = _kind_of(line)
        if kind == STAMP:
            continue
        if kind != RESTORED:
            counting.append(line)
        else:
            ends = [number for number, each in enumerate(counting, 1) if fingerprint(each) == after]
            counting = counting[: ends[-1]] if ends else []
    return counting


def _kind_of(line: str) -> tuple[str, str]:
    """What a line is, and what it goes back to where it is about a restore; an empty word for a digest."""
    try:
        content = json.loads(line)
    except ValueError:
        return "", ""
    if not isinstance(content, dict):
        return "", ""
    return str(content.get("kind", "")), str(content.get("after", ""))


def compare(conn: Connection, keys: ChainKeys, lines: Sequence[str]) -> list[DigestFault]:
    """Say where the database is not the one that these digests were made of; also where a digest is not ours."""
    trusted = _trusted(keys)
    faults: list[DigestFault] = []
    previous: str | None = None
    contents = []
    written = written_lines("\n".join(lines))
    for number, line in enumerate(written, 1):
        if _kind_of(line)[0] == RESTORED and not _is_signed(json.loads(line), trusted):
            text = "it says that the database was restored, and is not signed with a key of this gateway"
            faults.append(DigestFault("ledger", f"line {number}", text))
            written = [each for each in written if each != line]
    for number, line in enumerate(counting_digests(written), 1):
        content = _read(line)
        if content is None or not _is_signed(content, trusted):
            faults.append(
                DigestFault("ledger", f"line {number}", "it is not signed with a key of this gateway")
            )
            continue
        if previous is not None and content["previous"] not in (previous, ""):
            faults.append(
                DigestFault("ledger", content["day"], "the line before it is missing or another one")
            )
        previous = fingerprint(line)
        contents.append(content)
    if not contents:
        return [*faults, DigestFault("ledger", "no day", "there is no digest to compare with")]
    return faults + _ledger_faults(conn, contents) + _audit_faults(conn, contents[-1])


def _ledger_faults(conn: Connection, contents: Sequence[dict[str, Any]]) -> list[DigestFault]:
    faults, moves = [], count_moves(conn)
    for content in contents:
        ours = digest_of(conn, date.fromisoformat(content["day"]))
        if ours is None:
            what = (
                "the database is empty" if not moves else "the database does not have it: it was rolled back"
            )
            faults.append(DigestFault("ledger", content["day"], what))
        elif ours.digest != content["digest"]:
            what = "the database has another one: it was rewritten, or is another database"
            faults.append(DigestFault("ledger", content["day"], what))
    for content in contents:
        if content["signed_since"] != sealed_on(conn):
            what = f"moves were signed since {content['signed_since']}, and here since {sealed_on(conn) or 'never'}"
            faults.append(DigestFault("ledger", content["day"], what))
    most = max(content["moves"] for content in contents)
    if moves < most:
        what = f"there were {most:,} moves, and there are {moves:,}"
        faults.append(DigestFault("ledger", contents[-1]["day"], what))
    return faults


def _audit_faults(conn: Connection, content: dict[str, Any]) -> list[DigestFault]:
    lines, faults = tables.audit_lines, []
    for municipality, (seq, hashed) in content["audit"].items():
        query = select(lines.c.hash).where(lines.c.municipality == municipality, lines.c.seq == seq)
        found = conn.scalar(query) if seq else bytes.fromhex(hashed)
        if found is None:
            what = f"the log of {municipality} had {seq:,} lines, and line {seq:,} is gone"
            faults.append(DigestFault("audit", content["day"], what))
        elif found.hex() != hashed:
            what = f"line {seq:,} of the log of {municipality} is another one"
            faults.append(DigestFault("audit", content["day"], what))
    return faults


def _signer(key: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(derive_key(key, "daily-digest"))


def _trusted(keys: ChainKeys) -> set[str]:
    """The public halves of all our keys."""
    return {_signer(key).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex() for key in keys.keys}


def _is_signed(content: dict[str, Any], trusted: set[str]) -> bool:
    unsigned = {name: value for name, value in content.items() if name != "signature"}
    if content.get("key") not in trusted:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(content["key"])).verify(
            bytes.fromhex(str(content.get("signature", ""))), _canonical(unsigned)
        )
    except (InvalidSignature, ValueError):
        return False
    return True


_FIELDS = {"day": str, "made_at": str, "books": int, "moves": int, "digest": str, "audit": dict, "previous": str, "signed_since": str,
           "key": str, "signature": str}  # fmt: skip


def _read(line: str) -> dict[str, Any] | None:
    try:
        content = json.loads(line)
    except ValueError:
        return None
    if not isinstance(content, dict):
        return None
    return content if all(isinstance(content.get(name), kind) for name, kind in _FIELDS.items()) else None


def day_of(line: str) -> str:
    """The day that a digest is of."""
    content = _read(line)
    return str(content["day"]) if content is not None else UNREADABLE


def _canonical(content: dict[str, Any]) -> bytes:
    return b"daily digest\x00" + _text(content).encode()


def _text(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def fingerprint(document: str) -> str:
    """What the next digest, a restore and a time stamp call a digest by."""
    return hashlib.sha256(document.encode()).hexdigest()
