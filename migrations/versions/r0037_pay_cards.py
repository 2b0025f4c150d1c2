"""Cards for members without a phone: the cards, their holders, and each city's limits."""

import sqlalchemy as sa
from alembic import op

revision = "0037_pay_cards"
down_revision = "0033_member_mail"
branch_labels = None
depends_on = None

Name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Three tables, which an older release does not look at."""
    op.create_table(
        "pay_cards",
        sa.Column("card_hash", sa.Text(), primary_key=True),
        sa.Column("last_digits", sa.Text(), nullable=False),
        sa.Column("issue_id", sa.Text(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("book_id", Name, nullable=False),
        sa.Column("point_service", sa.Text(), nullable=False),
        sa.Column("issued_by", sa.Text(), nullable=False),
        sa.Column("issued_at", Whole, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("stopped_by", sa.Text()),
        sa.Column("stopped_at", Whole),
        sqlite_strict=True,
    )
    op.create_index("pay_cards_of_a_holder", "pay_cards", ["book_id", "municipality"])
    op.create_index("pay_cards_of_a_person", "pay_cards", ["issued_by", "issued_at"])
    op.create_table(
        "pay_card_holders",
        sa.Column("book_id", Name, nullable=False),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("card_hash", sa.Text()),
        sa.Column("pin_hash", sa.Text()),
        sa.Column("pin_misses", sa.Integer(), nullable=False),
        sa.Column("paid_on", sa.Text(), nullable=False),
        sa.Column("paid_points", Whole, nullable=False),
        sa.PrimaryKeyConstraint("book_id", "municipality"),
        sqlite_strict=True,
    )
    op.create_table(
        "pay_card_limits",
        sa.Column("municipality", sa.Text(), primary_key=True),
        sa.Column("no_pin_points", Whole, nullable=False),
        sa.Column("points_a_day", Whole, nullable=False),
        sa.Column("cards_a_day", Whole, nullable=False),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Take them away, and with them every card."""
    op.drop_table("pay_card_limits")
    op.drop_table("pay_card_holders")
    op.drop_index("pay_cards_of_a_person", "pay_cards")
    op.drop_index("pay_cards_of_a_holder", "pay_cards")
    op.drop_table("pay_cards")
