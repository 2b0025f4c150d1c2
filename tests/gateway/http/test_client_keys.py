import pytest

from gateway.client import new_key_pair
from gateway.http.client_keys import ClientKeys, find_key, list_keys, register_key, revoke_key


async def test_a_registered_key_is_found(store, clock, key):
    client_key = await ClientKeys(store, clock).find(key.key_id)
    assert (client_key.client_id, client_key.public_key, client_key.created_at) == (
        "portal",
        key.public_raw,
        clock(),
    )


async def test_printing_a_key_shows_no_bytes(store, clock, key):
    client_key = await ClientKeys(store, clock).find(key.key_id)
    assert "public_key" not in repr(client_key)


async def test_a_revoked_key_stays_on_record_and_is_not_revoked_twice(store, clock, key):
    assert await store.run(lambda conn: revoke_key(conn, key.key_id, clock()))
    assert not await store.run(lambda conn: revoke_key(conn, key.key_id, clock()))
    found = await store.read(lambda conn: find_key(conn, key.key_id))
    assert found.revoked_at == clock()
    assert await ClientKeys(store, clock).find(key.key_id) is None


async def test_an_unknown_key_is_none(store, clock):
    assert await ClientKeys(store, clock).find("pgk_nobody") is None


async def test_keys_are_listed_by_program(store, clock, key):
    other = new_key_pair()
    await store.run(lambda conn: register_key(conn, "desk", other.key_id, other.public_raw, clock()))
    assert [one.client_id for one in await store.read(list_keys)] == ["desk", "portal"]


async def test_bytes_that_are_no_key_are_not_registered(store, clock):
    with pytest.raises(ValueError, match="32 bytes"):
        await store.run(lambda conn: register_key(conn, "portal", "pgk_short", b"short", clock()))


async def test_a_clock_set_back_does_not_make_an_old_answer_last(store, clock, key):
    keys = ClientKeys(store, clock)
    assert await keys.find(key.key_id)
    await store.run(lambda conn: revoke_key(conn, key.key_id, clock()))
    clock.move(days=-1)
    assert await keys.find(key.key_id) is None


async def test_only_so_many_are_kept_in_memory(store, clock, monkeypatch):
    monkeypatch.setattr("gateway.http.client_keys.MAX_CACHED", 3)
    keys = ClientKeys(store, clock)
    for number in range(10):
        await keys.find(f"pgk_{number}")
    assert len(keys._kept) == 3
