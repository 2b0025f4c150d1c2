"""When an applicant is mailed that something was decided."""

import sqlalchemy as sa
from alembic import op

revision = "0057_application_mail"
down_revision = "0062_carry_in"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Two columns, which an older release leaves as they are."""
    op.add_column("shop_applications", sa.Column("mail_due_at", Whole))
    op.add_column("shop_applications", sa.Column("mail_attempts", Whole))


def downgrade() -> None:
    """Take them away; nobody is mailed."""
    op.drop_column("shop_applications", "mail_attempts")
    op.drop_column("shop_applications", "mail_due_at")
