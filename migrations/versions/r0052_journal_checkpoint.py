"""Up to where the journal was read, and everything in it was found in the database."""

import sqlalchemy as sa
from alembic import op

revision = "0052_journal_checkpoint"
down_revision = "0046_step_up"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """One table."""
    op.create_table(
        "journal_checkpoint",
        sa.Column("number", Whole, nullable=False, autoincrement=False),
        sa.Column("checkpoint_id", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("at", Whole, nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("journal_checkpoint")
