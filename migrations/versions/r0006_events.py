"""Support events are planned, shown and ended, have a rule for a goal that was missed, and count their gifts.

The old table is written anew instead of altered, so that both databases hold the very table that the code describes.
Events that are there already were open to everybody and gave nothing back; what they were given is read from the
ledger. On Citus, `event_gifts` is spread by book_id; `support_events` stays a small reference table.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006_events"
down_revision = "0005_card"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _columns() -> list[sa.Column]:
    return [
        sa.Column("event_id", sa.Text(), primary_key=True),
        sa.Column("municipality", sa.Text()),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False, server_default=""),
        sa.Column("goal_points", Whole),
        sa.Column("starts_at", Whole, nullable=False),
        sa.Column("ends_at", Whole, nullable=False),
    ]


def upgrade() -> None:
    """Write the table anew with what is in it, and count what was given so far."""
    op.execute("CREATE TABLE support_events_before AS SELECT * FROM support_events")
    op.drop_table("support_events")
    op.create_table(
        "support_events",
        *_columns(),
        sa.Column("givers", sa.Text(), nullable=False),
        sa.Column("on_failure", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text()),
        sa.Column("decided_at", Whole),
        sa.Column("settled_at", Whole),
        sqlite_strict=True,
    )
    op.create_index("support_events_of_a_municipality", "support_events", ["municipality"])
    op.execute(
        "INSERT INTO support_events (event_id, municipality, name, purpose, goal_points, starts_at, ends_at, "
        "givers, on_failure, state) "
        "SELECT event_id, municipality, name, purpose, goal_points, starts_at, ends_at, "
        "'everybody', 'keep', 'shown' FROM support_events_before"
    )
    op.drop_table("support_events_before")
    op.create_table(
        "event_gifts",
        sa.Column("book_id", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("points", Whole, nullable=False),
        sa.Column("settled_at", Whole),
        sa.PrimaryKeyConstraint("book_id", "event_id"),
        sqlite_strict=True,
    )
    op.create_index("gifts_of_an_event", "event_gifts", ["event_id", "settled_at", "book_id"])
    # An account's name continues its book's: "member:<id>" + ":event:<event>".
    op.execute(
        "INSERT INTO event_gifts (book_id, event_id, points) "
        "SELECT book_id, substr(account, length(book_id) + 8), posted FROM accounts "
        "WHERE posted > 0 AND substr(account, 1, length(book_id) + 7) = book_id || '\\:event\\:'"
    )


def downgrade() -> None:
    """Write the table as it was; what was planned only, and the rules, are gone."""
    op.drop_table("event_gifts")
    op.execute(
        "CREATE TABLE support_events_before AS SELECT event_id, municipality, name, purpose, goal_points, "
        "starts_at, ends_at FROM support_events WHERE state <> 'planned'"
    )
    op.drop_table("support_events")
    op.create_table("support_events", *_columns(), sqlite_strict=True)
    op.execute(
        "INSERT INTO support_events (event_id, municipality, name, purpose, goal_points, starts_at, ends_at) "
        "SELECT * FROM support_events_before"
    )
    op.drop_table("support_events_before")
