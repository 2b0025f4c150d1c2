"""Books are locked one after the other where Citus spreads them, which refuses to lock rows of several machines at once."""

from alembic import op

from migrations.versions.r0017_books_lie_together import OPEN_FUNCTION as OPEN_FUNCTION_BEFORE

revision = "0076_books_locked_in_turn"
down_revision = "0075_cancellations_beside_books"
branch_labels = None
depends_on = None

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
DECLARE
    this_book text;
    is_any_there boolean := false;
BEGIN
    -- First the locks, always in the same order; only then is anything else read.
    IF to_regclass('pg_catalog.pg_dist_partition') IS NULL THEN
        RETURN QUERY SELECT 'book', b.book_id, ''::text, b.seq, 0::bigint, 0::bigint, 0::bigint, ''::text, b.head FROM books b WHERE b.book_id = ANY (string_to_array(book_names, E'\x1f')) ORDER BY b.book_id FOR UPDATE;
        is_any_there := FOUND;
    ELSE
        -- Citus refuses to lock rows that may lie on several machines, in one statement.
        FOR this_book IN SELECT w.book_id FROM unnest(string_to_array(book_names, E'\x1f')) w (book_id) ORDER BY w.book_id COLLATE "C" LOOP
            RETURN QUERY SELECT 'book', b.book_id, ''::text, b.seq, 0::bigint, 0::bigint, 0::bigint, ''::text, b.head FROM books b WHERE b.book_id = this_book FOR UPDATE;
            is_any_there := is_any_there OR FOUND;
        END LOOP;
    END IF;
    -- Where there is no book there is no move and no account either: a grant to new members ends here.
    IF NOT is_any_there THEN
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

LOCK_BOOKS_FUNCTION = r"""
CREATE OR REPLACE FUNCTION ledger_lock_books(book_names text) RETURNS void LANGUAGE plpgsql VOLATILE SET plan_cache_mode = auto SET enable_seqscan = off
AS $function$
DECLARE
    this_book text;
BEGIN
    -- One after the other: rows that may lie on several machines are not locked by one statement.
    FOR this_book IN SELECT w.book_id FROM unnest(string_to_array(book_names, E'\x1f')) w (book_id) ORDER BY w.book_id COLLATE "C" LOOP
        PERFORM FROM books b WHERE b.book_id = this_book FOR UPDATE;
    END LOOP;
END
$function$
"""


def upgrade() -> None:
    """On PostgreSQL one function more, and another text of the one that opens a batch; both releases can call both."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(OPEN_FUNCTION)
        op.execute(LOCK_BOOKS_FUNCTION)


def downgrade() -> None:
    """As it was."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION ledger_lock_books(text)")
        op.execute(OPEN_FUNCTION_BEFORE)
