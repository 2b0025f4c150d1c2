"""お知らせ: what happened to a member's account, and up to when the member has read."""

import sqlalchemy as sa
from alembic import op

revision = "0023_member_notices"
down_revision = "0022_grant_cancellations"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Two new tables; an older gateway works on beside them."""
    op.create_table(
        "member_events",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", Whole, nullable=False),
        sa.PrimaryKeyConstraint("event_id"),
        sqlite_strict=True,
    )
    op.create_index("events_of_a_member", "member_events", ["member_id", "at"])
    op.create_index("member_events_to_forget", "member_events", ["at"])
    op.create_table(
        "member_notice_marks",
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("read_until", Whole, nullable=False),
        sa.PrimaryKeyConstraint("member_id"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Take them away; what had been read counts as unread afterwards."""
    op.drop_table("member_notice_marks")
    op.drop_index("member_events_to_forget", "member_events")
    op.drop_index("events_of_a_member", "member_events")
    op.drop_table("member_events")
