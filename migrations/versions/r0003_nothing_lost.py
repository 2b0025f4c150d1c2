"""What keeps both sides' books together: reversals, the comparison with partners, webhooks, partner controls.

Moments are whole microseconds since 1970. `reversals` carries book_id and is spread beside `exchanges`;
`partner_debits` is spread by partner_id; the others are small reference tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003_nothing_lost"
down_revision = "0002_gateway"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Flag = sa.Boolean().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "partner_debits",
        sa.Column("partner_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("exchange_id", sa.Text(), nullable=False),
        sa.Column("book_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("partner_id", "day", "exchange_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "reversals",
        sa.Column("book_id", sa.Text(), nullable=False),
        sa.Column("reversal_id", sa.Text(), nullable=False),
        sa.Column("exchange_id", sa.Text(), nullable=False),
        sa.Column("partner_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("points", Whole, nullable=False),
        sa.Column("taken_from", sa.Text(), nullable=False),
        sa.Column("by_hand", Flag, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text()),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("ask_at", Whole),
        sa.Column("leased_until", Whole),
        sa.Column("started_at", Whole, nullable=False),
        sa.Column("ended_at", Whole),
        sa.PrimaryKeyConstraint("book_id", "reversal_id"),
        sqlite_strict=True,
    )
    op.create_index("reversals_of_an_exchange", "reversals", ["book_id", "exchange_id"])
    op.create_index("reversals_to_ask", "reversals", ["state", "ask_at"])
    op.create_table(
        "closed_differences",
        sa.Column("partner_id", sa.Text(), nullable=False),
        sa.Column("exchange_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("points", Whole, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("closed_at", Whole, nullable=False),
        sa.PrimaryKeyConstraint("partner_id", "exchange_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "webhook_keys",
        sa.Column("key_id", sa.Text(), primary_key=True),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("url", sa.Text()),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Whole, nullable=False),
        sa.Column("revoked_at", Whole),
        sqlite_strict=True,
    )
    op.create_table(
        "outbox",
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", Whole, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("next_at", Whole),
        sa.Column("leased_until", Whole),
        sa.Column("delivered_at", Whole),
        sa.Column("last_error", sa.Text()),
        sa.PrimaryKeyConstraint("message_id", "key_id"),
        sqlite_strict=True,
    )
    op.create_index("outbox_to_deliver", "outbox", ["next_at"])
    op.create_table(
        "seen_pushes",
        sa.Column("partner_id", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("forget_at", Whole, nullable=False),
        sa.PrimaryKeyConstraint("partner_id", "message_id"),
        sqlite_strict=True,
    )
    op.create_index("seen_pushes_to_forget", "seen_pushes", ["forget_at"])
    op.create_table(
        "partner_controls",
        sa.Column("partner_id", sa.Text(), primary_key=True),
        sa.Column("paused", Flag, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("calls_per_minute", sa.Integer()),
        sa.Column("operator", sa.Text(), nullable=False, server_default=""),
        sa.Column("changed_at", Whole, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "maintenance_windows",
        sa.Column("partner_id", sa.Text(), nullable=False),
        sa.Column("starts_at", Whole, nullable=False),
        sa.Column("ends_at", Whole, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("partner_id", "starts_at"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Take the tables away, with what is in them."""
    for table in (
        "maintenance_windows",
        "partner_controls",
        "seen_pushes",
        "outbox",
        "webhook_keys",
        "closed_differences",
        "reversals",
        "partner_debits",
    ):
        op.drop_table(table)
