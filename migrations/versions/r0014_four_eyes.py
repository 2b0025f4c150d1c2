"""Four eyes: proposals and each city's table of them, who changed whose access, and accounts fixed at the closing.

Cycles that are closed already get the accounts as they stand now: from here on nobody changes them. What members
were granted in each project is counted from the ledger.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014_four_eyes"
down_revision = "0013_chain_keys"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables and fill those that tell of what was before."""
    _four_eyes()
    _persons()
    _grants()
    _payment_run()
    op.execute(
        "INSERT INTO settlement_accounts (municipality, starts_on, shop_id, account_sealed) "
        "SELECT l.municipality, l.starts_on, l.shop_id, s.bank_sealed FROM settlement_lines l "
        "JOIN shops s ON s.municipality = l.municipality AND s.shop_id = l.shop_id "
        "WHERE l.paid_yen > 0 AND s.bank_sealed IS NOT NULL"
    )
    _count_grants()


def _count_grants() -> None:
    """A grant's id is grant:<city>:<project>:<key>; its day is the one in Japan."""
    if op.get_bind().dialect.name == "sqlite":
        project = "substr(id, 14, instr(substr(id, 14), ':') - 1)"
        day = "date(at / 1000000 + 32400, 'unixepoch')"
    else:
        project = "split_part(id, ':', 3)"
        day = "to_char(to_timestamp(at / 1000000) AT TIME ZONE 'Asia/Tokyo', 'YYYY-MM-DD')"
    op.get_bind().exec_driver_sql(
        "INSERT INTO project_members (book_id, municipality, project_id, grants, points, first_on, last_on) "  # noqa: S608
        f"SELECT book_id, substr(id, 7, 6), {project}, count(*), sum(points), min({day}), max({day}) "
        f"FROM moves WHERE kind = 'grant' GROUP BY book_id, substr(id, 7, 6), {project}"
    )


def _four_eyes() -> None:
    op.create_table(
        "deed_rules",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("deed", sa.Text(), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("from_points", Whole),
        sa.Column("points_a_day", Whole),
        sa.PrimaryKeyConstraint("municipality", "deed"),
        sqlite_strict=True,
    )
    op.create_table(
        "proposals",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("proposal_id", sa.Text(), nullable=False),
        sa.Column("deed", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("points", Whole),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("command_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_by_name", sa.Text(), nullable=False),
        sa.Column("proposed_at", Whole, nullable=False),
        sa.Column("ends_at", Whole, nullable=False),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decided_at", Whole),
        sa.Column("decision_reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("municipality", "proposal_id"),
        sqlite_strict=True,
    )
    op.create_index("proposals_of_a_city", "proposals", ["municipality", "proposed_at"])
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "one_waiting_proposal_for_a_subject", "proposals", ["municipality", "deed", "subject"], unique=True,
        sqlite_where=waiting, postgresql_where=waiting,
    )  # fmt: skip
    op.create_table(
        "proposal_decisions",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("proposal_id", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", Whole, nullable=False),
        sa.PrimaryKeyConstraint("municipality", "proposal_id", "staff_id"),
        sqlite_strict=True,
    )


def _persons() -> None:
    op.create_table(
        "staff_changes",
        sa.Column("change_id", sa.Text(), primary_key=True),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Text(), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("by_staff", sa.Text(), nullable=False),
        sa.Column("at", Whole, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("staff_changes_of_a_city", "staff_changes", ["municipality", "at"])
    op.create_index("staff_changes_of_a_person", "staff_changes", ["staff_id"])
    op.create_index("staff_changes_by_a_person", "staff_changes", ["by_staff"])
    op.create_table(
        "first_passwords",
        sa.Column("staff_id", sa.Text(), primary_key=True),
        sa.Column("ends_at", Whole, nullable=False),
        sqlite_strict=True,
    )


def _grants() -> None:
    op.create_table(
        "staff_grant_days",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("points", Whole, nullable=False),
        sa.PrimaryKeyConstraint("municipality", "staff_id", "day"),
        sqlite_strict=True,
    )
    op.create_table(
        "project_members",
        sa.Column("book_id", sa.Text(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("grants", sa.Integer(), nullable=False),
        sa.Column("points", Whole, nullable=False),
        sa.Column("first_on", sa.Text(), nullable=False),
        sa.Column("last_on", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("book_id", "municipality", "project_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "project_limits",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("most_grants_each", sa.Integer()),
        sa.Column("most_points_each", Whole),
        sa.PrimaryKeyConstraint("municipality", "project_id"),
        sqlite_strict=True,
    )


def _payment_run() -> None:
    op.create_table(
        "shop_account_changes",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("account_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("decided_at", Whole, nullable=False),
        sa.PrimaryKeyConstraint("municipality", "shop_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "settlement_accounts",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Text(), nullable=False),
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("account_sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("municipality", "starts_on", "shop_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "transfer_files",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("made_at", Whole, nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("transfer_on", sa.Text(), nullable=False),
        sa.Column("yen", Whole, nullable=False),
        sa.PrimaryKeyConstraint("municipality", "starts_on", "number"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Take the tables away. What waits is gone, and closed cycles are paid to the accounts of the day again."""
    for table in (
        "transfer_files", "settlement_accounts", "shop_account_changes", "project_limits", "project_members",
        "staff_grant_days", "first_passwords", "staff_changes", "proposal_decisions", "proposals", "deed_rules",
    ):  # fmt: skip
        op.drop_table(table)
