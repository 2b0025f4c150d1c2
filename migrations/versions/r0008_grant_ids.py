"""The ids under which staff grant to one member: each names one grant, whoever is to have it.

Grants from before have no row; the member's own book knows them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008_grant_ids"
down_revision = "0007_sums_of_figures"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "grant_ids",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("grant_id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("book_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("municipality", "grant_id"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("grant_ids")
