"""What the soak allows a gateway is what its store may really take."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.pool import QueuePool

from bench import soak
from core_ledger import Store, create_schema


def test_the_bound_is_made_of_every_connections_page_cache(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'cache.db'}")
    create_schema(store.engine)
    assert store._reading is not None
    assert isinstance(store._reading.pool, QueuePool)
    readers = store._reading.pool.size()
    caches_kib = -store.run_now(lambda conn: conn.exec_driver_sql("PRAGMA cache_size").scalar_one())
    caches_kib -= readers * store.read_now(
        lambda conn: conn.exec_driver_sql("PRAGMA cache_size").scalar_one()
    )
    store.close_now()
    assert caches_kib == 144 * 1024
    assert soak.most_allowed_mb(200.0, "SQLite") == 200 + caches_kib / 1024 + soak.OWN_CACHES_MB
    assert soak.most_allowed_mb(200.0, "PostgreSQL") == 200 + soak.OWN_CACHES_MB


@pytest.mark.parametrize(("most", "is_over"), [(264.0, False), (264.1, True)])
def test_what_is_above_it_is_said(most: float, is_over: bool) -> None:
    found = {"database": "PostgreSQL", "memory_mb": {"first": 200.0, "most": most}}
    assert bool(soak.too_much(found)) is is_over
