"""What closed shops owed, and how it ended."""

import sqlalchemy as sa
from alembic import op

revision = "0028_shop_debts"
down_revision = "0027_key_scopes"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """One table."""
    op.create_table(
        "shop_debts",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("debt_id", sa.Text(), nullable=False),
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("debt_end", sa.Text(), nullable=False),
        sa.Column("points", Whole, nullable=False),
        sa.Column("yen", Whole, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", Whole, nullable=False),
        sa.Column("carried_in", sa.Text()),
        sa.PrimaryKeyConstraint("municipality", "debt_id"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("shop_debts")
