"""Each shop has a number of six digits; those that are there get theirs from the city's daily work, not from this step."""

import sqlalchemy as sa
from alembic import op

revision = "0025_shop_numbers"
down_revision = "0024_lists_as_cities_have_them"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A column that an older release leaves empty, and what keeps its numbers apart."""
    op.add_column("shops", sa.Column("number", sa.Text(), nullable=True))
    op.create_index("shops_by_number", "shops", ["number"], unique=True)


def downgrade() -> None:
    op.drop_index("shops_by_number", "shops")
    op.drop_column("shops", "number")
