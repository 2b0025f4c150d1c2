"""Whose record was looked at is found by its subject, and unconfirmed exchanges can be forgotten."""

from alembic import op

revision = "0033_member_data"
down_revision = "0034_key_of_one_shop"
branch_labels = None
depends_on = None

FORGET_UNCONFIRMED = r"""
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


def upgrade() -> None:
    """An index and a function; an older gateway works on beside them."""
    # Whose record was looked at is asked for by its subject.
    op.create_index("audit_lines_by_subject", "audit_lines", ["subject"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(FORGET_UNCONFIRMED)


def downgrade() -> None:
    """Take them away; unconfirmed exchanges stay afterwards."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION gateway_forget_unconfirmed(bigint, integer)")
    op.drop_index("audit_lines_by_subject", "audit_lines")
