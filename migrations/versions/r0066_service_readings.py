"""Readings of point services' names: how who cannot read kanji reads them."""

import sqlalchemy as sa
from alembic import op

revision = "0066_service_readings"
down_revision = "0053_transfer_fees"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Empty until a city says how its service is read; an older release neither writes nor looks at it."""
    op.add_column("point_services", sa.Column("name_kana", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    """Take the readings away: names are shown without."""
    op.drop_column("point_services", "name_kana")
