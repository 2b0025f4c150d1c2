"""A till's key may be one shop's: it serves sessions of that shop's people alone."""

import sqlalchemy as sa
from alembic import op

revision = "0034_key_of_one_shop"
down_revision = "0030_plans_of_one_book"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("client_keys", sa.Column("shop", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("client_keys", "shop")
