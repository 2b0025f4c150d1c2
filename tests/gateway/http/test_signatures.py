"""A request counts only if a registered program signed exactly this one, lately, and for the first time."""

import asyncio
import base64
import hashlib
import json
from datetime import timedelta

import pytest
from aiohttp import ClientSession
from http_message_signatures import HTTPMessageSigner, MappingKeyResolver, algorithms
from yarl import URL

from gateway.client import load_private_key, new_key_pair, sign_headers
from gateway.http.authentication import AuthLevel
from gateway.http.client_keys import register_key, revoke_key
from gateway.http.client_scopes import Scope
from gateway.http.routing import Api, TypedRequest, TypedResponse
from gateway.http.signatures import SignatureVerifier

BODY = b'{"exchange_id":"x-1","units":2}'


def word(problem) -> str:
    return problem["type"].removeprefix("/docs/problems/")


class Message:
    def __init__(self, method, url, headers):
        self.method, self.url, self.headers = method, url, headers


@pytest.fixture
async def http():
    async with ClientSession() as session:
        yield session


@pytest.fixture
def sign(site):
    """Sign with the library itself, so that a test can leave out or bend what the client never would."""

    def sign(method="GET", path="/v1/exchanges", body=None, headers=None, url=None, **changes):
        message = Message(method, url or site.url + path, dict(headers or {}))
        key = changes.pop("key", load_private_key(site.key.private_pem))
        key_id = changes.pop("key_id", site.key.key_id)
        options = {
            "created": site.clock(),
            "nonce": base64.b64encode(hashlib.sha256(repr(changes).encode()).digest()).decode(),
            "label": "gateway",
            "tag": "point-gateway",
            "covered_component_ids": ("@method", "@authority", "@path", "@query"),
            "body": body,
        } | changes
        signer = HTTPMessageSigner(
            signature_algorithm=algorithms.ED25519,
            key_resolver=MappingKeyResolver(public_keys={}, private_keys={key_id: key}),
        )
        signer.sign(message, key_id=key_id, **options)
        return message.headers

    return sign


@pytest.fixture
def ask(site, http):
    """Send a request as it is; gives its status and the word of its problem, or None."""

    async def ask(headers, method="GET", path="/v1/exchanges", body=None):
        url = URL(site.url + path, encoded=True)
        async with http.request(method, url, headers=headers, data=body) as answer:
            problem = json.loads(await answer.read() or b"{}")
            if answer.status == 401:
                assert answer.headers["WWW-Authenticate"]
            return answer.status, word(problem) if "type" in problem else None

    return ask


async def test_a_rightly_signed_request_is_let_in(ask, sign):
    assert await ask(sign()) == (200, None)


async def test_an_unsigned_request_is_refused(ask):
    assert await ask({}) == (401, "signature-missing")


async def test_half_a_signature_is_none(ask, sign):
    headers = sign()
    del headers["Signature"]
    assert await ask(headers) == (401, "signature-missing")


async def test_a_signature_for_something_else_is_none(ask, sign):
    assert await ask(sign(tag="another-service")) == (401, "signature-missing")


@pytest.mark.parametrize("away_s", [-61, 61])
async def test_a_signature_of_another_time_is_stale(ask, sign, clock, away_s):
    assert await ask(sign(created=clock() + timedelta(seconds=away_s))) == (401, "signature-stale")


@pytest.mark.parametrize("away_s", [-60, 60])
async def test_a_minute_on_either_side_is_allowed(ask, sign, clock, away_s):
    assert await ask(sign(created=clock() + timedelta(seconds=away_s))) == (200, None)


async def test_a_signature_that_says_it_has_expired_is_stale(ask, sign, clock):
    assert await ask(sign(expires=clock() - timedelta(seconds=1))) == (401, "signature-stale")


async def test_a_signature_counts_once(ask, sign):
    headers = sign()
    assert await ask(headers) == (200, None)
    assert await ask(headers) == (401, "signature-replayed")


async def test_of_many_at_once_with_one_nonce_one_is_let_in(ask, sign):
    headers = sign()
    answers = await asyncio.gather(*(ask(headers) for _ in range(8)))
    assert sorted(answers, key=str) == [(200, None)] + [(401, "signature-replayed")] * 7


async def test_a_refused_request_does_not_use_up_its_nonce(ask, sign, site):
    headers = sign(created=site.clock() + timedelta(seconds=90))
    assert await ask(headers) == (401, "signature-stale")
    site.clock.move(seconds=60)
    assert await ask(headers) == (200, None)


async def test_a_replay_is_refused_for_as_long_as_the_signature_is_fresh(ask, sign, site):
    headers = sign(created=site.clock() + timedelta(seconds=60))
    assert await ask(headers) == (200, None)
    site.clock.move(seconds=119)
    assert await ask(sign(nonce="another-nonce-here")) == (200, None)  # sweeps
    assert await ask(headers) == (401, "signature-replayed")


async def test_an_unregistered_key_is_unknown(ask, sign):
    pair = new_key_pair()
    headers = sign(key_id=pair.key_id, key=load_private_key(pair.private_pem))
    assert await ask(headers) == (401, "signature-key-unknown")


async def test_a_revoked_key_is_unknown_within_ten_seconds(ask, sign, site):
    assert await ask(sign()) == (200, None)
    await site.store.run(lambda conn: revoke_key(conn, site.key.key_id, site.clock()))
    site.clock.move(seconds=10)
    assert await ask(sign()) == (401, "signature-key-unknown")


async def test_a_key_registered_a_moment_ago_works(ask, sign, site):
    pair = new_key_pair()
    key = load_private_key(pair.private_pem)
    assert await ask(sign(key_id=pair.key_id, key=key)) == (401, "signature-key-unknown")
    await site.store.run(lambda conn: register_key(conn, "desk", pair.key_id, pair.public_raw, site.clock()))
    site.clock.move(seconds=1)
    assert await ask(sign(key_id=pair.key_id, key=key)) == (200, None)


async def test_another_programs_key_under_our_key_id_is_refused(ask, sign):
    other = load_private_key(new_key_pair().private_pem)
    assert await ask(sign(key=other)) == (401, "signature-invalid")


@pytest.mark.parametrize("left_out", ["@method", "@authority", "@path", "@query"])
async def test_what_must_be_covered_must_be_covered(ask, sign, left_out):
    covered = [name for name in ("@method", "@authority", "@path", "@query") if name != left_out]
    assert await ask(sign(covered_component_ids=covered)) == (401, "signature-invalid")


async def test_a_covered_component_of_another_kind_does_not_count(ask, sign):
    covered = ("@method", "@authority", "@target-uri", '"@query-param";name="limit"', "@path")
    headers = sign(path="/v1/exchanges?limit=5", covered_component_ids=covered)
    assert await ask(headers, path="/v1/exchanges?limit=5") == (401, "signature-invalid")


async def test_a_signature_for_another_site_is_refused(ask, sign):
    assert await ask(sign(url="http://other.example/v1/exchanges")) == (401, "signature-invalid")


async def test_the_host_field_changes_nothing(ask, sign):
    assert await ask(sign() | {"Host": "other.example"}) == (200, None)


async def test_another_method_path_or_query_than_signed_is_refused(ask, sign):
    assert await ask(sign(path="/v1/exchanges?limit=5"), path="/v1/exchanges?limit=6") == (
        401,
        "signature-invalid",
    )
    assert await ask(
        sign(path="/v1/exchanges/a", method="DELETE"), method="DELETE", path="/v1/exchanges/b"
    ) == (
        401,
        "signature-invalid",
    )
    assert await ask(sign(method="POST")) == (401, "signature-invalid")


async def test_a_session_token_must_be_signed_too(ask, sign):
    assert await ask(sign() | {"Authorization": "Bearer pgs_hanako"}) == (401, "signature-invalid")


async def test_a_changed_session_token_is_refused(ask, sign):
    covered = ("@method", "@authority", "@path", "@query", "authorization")
    headers = sign(headers={"Authorization": "Bearer pgs_hanako"}, covered_component_ids=covered)
    assert await ask(headers | {"Authorization": "Bearer pgs_taro"}) == (401, "signature-invalid")


def posted(sign, body=BODY, **changes):
    covered = ("@method", "@authority", "@path", "@query", "authorization")
    headers = {"Authorization": "Bearer pgs_hanako", "Content-Type": "application/json"}
    return sign("POST", body=body, headers=headers, covered_component_ids=covered, **changes)


async def test_a_signed_body_is_let_in(ask, sign):
    assert await ask(posted(sign), "POST", body=BODY) == (201, None)


async def test_a_body_without_a_digest_is_refused(ask, sign):
    assert await ask(posted(sign, body=None), "POST", body=BODY) == (401, "signature-invalid")


async def test_another_body_than_signed_is_refused(ask, sign):
    other = BODY.replace(b"2", b"3")
    assert await ask(posted(sign), "POST", body=other) == (401, "content-digest-wrong")


async def test_a_digest_of_another_kind_alone_is_refused(ask, sign):
    digest = "sha-512=:" + base64.b64encode(hashlib.sha512(BODY).digest()).decode() + ":"
    covered = ("@method", "@authority", "@path", "@query", "authorization", "content-digest")
    headers = {
        "Authorization": "Bearer pgs_hanako",
        "Content-Type": "application/json",
        "Content-Digest": digest,
    }
    signed = sign("POST", headers=headers, covered_component_ids=covered, use_existing_digest=True)
    assert await ask(signed, "POST", body=BODY) == (401, "content-digest-wrong")


async def test_a_digest_beside_others_is_found(ask, sign):
    sha512 = "sha-512=:" + base64.b64encode(hashlib.sha512(BODY).digest()).decode() + ":"
    sha256 = "sha-256=:" + base64.b64encode(hashlib.sha256(BODY).digest()).decode() + ":"
    covered = ("@method", "@authority", "@path", "@query", "authorization", "content-digest")
    headers = {
        "Authorization": "Bearer pgs_hanako",
        "Content-Type": "application/json",
        "Content-Digest": f"{sha512}, {sha256}",
    }
    signed = sign("POST", headers=headers, covered_component_ids=covered, use_existing_digest=True)
    assert await ask(signed, "POST", body=BODY) == (201, None)


@pytest.mark.parametrize("nonce", [None, "short", "x" * 129, "with spaces in it it is"])
async def test_an_unfit_nonce_is_refused(ask, sign, nonce):
    assert await ask(sign(nonce=nonce)) == (401, "signature-invalid")


async def test_the_algorithm_must_be_named(ask, sign):
    assert await ask(sign(include_alg=False)) == (401, "signature-invalid")


@pytest.mark.parametrize(
    "signature_input",
    [
        "gateway=();",
        "nonsense",
        "gateway=" + "(" * 100,
        "gatewäy=()",
        'gateway=("@method");created=1;keyid=7;tag="point-gateway"',
        'gateway=("@method");created=1;tag="point-gateway"',
        'gateway="text";tag="point-gateway";keyid="pgk_x"',
        "x" * 5000,
    ],
)
async def test_a_broken_signature_field_is_refused(ask, sign, signature_input):
    status, problem = await ask(sign() | {"Signature-Input": signature_input})
    assert status == 401
    assert problem in ("signature-invalid", "signature-missing", "signature-key-unknown")


async def test_two_signatures_with_our_tag_are_one_too_many(ask, sign, site):
    first = sign()
    message = Message("GET", site.url + "/v1/exchanges", dict(first))
    signer = HTTPMessageSigner(
        signature_algorithm=algorithms.ED25519,
        key_resolver=MappingKeyResolver(
            public_keys={}, private_keys={site.key.key_id: load_private_key(site.key.private_pem)}
        ),
    )
    options = {"key_id": site.key.key_id, "created": site.clock(), "nonce": "another-nonce-here"}
    covered = ("@method", "@authority", "@path", "@query")
    signer.sign(
        message,
        **options,
        label="second",
        tag="point-gateway",
        covered_component_ids=covered,
        append_if_signature_exists=True,
    )
    assert await ask(message.headers) == (401, "signature-invalid")


async def test_a_proxys_own_signature_beside_ours_does_no_harm(ask, sign, site):
    message = Message("GET", site.url + "/v1/exchanges", dict(sign()))
    signer = HTTPMessageSigner(
        signature_algorithm=algorithms.ED25519,
        key_resolver=MappingKeyResolver(
            public_keys={}, private_keys={"proxy": load_private_key(new_key_pair().private_pem)}
        ),
    )
    signer.sign(
        message,
        key_id="proxy",
        created=site.clock(),
        label="proxy",
        tag="proxy",
        covered_component_ids=("@method",),
        append_if_signature_exists=True,
    )
    assert await ask(message.headers) == (200, None)


@pytest.mark.parametrize(
    "authorization",
    [None, "Basic aGFuYWtv", "Bearer", "Bearer ", "Bearer " + "x" * 300, "pgs_hanako"],
)
async def test_without_a_session_token_nobody_is_signed_in(http, site, authorization):
    headers = {"Content-Type": "application/json"}
    if authorization is not None:
        headers["Authorization"] = authorization
    url = site.url + "/v1/exchanges"
    signed = sign_headers(
        "POST",
        url,
        headers,
        BODY,
        key_id=site.key.key_id,
        private_key=site.key.private_pem,
        created=site.clock(),
    )
    async with http.post(url, data=BODY, headers=signed) as answer:
        assert (answer.status, word(await answer.json(content_type=None))) == (401, "session-missing")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_an_ended_session_is_told_as_such(portal):
    answer = await portal.post("/v1/exchanges", json={}, session_token="pgs_taro")
    assert word(await answer.json(content_type=None)) == "session-ended"


async def test_an_absolute_target_cannot_choose_the_site(site, sign):
    headers = sign(url="http://other.example/v1/exchanges")
    reader, writer = await asyncio.open_connection("127.0.0.1", URL(site.url).port)
    lines = ["GET http://other.example/v1/exchanges HTTP/1.1", "Host: other.example", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    raw = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert b"signature-invalid" in raw


@pytest.mark.parametrize("url", ["points.example.jp", "ftp://points.example.jp", "https://", "https://a/?b"])
def test_a_public_url_that_is_none_is_refused(url):
    with pytest.raises(ValueError, match="public_url must be like"):
        SignatureVerifier(None, None, None, public_url=url)  # type: ignore[arg-type]


class TestAKeyWithAnEnd:
    @pytest.fixture
    async def brief(self, site):
        pair, ends_at = new_key_pair(), site.clock() + timedelta(minutes=1)
        await site.store.run(
            lambda conn: register_key(
                conn, "desk", pair.key_id, pair.public_raw, site.clock(), scope=Scope.PORTAL, ends_at=ends_at
            )
        )
        return {"key_id": pair.key_id, "key": load_private_key(pair.private_pem)}

    async def test_opens_nothing_from_that_moment_on(self, ask, sign, site, brief):
        site.clock.move(seconds=59)
        assert await ask(sign(**brief)) == (200, None)
        site.clock.move(seconds=1)
        assert await ask(sign(**brief)) == (401, "signature-key-ended")

    async def test_says_so_only_to_whoever_has_it(self, ask, sign, site, brief):
        site.clock.move(minutes=1)
        stranger = load_private_key(new_key_pair().private_pem)
        assert await ask(sign(key_id=brief["key_id"], key=stranger)) == (401, "signature-invalid")


def test_a_client_route_that_changes_something_and_names_no_scopes_is_not_declared():
    async def end(_call: TypedRequest) -> TypedResponse:
        """End it."""
        return TypedResponse(204)

    with pytest.raises(
        TypeError, match="POST /v1/things: a client route that changes something names the `scopes`"
    ):
        Api().post("/v1/things", tag="things", caller=AuthLevel.CLIENT, returns={204: None})(end)
