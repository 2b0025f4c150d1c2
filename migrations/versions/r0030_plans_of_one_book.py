"""Functions for a batch about one book choose their plans: Citus can carry out no plan that is kept for every value."""

from alembic import op

from migrations.versions.r0026_one_book_by_itself import OPEN_BOOK_FUNCTION as OPEN_BOOK_BEFORE
from migrations.versions.r0026_one_book_by_itself import SAVE_BOOK_FUNCTION as SAVE_BOOK_BEFORE

revision = "0030_plans_of_one_book"
down_revision = "0029_issuers"
branch_labels = None
depends_on = None

OPEN_BOOK_FUNCTION = r"""
CREATE OR REPLACE FUNCTION ledger_open_book(this_book text, move_ids text, hold_ids text, account_names text)
RETURNS TABLE (
    what text, book text, name text, posted bigint, held bigint, coming bigint, last_seq bigint,
    body text, head bytea
) LANGUAGE plpgsql VOLATILE SET plan_cache_mode = auto SET enable_seqscan = off
AS $function$
#variable_conflict use_column
BEGIN
    RETURN QUERY SELECT 'book', b.book_id, ''::text, b.seq, 0::bigint, 0::bigint, 0::bigint, ''::text, b.head FROM books b WHERE b.book_id = this_book FOR UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT 'move', m.book_id, m.id, 0::bigint, 0::bigint, 0::bigint, 0::bigint, row_to_json(m)::text, m.hash FROM moves m WHERE m.book_id = this_book AND m.id = ANY (string_to_array(move_ids, E'\x1f'));
    IF hold_ids <> '' THEN
        RETURN QUERY SELECT 'resolved', m.book_id, m.hold, 0::bigint, 0::bigint, 0::bigint, 0::bigint, row_to_json(m)::text, m.hash FROM moves m WHERE m.book_id = this_book AND m.hold = ANY (string_to_array(hold_ids, E'\x1f')) AND m.hold IS NOT NULL;
        RETURN QUERY SELECT DISTINCT 'account', a.book_id, a.account, a.posted, a.held, a.coming, a.last_seq, a.heaps, NULL::bytea FROM moves m CROSS JOIN LATERAL (VALUES (m.source), (m.target)) side (account) JOIN accounts a ON a.book_id = this_book AND a.account = side.account WHERE m.book_id = this_book AND m.id = ANY (string_to_array(hold_ids, E'\x1f')) AND m.action = 'hold';
    END IF;
    IF account_names <> '' THEN
        RETURN QUERY SELECT 'account', a.book_id, a.account, a.posted, a.held, a.coming, a.last_seq, a.heaps, NULL::bytea FROM accounts a WHERE a.book_id = this_book AND a.account = ANY (string_to_array(account_names, E'\x1f'));
    END IF;
END
$function$
"""

SAVE_BOOK_FUNCTION = r"""
CREATE OR REPLACE FUNCTION ledger_save_book(
    this_book text, new_seq bigint, new_head text, is_new boolean, new_accounts text[], old_accounts text[],
    new_moves text[]
) RETURNS void LANGUAGE plpgsql VOLATILE SET plan_cache_mode = auto SET enable_seqscan = off
AS $function$
#variable_conflict use_column
BEGIN
    IF is_new THEN
        INSERT INTO books (book_id, seq, head) VALUES (this_book, new_seq, decode(new_head, 'hex'));
    ELSE
        UPDATE books SET seq = new_seq, head = decode(new_head, 'hex') WHERE books.book_id = this_book;
    END IF;
    IF cardinality(new_accounts) > 0 THEN
        INSERT INTO accounts (book_id, account, posted, held, coming, last_seq, oldest_on, heaps) SELECT s.book_id, s.account, s.posted, s.held, s.coming, s.last_seq, nullif(s.oldest_on, ''), s.heaps FROM unnest(string_to_array(new_accounts[1], E'\x1f'), string_to_array(new_accounts[2], E'\x1f'), string_to_array(new_accounts[3], E'\x1f')::bigint[], string_to_array(new_accounts[4], E'\x1f')::bigint[], string_to_array(new_accounts[5], E'\x1f')::bigint[], string_to_array(new_accounts[6], E'\x1f')::bigint[], string_to_array(new_accounts[7], E'\x1f'), string_to_array(new_accounts[8], E'\x1f')) AS s (book_id, account, posted, held, coming, last_seq, oldest_on, heaps);
    END IF;
    IF cardinality(old_accounts) > 0 THEN
        UPDATE accounts SET posted = s.posted, held = s.held, coming = s.coming, last_seq = s.last_seq, oldest_on = nullif(s.oldest_on, ''), heaps = s.heaps FROM unnest(string_to_array(old_accounts[1], E'\x1f'), string_to_array(old_accounts[2], E'\x1f'), string_to_array(old_accounts[3], E'\x1f')::bigint[], string_to_array(old_accounts[4], E'\x1f')::bigint[], string_to_array(old_accounts[5], E'\x1f')::bigint[], string_to_array(old_accounts[6], E'\x1f')::bigint[], string_to_array(old_accounts[7], E'\x1f'), string_to_array(old_accounts[8], E'\x1f')) AS s (book_id, account, posted, held, coming, last_seq, oldest_on, heaps) WHERE accounts.book_id = this_book AND accounts.account = s.account;
    END IF;
    INSERT INTO moves (book_id, seq, id, action, source, target, points, at, kind, reference, details, hold, lots, source_balance, target_balance, source_prev, target_prev, asked, hash, mac) SELECT m.book_id, m.seq, m.id, m.action, m.source, m.target, m.points, m.at, m.kind, coalesce(m.reference, ''), coalesce(m.details, ''), nullif(m.hold, ''), m.lots, m.source_balance, m.target_balance, m.source_prev, m.target_prev, decode(m.asked, 'hex'), decode(m.hash, 'hex'), decode(nullif(m.mac, ''), 'hex') FROM unnest(string_to_array(new_moves[1], E'\x1f'), string_to_array(new_moves[2], E'\x1f')::bigint[], string_to_array(new_moves[3], E'\x1f'), string_to_array(new_moves[4], E'\x1f'), string_to_array(new_moves[5], E'\x1f'), string_to_array(new_moves[6], E'\x1f'), string_to_array(new_moves[7], E'\x1f')::bigint[], string_to_array(new_moves[8], E'\x1f')::bigint[], string_to_array(new_moves[9], E'\x1f'), string_to_array(new_moves[10], E'\x1f'), string_to_array(new_moves[11], E'\x1f'), string_to_array(new_moves[12], E'\x1f'), string_to_array(new_moves[13], E'\x1f'), string_to_array(new_moves[14], E'\x1f')::bigint[], string_to_array(new_moves[15], E'\x1f')::bigint[], string_to_array(new_moves[16], E'\x1f')::bigint[], string_to_array(new_moves[17], E'\x1f')::bigint[], string_to_array(new_moves[18], E'\x1f'), string_to_array(new_moves[19], E'\x1f'), string_to_array(new_moves[20], E'\x1f')) AS m (book_id, seq, id, action, source, target, points, at, kind, reference, details, hold, lots, source_balance, target_balance, source_prev, target_prev, asked, hash, mac);
END
$function$
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(OPEN_BOOK_FUNCTION)
        op.execute(SAVE_BOOK_FUNCTION)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(OPEN_BOOK_BEFORE)
        op.execute(SAVE_BOOK_BEFORE)
