"""An index by which payments are found by the eight characters that a person reads out."""

import sqlalchemy as sa

from migrations.concurrent_index import create_index, drop_index

revision = "0065_spend_reference"
down_revision = "0064_exchange_reference"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Built beside those who write; a step of its own, so that a cut build is begun again alone."""
    create_index("spends_by_reference", "spends", [sa.text("substr(spend_id, 27)")])


def downgrade() -> None:
    """Take it away."""
    drop_index("spends_by_reference", "spends")
