"""An exchange that the partner has not looked at keeps the moment from which the partner takes it again."""

import sqlalchemy as sa
from alembic import op

revision = "0018_retry_at"
down_revision = "0017_books_lie_together"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("exchanges", sa.Column("retry_at", Whole))


def downgrade() -> None:
    op.drop_column("exchanges", "retry_at")
