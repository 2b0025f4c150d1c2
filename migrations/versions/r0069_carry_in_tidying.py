"""When the lines of a carried-in file were rid of its codes and of the MyKey IDs of who was erased meanwhile."""

import sqlalchemy as sa
from alembic import op

revision = "0069_carry_in_tidying"
down_revision = "0071_refunds_of_a_shop"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """A column that an older release does not look at; files that ended under it are tidied in the first night."""
    op.add_column("carry_ins", sa.Column("tidied_at", Whole))


def downgrade() -> None:
    """Take it away; what was tidied stays so."""
    op.drop_column("carry_ins", "tidied_at")
