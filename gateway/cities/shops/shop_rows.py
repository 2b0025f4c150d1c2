"""The register of shops (加盟店登録名簿) as rows: sync functions of a Connection. A shop is never deleted, only closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select, true, update

from gateway.cities import tables
from gateway.cities.drawn_from import version_of
from gateway.cities.shops import shop_numbers
from gateway.errors import ProblemError
from gateway.platform.compiled_sql import CompiledStatement
from gateway.platform.romaji import letters_key, romaji
from gateway.platform.sql import insert_into, insert_new
from gateway.platform.typed_text import search_key

_shops = tables.shops
_ONE: Final = select(_shops).where(
    _shops.c.municipality == bindparam("of_city"), _shops.c.shop_id == bindparam("of_shop")
)
_FIND: Final = CompiledStatement(_ONE)
_LOCKED: Final = CompiledStatement(_ONE.with_for_update())


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """One shop. `number` is None until the city's work has given one to what an older release registered. `closed_at` is set from the moment it takes no more points; what it is owed is still paid."""

    municipality: str
    shop_id: str
    name: str
    name_kana: str
    category: str
    address: str
    phone: str
    has_bank: bool
    registered_at: datetime
    closed_at: datetime | None
    number: str | None = None
    till_refunds: bool = False
    """The shop's owner lets log-ins of its tills give points back."""

    @property
    def version(self) -> str:
        return version_of(self.name, self.name_kana, self.category, self.address, self.phone, self.closed_at)


def require(conn: Connection, municipality: str, shop_id: str, *, lock: bool = False) -> Shop:
    """Give a shop of this city, open or closed. Raises ProblemError `unknown-shop` (404)."""
    row = (_LOCKED if lock else _FIND).first(conn, {"of_city": municipality, "of_shop": shop_id})
    if row is None:
        raise ProblemError("unknown-shop", "There is no such shop in this city's register.")
    return _shop(row)


def require_free(conn: Connection, municipality: str, shop_id: str) -> None:
    """Raise ProblemError `shop-exists` (409) where the id names a shop."""
    if _FIND.first(conn, {"of_city": municipality, "of_shop": shop_id}) is not None:
        raise _exists()


def require_open(conn: Connection, municipality: str, shop_id: str) -> Shop:
    """Give a shop that takes points. Raises ProblemError: `unknown-shop` (404), `shop-closed` (409)."""
    shop = require(conn, municipality, shop_id)
    if shop.closed_at is not None:
        raise ProblemError(
            "shop-closed", f"{shop.name} takes no more points; nothing was taken.", shop_id=shop_id
        )
    return shop


def list_shops(
    conn: Connection,
    municipality: str,
    *,
    closed: bool = False,
    named: str = "",
    after: str | None = None,
    limit: int = 200,
) -> list[Shop]:
    """The register in order of shop id; closed shops only where they are asked for too.

    `named` leaves those with it in their name, reading, id or number, in any width and either kana, or in Latin letters.
    """
    query = select(_shops).where(_shops.c.municipality == municipality).order_by(_shops.c.shop_id)
    if not closed:
        query = query.where(_shops.c.closed_at.is_(None))
    if after is not None:
        query = query.where(_shops.c.shop_id > after)
    if not (key := search_key(named)):
        return [_shop(row) for row in conn.execute(query.limit(limit)).mappings()]
    # Folded is compared with folded, which no database does alike: a city's register is some thousand rows.
    letters = letters_key(named)

    def is_named_so(shop: Shop) -> bool:
        named_by = (shop.name, shop.name_kana, shop.shop_id, shop.number or "")
        return any(key in search_key(name) for name in named_by) or (
            letters != "" and letters in letters_key(romaji(shop.name_kana))
        )

    return list(islice(filter(is_named_so, map(_shop, conn.execute(query).mappings())), limit))


def add(conn: Connection, shop: Shop) -> Shop:
    """Put a shop on the register. Raises ProblemError `shop-exists` (409) where the id names another shop."""
    while not insert_new(
        conn,
        _shops,
        municipality=shop.municipality,
        shop_id=shop.shop_id,
        name=shop.name,
        name_kana=shop.name_kana,
        category=shop.category,
        address=shop.address,
        phone=shop.phone,
        number=shop_numbers.next_free(conn),
        registered_at=shop.registered_at,
    ):
        if _FIND.first(conn, {"of_city": shop.municipality, "of_shop": shop.shop_id}) is not None:
            raise _exists()
        # else somebody took the same number at the same moment
    return require(conn, shop.municipality, shop.shop_id)


def add_many(conn: Connection, municipality: str, shops: Sequence[tuple[Shop, bytes | None]]) -> None:
    """Put shops with their sealed accounts on the register, in few statements.

    Raises ProblemError `shop-exists` (409) where an id names another shop.
    """
    ids = [shop.shop_id for shop, _ in shops]
    if list_ids(conn, municipality, ids):
        raise _exists()
    numbers = shop_numbers.many_free(conn, len(shops))
    rows = [
        {
            "municipality": municipality, "shop_id": shop.shop_id, "name": shop.name, "name_kana": shop.name_kana,
            "category": shop.category, "address": shop.address, "phone": shop.phone, "number": number,
            "registered_at": shop.registered_at, "bank_sealed": sealed,
        }
        for (shop, sealed), number in zip(shops, numbers, strict=True)
    ]  # fmt: skip
    added = set(
        conn.scalars(insert_into(conn, _shops).on_conflict_do_nothing().returning(_shops.c.shop_id), rows)
    )
    for shop, sealed in shops:
        if shop.shop_id not in added:  # somebody took the same number, or the id, at the same moment
            add(conn, shop)
            write(conn, municipality, shop.shop_id, bank_sealed=sealed)


def list_ids(conn: Connection, municipality: str, shop_ids: Sequence[str]) -> set[str]:
    """Those of these ids that name a shop, open or closed."""
    query = select(_shops.c.shop_id).where(
        _shops.c.municipality == municipality, _shops.c.shop_id.in_(shop_ids)
    )
    return set(conn.scalars(query))


def forbid_till_refunds(conn: Connection, municipality: str, shop_id: str) -> int:
    """The shop's tills give back no more; 1 where they did."""
    allowed = (
        (_shops.c.municipality == municipality)
        & (_shops.c.shop_id == shop_id)
        & (_shops.c.till_refunds == true())
    )
    return conn.execute(update(_shops).where(allowed).values(till_refunds=False)).rowcount


def close_again(conn: Connection, municipality: str, shop_id: str, at: datetime) -> int:
    """It takes no points since then; 1 where it did."""
    still_open = (
        (_shops.c.municipality == municipality) & (_shops.c.shop_id == shop_id) & _shops.c.closed_at.is_(None)
    )
    return conn.execute(update(_shops).where(still_open).values(closed_at=at)).rowcount


def write(conn: Connection, municipality: str, shop_id: str, **to: Any) -> Shop:
    """Write columns of a shop's row and give the shop as changed."""
    conn.execute(
        update(_shops).where(_shops.c.municipality == municipality, _shops.c.shop_id == shop_id).values(**to)
    )
    return require(conn, municipality, shop_id)


def encrypted_bank(conn: Connection, municipality: str, shop_id: str) -> bytes | None:
    return conn.execute(
        select(_shops.c.bank_sealed).where(_shops.c.municipality == municipality, _shops.c.shop_id == shop_id)
    ).scalar_one_or_none()


def _exists() -> ProblemError:
    return ProblemError("shop-exists", "A shop with this id is on the register already; choose another id.")


def _shop(row: Mapping[Any, Any]) -> Shop:
    values = dict(row)
    return Shop(has_bank=values.pop("bank_sealed") is not None, **values)
