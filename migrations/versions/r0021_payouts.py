"""What became of each shop's payment, and what a shop is told of its account.

Closed cycles from before say nothing about their payments; accounts that were changed before are told to nobody again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021_payouts"
down_revision = "0020_closed_names"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Flag = sa.Boolean().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Two tables."""
    op.create_table(
        "payouts",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Text(), nullable=False),
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("points", Whole, nullable=False),
        sa.Column("yen", Whole, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", Whole, nullable=False),
        sa.Column("carried_in", sa.Text()),
        sa.PrimaryKeyConstraint("municipality", "starts_on", "shop_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "account_notices",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("notice_id", sa.Text(), nullable=False),
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("account_before", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("decided_at", Whole, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.Text()),
        sa.Column("answered_at", Whole),
        sa.Column("stops_payment", Flag, nullable=False),
        sa.PrimaryKeyConstraint("municipality", "notice_id"),
        sqlite_strict=True,
    )
    op.create_index("account_notices_of_a_shop", "account_notices", ["municipality", "shop_id", "decided_at"])


def downgrade() -> None:
    """Take them away."""
    op.drop_table("account_notices")
    op.drop_table("payouts")
