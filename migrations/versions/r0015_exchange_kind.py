"""An exchange keeps how its partner knows whose points move, which was read out of what else was there."""

import sqlalchemy as sa
from alembic import op

revision = "0015_exchange_kind"
down_revision = "0014_four_eyes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Exchanges with a coupon are of the coupon's kind, all others of the account link's."""
    op.add_column("exchanges", sa.Column("kind", sa.Text(), nullable=False, server_default="account"))
    op.execute("UPDATE exchanges SET kind = 'coupon' WHERE coupon_hash IS NOT NULL")


def downgrade() -> None:
    """The coupon's hash tells the kind then."""
    op.drop_column("exchanges", "kind")
