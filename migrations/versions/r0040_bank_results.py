"""A city's settings of its settlement, and the bank's own result files."""

import sqlalchemy as sa
from alembic import op

revision = "0040_bank_results"
down_revision = "0038_merged_members"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Two tables, which an older release does not look at."""
    op.create_table(
        "settlement_settings",
        sa.Column("municipality", sa.Text(), primary_key=True),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("changed_at", Whole, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "bank_results",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("file_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_by", sa.Text(), nullable=False),
        sa.Column("uploaded_at", Whole, nullable=False),
        sa.Column("applied_by", sa.Text()),
        sa.Column("applied_at", Whole),
        sa.PrimaryKeyConstraint("municipality", "starts_on", "number"),
        sa.UniqueConstraint("municipality", "starts_on", "content_hash", name="a_result_file_is_one"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Take them away: every city has the defaults, and what was recorded from result files stays recorded."""
    op.drop_table("bank_results")
    op.drop_table("settlement_settings")
