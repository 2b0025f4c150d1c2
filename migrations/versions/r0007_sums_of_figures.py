"""Sums of the daily figures, without the parties and by month, so that years of them are drawn in a moment.

Filled from the figures that are there; from then on the counter keeps all three together.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007_sums_of_figures"
down_revision = "0006_events"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables and fill them."""
    op.create_table(
        "day_totals",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("point_service", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("figure", sa.Text(), nullable=False),
        sa.Column("moves", Whole, nullable=False),
        sa.Column("points", Whole, nullable=False),
        sa.PrimaryKeyConstraint("municipality", "point_service", "day", "figure"),
        sqlite_strict=True,
    )
    op.create_table(
        "month_figures",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("point_service", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("figure", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("moves", Whole, nullable=False),
        sa.Column("points", Whole, nullable=False),
        sa.PrimaryKeyConstraint("municipality", "point_service", "month", "figure", "party"),
        sqlite_strict=True,
    )
    op.execute(
        "INSERT INTO day_totals SELECT municipality, point_service, day, figure, "
        "CAST(sum(moves) AS BIGINT), CAST(sum(points) AS BIGINT) "
        "FROM daily_figures GROUP BY municipality, point_service, day, figure"
    )
    op.execute(
        "INSERT INTO month_figures SELECT municipality, point_service, substr(day, 1, 7), figure, party, "
        "CAST(sum(moves) AS BIGINT), CAST(sum(points) AS BIGINT) "
        "FROM daily_figures GROUP BY municipality, point_service, substr(day, 1, 7), figure, party"
    )


def downgrade() -> None:
    """Take them away; the daily figures hold all that they say."""
    op.drop_table("month_figures")
    op.drop_table("day_totals")
