"""Companies with several shops, and whose log-ins read the books of all of them."""

import sqlalchemy as sa
from alembic import op

revision = "0073_companies"
down_revision = "0067_application_mail"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Three tables that are empty until a city names a company; an older release neither writes nor looks at them."""
    op.create_table(
        "companies",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("municipality", "company_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "company_shops",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("municipality", "shop_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "company_readers",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Text(), nullable=False),
        sa.Column("company_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("municipality", "staff_id"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Each log-in reads the books of its own shop again."""
    for table in ("company_readers", "company_shops", "companies"):
        op.drop_table(table)
