"""Functions of the schema on PostgreSQL that are not the ledger's: what a gateway's role may do by them alone."""

from __future__ import annotations

from typing import Final

FORGET_UNCONFIRMED: Final = r"""
CREATE OR REPLACE FUNCTION gateway_forget_unconfirmed(ended_before bigint, most integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT
AS $function$
DECLARE
    book_ids text[];
    exchange_ids text[];
BEGIN
    SELECT array_agg(x.book_id), array_agg(x.exchange_id) INTO book_ids, exchange_ids FROM (
        SELECT e.book_id, e.exchange_id FROM exchanges e
         WHERE e.state IN ('refused', 'expired', 'cancelled') AND coalesce(e.ended_at, e.started_at) < ended_before
           AND NOT EXISTS (
               SELECT 1 FROM exchange_steps s WHERE s.book_id = e.book_id AND s.exchange_id = e.exchange_id
                  AND s.state NOT IN ('awaiting_return', 'ready', 'quoted', 'refused', 'expired', 'cancelled')
           )
         LIMIT most
    ) x;
    IF exchange_ids IS NULL THEN
        RETURN 0;
    END IF;
    DELETE FROM exchange_steps WHERE book_id = ANY (book_ids) AND exchange_id = ANY (exchange_ids);
    DELETE FROM exchange_owners WHERE exchange_id = ANY (exchange_ids);
    DELETE FROM exchanges WHERE book_id = ANY (book_ids) AND exchange_id = ANY (exchange_ids);
    RETURN cardinality(exchange_ids);
END
$function$
"""
