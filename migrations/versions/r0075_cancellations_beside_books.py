"""Cancelled grants lie beside their books: the collation of `book_id` that every other table has had since step 0017."""

import sqlalchemy as sa
from alembic import op

revision = "0075_cancellations_beside_books"
down_revision = "0070_lost_carry_in_codes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """On PostgreSQL the table's indexes are built anew; rows stay as they are. A table of few rows: cancelled grants alone."""
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("grant_cancellations", "book_id", type_=sa.Text(collation="C"))


def downgrade() -> None:
    """Change it back."""
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("grant_cancellations", "book_id", type_=sa.Text(collation="default"))
