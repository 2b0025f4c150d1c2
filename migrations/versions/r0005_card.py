"""Challenges that cards are asked to sign. Small and short-lived: a row goes when it is used."""

import sqlalchemy as sa
from alembic import op

revision = "0005_card"
down_revision = "0004_municipal"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "card_challenges",
        sa.Column("value", sa.Text(), primary_key=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("expires_at", Whole, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("card_challenges_to_forget", "card_challenges", ["expires_at"])


def downgrade() -> None:
    """Take it away, with what is in it."""
    op.drop_table("card_challenges")
