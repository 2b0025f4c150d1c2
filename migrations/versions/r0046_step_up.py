"""Step-up: the member's own sum, and what a pay code pays at most."""

import sqlalchemy as sa
from alembic import op

revision = "0046_step_up"
down_revision = "0040_bank_results"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Two columns without a value; an older release does not look at them and asks for no proof."""
    op.add_column("members", sa.Column("step_up_above", Whole, nullable=True))
    op.add_column("pay_codes", sa.Column("most_points", Whole, nullable=True))


def downgrade() -> None:
    """Take the sums away: payments go without a question again."""
    op.drop_column("pay_codes", "most_points")
    op.drop_column("members", "step_up_above")
