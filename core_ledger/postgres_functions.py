# ruff: noqa: S608 - every statement is put together from constants of this module alone
"""The functions of the hot path on PostgreSQL: `ledger_open` reads a batch, `ledger_save` writes it.

Beside every table stands the list of the batch's books: planned anew for each batch, the list is a constant, and a
database whose tables are spread by `book_id` knows from it which part to ask. A join alone does not tell it.

`ledger_open_book` and `ledger_save_book` do the same for a batch about one book, as most are where few callers wait. One book
needs no list: `book_id = this_book` tells the part by any plan, so the plan is kept, which is half of the work.

Values arrive as one text per column, joined by the unit separator: no name or note may contain it, and
splitting it in the server is several times cheaper than building arrays in the client.
"""

from collections.abc import Sequence
from functools import cache
from itertools import count
from typing import Any

from core_ledger.hash_chain import Record

SEPARATOR = "\x1f"
_WHOLE_COLUMNS = {"seq", "points", "at", "source_balance", "target_balance", "source_prev", "target_prev"}
_ACCOUNT_COLUMNS = ("book_id", "account", "posted", "held", "coming", "last_seq", "oldest_on", "heaps")
_WHOLE_ACCOUNT_COLUMNS = {"posted", "held", "coming", "last_seq"}


def _column(text: str, *, whole: bool = False) -> str:
    return rf"string_to_array({text}, E'\x1f')" + ("::bigint[]" if whole else "")


def _book_predicate(table: str) -> str:
    return f"{table}.book_id = ANY ({_column('book_names')})"


_WANTED_IDS = f"unnest({_column('id_books')}, {_column('id_names')}) w (book_id, id)"
_WANTED_HOLDS = f"unnest({_column('hold_books')}, {_column('hold_names')}) w (book_id, id)"
_WANTED_ACCOUNTS = f"unnest({_column('account_books')}, {_column('account_names')}) w (book_id, account)"
_MOVE_ROW = "0::bigint, 0::bigint, 0::bigint, 0::bigint, row_to_json(m)::text, m.hash"
_ACCOUNT_ROW = "a.book_id, a.account, a.posted, a.held, a.coming, a.last_seq, a.heaps, NULL::bytea"

LOCK_BOOKS = (
    "SELECT 'book', b.book_id, ''::text, b.seq, 0::bigint, 0::bigint, 0::bigint, ''::text, b.head"
    f" FROM books b WHERE {_book_predicate('b')} ORDER BY b.book_id FOR UPDATE"
)
LOCK_BOOK = (
    "SELECT 'book', b.book_id, ''::text, b.seq, 0::bigint, 0::bigint, 0::bigint, ''::text, b.head"
    " FROM books b WHERE b.book_id = this_book FOR UPDATE"
)
_IN_ORDER = (
    f'SELECT w.book_id FROM unnest({_column("book_names")}) w (book_id) ORDER BY w.book_id COLLATE "C"'
)
FIND_MOVES = (
    f"SELECT 'move', m.book_id, m.id, {_MOVE_ROW} FROM {_WANTED_IDS}"
    f" JOIN moves m ON m.book_id = w.book_id AND m.id = w.id WHERE {_book_predicate('m')}"
)
FIND_RESOLVED = (
    f"SELECT 'resolved', m.book_id, m.hold, {_MOVE_ROW} FROM {_WANTED_HOLDS}"
    " JOIN moves m ON m.book_id = w.book_id AND m.hold = w.id AND m.hold IS NOT NULL"
    f" WHERE {_book_predicate('m')}"
)
FIND_ACCOUNTS_OF_HOLDS = (
    f"SELECT DISTINCT 'account', {_ACCOUNT_ROW} FROM {_WANTED_HOLDS}"
    " JOIN moves m ON m.book_id = w.book_id AND m.id = w.id AND m.action = 'hold'"
    " CROSS JOIN LATERAL (VALUES (m.source), (m.target)) side (account)"
    " JOIN accounts a ON a.book_id = m.book_id AND a.account = side.account"
    f" WHERE {_book_predicate('m')} AND {_book_predicate('a')}"
)
FIND_ACCOUNTS = (
    f"SELECT 'account', {_ACCOUNT_ROW} FROM {_WANTED_ACCOUNTS}"
    f" JOIN accounts a ON a.book_id = w.book_id AND a.account = w.account WHERE {_book_predicate('a')}"
)

# Planned anew for each batch (0.2 ms): a plan kept from when the tables were small took 5 ms instead of 1.
OPEN_FUNCTION = f"""
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
        RETURN QUERY {LOCK_BOOKS};
        is_any_there := FOUND;
    ELSE
        -- Citus refuses to lock rows that may lie on several machines, in one statement.
        FOR this_book IN {_IN_ORDER} LOOP
            RETURN QUERY {LOCK_BOOK};
            is_any_there := is_any_there OR FOUND;
        END LOOP;
    END IF;
    -- Where there is no book there is no move and no account either: a grant to new members ends here.
    IF NOT is_any_there THEN
        RETURN;
    END IF;
    RETURN QUERY {FIND_MOVES};
    IF hold_books <> '' THEN
        RETURN QUERY {FIND_RESOLVED};
        RETURN QUERY {FIND_ACCOUNTS_OF_HOLDS};
    END IF;
    RETURN QUERY {FIND_ACCOUNTS};
END
$function$
"""

OPEN = (
    "SELECT what, book, name, posted, held, coming, last_seq, body, head"
    " FROM ledger_open($1, $2, $3, $4, $5, $6, $7)"
)

_IDS, _HOLDS, _NAMES = _column("move_ids"), _column("hold_ids"), _column("account_names")
FIND_MOVES_OF_BOOK = (
    f"SELECT 'move', m.book_id, m.id, {_MOVE_ROW} FROM moves m"
    f" WHERE m.book_id = this_book AND m.id = ANY ({_IDS})"
)
FIND_RESOLVED_OF_BOOK = (
    f"SELECT 'resolved', m.book_id, m.hold, {_MOVE_ROW} FROM moves m"
    f" WHERE m.book_id = this_book AND m.hold = ANY ({_HOLDS}) AND m.hold IS NOT NULL"
)
FIND_ACCOUNTS_OF_HOLDS_OF_BOOK = (
    f"SELECT DISTINCT 'account', {_ACCOUNT_ROW} FROM moves m"
    " CROSS JOIN LATERAL (VALUES (m.source), (m.target)) side (account)"
    " JOIN accounts a ON a.book_id = this_book AND a.account = side.account"
    f" WHERE m.book_id = this_book AND m.id = ANY ({_HOLDS}) AND m.action = 'hold'"
)
FIND_ACCOUNTS_OF_BOOK = (
    f"SELECT 'account', {_ACCOUNT_ROW} FROM accounts a"
    f" WHERE a.book_id = this_book AND a.account = ANY ({_NAMES})"
)

# After five calls PostgreSQL keeps a plan that costs no more; Citus, which cannot carry out such a plan, makes each anew.
# One that was made while a table was empty must not read all of it later, so it may not begin with that.
_PLAN_SETTINGS = "SET plan_cache_mode = auto SET enable_seqscan = off"
OPEN_BOOK_FUNCTION = f"""
CREATE OR REPLACE FUNCTION ledger_open_book(this_book text, move_ids text, hold_ids text, account_names text)
RETURNS TABLE (
    what text, book text, name text, posted bigint, held bigint, coming bigint, last_seq bigint,
    body text, head bytea
) LANGUAGE plpgsql VOLATILE {_PLAN_SETTINGS}
AS $function$
#variable_conflict use_column
BEGIN
    RETURN QUERY {LOCK_BOOK};
    IF NOT FOUND THEN
        RETURN;
    END IF;
    RETURN QUERY {FIND_MOVES_OF_BOOK};
    IF hold_ids <> '' THEN
        RETURN QUERY {FIND_RESOLVED_OF_BOOK};
        RETURN QUERY {FIND_ACCOUNTS_OF_HOLDS_OF_BOOK};
    END IF;
    IF account_names <> '' THEN
        RETURN QUERY {FIND_ACCOUNTS_OF_BOOK};
    END IF;
END
$function$
"""

OPEN_BOOK = (
    "SELECT what, book, name, posted, held, coming, last_seq, body, head"
    " FROM ledger_open_book($1, $2, $3, $4)"
)


def _books(rows: str) -> str:
    columns = (_column(f"{rows}[1]"), _column(f"{rows}[2]", whole=True), _column(f"{rows}[3]"))
    return f"unnest({', '.join(columns)}) AS b (book_id, seq, head)"


def _accounts(rows: str) -> str:
    columns = (
        _column(f"{rows}[{place}]", whole=name in _WHOLE_ACCOUNT_COLUMNS)
        for place, name in enumerate(_ACCOUNT_COLUMNS, 1)
    )
    return f"unnest({', '.join(columns)}) AS s ({', '.join(_ACCOUNT_COLUMNS)})"


def _moves(rows: str) -> str:
    columns = (
        _column(f"{rows}[{place}]", whole=name in _WHOLE_COLUMNS)
        for place, name in enumerate(Record._fields, 1)
    )
    return f"unnest({', '.join(columns)}) AS m ({', '.join(Record._fields)})"


def _move_value(column: str) -> str:
    if column in {"asked", "hash"}:
        return f"decode(m.{column}, 'hex')"
    if column == "mac":
        return "decode(nullif(m.mac, ''), 'hex')"
    if column == "hold":
        return "nullif(m.hold, '')"
    # Splitting a single empty text gives no element at all.
    return f"coalesce(m.{column}, '')" if column in {"reference", "details"} else f"m.{column}"


ADD_BOOKS = (
    "INSERT INTO books (book_id, seq, head) SELECT b.book_id, b.seq, decode(b.head, 'hex')"
    f" FROM {_books('new_books')}"
)
CHANGE_BOOKS = (
    f"UPDATE books SET seq = b.seq, head = decode(b.head, 'hex') FROM {_books('old_books')}"
    f" WHERE books.book_id = b.book_id AND {_book_predicate('books')}"
)
ADD_ACCOUNTS = (
    f"INSERT INTO accounts ({', '.join(_ACCOUNT_COLUMNS)})"
    " SELECT s.book_id, s.account, s.posted, s.held, s.coming, s.last_seq, nullif(s.oldest_on, ''), s.heaps"
    f" FROM {_accounts('new_accounts')}"
)
CHANGE_ACCOUNTS = (
    "UPDATE accounts SET posted = s.posted, held = s.held, coming = s.coming, last_seq = s.last_seq,"
    f" oldest_on = nullif(s.oldest_on, ''), heaps = s.heaps FROM {_accounts('old_accounts')}"
    f" WHERE accounts.book_id = s.book_id AND accounts.account = s.account AND {_book_predicate('accounts')}"
)
ADD_MOVES = (
    f"INSERT INTO moves ({', '.join(Record._fields)})"
    f" SELECT {', '.join(map(_move_value, Record._fields))} FROM {_moves('new_moves')}"
)

# What is new is inserted without a second thought: when another writer was quicker, the key says so and the
# whole batch is decided again on what that writer has left.
SAVE_FUNCTION = f"""
CREATE OR REPLACE FUNCTION ledger_save(
    book_names text, new_books text[], old_books text[], new_accounts text[], old_accounts text[],
    new_moves text[]
) RETURNS void LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_custom_plan
AS $function$
#variable_conflict use_column
BEGIN
    IF cardinality(new_books) > 0 THEN
        {ADD_BOOKS};
    END IF;
    IF cardinality(old_books) > 0 THEN
        {CHANGE_BOOKS};
    END IF;
    IF cardinality(new_accounts) > 0 THEN
        {ADD_ACCOUNTS};
    END IF;
    IF cardinality(old_accounts) > 0 THEN
        {CHANGE_ACCOUNTS};
    END IF;
    {ADD_MOVES};
END
$function$
"""


ADD_BOOK = "INSERT INTO books (book_id, seq, head) VALUES (this_book, new_seq, decode(new_head, 'hex'))"
CHANGE_BOOK = "UPDATE books SET seq = new_seq, head = decode(new_head, 'hex') WHERE books.book_id = this_book"
CHANGE_ACCOUNTS_OF_BOOK = (
    "UPDATE accounts SET posted = s.posted, held = s.held, coming = s.coming, last_seq = s.last_seq,"
    f" oldest_on = nullif(s.oldest_on, ''), heaps = s.heaps FROM {_accounts('old_accounts')}"
    " WHERE accounts.book_id = this_book AND accounts.account = s.account"
)
SAVE_BOOK_FUNCTION = f"""
CREATE OR REPLACE FUNCTION ledger_save_book(
    this_book text, new_seq bigint, new_head text, is_new boolean, new_accounts text[], old_accounts text[],
    new_moves text[]
) RETURNS void LANGUAGE plpgsql VOLATILE {_PLAN_SETTINGS}
AS $function$
#variable_conflict use_column
BEGIN
    IF is_new THEN
        {ADD_BOOK};
    ELSE
        {CHANGE_BOOK};
    END IF;
    IF cardinality(new_accounts) > 0 THEN
        {ADD_ACCOUNTS};
    END IF;
    IF cardinality(old_accounts) > 0 THEN
        {CHANGE_ACCOUNTS_OF_BOOK};
    END IF;
    {ADD_MOVES};
END
$function$
"""
LOCK_BOOKS_FUNCTION = f"""
CREATE OR REPLACE FUNCTION ledger_lock_books(book_names text) RETURNS void LANGUAGE plpgsql VOLATILE {_PLAN_SETTINGS}
AS $function$
DECLARE
    this_book text;
BEGIN
    -- One after the other: rows that may lie on several machines are not locked by one statement.
    FOR this_book IN {_IN_ORDER} LOOP
        PERFORM FROM books b WHERE b.book_id = this_book FOR UPDATE;
    END LOOP;
END
$function$
"""


def call(function: str, values: Sequence[Any], sets: Sequence[Sequence[str]]) -> tuple[str, list[Any]]:
    """The statement that calls `function` with these values and sets of columns, and its parameters.

    Each column is a parameter of its own: of an array both sides look at every letter for what has to be escaped.
    """
    given = [*values, *(column for columns in sets for column in columns)]
    return _call_text(function, len(values), tuple(map(len, sets))), given


@cache
def _call_text(function: str, values: int, columns: tuple[int, ...]) -> str:
    places = (f"${number}" for number in count(1))
    arguments = [next(places) for _ in range(values)]
    arguments += [f"ARRAY[{', '.join(next(places) for _ in range(size))}]::text[]" for size in columns]
    return f"SELECT {function}({', '.join(arguments)})"


FUNCTIONS = (OPEN_FUNCTION, SAVE_FUNCTION, OPEN_BOOK_FUNCTION, SAVE_BOOK_FUNCTION, LOCK_BOOKS_FUNCTION)
