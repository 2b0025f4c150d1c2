"""Challenges are random, single-use between threads, bounded in number, and canonical on the wire."""

import threading
from datetime import timedelta

import pytest

from card.challenges import LIFETIME, MemoryNonces, ask
from card.client_data import ClientData, Purpose, checked_origin


def test_of_many_at_once_one_gets_the_challenge(server):
    value, got, start = server.ask(), [], threading.Barrier(8)

    def consume():
        start.wait()
        got.append(server.nonces.consume(value))

    threads = [threading.Thread(target=consume) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(one is not None for one in got) == 1


def test_no_two_challenges_are_alike(server):
    assert len({server.ask() for _ in range(100)}) == 100


def test_a_challenge_that_repeats_what_chance_gave_is_still_32_bytes(server):
    value = ask(
        server.nonces,
        purpose=Purpose.LOGIN,
        session="s",
        now=server.clock(),
        random_bytes=lambda n: b"\xff" * n,
    ).value
    assert value == "_" * 42 + "8"


def test_expired_challenges_do_not_pile_up(server):
    for _ in range(50):
        server.ask()
    server.clock.now += 2 * LIFETIME
    server.ask()
    assert len(server.nonces) == 1


def test_strangers_cannot_fill_the_memory(server):
    nonces = MemoryNonces(server.clock, most=10)
    for _ in range(100):
        ask(nonces, purpose=Purpose.LOGIN, session="s", now=server.clock())
        server.clock.now += timedelta(milliseconds=1)
    assert len(nonces) == 10


def test_client_data_are_the_same_bytes_everywhere():
    data = ClientData(Purpose.LOGIN, "A" * 43, "https://portal.example:8443")
    assert data.to_bytes() == (
        b'{"challenge":"'
        + b"A" * 43
        + b'","origin":"https://portal.example:8443","type":"point-gateway.login"}'
    )
    assert ClientData.from_bytes(data.to_bytes()) == data


@pytest.mark.parametrize(
    "origin",
    [
        "https://a.example",
        "http://localhost:8000",
        "http://127.0.0.1:1",
        "http://[::1]:8080",
        "https://xn--p8j.example",
    ],
)
def test_an_origin_as_browsers_send_it_is_taken(origin):
    assert checked_origin(origin) == origin


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "*",
        "https://",
        "https://a.example/",
        "https://A.example",
        "https://a.example:443",
        "http://localhost:80",
        "http://a.example",
        "https://a.example?x",
        "https://a.example#x",
        "https://user@a.example",
        "https://*.a.example",
        "https://あ.example",
        "file:///x",
        "https://a.example:port",
        "https://a.example:08443",
        "http://localhost.evil.example",
        "https://a.example\n",
        " https://a.example",
    ],
)
def test_what_is_not_an_origin_is_refused(origin):
    with pytest.raises(ValueError):
        checked_origin(origin)
