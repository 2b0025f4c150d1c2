from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from gateway.client import ConnectionLost, SignedClient, load_private_key, new_key_pair, sign_headers


def test_a_key_pair_is_never_printed():
    pair = new_key_pair()
    assert "PRIVATE" not in repr(pair)
    assert repr(pair.public_raw) not in repr(pair)


def test_no_two_key_pairs_are_alike():
    assert new_key_pair().key_id != new_key_pair().key_id


def test_a_key_of_another_kind_is_refused():
    pem = generate_private_key(SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(ValueError, match="not Ed25519"):
        load_private_key(pem)


def test_signing_adds_to_the_headers_and_changes_none():
    pair = new_key_pair()
    given = {"Content-Type": "application/json", "Authorization": "Bearer t"}
    signed = sign_headers(
        "post",
        "https://points.example.jp/v1/exchanges?a=b",
        given,
        b"{}",
        key_id=pair.key_id,
        private_key=pair.private_pem,
        created=datetime(2026, 4, 1, tzinfo=UTC),
        nonce="a-nonce-of-the-test",
    )
    assert given == {"Content-Type": "application/json", "Authorization": "Bearer t"}
    assert signed["Content-Digest"] == "sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:"
    assert signed["Signature-Input"] == (
        'gateway=("@method" "@authority" "@path" "@query" "authorization" "content-digest")'
        f';created=1775001600;keyid="{pair.key_id}";alg="ed25519"'
        ';nonce="a-nonce-of-the-test";tag="point-gateway"'
    )


def test_the_same_request_gives_the_same_signature():
    pair = new_key_pair()
    options: dict[str, Any] = {
        "key_id": pair.key_id,
        "private_key": load_private_key(pair.private_pem),
        "created": datetime(2026, 4, 1, tzinfo=UTC),
        "nonce": "a-nonce-of-the-test",
    }
    url = "https://points.example.jp/"
    assert sign_headers("GET", url, {}, None, **options) == sign_headers("GET", url, {}, None, **options)


async def test_what_the_client_sends_is_let_in_whatever_the_query_holds(portal):
    answer = await portal.get("/v1/exchanges", params={"kind": "exchange", "limit": "3"})
    assert answer.status == 200
    answer = await portal.get("/v1/exchanges", params={"kind": "笠間 &=+%2F?#"})
    assert answer.status == 400  # admitted, then refused for what it asks


async def test_a_session_of_the_callers_own_stays_open(site):
    async with aiohttp.ClientSession() as http:
        async with site.client(http=http) as client:
            assert (await client.get("/v1/exchanges")).status == 200
        assert not http.closed


async def test_a_client_that_was_never_used_closes_quietly():
    pair = new_key_pair()
    client = SignedClient("http://127.0.0.1:1", pair.key_id, pair.private_pem)
    await client.close()


async def test_the_real_clock_is_the_default():
    pair = new_key_pair()
    client = SignedClient("http://127.0.0.1:1", pair.key_id, pair.private_pem)
    assert client._clock().tzinfo is UTC


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_a_client_sends_each_request_once_also_where_a_kept_connection_breaks(method: str) -> None:
    """The library would send these again by itself, with a nonce that counts no more."""
    asked: list[str] = []

    async def breaks_the_second(request: web.Request) -> web.Response:
        asked.append(request.method)
        if len(asked) == 2:
            assert request.transport is not None
            request.transport.abort()
        return web.Response()

    app, pair = web.Application(), new_key_pair()
    app.router.add_route("*", "/x", breaks_the_second)
    async with (
        TestServer(app) as server,
        SignedClient(str(server.make_url("/")), pair.key_id, pair.private_pem) as client,
    ):
        (await client.get("/x")).release()
        with pytest.raises(ConnectionLost):
            await client.request(method, "/x")
    assert asked == ["GET", method]
