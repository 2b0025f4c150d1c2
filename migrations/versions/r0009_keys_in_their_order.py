"""Moves and payments are found by keys that grow with time: what many write at one moment lies on few pages.

Their keys begin with the id. A shop's day is found within the city's, and a member's own list of payments comes from
the member's book in the ledger. Nobody looked pay codes up by their member.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009_keys_in_their_order"
down_revision = "0008_grant_ids"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the keys; the rows stay as they are."""
    _make_moves_unique(["id", "book_id"], ["hold", "book_id"])
    op.drop_index("pay_codes_of_a_member", "pay_codes")
    op.drop_index("spends_by_id", "spends")
    op.drop_index("spends_of_a_shop", "spends")
    _make_spends_known_by("spend_id", "book_id")
    op.create_index("spends_of_a_day", "spends", ["municipality", "at", "shop_id"])


def downgrade() -> None:
    """Change them back."""
    op.drop_index("spends_of_a_day", "spends")
    _make_spends_known_by("book_id", "spend_id")
    op.create_index("spends_of_a_shop", "spends", ["municipality", "shop_id", "at"])
    op.create_index("spends_by_id", "spends", ["spend_id"])
    op.create_index("pay_codes_of_a_member", "pay_codes", ["book_id"])
    _make_moves_unique(["book_id", "id"], ["book_id", "hold"])


def _make_moves_unique(by_id: list[str], by_hold: list[str]) -> None:
    resolves = sa.text("hold IS NOT NULL")
    op.drop_index("moves_by_id", "moves")
    op.create_index("moves_by_id", "moves", by_id, unique=True)
    op.drop_index("moves_by_hold", "moves")
    op.create_index(
        "moves_by_hold", "moves", by_hold, unique=True, sqlite_where=resolves, postgresql_where=resolves
    )


def _make_spends_known_by(*columns: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("spends_pkey", "spends", type_="primary")
        op.create_primary_key("spends_pkey", "spends", list(columns))
        return
    # SQLite gives a table that is there no other key: its rows move into a new one.
    op.drop_index("spends_to_settle", "spends")
    op.rename_table("spends", "spends_before")
    whole, words = sa.Integer(), sa.Text()
    op.create_table(
        "spends",
        sa.Column("book_id", words, nullable=False),
        sa.Column("spend_id", words, nullable=False),
        sa.Column("municipality", words, nullable=False),
        sa.Column("point_service", words, nullable=False),
        sa.Column("shop_id", words, nullable=False),
        sa.Column("points", whole, nullable=False),
        sa.Column("yen", whole, nullable=False),
        sa.Column("lots", words, nullable=False),
        sa.Column("way", words, nullable=False),
        sa.Column("taken_by", words, nullable=False),
        sa.Column("at", whole, nullable=False),
        sa.Column("refunded_points", whole, nullable=False),
        sa.Column("settled_in", words),
        sa.PrimaryKeyConstraint(*columns),
        sa.CheckConstraint("refunded_points >= 0 AND refunded_points <= points", name="refund_within_spend"),
        sqlite_strict=True,
    )
    op.execute("INSERT INTO spends SELECT * FROM spends_before ORDER BY rowid")
    op.drop_table("spends_before")
    op.create_index("spends_to_settle", "spends", ["municipality", "settled_in", "at"])
