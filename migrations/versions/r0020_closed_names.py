"""A closed cycle keeps each shop's name as it was: a statement that was handed out says the same for ever."""

import sqlalchemy as sa
from alembic import op

revision = "0020_closed_names"
down_revision = "0019_before_four_eyes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One column; cycles that were closed before have the names of the day of the upgrade."""
    op.add_column("settlement_lines", sa.Column("shop_name", sa.Text()))
    op.execute(
        "UPDATE settlement_lines SET shop_name = (SELECT name FROM shops"
        " WHERE shops.municipality = settlement_lines.municipality AND shops.shop_id = settlement_lines.shop_id)"
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_column("settlement_lines", "shop_name")
