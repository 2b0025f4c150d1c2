"""Representatives: who acts for a member, what was done, and sessions in which somebody acts."""

import sqlalchemy as sa
from alembic import op

revision = "0043_representatives"
down_revision = "0052_journal_checkpoint"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Flag = sa.Boolean().with_variant(sa.Integer(), "sqlite")
SESSIONS = ("representation_id", "actor_id", "rights")


def upgrade() -> None:
    """Two tables, and columns that an older release leaves empty: it takes the token of an acting session for none."""
    op.create_table(
        "representations",
        sa.Column("representation_id", sa.Text(), primary_key=True),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("may_exchange", Flag, nullable=False),
        sa.Column("pay_points_a_day", Whole, nullable=False),
        sa.Column("starts_on", sa.Text(), nullable=False),
        sa.Column("ends_on", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("appointed_at", Whole, nullable=False),
        sa.Column("ended_at", Whole),
        sa.Column("ended_by", sa.Text()),
        sqlite_strict=True,
    )
    op.create_index("representations_of_a_member", "representations", ["member_id"])
    op.create_index("representations_of_an_actor", "representations", ["actor_id"])
    op.create_table(
        "representative_acts",
        sa.Column("representation_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("points", Whole, nullable=False),
        sa.Column("at", Whole, nullable=False),
        sa.PrimaryKeyConstraint("representation_id", "subject"),
        sqlite_strict=True,
    )
    op.create_index("acts_of_a_representative", "representative_acts", ["representation_id", "at"])
    for name in SESSIONS:
        op.add_column("sessions", sa.Column(name, sa.Text(), nullable=True))


def downgrade() -> None:
    """Take them away; whoever acts for somebody is signed out."""
    op.execute("DELETE FROM sessions WHERE actor_id IS NOT NULL")
    for name in reversed(SESSIONS):
        op.drop_column("sessions", name)
    op.drop_index("acts_of_a_representative", "representative_acts")
    op.drop_table("representative_acts")
    op.drop_index("representations_of_an_actor", "representations")
    op.drop_index("representations_of_a_member", "representations")
    op.drop_table("representations")
