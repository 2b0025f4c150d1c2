"""The ledger's tables: four on the hot path, one for the daily anchors. Every key contains book_id.

`books` is the lock, the head of the hash chain and the shard key. `accounts` is what is true now and can be
rebuilt from `moves`, which is append-only and the only truth. There are no foreign keys: on this path they
cost nearly half of the rate, and verification compares every row anyway.
"""

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from core_ledger.postgres_functions import FUNCTIONS

metadata = sa.MetaData()

# The "C" collation compares bytes: quicker than a language's rules, and the same order as SQLite and Python.
Name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
# STRICT tables of SQLite know INTEGER (64 bits) only.
Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _own_account(then: str) -> str:
    return f"substr(account, 1, length(book_id) + 1) <> book_id || ':' OR ({then})"


books = sa.Table(
    "books",
    metadata,
    sa.Column("book_id", Name, primary_key=True),
    sa.Column("seq", Whole, nullable=False, comment="number of the last move"),
    sa.Column("head", sa.LargeBinary, nullable=False, comment="hash of the last move"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("book_id", Name, primary_key=True),
    sa.Column("account", Name, primary_key=True),
    sa.Column("posted", Whole, nullable=False),
    sa.Column("held", Whole, nullable=False),
    sa.Column("coming", Whole, nullable=False),
    sa.Column("last_seq", Whole, nullable=False, comment="last posted move of this account; 0: none"),
    sa.Column("oldest_on", sa.Text, comment="oldest day of issue with free points"),
    sa.Column("heaps", sa.Text, nullable=False, comment='JSON: {"2018-07-01": [points, held], …}'),
    sa.CheckConstraint(_own_account("held >= 0 AND coming >= 0 AND posted >= held"), name="floor_of_zero"),
    sa.Index("accounts_by_name", "account"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

moves = sa.Table(
    "moves",
    metadata,
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
    sa.Column("source_prev", Whole, nullable=False, comment="the source's posted move before it; 0: none"),
    sa.Column("target_prev", Whole, nullable=False, comment="the target's posted move before it; 0: none"),
    sa.Column("asked", sa.LargeBinary, nullable=False, comment="digest of what was asked, without its time"),
    sa.Column("hash", sa.LargeBinary, nullable=False, comment="seals this row to the one before it"),
    sa.Column(
        "mac",
        sa.LargeBinary,
        comment="signature of the hash under a key from outside; NULL: from before the keys",
    ),
    sa.CheckConstraint("points > 0", name="points_positive"),
    # The id first: ids grow with time, so that what many books write at one moment lies on few pages (decision 023).
    sa.Index("moves_by_id", "id", "book_id", unique=True),
    sa.Index(
        "moves_by_hold",
        "hold",
        "book_id",
        unique=True,
        sqlite_where=sa.text("hold IS NOT NULL"),
        postgresql_where=sa.text("hold IS NOT NULL"),
    ),
    # With its hidden row id the table is appended to; clustered by book, each row would dirty a page of its own.
    sqlite_strict=True,
)

anchors = sa.Table(
    "anchors",
    metadata,
    sa.Column("book_id", Name, primary_key=True),
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("seq", Whole, nullable=False),
    sa.Column("head", sa.LargeBinary, nullable=False),
    sa.Index("anchors_by_day", "day"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)


chain_seals = sa.Table(  # where each book's chain stood when moves began to be signed
    "chain_seals",
    metadata,
    sa.Column("book_id", Name, primary_key=True),
    sa.Column("day", sa.Text, nullable=False),
    sa.Column("seq", Whole, nullable=False),
    sa.Column("head", sa.LargeBinary, nullable=False),
    sa.Column("mac", sa.LargeBinary, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)


@sa.event.listens_for(metadata, "after_create")
def _make_functions(_metadata: sa.MetaData, conn: Connection, **_details: object) -> None:
    if conn.dialect.name == "postgresql":
        for function in FUNCTIONS:
            conn.exec_driver_sql(function)


def create_schema(engine: Engine) -> None:
    """Make every table that is missing: for tests and for embedded use, where no migration runs."""
    metadata.create_all(engine)
