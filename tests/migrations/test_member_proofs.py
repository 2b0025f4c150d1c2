"""A member keeps the card and the password of before, as proofs; going back keeps the card."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

import migrations
from tests.databases import upgraded_database

STORED = (
    "INSERT INTO members (member_id, mykey_id, password_hash, card_key, display_name, state, created_at) VALUES"
    " ('both', 'KAXAMA22', 'hash', 'card of both', '見本', 'active', 1),"
    " ('card', 'KAXAMA33', NULL, 'card of card', '見本', 'active', 2),"
    " ('gone', 'KAXAMA44', NULL, NULL, '見本', 'revoked', 3)"
)
PROOFS = "SELECT member_id, kind, issuer, subject_hash, added_at, used_at FROM member_proofs ORDER BY member_id, kind"


@pytest.mark.xdist_group("postgres")
def test_cards_and_passwords_become_proofs_and_a_card_goes_back(url: str) -> None:
    upgraded_database(url, "0037_pay_cards")
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as conn:
        conn.exec_driver_sql(STORED)
    migrations.upgrade(url)
    with engine.connect() as conn:
        assert conn.exec_driver_sql(PROOFS).all() == [
            ("both", "card", "jpki", "card of both", None, None),
            ("both", "password", "", "both", None, None),
            ("card", "card", "jpki", "card of card", None, None),
        ]
        names = conn.exec_driver_sql(
            "SELECT member_id, mykey_id, state, language FROM members ORDER BY member_id"
        )
        assert names.all() == [
            ("both", "KAXAMA22", "active", "ja"), ("card", "KAXAMA33", "active", "ja"), ("gone", "KAXAMA44", "revoked", "ja"),
        ]  # fmt: skip
    migrations.downgrade(url, "0037_pay_cards")
    with engine.connect() as conn:
        cards = conn.exec_driver_sql("SELECT member_id, card_key FROM members ORDER BY member_id").all()
    assert cards == [("both", "card of both"), ("card", "card of card"), ("gone", None)]
    with pytest.raises(sa.exc.IntegrityError), engine.begin() as conn:
        conn.exec_driver_sql("UPDATE members SET card_key = 'card of both' WHERE member_id = 'gone'")
