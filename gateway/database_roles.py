"""Four database roles on PostgreSQL, so that who takes a gateway over cannot rewrite what it has written.

    migrate   owns the tables: `db upgrade`, `db sign`, and nobody else
    serve     a gateway: reads and writes, but moves of points, lines of the audit log and digests are only added
    read      a report or a support desk: reads all but credentials and what is encrypted
    verify    `ledger verify`, `staff verify-log`: reads what is checked, and nothing of people

They are groups without a login. A user of the database is made a member of one: GRANT point_gateway_serve TO gateway.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.errors import GatewayError
from migrations.targets import METADATAS

ROLES: Final = ("migrate", "serve", "read", "verify")
DEFAULT_PREFIX: Final = "point_gateway"
MAX_PREFIX_LENGTH: Final = 40

ONLY_ADDED: Final = frozenset(
    {"moves", "audit_lines", "anchors", "daily_digests", "exchange_steps", "chain_seals", "audit_seals"}
)
"""What was written stays: a gateway adds rows and changes none."""

ONLY_READ: Final = frozenset({"schema_marker", "alembic_version"})
"""What upgrades write, and a gateway only reads."""

CREDENTIALS: Final = frozenset(
    {
        "members", "member_proofs", "oidc_requests", "oidc_arrivals", "member_restorations", "member_passkeys", "passkey_challenges", "sessions", "sign_in_misses", "card_challenges", "linked_accounts", "link_owners", "coupon_claims",
        "exchanges", "staff", "staff_passkeys", "staff_challenges", "staff_sessions", "first_passwords", "till_tokens", "till_pins", "tills", "shops",
        "city_banks", "shop_account_changes", "settlement_accounts", "account_notices", "transfer_file_contents", "bank_results",
        "webhook_keys", "client_keys", "pay_codes", "pay_cards", "pay_card_holders", "seen_nonces",
        "member_mail", "carry_in_lines", "carried_numbers",
    }
)  # fmt: skip
"""Hashes of passwords and tokens, keys, and columns that are encrypted."""

VERIFIED: Final = frozenset(
    {
        "books", "accounts", "moves", "anchors", "chain_seals", "audit_heads", "audit_lines", "audit_seals", "spends", "refunds",
        "daily_digests", "schema_marker", "alembic_version",
    }
)  # fmt: skip


def statements(prefix: str = DEFAULT_PREFIX, schema: str = "public") -> Iterator[str]:
    """SQL that makes the roles where they are missing, and gives each what it needs and no more. Safe to repeat.

    For whoever owns the tables and may make roles. Raises GatewayError for a prefix that is no plain name.
    """
    if not re.fullmatch(rf"[a-z][a-z0-9_]{{0,{MAX_PREFIX_LENGTH - 1}}}", prefix):
        raise GatewayError(
            f"{prefix}: a prefix is 1 to {MAX_PREFIX_LENGTH} of a-z, 0-9 and _: {DEFAULT_PREFIX}"
        )
    migrate, serve, read, verify = names = [f"{prefix}_{role}" for role in ROLES]
    for name in names:
        yield (
            f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}')"
            f" THEN CREATE ROLE {name} NOLOGIN; END IF; END $$"
        )
    everybody = ", ".join(names)
    yield f"GRANT {migrate} TO CURRENT_USER"
    yield f"ALTER DEFAULT PRIVILEGES FOR ROLE {migrate} IN SCHEMA {schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {serve}"
    yield (
        "DO $$ DECLARE f regprocedure; BEGIN"  # noqa: S608  names that were checked above
        f" FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = '{schema}'::regnamespace AND (proname LIKE 'ledger%' OR proname LIKE 'gateway%')"
        f" LOOP EXECUTE 'ALTER FUNCTION ' || f || ' OWNER TO {migrate}'; END LOOP; END $$"
    )
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM PUBLIC, {serve}, {read}, {verify}"
    yield f"REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC, {serve}, {read}, {verify}"
    yield f"GRANT USAGE ON SCHEMA {schema} TO {everybody}"
    yield f"GRANT CREATE ON SCHEMA {schema} TO {migrate}"
    yield f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {serve}"
    for table in table_names():
        name = f'{schema}."{table}"'
        yield f"ALTER TABLE {name} OWNER TO {migrate}"
        yield f"GRANT {', '.join(_rights_of_a_gateway(table))} ON {name} TO {serve}"
        if table not in CREDENTIALS:
            yield f"GRANT SELECT ON {name} TO {read}"
        if table in VERIFIED:
            yield f"GRANT SELECT ON {name} TO {verify}"


def table_names() -> list[str]:
    """Every table of this release's schema."""
    described = {name for metadata in METADATAS for name in metadata.tables}
    return sorted(described | {"alembic_version"})


def apply(conn: Connection, prefix: str = DEFAULT_PREFIX) -> int:
    """Carry the statements out in the caller's transaction; gives how many. Raises GatewayError where it is no PostgreSQL."""
    if conn.dialect.name != "postgresql":
        raise GatewayError("an embedded database is one file and has no roles; its mode is 0600")
    count = 0
    for statement in statements(prefix):
        conn.execute(sa.text(statement))
        count += 1
    return count


def _rights_of_a_gateway(table: str) -> tuple[str, ...]:
    if table in ONLY_READ:
        return ("SELECT",)
    if table in ONLY_ADDED:
        return ("SELECT", "INSERT")
    return ("SELECT", "INSERT", "UPDATE", "DELETE")
