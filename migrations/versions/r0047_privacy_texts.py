"""What a city tells members of their data."""

import sqlalchemy as sa
from alembic import op

revision = "0047_privacy_texts"
down_revision = "0039_erased_members"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """One table, which an older release does not look at."""
    op.create_table(
        "privacy_texts",
        sa.Column("municipality", sa.Text(), primary_key=True),
        sa.Column("ja", sa.Text(), nullable=False),
        sa.Column("en", sa.Text(), nullable=False),
        sa.Column("easy", sa.Text(), nullable=False),
        sa.Column("changed_at", Whole, nullable=False),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Take it away; the audit log has every text that stood in it."""
    op.drop_table("privacy_texts")
