"""Moves and audit lines carry a signature under a key that the database does not hold, and each day has its digest.

What is there already is signed at its head, by `db upgrade` or `serve`, which have the key. Only nullable columns and
new tables: no row is written anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013_chain_keys"
down_revision = "0012_schema_marker"
branch_labels = None
depends_on = None

Name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MAC = "signature of the hash under a key from outside; NULL: from before the keys"


def upgrade() -> None:
    """Add the columns and make the tables."""
    op.add_column("moves", sa.Column("mac", sa.LargeBinary(), comment=MAC))
    op.add_column("audit_lines", sa.Column("mac", sa.LargeBinary()))
    op.create_table(
        "chain_seals",
        sa.Column("book_id", Name, primary_key=True),
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("seq", Whole, nullable=False),
        sa.Column("head", sa.LargeBinary, nullable=False),
        sa.Column("mac", sa.LargeBinary, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit_seals",
        sa.Column("municipality", sa.Text(), primary_key=True),
        sa.Column("seq", Whole, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "daily_digests",
        sa.Column("day", sa.Text(), primary_key=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("published_at", Whole),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Take them away; the chains themselves stay."""
    op.drop_table("daily_digests")
    op.drop_table("audit_seals")
    op.drop_table("chain_seals")
    op.drop_column("audit_lines", "mac")
    op.drop_column("moves", "mac")
