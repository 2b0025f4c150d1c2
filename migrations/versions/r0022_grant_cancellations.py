"""Grants that were taken back, and the list of who was granted in a project."""

import sqlalchemy as sa
from alembic import op

revision = "0022_grant_cancellations"
down_revision = "0021_payouts"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """One table, and an index on what each member was granted."""
    op.create_table(
        "grant_cancellations",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("cancellation_id", sa.Text(), nullable=False),
        sa.Column("book_id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("grant_move", sa.Text(), nullable=False),
        sa.Column("taken", Whole, nullable=False),
        sa.Column("owed", Whole, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("at", Whole, nullable=False),
        sa.PrimaryKeyConstraint("book_id", "municipality", "cancellation_id"),
        sqlite_strict=True,
    )
    op.create_index("cancellations_of_a_grant", "grant_cancellations", ["grant_move", "book_id"])
    op.create_index(
        "project_members_of_a_project",
        "project_members",
        ["municipality", "project_id", "last_on", "book_id"],
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_index("project_members_of_a_project", "project_members")
    op.drop_table("grant_cancellations")
