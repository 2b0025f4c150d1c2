"""What was before four eyes counts too: who changed whose access, which transfer files were made, what files say.

Filled from the audit log and from the lines of grant files. A transfer file keeps its bytes from here on, and a venue
has a ceiling of its own.
"""

import hashlib
import json
import uuid
from itertools import groupby

import sqlalchemy as sa
from alembic import op

from gateway.platform.typed_text import same_note

revision = "0019_before_four_eyes"
down_revision = "0018_retry_at"
branch_labels = None
depends_on = None

_CHANGES = {
    "staff added": "added",
    "role changed": "raised",
    "access reset": "reset",
    "staff restarted": "restarted",
}
_RANK = {"viewer": 0, "operator": 1, "approver": 2, "administrator": 3}


def upgrade() -> None:
    """Make the tables, then fill those that tell of what was before."""
    op.create_table(
        "transfer_file_contents",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("file_sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("municipality", "starts_on", "number"),
        sqlite_strict=True,
    )
    op.create_table(
        "venue_limits",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("points_a_day", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("municipality", "project_id"),
        sqlite_strict=True,
    )
    conn = op.get_bind()
    _transfer_files(conn)
    _staff_changes(conn)
    _content_hashes(conn)


def downgrade() -> None:
    """What was filled in stays: the step before has the same rows."""
    op.drop_table("venue_limits")
    op.drop_table("transfer_file_contents")


def _rows(conn: sa.Connection, text: str, **values: object) -> list[sa.Row]:
    return list(conn.execute(sa.text(text), values))


def _transfer_files(conn: sa.Connection) -> None:
    """Number all makings of a cycle anew; those from before have only their line of the log."""
    known = {
        (row.municipality, row.starts_on, row.made_at): row
        for row in _rows(conn, "SELECT * FROM transfer_files")
    }
    pays_on = {
        (row.municipality, row.starts_on): row.pays_on
        for row in _rows(conn, "SELECT municipality, starts_on, pays_on FROM settlements")
    }
    lines = _rows(
        conn,
        "SELECT municipality, subject, at, actor, facts FROM audit_lines WHERE action = 'transfer file made' "
        "ORDER BY municipality, subject, at, seq",
    )
    made = []
    for cycle, group in groupby(lines, key=lambda line: (line.municipality, line.subject)):
        if cycle not in pays_on:
            continue
        for number, line in enumerate(group, 1):
            facts, row = json.loads(line.facts), known.get((*cycle, line.at))
            transfer_on = row.transfer_on if row else facts.get("transfer_on", pays_on[cycle])
            made.append(
                {
                    "municipality": line.municipality, "starts_on": line.subject, "number": number,
                    "made_at": line.at, "made_by": line.actor, "transfer_on": transfer_on, "yen": int(facts.get("yen", 0)),
                }
            )  # fmt: skip
    conn.execute(sa.text("DELETE FROM transfer_files"))
    if made:
        conn.execute(
            sa.text(
                "INSERT INTO transfer_files (municipality, starts_on, number, made_at, made_by, transfer_on, yen) "
                "VALUES (:municipality, :starts_on, :number, :made_at, :made_by, :transfer_on, :yen)"
            ),
            made,
        )


def _staff_changes(conn: sa.Connection) -> None:
    """Ties from before: the line names the person by login, and one who made the change."""
    people = {
        (row.municipality, row.login): row.staff_id
        for row in _rows(conn, "SELECT municipality, login, staff_id FROM staff WHERE shop_id IS NULL")
    }
    makers = set(people.values())
    known = {
        (row.staff_id, row.change, row.by_staff, row.at) for row in _rows(conn, "SELECT * FROM staff_changes")
    }
    lines = _rows(
        conn,
        "SELECT municipality, subject, at, actor, action, facts FROM audit_lines "
        "WHERE action IN ('staff added', 'role changed', 'access reset', 'staff restarted')",
    )
    changes = []
    for line in lines:
        staff_id, change = people.get((line.municipality, line.subject)), _CHANGES[line.action]
        facts = json.loads(line.facts)
        lowered = _RANK.get(str(facts.get("to")), 0) <= _RANK.get(str(facts.get("from")), 0)
        # A role between operator and approver may do something that the other may not: both ways are a raise.
        same_height = {facts.get("to"), facts.get("from")} == {"operator", "approver"}
        if (
            staff_id is None
            or line.actor not in makers
            or (change == "raised" and lowered and not same_height)
        ):
            continue
        if (staff_id, change, line.actor, line.at) not in known:
            changes.append(
                {
                    "change_id": uuid.uuid4().hex, "municipality": line.municipality, "staff_id": staff_id,
                    "change": change, "by_staff": line.actor, "at": line.at,
                }
            )  # fmt: skip
    if changes:
        conn.execute(
            sa.text(
                "INSERT INTO staff_changes (change_id, municipality, staff_id, change, by_staff, at) "
                "VALUES (:change_id, :municipality, :staff_id, :change, :by_staff, :at)"
            ),
            changes,
        )


def _content_hashes(conn: sa.Connection) -> None:
    """A file that was granted is the same file however it is sent again: its hash is that of what its lines say."""
    files = _rows(
        conn,
        "SELECT municipality, project_id, file_id, content_hash FROM grant_files "
        "WHERE state IN ('checked', 'approved', 'applied') ORDER BY uploaded_at, file_id",
    )
    taken = {(file.municipality, file.project_id, file.content_hash) for file in files}
    for file in files:
        parts = [
            hashlib.sha256(
                f"{line.mykey_id}\x1f{line.points}\x1f{same_note(line.note)}\x1f\x1e".encode()
            ).digest()
            for line in _rows(
                conn,
                "SELECT mykey_id, points, note FROM grant_lines WHERE file_id = :file_id",
                file_id=file.file_id,
            )
        ]
        content = hashlib.sha256(b"".join(sorted(parts))).hexdigest()
        if (file.municipality, file.project_id, content) in taken:
            continue  # as it is; or it was sent twice already, and the first of the two has the hash
        taken.add((file.municipality, file.project_id, content))
        conn.execute(
            sa.text("UPDATE grant_files SET content_hash = :content WHERE file_id = :file_id"),
            {"content": content, "file_id": file.file_id},
        )
