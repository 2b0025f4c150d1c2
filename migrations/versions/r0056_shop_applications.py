"""Shops that apply on the web, and the terms that they accept."""

import sqlalchemy as sa
from alembic import op

revision = "0056_shop_applications"
down_revision = "0050_actor_index"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Two tables, which an older release does not look at."""
    op.create_table(
        "shop_terms",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("version", Whole, nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", Whole, nullable=False),
        sa.PrimaryKeyConstraint("municipality", "version"),
        sqlite_strict=True,
    )
    op.create_table(
        "shop_applications",
        sa.Column("number", sa.Text(), primary_key=True),
        sa.Column("request_hash", sa.Text(), nullable=False, unique=True),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("terms_version", Whole, nullable=False),
        sa.Column("entry_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("account_sealed", sa.LargeBinary()),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("source_hash", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("shop_id", sa.Text()),
        sa.Column("applied_at", Whole, nullable=False),
        sa.Column("changed_at", Whole, nullable=False),
        sa.Column("state_at", Whole, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("shop_applications_of_a_city", "shop_applications", ["municipality", "state", "number"])


def downgrade() -> None:
    """Take them away, and with them every application and each version of the terms."""
    op.drop_index("shop_applications_of_a_city", "shop_applications")
    op.drop_table("shop_applications")
    op.drop_table("shop_terms")
