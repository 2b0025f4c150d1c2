"""An index by which the sessions are found in which somebody acts for others."""

from migrations.concurrent_index import create_index, drop_index

revision = "0050_actor_index"
down_revision = "0049_merged_index"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Built beside those who write; a step of its own, so that a cut build is begun again alone."""
    create_index("sessions_of_an_actor", "sessions", ["actor_id"])


def downgrade() -> None:
    """Take it away."""
    drop_index("sessions_of_an_actor", "sessions")
