"""An exchange keeps the partner's account that its debit was ordered from, so that a yes can be compared with it."""

import sqlalchemy as sa
from alembic import op

revision = "0011_ordered_account"
down_revision = "0010_compared_days"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Debits that are under way take the account of the link, where the link was there before the debit."""
    op.add_column("exchanges", sa.Column("service_id", sa.Text()))
    op.execute(
        """
        UPDATE exchanges SET service_id = (
            SELECT l.service_id FROM linked_accounts l
            WHERE l.book_id = exchanges.book_id AND l.partner_id = exchanges.partner_id
              AND l.linked_at <= exchanges.sent_at
        )
        WHERE state IN ('sending', 'open', 'needs_a_person')
        """
    )


def downgrade() -> None:
    """Yeses are compared by their amounts alone then."""
    op.drop_column("exchanges", "service_id")
