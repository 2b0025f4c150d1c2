"""When the lines of a list of grants were rid of the MyKey IDs of who was erased while it waited."""

import sqlalchemy as sa
from alembic import op

revision = "0077_grant_list_tidying"
down_revision = "0075_return_fees"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """A column that an older release does not look at; lists that ended under it are tidied in the first night."""
    op.add_column("grant_files", sa.Column("tidied_at", Whole))


def downgrade() -> None:
    """Take it away; what was tidied stays so."""
    op.drop_column("grant_files", "tidied_at")
