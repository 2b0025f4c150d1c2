"""Ways in: a table of proofs in place of the one column for a card; phones, passkeys and codes from a desk."""

import sqlalchemy as sa
from alembic import op

revision = "0032_ways_in"
down_revision = "0037_pay_cards"
branch_labels = None
depends_on = None

Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Flag = sa.Boolean().with_variant(sa.Integer(), "sqlite")
_COLUMNS = (
    "member_id, mykey_id, password_hash, display_name, language, default_municipality, default_point_service, state,"
    " created_at"
)


def upgrade() -> None:
    """Make the tables, bring cards and passwords into that of proofs, and take the column away.

    When they were added is not known: it is left open.
    """
    op.create_table(
        "member_proofs",
        sa.Column("proof_id", sa.Text(), primary_key=True),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject_hash", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, server_default=""),
        sa.Column("added_at", Whole),
        sa.Column("used_at", Whole),
        sqlite_strict=True,
    )
    op.execute(
        "INSERT INTO member_proofs (proof_id, member_id, kind, issuer, subject_hash)"
        " SELECT 'card-' || member_id, member_id, 'card', 'jpki', card_key FROM members WHERE card_key IS NOT NULL"
    )
    op.execute(
        "INSERT INTO member_proofs (proof_id, member_id, kind, issuer, subject_hash)"
        " SELECT 'password-' || member_id, member_id, 'password', '', member_id FROM members"
        " WHERE password_hash IS NOT NULL"
    )
    op.create_index(
        "proofs_by_what_they_show", "member_proofs", ["kind", "issuer", "subject_hash"], unique=True
    )
    op.create_index("proofs_of_a_member", "member_proofs", ["member_id"])
    if op.get_bind().dialect.name == "sqlite":
        _rebuild(_COLUMNS, ())
    else:
        op.drop_column("members", "card_key")
    op.create_table(
        "oidc_requests",
        sa.Column("state_hash", sa.Text(), primary_key=True),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("browser", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("shared_terminal", Flag, nullable=False),
        sa.Column("begun_at", Whole, nullable=False),
        sa.Column("expires_at", Whole, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("oidc_requests_to_forget", "oidc_requests", ["expires_at"])
    op.create_table(
        "oidc_arrivals",
        sa.Column("token_hash", sa.Text(), primary_key=True),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject_hash", sa.Text(), nullable=False),
        sa.Column("browser", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("shared_terminal", Flag, nullable=False),
        sa.Column("expires_at", Whole, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("oidc_arrivals_to_forget", "oidc_arrivals", ["expires_at"])
    op.create_table(
        "member_restorations",
        sa.Column("member_id", sa.Text(), primary_key=True),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("ends_at", Whole, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("member_restorations_to_forget", "member_restorations", ["ends_at"])
    op.create_table(
        "member_passkeys",
        sa.Column("credential_id", sa.Text(), primary_key=True),
        sa.Column("proof_id", sa.Text(), nullable=False, unique=True),
        sa.Column("member_id", sa.Text(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", Whole, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("passkeys_of_a_member", "member_passkeys", ["member_id"])
    op.create_table(
        "passkey_challenges",
        sa.Column("token_hash", sa.Text(), primary_key=True),
        sa.Column("challenge", sa.LargeBinary(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("browser", sa.Text(), nullable=False),
        sa.Column("expires_at", Whole, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("passkey_challenges_to_forget", "passkey_challenges", ["expires_at"])
    op.add_column("sessions", sa.Column("proved_by", sa.Text()))


def downgrade() -> None:
    """Bring the cards back into their column; phones and passkeys are lost, and who is under way begins again."""
    op.drop_column("sessions", "proved_by")
    op.drop_table("passkey_challenges")
    op.drop_table("member_passkeys")
    op.drop_table("member_restorations")
    op.drop_table("oidc_arrivals")
    op.drop_table("oidc_requests")
    if op.get_bind().dialect.name == "sqlite":
        _rebuild(_COLUMNS, (sa.Column("card_key", sa.Text(), unique=True),))
    else:
        op.add_column("members", sa.Column("card_key", sa.Text()))
        op.create_unique_constraint("members_card_key_key", "members", ["card_key"])
    op.execute(
        "UPDATE members SET card_key = (SELECT p.subject_hash FROM member_proofs p WHERE p.member_id = members.member_id"
        " AND p.kind = 'card' AND p.issuer = 'jpki')"
    )
    op.drop_table("member_proofs")


def _rebuild(columns: str, more: tuple[sa.Column[str], ...]) -> None:
    """SQLite takes no column away that is unique: the table is made anew."""
    op.rename_table("members", "members_before")
    op.create_table(
        "members",
        sa.Column("member_id", sa.Text(), primary_key=True),
        sa.Column("mykey_id", sa.Text(), nullable=False, unique=True),
        sa.Column("password_hash", sa.Text()),
        *more,
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False, server_default="ja"),
        sa.Column("default_municipality", sa.Text()),
        sa.Column("default_point_service", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False, server_default="active"),
        sa.Column("created_at", Whole, nullable=False),
        sqlite_strict=True,
    )
    op.execute(f"INSERT INTO members ({columns}) SELECT {columns} FROM members_before")  # noqa: S608  names of ours
    op.drop_table("members_before")
