"""An index by which a shop's refunds of a period are found, for its report."""

from migrations.concurrent_index import create_index, drop_index

revision = "0071_refunds_of_a_shop"
down_revision = "0054_cycle_rules"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Built beside those who write; a step of its own, so that a cut build is begun again alone."""
    create_index("refunds_of_a_shop", "refunds", ["shop_id", "municipality", "at"])


def downgrade() -> None:
    """Take it away."""
    drop_index("refunds_of_a_shop", "refunds")
