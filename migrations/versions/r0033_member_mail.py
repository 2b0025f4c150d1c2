"""Mail to members: an optional confirmed address, and one row for each notice that is to be mailed or was."""

import sqlalchemy as sa
from alembic import op

revision = "0033_member_mail"
down_revision = "0033_member_data"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Two new tables; an older gateway works on beside them."""
    op.create_table(
        "member_mail",
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("mail_id", sa.Text(), nullable=False),
        sa.Column("address_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.Column("set_at", Whole, nullable=False),
        sa.Column("confirmed_at", Whole, nullable=True),
        sa.Column("stopped_at", Whole, nullable=True),
        sa.Column("stopped_because", sa.Text(), nullable=True),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("changes_since", Whole, nullable=False),
        sa.Column("looked_at", Whole, nullable=True),
        sa.Column("looked_seq", Whole, nullable=True),
        sa.Column("looked_on", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("member_id"),
        sa.UniqueConstraint("mail_id"),
        sqlite_strict=True,
    )
    op.create_index("mail_by_address", "member_mail", ["address_hash", "set_at"])
    op.create_table(
        "mail_notices",
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("notice_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", Whole, nullable=False),
        sa.Column("created_at", Whole, nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", Whole, nullable=True),
        sa.Column("leased_until", Whole, nullable=True),
        sa.Column("sent_at", Whole, nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("member_id", "notice_key"),
        sqlite_strict=True,
    )
    op.create_index("mail_notices_to_send", "mail_notices", ["next_at"])
    op.create_index("mail_notices_to_forget", "mail_notices", ["created_at"])


def downgrade() -> None:
    """Take them away: no member has an address afterwards."""
    op.drop_index("mail_notices_to_forget", "mail_notices")
    op.drop_index("mail_notices_to_send", "mail_notices")
    op.drop_table("mail_notices")
    op.drop_index("mail_by_address", "member_mail")
    op.drop_table("member_mail")
