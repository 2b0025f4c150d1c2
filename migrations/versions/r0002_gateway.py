"""The gateway's own tables: members, links, exchanges and their stories, beside the ledger's.

Moments are whole microseconds since 1970. Rows of a member carry book_id: on Citus, spread `exchanges`,
`exchange_steps` and `linked_accounts` by it, colocated with `books`; the others are small reference tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002_gateway"
down_revision = "0001_ledger"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Flag = sa.Boolean().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "members",
        sa.Column("member_id", sa.Text(), primary_key=True),
        sa.Column("mykey_id", sa.Text(), nullable=False, unique=True),
        sa.Column("password_hash", sa.Text()),
        sa.Column("card_key", sa.Text(), unique=True),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False, server_default="ja"),
        sa.Column("default_municipality", sa.Text()),
        sa.Column("default_point_service", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False, server_default="active"),
        sa.Column("created_at", Whole, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "retired_mykey_ids",
        sa.Column("mykey_id", sa.Text(), primary_key=True),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("retired_at", Whole, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "mykey_id_choices",
        sa.Column("member_id", sa.Text(), primary_key=True),
        sa.Column("since", Whole, nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("generated", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("offered", sa.Text()),
        sqlite_strict=True,
    )
    op.create_table(
        "sign_in_misses",
        sa.Column("mykey_id_hash", sa.Text(), primary_key=True),
        sa.Column("misses", sa.Integer(), nullable=False),
        sa.Column("locked_until", Whole),
        sa.Column("forget_at", Whole, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("sign_in_misses_to_forget", "sign_in_misses", ["forget_at"])
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.Text(), primary_key=True),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("created_at", Whole, nullable=False),
        sa.Column("seen_at", Whole, nullable=False),
        sa.Column("idle_limit_s", sa.Integer(), nullable=False),
        sa.Column("ends_at", Whole, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("sessions_of_a_member", "sessions", ["member_id"])
    op.create_table(
        "client_keys",
        sa.Column("key_id", sa.Text(), primary_key=True),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Whole, nullable=False),
        sa.Column("revoked_at", Whole),
        sqlite_strict=True,
    )
    op.create_table(
        "seen_nonces",
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("forget_at", Whole, nullable=False),
        sa.PrimaryKeyConstraint("key_id", "nonce"),
        sqlite_strict=True,
    )
    op.create_index("seen_nonces_to_forget", "seen_nonces", ["forget_at"])
    op.create_table(
        "point_services",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("point_service", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("open_for_direct_exchange", Flag, nullable=False),
        sa.Column("created_at", Whole, nullable=False),
        sa.Column("closed_at", Whole),
        sa.PrimaryKeyConstraint("municipality", "point_service"),
        sqlite_strict=True,
    )
    op.create_table(
        "support_events",
        sa.Column("event_id", sa.Text(), primary_key=True),
        sa.Column("municipality", sa.Text()),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False, server_default=""),
        sa.Column("goal_points", Whole),
        sa.Column("starts_at", Whole, nullable=False),
        sa.Column("ends_at", Whole, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "linked_accounts",
        sa.Column("book_id", sa.Text(), nullable=False),
        sa.Column("partner_id", sa.Text(), nullable=False),
        sa.Column("service_id", sa.Text(), nullable=False),
        sa.Column("shown_as", sa.Text(), nullable=False),
        sa.Column("token", sa.LargeBinary()),
        sa.Column("linked_at", Whole, nullable=False),
        sa.PrimaryKeyConstraint("book_id", "partner_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "link_owners",
        sa.Column("partner_id", sa.Text(), nullable=False),
        sa.Column("service_id", sa.Text(), nullable=False),
        sa.Column("book_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("partner_id", "service_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "coupon_claims",
        sa.Column("partner_id", sa.Text(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("book_id", sa.Text(), nullable=False),
        sa.Column("exchange_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("partner_id", "code_hash"),
        sqlite_strict=True,
    )
    op.create_table(
        "exchange_owners",
        sa.Column("exchange_id", sa.Text(), primary_key=True),
        sa.Column("book_id", sa.Text(), nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "exchanges",
        sa.Column("book_id", sa.Text(), nullable=False),
        sa.Column("exchange_id", sa.Text(), nullable=False),
        sa.Column("partner_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("client_return_url", sa.Text()),
        sa.Column("redirect_url", sa.Text()),
        sa.Column("handoff_nonce", sa.Text()),
        sa.Column("handoff_ends_at", Whole),
        sa.Column("handoff_sealed", sa.LargeBinary()),
        sa.Column("return_code_hash", sa.Text()),
        sa.Column("coupon_sealed", sa.LargeBinary()),
        sa.Column("coupon_hash", sa.Text()),
        sa.Column("available", sa.Text()),
        sa.Column("quote_id", sa.Text()),
        sa.Column("quote", sa.Text()),
        sa.Column("points", Whole),
        sa.Column("promised_by", Whole),
        sa.Column("reference", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("asked_at", Whole),
        sa.Column("ask_at", Whole),
        sa.Column("leased_until", Whole),
        sa.Column("started_at", Whole, nullable=False),
        sa.Column("sent_at", Whole),
        sa.Column("ended_at", Whole),
        sa.Column("steps", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("reversed_points", Whole, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("book_id", "exchange_id"),
        sa.CheckConstraint("reversed_points >= 0", name="reversed_points_not_negative"),
        sqlite_strict=True,
    )
    op.create_index("exchanges_to_ask", "exchanges", ["state", "ask_at"])
    op.create_table(
        "exchange_steps",
        sa.Column("book_id", sa.Text(), nullable=False),
        sa.Column("exchange_id", sa.Text(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("at", Whole, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False, server_default="{}"),
        sa.PrimaryKeyConstraint("book_id", "exchange_id", "step"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Take the tables away, with what is in them."""
    op.drop_table("exchange_steps")
    op.drop_table("exchanges")
    op.drop_table("exchange_owners")
    op.drop_table("coupon_claims")
    op.drop_table("link_owners")
    op.drop_table("linked_accounts")
    op.drop_table("support_events")
    op.drop_table("point_services")
    op.drop_table("seen_nonces")
    op.drop_table("client_keys")
    op.drop_table("sessions")
    op.drop_table("sign_in_misses")
    op.drop_table("mykey_id_choices")
    op.drop_table("retired_mykey_ids")
    op.drop_table("members")
