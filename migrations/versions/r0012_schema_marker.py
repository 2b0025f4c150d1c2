"""A marker that says which releases may work with the schema, and a row by which a commit is tried.

From here on an older release refuses a schema that it cannot work with, and `/health/ready` says whether the database
takes a commit.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012_schema_marker"
down_revision = "0011_ordered_account"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make both tables; the marker's row is written with each step."""
    op.create_table(
        "schema_marker",
        sa.Column("written_by", sa.Text(), nullable=False),
        sa.Column("oldest_release", sa.Text(), nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "commit_probes",
        sa.Column("probe", sa.Text(), primary_key=True),
        sa.Column("at", Whole, nullable=False),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Take them away; neither holds anything of a member's."""
    op.drop_table("commit_probes")
    op.drop_table("schema_marker")
