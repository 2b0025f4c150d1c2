"""A list of grants keeps what was typed into its wrong lines, and those of its other columns that it was told to keep."""

import sqlalchemy as sa
from alembic import op

revision = "0024_lists_as_cities_have_them"
down_revision = "0023_member_notices"
branch_labels = None
depends_on = None

_COLUMNS = (("grant_lines", "typed"), ("grant_lines", "kept"), ("grant_files", "columns"))


def upgrade() -> None:
    for table, column in _COLUMNS:
        op.add_column(table, sa.Column(column, sa.Text(), nullable=True))


def downgrade() -> None:
    for table, column in reversed(_COLUMNS):
        op.drop_column(table, column)
