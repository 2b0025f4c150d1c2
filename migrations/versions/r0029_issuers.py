"""Who issues a point service."""

import sqlalchemy as sa
from alembic import op

revision = "0029_issuers"
down_revision = "0028_shop_debts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One table."""
    op.create_table(
        "point_service_issuers",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("point_service", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("municipality", "point_service"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("point_service_issuers")
