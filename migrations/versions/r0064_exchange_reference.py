"""An index by which exchanges are found by the eight characters that a person reads out."""

import sqlalchemy as sa

from migrations.concurrent_index import create_index, drop_index

revision = "0064_exchange_reference"
down_revision = "0056_shop_applications"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Built beside those who write; a step of its own, so that a cut build is begun again alone."""
    create_index("exchange_owners_by_reference", "exchange_owners", [sa.text("substr(exchange_id, 27)")])


def downgrade() -> None:
    """Take it away."""
    drop_index("exchange_owners_by_reference", "exchange_owners")
