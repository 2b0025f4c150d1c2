"""The ledger: books, accounts, moves, anchors, and PostgreSQL's function that opens a batch.

On Citus, after this step, each table is spread by the book it belongs to; all keys contain book_id:

    SELECT create_distributed_table('books', 'book_id');
    SELECT create_distributed_table('accounts', 'book_id', colocate_with => 'books');
    SELECT create_distributed_table('moves', 'book_id', colocate_with => 'books');
    SELECT create_distributed_table('anchors', 'book_id', colocate_with => 'books');

A batch that crosses shards becomes a two-phase commit and is slower than none: open the store with
`max_batch=1` there.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001_ledger"
down_revision = None
branch_labels = None
depends_on = None

Name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
EMBEDDED = {"sqlite_strict": True, "sqlite_with_rowid": False}

OPEN_FUNCTION = r"""
CREATE OR REPLACE FUNCTION ledger_open(
    book_names text, id_books text, id_names text, hold_books text, hold_names text,
    account_books text, account_names text
) RETURNS TABLE (
    what text, book text, name text, posted bigint, held bigint, coming bigint, last_seq bigint,
    body text, head bytea
) LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_custom_plan
AS $function$
#variable_conflict use_column
BEGIN
    -- First the locks, always in the same order; only then is anything else read.
    RETURN QUERY
        SELECT 'book', b.book_id, ''::text, b.seq, 0::bigint, 0::bigint, 0::bigint, ''::text, b.head
        FROM books b WHERE b.book_id = ANY (string_to_array(book_names, E'\x1f'))
        ORDER BY b.book_id FOR UPDATE;
    -- Where there is no book there is no move and no account either: a grant to new members ends here.
    IF NOT FOUND THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT 'move', m.book_id, m.id, 0::bigint, 0::bigint, 0::bigint, 0::bigint, row_to_json(m)::text, m.hash
        FROM unnest(string_to_array(id_books, E'\x1f'), string_to_array(id_names, E'\x1f')) w (book_id, id)
        JOIN moves m ON m.book_id = w.book_id AND m.id = w.id;
    IF hold_books <> '' THEN
        RETURN QUERY
            SELECT 'resolved', m.book_id, m.hold, 0::bigint, 0::bigint, 0::bigint, 0::bigint,
                   row_to_json(m)::text, m.hash
            FROM unnest(string_to_array(hold_books, E'\x1f'), string_to_array(hold_names, E'\x1f')) w (book_id, id)
            JOIN moves m ON m.book_id = w.book_id AND m.hold = w.id AND m.hold IS NOT NULL;
        RETURN QUERY
            SELECT DISTINCT 'account', a.book_id, a.account, a.posted, a.held, a.coming, a.last_seq, a.heaps,
                   NULL::bytea
            FROM unnest(string_to_array(hold_books, E'\x1f'), string_to_array(hold_names, E'\x1f')) w (book_id, id)
            JOIN moves m ON m.book_id = w.book_id AND m.id = w.id AND m.action = 'hold'
            CROSS JOIN LATERAL (VALUES (m.source), (m.target)) side (account)
            JOIN accounts a ON a.book_id = m.book_id AND a.account = side.account;
    END IF;
    RETURN QUERY
        SELECT 'account', a.book_id, a.account, a.posted, a.held, a.coming, a.last_seq, a.heaps, NULL::bytea
        FROM unnest(string_to_array(account_books, E'\x1f'), string_to_array(account_names, E'\x1f'))
             w (book_id, account)
        JOIN accounts a ON a.book_id = w.book_id AND a.account = w.account;
END
$function$
"""


def upgrade() -> None:
    op.create_table(
        "books",
        sa.Column("book_id", Name, primary_key=True),
        sa.Column("seq", Whole, nullable=False, comment="number of the last move"),
        sa.Column("head", sa.LargeBinary, nullable=False, comment="hash of the last move"),
        **EMBEDDED,
    )
    op.create_table(
        "accounts",
        sa.Column("book_id", Name, primary_key=True),
        sa.Column("account", Name, primary_key=True),
        sa.Column("posted", Whole, nullable=False),
        sa.Column("held", Whole, nullable=False),
        sa.Column("coming", Whole, nullable=False),
        sa.Column("last_seq", Whole, nullable=False, comment="last posted move of this account; 0: none"),
        sa.Column("oldest_on", sa.Text, comment="oldest day of issue with free points"),
        sa.Column("heaps", sa.Text, nullable=False, comment='JSON: {"2018-07-01": [points, held], …}'),
        sa.CheckConstraint(
            "substr(account, 1, length(book_id) + 1) <> book_id || ':'"
            " OR (held >= 0 AND coming >= 0 AND posted >= held)",
            name="floor_of_zero",
        ),
        **EMBEDDED,
    )
    op.create_index("accounts_by_name", "accounts", ["account"])
    op.create_table(
        "moves",
        sa.Column("book_id", Name, primary_key=True),
        sa.Column("seq", Whole, primary_key=True, autoincrement=False),
        sa.Column("id", Name, nullable=False),
        sa.Column("action", sa.Text, nullable=False, comment="transfer, hold, post or void"),
        sa.Column("source", Name, nullable=False),
        sa.Column("target", Name, nullable=False),
        sa.Column("points", Whole, nullable=False),
        sa.Column("at", Whole, nullable=False, comment="microseconds since 1970-01-01 UTC"),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("details", sa.Text, nullable=False, comment='JSON, sorted keys; "" when there are none'),
        sa.Column("hold", Name, comment="id of the hold that a post or void resolves"),
        sa.Column("lots", sa.Text, nullable=False, comment='JSON: [["2018-07-01", points], …]'),
        sa.Column("source_balance", Whole, nullable=False, comment="posted points of the source after it"),
        sa.Column("target_balance", Whole, nullable=False, comment="posted points of the target after it"),
        sa.Column(
            "source_prev", Whole, nullable=False, comment="the source's posted move before it; 0: none"
        ),
        sa.Column(
            "target_prev", Whole, nullable=False, comment="the target's posted move before it; 0: none"
        ),
        sa.Column(
            "asked", sa.LargeBinary, nullable=False, comment="digest of what was asked, without its time"
        ),
        sa.Column("hash", sa.LargeBinary, nullable=False, comment="seals this row to the one before it"),
        sa.CheckConstraint("points > 0", name="points_positive"),
        sqlite_strict=True,
    )
    op.create_index("moves_by_id", "moves", ["book_id", "id"], unique=True)
    resolves = sa.text("hold IS NOT NULL")
    op.create_index(
        "moves_by_hold",
        "moves",
        ["book_id", "hold"],
        unique=True,
        sqlite_where=resolves,
        postgresql_where=resolves,
    )
    op.create_table(
        "anchors",
        sa.Column("book_id", Name, primary_key=True),
        sa.Column("day", sa.Text, primary_key=True),
        sa.Column("seq", Whole, nullable=False),
        sa.Column("head", sa.LargeBinary, nullable=False),
        **EMBEDDED,
    )
    op.create_index("anchors_by_day", "anchors", ["day"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(OPEN_FUNCTION)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION ledger_open(text, text, text, text, text, text, text)")
    for table in ("anchors", "moves", "accounts", "books"):
        op.drop_table(table)
