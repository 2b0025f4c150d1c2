"""Of a member who was merged: into whom."""

import sqlalchemy as sa
from alembic import op

revision = "0038_merged_members"
down_revision = "0051_journal_marks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One column, which an older release does not look at."""
    op.add_column("members", sa.Column("merged_into", sa.Text()))


def downgrade() -> None:
    """Take it away: who was merged stays revoked, and nobody is told into whom."""
    op.drop_column("members", "merged_into")
