"""The end of the journal that a commit relied on."""

import sqlalchemy as sa
from alembic import op

revision = "0051_journal_marks"
down_revision = "0036_journal_ends"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """One table."""
    op.create_table(
        "journal_marks",
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("writer", sa.Text(), nullable=False),
        sa.Column("line_count", Whole, nullable=False),
        sa.Column("at", Whole, nullable=False),
        sa.PrimaryKeyConstraint("segment", "writer"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("journal_marks")
