"""A closing fixes what each transfer costs and who bears it, and what its statements say of tax."""

import sqlalchemy as sa
from alembic import op

revision = "0053_transfer_fees"
down_revision = "0058_till_refunds"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Columns that an older release leaves as they begin: no fee, and nothing said of any."""
    op.add_column(
        "settlement_lines", sa.Column("fee_yen", Whole, nullable=False, server_default=sa.text("0"))
    )
    op.add_column(
        "settlement_lines", sa.Column("city_fee_yen", Whole, nullable=False, server_default=sa.text("0"))
    )
    op.add_column(
        "settlement_lines", sa.Column("carried_why", sa.Text(), nullable=False, server_default=sa.text("''"))
    )
    op.add_column("settlements", sa.Column("fee_tax_percent", sa.Integer()))
    op.add_column("settlements", sa.Column("invoice_number", sa.Text()))
    op.add_column("settlements", sa.Column("tax_note", sa.Text()))


def downgrade() -> None:
    """Take them away."""
    for name in ("fee_yen", "city_fee_yen", "carried_why"):
        op.drop_column("settlement_lines", name)
    for name in ("fee_tax_percent", "invoice_number", "tax_note"):
        op.drop_column("settlements", name)
