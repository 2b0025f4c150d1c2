"""Whether a shop's owner lets its tills give points back."""

import sqlalchemy as sa
from alembic import op

revision = "0058_till_refunds"
down_revision = "0060_tills"
branch_labels = None
depends_on = None

Flag = sa.Boolean().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """One column; a release before it writes and reads the table as ever."""
    op.add_column("shops", sa.Column("till_refunds", Flag, nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Take it away."""
    op.drop_column("shops", "till_refunds")
