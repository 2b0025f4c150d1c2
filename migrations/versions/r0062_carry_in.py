"""Balances carried in from a predecessor's system: files, their lines, and the numbers that were carried in."""

import sqlalchemy as sa
from alembic import op

revision = "0062_carry_in"
down_revision = "0066_service_readings"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Three tables, which an older release does not look at."""
    op.create_table(
        "carry_ins",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("file_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("faults", sa.Integer(), nullable=False),
        sa.Column("points", Whole, nullable=False),
        sa.Column("uploaded_by", sa.Text(), nullable=False),
        sa.Column("uploaded_at", Whole, nullable=False),
        sa.Column("approved_by", sa.Text()),
        sa.Column("approved_at", Whole),
        sa.Column("applied_through", sa.Text(), nullable=False),
        sa.Column("ended_at", Whole),
        sa.PrimaryKeyConstraint("municipality", "file_id"),
        sa.UniqueConstraint("municipality", "content_hash", name="a_file_is_carried_in_once"),
        sqlite_strict=True,
    )
    op.create_index("carry_ins_by_state", "carry_ins", ["state"])
    op.create_table(
        "carry_in_lines",
        sa.Column("file_id", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Text()),
        sa.Column("mykey_id", sa.Text(), nullable=False),
        sa.Column("code_hash", sa.Text()),
        sa.Column("code_sealed", sa.LargeBinary()),
        sa.Column("point_service", sa.Text(), nullable=False),
        sa.Column("points", Whole, nullable=False),
        sa.Column("issued_on", sa.Text(), nullable=False),
        sa.Column("last_day", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("fault", sa.Text()),
        sa.Column("typed", sa.Text()),
        sa.PrimaryKeyConstraint("file_id", "line"),
        sqlite_strict=True,
    )
    op.create_index("carry_in_lines_by_number", "carry_in_lines", ["file_id", "number"])
    op.create_index("carry_in_lines_by_member", "carry_in_lines", ["member_id"])
    op.create_index("carry_in_lines_by_mykey_id", "carry_in_lines", ["mykey_id"])
    op.create_table(
        "carried_numbers",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("file_id", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Text()),
        sa.Column("code_hash", sa.Text()),
        sa.Column("carried_at", Whole),
        sa.PrimaryKeyConstraint("municipality", "number"),
        sqlite_strict=True,
    )
    op.create_index("carried_numbers_by_member", "carried_numbers", ["member_id"])
    op.create_index("carried_numbers_by_file", "carried_numbers", ["file_id"])


def downgrade() -> None:
    """Take them away, and with them which numbers were carried in."""
    for table in ("carried_numbers", "carry_in_lines", "carry_ins"):
        op.drop_table(table)
