"""Every metadata that one database holds; a package with tables of its own adds its line here."""

import sqlalchemy as sa

from core_ledger.tables import metadata as ledger
from gateway.cities.tables import metadata as municipal
from gateway.platform.tables import metadata as gateway

METADATAS: list[sa.MetaData] = [ledger, gateway, municipal]
