"""What is on its way to a city, without a word about whose it is."""

from datetime import datetime

from gateway.cities.statistics import open_exchanges
from gateway.model import JST, Destination

from .conftest import KASAMA, MITO
from .test_partner_settlement import JULY, exchange, line, quote

EARLIER = datetime(2018, 7, 9, 12, 0, tzinfo=JST)


async def test_what_has_no_outcome_is_counted_by_partner_and_what_has_one_is_not(town):
    await exchange(town, 1, quote(line(2, 900)), state="open")
    await exchange(town, 2, quote(line(1, 450)), state="needs_a_person", at=EARLIER)
    await exchange(town, 3, quote(line(1, 450)))
    (found,) = await town.store.read(lambda conn: open_exchanges.list_by_city(conn, KASAMA))
    assert (found.partner_id, found.exchanges, found.points) == ("saison", 2, 1_350)
    assert (found.oldest_sent_at, found.waiting_for_a_person) == (EARLIER, 1)


async def test_another_citys_and_the_reserves_exchanges_are_not_told(town):
    made = quote(line(2, 900))
    reserve = type(made)(
        **{name: getattr(made, name) for name in made.__slots__} | {"destination": Destination.reserve()}
    )
    await exchange(town, 1, made, state="open", at=JULY)
    await exchange(town, 2, reserve, state="open", at=JULY)
    assert await town.store.read(lambda conn: open_exchanges.list_by_city(conn, MITO)) == []
    (found,) = await town.store.read(lambda conn: open_exchanges.list_by_city(conn, KASAMA))
    assert found.exchanges == 1
