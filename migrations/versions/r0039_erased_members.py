"""When what was kept of a member was erased."""

import sqlalchemy as sa
from alembic import op

revision = "0039_erased_members"
down_revision = "0043_representatives"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """One column, which an older release does not look at."""
    op.add_column("members", sa.Column("erased_at", Whole))


def downgrade() -> None:
    """Take it away: what was erased stays so."""
    op.drop_column("members", "erased_at")
