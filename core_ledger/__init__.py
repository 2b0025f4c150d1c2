"""A ledger for points: whole numbers, append-only, in books that lock, seal and shard by themselves.

Start with `Store.open(url)` and `await store.apply(Transfer(…))`; inside a job use the functions of
`core_ledger.ledger` with the job's connection. `chart` makes the names of books and accounts.
"""

from core_ledger import chart, ledger
from core_ledger.anchors import Digest, Proof, count_moves, daily_digest, digest_of, proof, verify_proof
from core_ledger.audit import AuditReport, verify
from core_ledger.bulk import transfer_many
from core_ledger.chain_keys import ChainKeys, KeyOrder, keys_of
from core_ledger.chain_seals import chains_are_sealed, seal_chains, sealed_on
from core_ledger.commit_notes import add_notes
from core_ledger.engines import make_private
from core_ledger.errors import (
    BadMove,
    Busy,
    CommitFailed,
    Damaged,
    HoldAlreadyResolved,
    IdReused,
    LedgerError,
    MoveRejected,
    NotEnoughPoints,
    StoreClosed,
    StoreError,
    UnknownHold,
)
from core_ledger.hash_chain import Record
from core_ledger.history import Entry, entries, references
from core_ledger.holds import standing_holds
from core_ledger.ledger import (
    LotDue,
    apply,
    balance,
    balances,
    each_lot_due,
    hold,
    lots,
    lots_due,
    post,
    total,
    transfer,
    void,
)
from core_ledger.moving_jobs import Moving, MovingJob, run_alone
from core_ledger.poolers import TransactionPooler, refuse_transaction_pooler
from core_ledger.recompute import Fault
from core_ledger.routed_store import RoutedStore
from core_ledger.routes import OneDatabase, Route, Router, ServerTable
from core_ledger.statements import Statement, export_csv, export_json_lines, statement, unused_by_issue_date
from core_ledger.store import Store
from core_ledger.tables import create_schema, metadata
from core_ledger.transfers import Balance, Hold, Lot, LotMovement, Move, Post, Receipt, Transfer, Void

__all__ = [
    "AuditReport",
    "BadMove",
    "Balance",
    "Busy",
    "ChainKeys",
    "CommitFailed",
    "Damaged",
    "Digest",
    "Entry",
    "Fault",
    "Hold",
    "HoldAlreadyResolved",
    "IdReused",
    "KeyOrder",
    "LedgerError",
    "Lot",
    "LotDue",
    "LotMovement",
    "Move",
    "MoveRejected",
    "Moving",
    "MovingJob",
    "NotEnoughPoints",
    "OneDatabase",
    "Post",
    "Proof",
    "Receipt",
    "Record",
    "Route",
    "RoutedStore",
    "Router",
    "ServerTable",
    "Statement",
    "Store",
    "StoreClosed",
    "StoreError",
    "TransactionPooler",
    "Transfer",
    "UnknownHold",
    "Void",
    "add_notes",
    "apply",
    "balance",
    "balances",
    "chains_are_sealed",
    "chart",
    "count_moves",
    "create_schema",
    "daily_digest",
    "digest_of",
    "each_lot_due",
    "entries",
    "export_csv",
    "export_json_lines",
    "hold",
    "keys_of",
    "ledger",
    "lots",
    "lots_due",
    "make_private",
    "metadata",
    "post",
    "proof",
    "references",
    "refuse_transaction_pooler",
    "run_alone",
    "seal_chains",
    "sealed_on",
    "standing_holds",
    "statement",
    "total",
    "transfer",
    "transfer_many",
    "unused_by_issue_date",
    "verify",
    "verify_proof",
    "void",
]
