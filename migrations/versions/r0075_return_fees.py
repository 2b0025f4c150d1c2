"""What the bank asks for a transfer that came back: kept with the payment, and fixed by the closing that takes it."""

import sqlalchemy as sa
from alembic import op

revision = "0075_return_fees"
down_revision = "0076_books_locked_in_turn"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_LINE = ("return_fee_yen", "city_return_fee_yen", "open_return_fee_yen")


def upgrade() -> None:
    """Columns that an older release leaves as they begin: no fee was asked, and none is taken."""
    op.add_column("payouts", sa.Column("return_fee_yen", Whole, nullable=False, server_default=sa.text("0")))
    op.add_column(
        "payouts", sa.Column("return_fee_bearer", sa.Text(), nullable=False, server_default=sa.text("'city'"))
    )
    op.add_column("payouts", sa.Column("return_fee_in", sa.Text()))
    for name in _LINE:
        op.add_column("settlement_lines", sa.Column(name, Whole, nullable=False, server_default=sa.text("0")))


def downgrade() -> None:
    """Take them away."""
    for name in ("return_fee_yen", "return_fee_bearer", "return_fee_in"):
        op.drop_column("payouts", name)
    for name in _LINE:
        op.drop_column("settlement_lines", name)
