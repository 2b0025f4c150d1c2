"""Log-ins that work at each of a company's shops, and the shop at which a session of theirs is."""

import sqlalchemy as sa
from alembic import op

revision = "0078_company_workers"
down_revision = "0077_grant_list_tidying"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A table that an older release does not look at; it takes no token of a session at another shop for one of its own."""
    op.create_table(
        "company_workers",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("added_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("municipality", "staff_id"),
        sqlite_strict=True,
    )
    op.create_index("workers_of_a_company", "company_workers", ["municipality", "company_id"])
    op.add_column("staff_sessions", sa.Column("shop_id", sa.Text()))


def downgrade() -> None:
    """Each log-in works at its own shop again, and sessions at another end."""
    op.execute("DELETE FROM staff_sessions WHERE shop_id IS NOT NULL")
    op.drop_column("staff_sessions", "shop_id")
    op.drop_table("company_workers")
