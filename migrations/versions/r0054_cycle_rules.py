"""When a city's cycles end and are paid, from a day on."""

import sqlalchemy as sa
from alembic import op

revision = "0054_cycle_rules"
down_revision = "0057_application_mail"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """One table; a city without a row has the cycles that all had before."""
    op.create_table(
        "cycle_rules",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("since", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("changed_at", Whole, nullable=False),
        sa.PrimaryKeyConstraint("municipality", "since"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Take it away; the audit log has every rule that stood in it."""
    op.drop_table("cycle_rules")
