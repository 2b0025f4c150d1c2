"""Of a member who was merged: into whom."""

import sqlalchemy as sa
from alembic import op

from migrations.concurrent_index import create_index, drop_index

revision = "0038_merged_members"
down_revision = "0051_journal_marks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One column, which an older release does not look at, and its index."""
    op.add_column("members", sa.Column("merged_into", sa.Text()))
    create_index("members_by_whom_they_are_now", "members", ["merged_into"])


def downgrade() -> None:
    """Take both away: who was merged stays revoked, and nobody is told into whom."""
    drop_index("members_by_whom_they_are_now", "members")
    op.drop_column("members", "merged_into")
