"""Bound tills: phones and tablets that stay signed in at a shop's till, their secrets, and the PIN for refunds there."""

import sqlalchemy as sa
from alembic import op

revision = "0060_tills"
down_revision = "0065_spend_reference"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Flag = sa.Boolean().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Three tables, and of a session whether it is a till's."""
    op.create_table(
        "tills",
        sa.Column("till_id", sa.Text(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("family_hash", sa.Text(), nullable=False),
        sa.Column("bound_at", Whole, nullable=False),
        sa.Column("used_at", Whole, nullable=False),
        sa.Column("ended_at", Whole),
        sa.Column("ended_by", sa.Text()),
        sa.PrimaryKeyConstraint("till_id"),
        sa.UniqueConstraint("family_hash"),
        sqlite_strict=True,
    )
    op.create_index("tills_of_a_shop", "tills", ["municipality", "shop_id"])
    op.create_index("tills_of_staff", "tills", ["staff_id"])
    op.create_table(
        "till_tokens",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("till_id", sa.Text(), nullable=False),
        sa.Column("shown", Flag, nullable=False),
        sa.Column("issued_at", Whole, nullable=False),
        sa.PrimaryKeyConstraint("token_hash"),
        sqlite_strict=True,
    )
    op.create_index("tokens_of_a_till", "till_tokens", ["till_id"])
    op.create_table(
        "till_pins",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("pin_hash", sa.Text(), nullable=False),
        sa.Column("misses", sa.Integer(), nullable=False),
        sa.Column("set_at", Whole, nullable=False),
        sa.PrimaryKeyConstraint("municipality", "shop_id"),
        sqlite_strict=True,
    )
    op.add_column("staff_sessions", sa.Column("till_id", sa.Text()))


def downgrade() -> None:
    """Take it away; sessions of tills first, which an older release would take for whole ones."""
    op.execute(sa.text("DELETE FROM staff_sessions WHERE till_id IS NOT NULL"))
    op.drop_column("staff_sessions", "till_id")
    for name in ("till_pins", "till_tokens", "tills"):
        op.drop_table(name)
