"""What cities and the platform announce to members and shops."""

import sqlalchemy as sa
from alembic import op

revision = "0048_announcements"
down_revision = "0047_privacy_texts"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """One table, which an older release does not look at."""
    op.create_table(
        "announcements",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("announcement_id", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("shown_from", Whole, nullable=False),
        sa.Column("shown_until", Whole, nullable=False),
        sa.Column("stops_from", Whole),
        sa.Column("title_ja", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("title_easy", sa.Text(), nullable=False),
        sa.Column("text_ja", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("text_easy", sa.Text(), nullable=False),
        sa.Column("published_by", sa.Text(), nullable=False),
        sa.Column("published_at", Whole, nullable=False),
        sa.Column("withdrawn_at", Whole),
        sa.PrimaryKeyConstraint("municipality", "announcement_id"),
        sqlite_strict=True,
    )
    op.create_index("announcements_by_end", "announcements", ["municipality", "shown_until"])


def downgrade() -> None:
    """Take it away, and with it what was announced."""
    op.drop_index("announcements_by_end", "announcements")
    op.drop_table("announcements")
