"""A client program's key has a scope and an end. Keys that are there keep all rights until they are made anew."""

import sqlalchemy as sa
from alembic import op

revision = "0027_key_scopes"
down_revision = "0026_one_book_by_itself"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("client_keys", sa.Column("scope", sa.Text(), nullable=True))
    op.add_column("client_keys", sa.Column("ends_at", Whole, nullable=True))


def downgrade() -> None:
    op.drop_column("client_keys", "ends_at")
    op.drop_column("client_keys", "scope")
