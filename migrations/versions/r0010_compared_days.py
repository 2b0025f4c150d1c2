"""Which days of a partner were compared with ours and what was found; and what the partner had when it was closed.

So a difference whose partner's book changes afterwards is seen, and can be closed again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010_compared_days"
down_revision = "0009_keys_in_their_order"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table, which the next nights fill for the last two months; closings are numbered."""
    op.create_table(
        "compared_days",
        sa.Column("partner_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("open", sa.Integer(), nullable=False),
        sa.Column("differences", sa.Integer(), nullable=False),
        sa.Column("compared_at", Whole, nullable=False),
        sa.PrimaryKeyConstraint("partner_id", "day"),
        sqlite_strict=True,
    )
    _make_closed_differences(
        [sa.Column("closing", sa.Integer(), nullable=False)], [sa.Column("theirs", sa.Text())], "closing"
    )
    _bring_over("partner_id, exchange_id, 1, day, kind, NULL, points, reason, operator, closed_at")


def downgrade() -> None:
    """Take the table away, comparing again tells the same; of several closings the first stays."""
    op.drop_table("compared_days")
    _make_closed_differences([], [])
    _bring_over(
        "partner_id, exchange_id, day, kind, points, reason, operator, closed_at", where="WHERE closing = 1"
    )


def _make_closed_differences(number: list[sa.Column], theirs: list[sa.Column], *key: str) -> None:
    """A new table beside the old one: SQLite gives a table that is there no other key."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "ALTER TABLE closed_differences RENAME CONSTRAINT closed_differences_pkey TO closed_before_pkey"
        )
    op.rename_table("closed_differences", "closed_before")
    op.create_table(
        "closed_differences",
        sa.Column("partner_id", sa.Text(), nullable=False),
        sa.Column("exchange_id", sa.Text(), nullable=False),
        *number,
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        *theirs,
        sa.Column("points", Whole, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("closed_at", Whole, nullable=False),
        sa.PrimaryKeyConstraint("partner_id", "exchange_id", *key),
        sqlite_strict=True,
    )


def _bring_over(columns: str, where: str = "") -> None:
    op.execute(f"INSERT INTO closed_differences SELECT {columns} FROM closed_before {where}")  # noqa: S608
    op.drop_table("closed_before")
