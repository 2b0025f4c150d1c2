"""Every metadata that one database holds; a package with tables of its own adds its line here."""

import sqlalchemy as sa

from core_ledger.tables import metadata as ledger

METADATAS: list[sa.MetaData] = [ledger]
