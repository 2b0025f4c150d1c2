# ruff: noqa: S608 - every statement is put together from constants of this module alone
"""The two set-based statements of the hot path on PostgreSQL: one function reads a batch, one statement writes it.

Values arrive as one text per column, joined by the unit separator: no name or note may contain it, and
splitting it in the server is several times cheaper than building arrays in the client.
"""

from core_ledger.hash_chain import Record

SEPARATOR = "\x1f"

# Planned anew for each batch (0.2 ms): a plan kept from when the tables were small took 5 ms instead of 1.
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

DROP_OPEN_FUNCTION = "DROP FUNCTION IF EXISTS ledger_open(text, text, text, text, text, text, text)"

OPEN = (
    "SELECT what, book, name, posted, held, coming, last_seq, body, head"
    " FROM ledger_open(%s, %s, %s, %s, %s, %s, %s)"
)

_TEXTS = r"string_to_array(%s, E'\x1f')"
_WHOLES = r"string_to_array(%s, E'\x1f')::bigint[]"
WHOLE_COLUMNS = {"seq", "points", "at", "source_balance", "target_balance", "source_prev", "target_prev"}


def _move_value(column: str) -> str:
    if column in {"asked", "hash"}:
        return f"decode({column}, 'hex')"
    if column == "mac":
        return "decode(nullif(mac, ''), 'hex')"
    if column == "hold":
        return "nullif(hold, '')"
    # Splitting a single empty text gives no element at all.
    return f"coalesce({column}, '')" if column in {"reference", "details"} else column


def _save_moves() -> str:
    columns = ", ".join(Record._fields)
    arrays = ", ".join(_WHOLES if name in WHOLE_COLUMNS else _TEXTS for name in Record._fields)
    values = ", ".join(map(_move_value, Record._fields))
    return f"INSERT INTO moves ({columns}) SELECT {values} FROM unnest({arrays}) AS m ({columns})"


_STATES = (
    f"FROM unnest({_TEXTS}, {_TEXTS}, {_WHOLES}, {_WHOLES}, {_WHOLES}, {_WHOLES}, {_TEXTS}, {_TEXTS})"
    " AS s (book_id, account, posted, held, coming, last_seq, oldest_on, heaps)"
)

# What is new is inserted without a second thought: when another writer was quicker, the key says so and the
# whole batch is decided again on what that writer has left.
SAVE = (
    "WITH new_books AS (INSERT INTO books (book_id, seq, head)"
    " SELECT book_id, seq, decode(head, 'hex')"
    f" FROM unnest({_TEXTS}, {_WHOLES}, {_TEXTS}) AS b (book_id, seq, head)"
    "), old_books AS (UPDATE books SET seq = b.seq, head = decode(b.head, 'hex')"
    f" FROM unnest({_TEXTS}, {_WHOLES}, {_TEXTS}) AS b (book_id, seq, head)"
    " WHERE books.book_id = b.book_id"
    "), new_accounts AS (INSERT INTO accounts"
    " (book_id, account, posted, held, coming, last_seq, oldest_on, heaps)"
    f" SELECT book_id, account, posted, held, coming, last_seq, nullif(oldest_on, ''), heaps {_STATES}"
    "), old_accounts AS (UPDATE accounts SET posted = s.posted, held = s.held, coming = s.coming,"
    f" last_seq = s.last_seq, oldest_on = nullif(s.oldest_on, ''), heaps = s.heaps {_STATES}"
    f" WHERE accounts.book_id = s.book_id AND accounts.account = s.account) {_save_moves()}"
)
