"""An index by which those who were merged into a member are found."""

from migrations.concurrent_index import create_index, drop_index

revision = "0049_merged_index"
down_revision = "0048_announcements"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Built beside those who write; a step of its own, so that a cut build is begun again alone."""
    create_index("members_by_whom_they_are_now", "members", ["merged_into"])


def downgrade() -> None:
    """Take it away."""
    drop_index("members_by_whom_they_are_now", "members")
