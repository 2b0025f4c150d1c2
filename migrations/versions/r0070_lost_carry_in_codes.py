"""Since when a code opens nothing, because it was lost and the desk proposes to join its number to a member."""

import sqlalchemy as sa
from alembic import op

revision = "0070_lost_carry_in_codes"
down_revision = "0073_companies"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """A column that an older release does not look at: there a code still opens until its number is joined."""
    op.add_column("carried_numbers", sa.Column("code_stopped_at", Whole))


def downgrade() -> None:
    """Take it away; stopped codes open again where their numbers still wait."""
    op.drop_column("carried_numbers", "code_stopped_at")
