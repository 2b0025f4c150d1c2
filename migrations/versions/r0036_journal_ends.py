"""How far each segment of the journal was."""

import sqlalchemy as sa
from alembic import op

revision = "0036_journal_ends"
down_revision = "0032_ways_in"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """One table."""
    op.create_table(
        "journal_ends",
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("line_count", Whole, nullable=False),
        sa.Column("at", Whole, nullable=False),
        sa.PrimaryKeyConstraint("segment"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("journal_ends")
