"""Rows of one member lie together: one collation for every book_id, keys that have it, functions that name the books.

On PostgreSQL the indexes that contain `book_id` are built anew; rows stay as they are. The functions of the ledger
name the books of a batch beside every table, so that a database that is spread by book asks one part of itself.
"""

import sqlalchemy as sa
from alembic import op

from migrations.versions.r0001_ledger import OPEN_FUNCTION as OPEN_FUNCTION_BEFORE

revision = "0017_books_lie_together"
down_revision = "0016_moved_by_closing"
branch_labels = None
depends_on = None

OF_A_BOOK = (
    "event_gifts", "linked_accounts", "link_owners", "coupon_claims", "exchange_owners", "exchanges",
    "exchange_steps", "partner_debits", "reversals", "member_days", "grant_ids", "pay_codes", "spends", "refunds",
    "figure_cursors", "project_members",
)  # fmt: skip

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
    RETURN QUERY SELECT 'book', b.book_id, ''::text, b.seq, 0::bigint, 0::bigint, 0::bigint, ''::text, b.head FROM books b WHERE b.book_id = ANY (string_to_array(book_names, E'\x1f')) ORDER BY b.book_id FOR UPDATE;
    -- Where there is no book there is no move and no account either: a grant to new members ends here.
    IF NOT FOUND THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT 'move', m.book_id, m.id, 0::bigint, 0::bigint, 0::bigint, 0::bigint, row_to_json(m)::text, m.hash FROM unnest(string_to_array(id_books, E'\x1f'), string_to_array(id_names, E'\x1f')) w (book_id, id) JOIN moves m ON m.book_id = w.book_id AND m.id = w.id WHERE m.book_id = ANY (string_to_array(book_names, E'\x1f'));
    IF hold_books <> '' THEN
        RETURN QUERY SELECT 'resolved', m.book_id, m.hold, 0::bigint, 0::bigint, 0::bigint, 0::bigint, row_to_json(m)::text, m.hash FROM unnest(string_to_array(hold_books, E'\x1f'), string_to_array(hold_names, E'\x1f')) w (book_id, id) JOIN moves m ON m.book_id = w.book_id AND m.hold = w.id AND m.hold IS NOT NULL WHERE m.book_id = ANY (string_to_array(book_names, E'\x1f'));
        RETURN QUERY SELECT DISTINCT 'account', a.book_id, a.account, a.posted, a.held, a.coming, a.last_seq, a.heaps, NULL::bytea FROM unnest(string_to_array(hold_books, E'\x1f'), string_to_array(hold_names, E'\x1f')) w (book_id, id) JOIN moves m ON m.book_id = w.book_id AND m.id = w.id AND m.action = 'hold' CROSS JOIN LATERAL (VALUES (m.source), (m.target)) side (account) JOIN accounts a ON a.book_id = m.book_id AND a.account = side.account WHERE m.book_id = ANY (string_to_array(book_names, E'\x1f')) AND a.book_id = ANY (string_to_array(book_names, E'\x1f'));
    END IF;
    RETURN QUERY SELECT 'account', a.book_id, a.account, a.posted, a.held, a.coming, a.last_seq, a.heaps, NULL::bytea FROM unnest(string_to_array(account_books, E'\x1f'), string_to_array(account_names, E'\x1f')) w (book_id, account) JOIN accounts a ON a.book_id = w.book_id AND a.account = w.account WHERE a.book_id = ANY (string_to_array(book_names, E'\x1f'));
END
$function$
"""

SAVE_FUNCTION = r"""
CREATE OR REPLACE FUNCTION ledger_save(
    book_names text, new_books text[], old_books text[], new_accounts text[], old_accounts text[],
    new_moves text[]
) RETURNS void LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_custom_plan
AS $function$
#variable_conflict use_column
BEGIN
    IF cardinality(new_books) > 0 THEN
        INSERT INTO books (book_id, seq, head) SELECT b.book_id, b.seq, decode(b.head, 'hex') FROM unnest(string_to_array(new_books[1], E'\x1f'), string_to_array(new_books[2], E'\x1f')::bigint[], string_to_array(new_books[3], E'\x1f')) AS b (book_id, seq, head);
    END IF;
    IF cardinality(old_books) > 0 THEN
        UPDATE books SET seq = b.seq, head = decode(b.head, 'hex') FROM unnest(string_to_array(old_books[1], E'\x1f'), string_to_array(old_books[2], E'\x1f')::bigint[], string_to_array(old_books[3], E'\x1f')) AS b (book_id, seq, head) WHERE books.book_id = b.book_id AND books.book_id = ANY (string_to_array(book_names, E'\x1f'));
    END IF;
    IF cardinality(new_accounts) > 0 THEN
        INSERT INTO accounts (book_id, account, posted, held, coming, last_seq, oldest_on, heaps) SELECT s.book_id, s.account, s.posted, s.held, s.coming, s.last_seq, nullif(s.oldest_on, ''), s.heaps FROM unnest(string_to_array(new_accounts[1], E'\x1f'), string_to_array(new_accounts[2], E'\x1f'), string_to_array(new_accounts[3], E'\x1f')::bigint[], string_to_array(new_accounts[4], E'\x1f')::bigint[], string_to_array(new_accounts[5], E'\x1f')::bigint[], string_to_array(new_accounts[6], E'\x1f')::bigint[], string_to_array(new_accounts[7], E'\x1f'), string_to_array(new_accounts[8], E'\x1f')) AS s (book_id, account, posted, held, coming, last_seq, oldest_on, heaps);
    END IF;
    IF cardinality(old_accounts) > 0 THEN
        UPDATE accounts SET posted = s.posted, held = s.held, coming = s.coming, last_seq = s.last_seq, oldest_on = nullif(s.oldest_on, ''), heaps = s.heaps FROM unnest(string_to_array(old_accounts[1], E'\x1f'), string_to_array(old_accounts[2], E'\x1f'), string_to_array(old_accounts[3], E'\x1f')::bigint[], string_to_array(old_accounts[4], E'\x1f')::bigint[], string_to_array(old_accounts[5], E'\x1f')::bigint[], string_to_array(old_accounts[6], E'\x1f')::bigint[], string_to_array(old_accounts[7], E'\x1f'), string_to_array(old_accounts[8], E'\x1f')) AS s (book_id, account, posted, held, coming, last_seq, oldest_on, heaps) WHERE accounts.book_id = s.book_id AND accounts.account = s.account AND accounts.book_id = ANY (string_to_array(book_names, E'\x1f'));
    END IF;
    INSERT INTO moves (book_id, seq, id, action, source, target, points, at, kind, reference, details, hold, lots, source_balance, target_balance, source_prev, target_prev, asked, hash, mac) SELECT m.book_id, m.seq, m.id, m.action, m.source, m.target, m.points, m.at, m.kind, coalesce(m.reference, ''), coalesce(m.details, ''), nullif(m.hold, ''), m.lots, m.source_balance, m.target_balance, m.source_prev, m.target_prev, decode(m.asked, 'hex'), decode(m.hash, 'hex'), decode(nullif(m.mac, ''), 'hex') FROM unnest(string_to_array(new_moves[1], E'\x1f'), string_to_array(new_moves[2], E'\x1f')::bigint[], string_to_array(new_moves[3], E'\x1f'), string_to_array(new_moves[4], E'\x1f'), string_to_array(new_moves[5], E'\x1f'), string_to_array(new_moves[6], E'\x1f'), string_to_array(new_moves[7], E'\x1f')::bigint[], string_to_array(new_moves[8], E'\x1f')::bigint[], string_to_array(new_moves[9], E'\x1f'), string_to_array(new_moves[10], E'\x1f'), string_to_array(new_moves[11], E'\x1f'), string_to_array(new_moves[12], E'\x1f'), string_to_array(new_moves[13], E'\x1f'), string_to_array(new_moves[14], E'\x1f')::bigint[], string_to_array(new_moves[15], E'\x1f')::bigint[], string_to_array(new_moves[16], E'\x1f')::bigint[], string_to_array(new_moves[17], E'\x1f')::bigint[], string_to_array(new_moves[18], E'\x1f'), string_to_array(new_moves[19], E'\x1f'), string_to_array(new_moves[20], E'\x1f')) AS m (book_id, seq, id, action, source, target, points, at, kind, reference, details, hold, lots, source_balance, target_balance, source_prev, target_prev, asked, hash, mac);
END
$function$
"""


def upgrade() -> None:
    """Change what book_id is made of, the key of debits, and the functions."""
    _make_debits_known_by("partner_id", "day", "exchange_id", "book_id")
    if op.get_bind().dialect.name == "postgresql":
        for table in OF_A_BOOK:
            op.alter_column(table, "book_id", type_=sa.Text(collation="C"))
        op.execute(OPEN_FUNCTION)
        op.execute(SAVE_FUNCTION)


def downgrade() -> None:
    """Change them back."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION ledger_save(text, text[], text[], text[], text[], text[])")
        op.execute(OPEN_FUNCTION_BEFORE)
        for table in OF_A_BOOK:
            op.alter_column(table, "book_id", type_=sa.Text(collation="default"))
    _make_debits_known_by("partner_id", "day", "exchange_id")


def _make_debits_known_by(*columns: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("partner_debits_pkey", "partner_debits", type_="primary")
        op.create_primary_key("partner_debits_pkey", "partner_debits", list(columns))
        return
    # SQLite gives a table that is there no other key: its rows move into a new one.
    op.rename_table("partner_debits", "partner_debits_before")
    op.create_table(
        "partner_debits",
        sa.Column("partner_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("exchange_id", sa.Text(), nullable=False),
        sa.Column("book_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(*columns),
        sqlite_strict=True,
    )
    op.execute("INSERT INTO partner_debits SELECT * FROM partner_debits_before ORDER BY rowid")
    op.drop_table("partner_debits_before")
