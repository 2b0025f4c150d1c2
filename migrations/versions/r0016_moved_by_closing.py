"""A closing keeps what it moved of our side, and a reversal the moment since when it is not sent again.

So a difference that is closed twice is reckoned from what the member has, and "no record" of a reversal from the last
moment at which it could be sent.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016_moved_by_closing"
down_revision = "0015_exchange_kind"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Two columns; what was closed before is reckoned from its kind and its points."""
    op.add_column("closed_differences", sa.Column("moved", sa.Text()))
    op.add_column("reversals", sa.Column("key_ended_at", Whole))


def downgrade() -> None:
    """Take them away."""
    op.drop_column("reversals", "key_ended_at")
    op.drop_column("closed_differences", "moved")
