"""Which days of a partner were compared with ours, and what was found."""

import sqlalchemy as sa
from alembic import op

revision = "0010_compared_days"
down_revision = "0009_keys_in_their_order"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; the next nights fill it for the last two months."""
    op.create_table(
        "compared_days",
        sa.Column("partner_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("open", sa.Integer(), nullable=False),
        sa.Column("differences", sa.Integer(), nullable=False),
        sa.Column("compared_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("partner_id", "day"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Take it away; comparing again tells the same."""
    op.drop_table("compared_days")
