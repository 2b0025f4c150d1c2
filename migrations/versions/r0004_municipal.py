"""The municipal cloud: staff and their audit log, rules, grants, shops, spending, settlement and figures.

Moments are whole microseconds since 1970, days ISO dates. On Citus, `spends`, `refunds` and `member_days` are
spread by book_id; the others are small reference tables, or spread by municipality.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004_municipal"
down_revision = "0003_nothing_lost"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Flag = sa.Boolean().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "staff",
        sa.Column("staff_id", sa.Text(), primary_key=True),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False, unique=True),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("shop_id", sa.Text()),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("password_is_first", Flag, nullable=False),
        sa.Column("totp_sealed", sa.LargeBinary()),
        sa.Column("totp_confirmed", Flag, nullable=False),
        sa.Column("totp_last_step", Whole, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", Whole, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("staff_of_a_municipality", "staff", ["municipality"])
    op.create_table(
        "staff_passkeys",
        sa.Column("credential_id", sa.Text(), primary_key=True),
        sa.Column("staff_id", sa.Text(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", Whole, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", Whole, nullable=False),
        sa.Column("used_at", Whole),
        sqlite_strict=True,
    )
    op.create_index("passkeys_of_staff", "staff_passkeys", ["staff_id"])
    op.create_table(
        "staff_challenges",
        sa.Column("challenge_hash", sa.Text(), primary_key=True),
        sa.Column("staff_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("challenge", sa.LargeBinary(), nullable=False),
        sa.Column("misses", sa.Integer(), nullable=False),
        sa.Column("ends_at", Whole, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("staff_challenges_to_forget", "staff_challenges", ["ends_at"])
    op.create_table(
        "staff_sessions",
        sa.Column("token_hash", sa.Text(), primary_key=True),
        sa.Column("staff_id", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("strong", Flag, nullable=False),
        sa.Column("created_at", Whole, nullable=False),
        sa.Column("seen_at", Whole, nullable=False),
        sa.Column("ends_at", Whole, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("sessions_of_staff", "staff_sessions", ["staff_id"])
    op.create_table(
        "audit_heads",
        sa.Column("municipality", sa.Text(), primary_key=True),
        sa.Column("seq", Whole, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "audit_lines",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("seq", Whole, nullable=False),
        sa.Column("at", Whole, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("municipality", "seq"),
        sqlite_strict=True,
    )
    op.create_table(
        "point_rules",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("point_service", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("takes_effect_on", sa.Text(), nullable=False),
        sa.Column("unit_value_yen", Whole, nullable=False),
        sa.Column("expiry", sa.Text(), nullable=False),
        sa.Column("expiry_count", sa.Integer(), nullable=False),
        sa.Column("expiry_day", sa.Text()),
        sa.Column("open_for_direct_exchange", Flag, nullable=False),
        sa.Column("most_spent_a_day", Whole),
        sa.Column("most_granted_a_day", Whole),
        sa.Column("worse", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", Whole, nullable=False),
        sa.Column("withdrawn_at", Whole),
        sa.PrimaryKeyConstraint("municipality", "point_service", "version"),
        sqlite_strict=True,
    )
    op.create_table(
        "member_days",
        sa.Column("book_id", sa.Text(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("point_service", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("spent", Whole, nullable=False),
        sa.Column("granted", Whole, nullable=False),
        sa.PrimaryKeyConstraint("book_id", "municipality", "point_service", "day"),
        sqlite_strict=True,
    )
    op.create_table(
        "grant_projects",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("point_service", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Text(), nullable=False),
        sa.Column("ends_on", sa.Text(), nullable=False),
        sa.Column("points_each", Whole, nullable=False),
        sa.Column("budget", Whole, nullable=False),
        sa.Column("granted", Whole, nullable=False),
        sa.Column("venue", Flag, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", Whole, nullable=False),
        sa.PrimaryKeyConstraint("municipality", "project_id"),
        sa.CheckConstraint("granted >= 0 AND granted <= budget", name="budget_never_exceeded"),
        sqlite_strict=True,
    )
    op.create_table(
        "grant_files",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("file_id", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("faults", sa.Integer(), nullable=False),
        sa.Column("points", Whole, nullable=False),
        sa.Column("uploaded_by", sa.Text(), nullable=False),
        sa.Column("uploaded_at", Whole, nullable=False),
        sa.Column("approved_by", sa.Text()),
        sa.Column("approved_at", Whole),
        sa.Column("applied_through", sa.Integer(), nullable=False),
        sa.Column("granted_lines", sa.Integer(), nullable=False),
        sa.Column("granted_points", Whole, nullable=False),
        sa.Column("ended_at", Whole),
        sa.PrimaryKeyConstraint("municipality", "file_id"),
        sa.UniqueConstraint("municipality", "project_id", "content_hash", name="a_file_grants_once"),
        sqlite_strict=True,
    )
    op.create_index("grant_files_by_state", "grant_files", ["state"])
    op.create_table(
        "grant_lines",
        sa.Column("file_id", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Text()),
        sa.Column("mykey_id", sa.Text(), nullable=False),
        sa.Column("points", Whole, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("fault", sa.Text()),
        sa.PrimaryKeyConstraint("file_id", "line"),
        sqlite_strict=True,
    )
    op.create_index("grant_lines_by_member", "grant_lines", ["file_id", "mykey_id"])
    op.create_table(
        "shops",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_kana", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("bank_sealed", sa.LargeBinary()),
        sa.Column("registered_at", Whole, nullable=False),
        sa.Column("closed_at", Whole),
        sa.PrimaryKeyConstraint("municipality", "shop_id"),
        sqlite_strict=True,
    )
    op.create_table(
        "city_banks",
        sa.Column("municipality", sa.Text(), primary_key=True),
        sa.Column("payer_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", Whole, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "pay_codes",
        sa.Column("code_hash", sa.Text(), primary_key=True),
        sa.Column("book_id", sa.Text(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("point_service", sa.Text(), nullable=False),
        sa.Column("made_at", Whole, nullable=False),
        sa.Column("ends_at", Whole, nullable=False),
        sa.Column("spend_id", sa.Text()),
        sqlite_strict=True,
    )
    op.create_index("pay_codes_of_a_member", "pay_codes", ["book_id"])
    op.create_index("pay_codes_to_forget", "pay_codes", ["ends_at"])
    op.create_table(
        "spends",
        sa.Column("book_id", sa.Text(), nullable=False),
        sa.Column("spend_id", sa.Text(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("point_service", sa.Text(), nullable=False),
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("points", Whole, nullable=False),
        sa.Column("yen", Whole, nullable=False),
        sa.Column("lots", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("taken_by", sa.Text(), nullable=False),
        sa.Column("at", Whole, nullable=False),
        sa.Column("refunded_points", Whole, nullable=False),
        sa.Column("settled_in", sa.Text()),
        sa.PrimaryKeyConstraint("book_id", "spend_id"),
        sa.CheckConstraint("refunded_points >= 0 AND refunded_points <= points", name="refund_within_spend"),
        sqlite_strict=True,
    )
    op.create_index("spends_by_id", "spends", ["spend_id"])
    op.create_index("spends_of_a_shop", "spends", ["municipality", "shop_id", "at"])
    op.create_index("spends_to_settle", "spends", ["municipality", "settled_in", "at"])
    op.create_table(
        "refunds",
        sa.Column("book_id", sa.Text(), nullable=False),
        sa.Column("refund_id", sa.Text(), nullable=False),
        sa.Column("spend_id", sa.Text(), nullable=False),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("points", Whole, nullable=False),
        sa.Column("yen", Whole, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("at", Whole, nullable=False),
        sa.Column("settled_in", sa.Text()),
        sa.PrimaryKeyConstraint("book_id", "refund_id"),
        sqlite_strict=True,
    )
    op.create_index("refunds_to_settle", "refunds", ["municipality", "settled_in", "at"])
    op.create_table(
        "settlements",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Text(), nullable=False),
        sa.Column("ends_on", sa.Text(), nullable=False),
        sa.Column("pays_on", sa.Text(), nullable=False),
        sa.Column("yen", Whole, nullable=False),
        sa.Column("closed_by", sa.Text(), nullable=False),
        sa.Column("closed_at", Whole, nullable=False),
        sa.PrimaryKeyConstraint("municipality", "starts_on"),
        sqlite_strict=True,
    )
    op.create_table(
        "settlement_lines",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Text(), nullable=False),
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("spends", sa.Integer(), nullable=False),
        sa.Column("spent", Whole, nullable=False),
        sa.Column("refunds", sa.Integer(), nullable=False),
        sa.Column("refunded", Whole, nullable=False),
        sa.Column("yen", Whole, nullable=False),
        sa.Column("brought_points", Whole, nullable=False),
        sa.Column("brought_yen", Whole, nullable=False),
        sa.Column("paid_points", Whole, nullable=False),
        sa.Column("paid_yen", Whole, nullable=False),
        sa.Column("carried_points", Whole, nullable=False),
        sa.Column("carried_yen", Whole, nullable=False),
        sa.PrimaryKeyConstraint("municipality", "starts_on", "shop_id"),
        sqlite_strict=True,
    )
    op.create_index(
        "settlement_lines_of_a_shop", "settlement_lines", ["municipality", "shop_id", "starts_on"]
    )
    op.create_table(
        "figure_cursors",
        sa.Column("book_id", sa.Text(), primary_key=True),
        sa.Column("seq", Whole, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "daily_figures",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("point_service", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("figure", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("moves", Whole, nullable=False),
        sa.Column("points", Whole, nullable=False),
        sa.PrimaryKeyConstraint("municipality", "point_service", "day", "figure", "party"),
        sqlite_strict=True,
    )
    op.create_table(
        "issue_figures",
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("point_service", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Text(), nullable=False),
        sa.Column("figure", sa.Text(), nullable=False),
        sa.Column("points", Whole, nullable=False),
        sa.PrimaryKeyConstraint("municipality", "point_service", "issued_on", "figure"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Take the tables away, with what is in them."""
    for table in (
        "issue_figures",
        "daily_figures",
        "figure_cursors",
        "settlement_lines",
        "settlements",
        "refunds",
        "spends",
        "pay_codes",
        "city_banks",
        "shops",
        "grant_lines",
        "grant_files",
        "grant_projects",
        "member_days",
        "point_rules",
        "audit_lines",
        "audit_heads",
        "staff_sessions",
        "staff_challenges",
        "staff_passkeys",
        "staff",
    ):
        op.drop_table(table)
