"""The short way of reading a signature and the library's long way come to the same answer, whatever is sent."""

import asyncio
from datetime import UTC, datetime
from unittest.mock import patch

import pytest
from aiohttp.test_utils import make_mocked_request
from http_message_signatures import HTTPMessageSigner, algorithms
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.client import load_private_key, new_key_pair, sign_headers
from gateway.errors import ProblemError
from gateway.http.client_keys import ClientKey
from gateway.http.fast_signature import Address, read_plain
from gateway.http.signatures import SignatureVerifier, require_digest

NOW = datetime(2026, 4, 1, tzinfo=UTC)
PAIR = new_key_pair()
PRIVATE = load_private_key(PAIR.private_pem)
SITE = "https://points.example.jp"


class OneKey:
    async def find(self, key_id: str) -> ClientKey | None:
        if key_id != PAIR.key_id:
            return None
        return ClientKey(key_id=key_id, client_id="portal", public_key=PAIR.public_raw, created_at=NOW)


class AnyNonce:
    async def use(self, key_id: str, nonce: str, forget_at: datetime) -> bool:
        return True


def signed(method="POST", path="/v1/exchanges?limit=1", body=b"{}", site=SITE, token="pgs_x"):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return sign_headers(
        method,
        site + path,
        headers,
        body,
        key_id=PAIR.key_id,
        private_key=PRIVATE,
        created=NOW,
        nonce="a-nonce-of-the-test",
    )


class Message:
    def __init__(self, method, url, headers):
        self.method, self.url, self.headers = method, url, headers


@pytest.mark.parametrize("body", [b"", b"{}"])
@pytest.mark.parametrize("token", ["", "pgs_x"])
@pytest.mark.parametrize(
    "path", ["/", "/v1/exchanges", "/v1/a?", "/v1/a?b=c&d=%E7%AC%A0", "/v1/%7Ea/(b);c=d"]
)
@pytest.mark.parametrize(
    "site", [SITE, "http://127.0.0.1:8080", "https://POINTS.example.jp:443/base", "http://[::1]:80"]
)
def test_what_must_be_signed_is_put_together_as_the_library_does_it(body, token, path, site):
    headers = signed(path=path, body=body, site=site, token=token)
    address = Address.of(site)
    plain_signature = read_plain(make_mocked_request("POST", path, headers), address, has_body=bool(body))
    covered = ["@method", "@authority", "@path", "@query"]
    covered += ["authorization"] if token else []
    bare = {name: value for name, value in headers.items() if not name.startswith("Signature")}
    prepared = HTTPMessageSigner(signature_algorithm=algorithms.ED25519).prepare(
        Message("POST", site + path, bare),
        key_id=PAIR.key_id,
        created=NOW,
        nonce="a-nonce-of-the-test",
        tag="point-gateway",
        covered_component_ids=covered,
        body=body or None,
        use_existing_digest="Content-Digest" in bare,
    )
    assert plain_signature.base == prepared.signature_base


def answer(request, body: bytes) -> str:
    verifier = SignatureVerifier(OneKey(), AnyNonce(), lambda: NOW, public_url=SITE)  # type: ignore[arg-type]
    try:
        client_id = asyncio.run(verifier.verify(request, has_body=bool(body)))
        require_digest(request, body)
        return client_id
    except ProblemError as refused:
        return refused.type


def both_answers(method, path, headers, body) -> tuple[str, str]:
    request = make_mocked_request(method, path, headers)
    with patch("gateway.http.signatures.read_plain", return_value=None):
        long_way = answer(request, body)
    return answer(request, body), long_way


CHANGES = st.one_of(
    st.tuples(st.just("nothing")),
    st.tuples(st.just("method"), st.sampled_from(["GET", "PUT", "DELETE"])),
    st.tuples(st.just("path"), st.sampled_from(["/v1/exchanges", "/v1/exchanges?limit=2", "/", "/v1%2Fexchanges?limit=1"])),
    st.tuples(st.just("body"), st.sampled_from([b"", b"{} ", b"[]"])),
    st.tuples(st.just("drop"), st.sampled_from(["Authorization", "Content-Digest", "Signature", "Signature-Input"])),
    st.tuples(
        st.just("edit"),
        st.sampled_from(["Authorization", "Content-Digest", "Signature", "Signature-Input"]),
        st.integers(0, 300),
        st.characters(min_codepoint=32, max_codepoint=126),
    ),
    st.tuples(st.just("cut"), st.sampled_from(["Signature", "Signature-Input"]), st.integers(0, 300)),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(changes=st.lists(CHANGES, max_size=2))
def test_both_ways_come_to_the_same_answer_whatever_is_changed(changes):
    method, path, body, headers = "POST", "/v1/exchanges?limit=1", b"{}", signed()
    for kind, *with_ in changes:
        match kind:
            case "method":
                (method,) = with_
            case "path":
                (path,) = with_
            case "body":
                (body,) = with_
            case "drop":
                headers.pop(with_[0], None)
            case "edit" if headers.get(with_[0]):  # one cut to nothing has no place to edit
                name, at, character = with_
                value = headers[name]
                at %= len(value)
                headers[name] = value[:at] + character + value[at + 1 :]
            case "cut" if with_[0] in headers:
                headers[with_[0]] = headers[with_[0]][: with_[1]]
    short, long = both_answers(method, path, headers, body)
    assert (short == "portal") == (long == "portal")
    if short != "portal":
        assert short.startswith(("signature-", "content-digest-"))


def test_the_unchanged_request_is_let_in_both_ways():
    assert both_answers("POST", "/v1/exchanges?limit=1", signed(), b"{}") == ("portal", "portal")


@pytest.mark.parametrize("change", ["uncovered digest", "uncovered token", "twice", "absolute", "label"])
def test_whatever_looks_unusual_is_left_to_the_library(change):
    headers, path, body = signed(), "/v1/exchanges?limit=1", b"{}"
    match change:
        case "uncovered digest":
            headers = signed(body=b"")
        case "uncovered token":
            headers = signed(token="") | {"Authorization": "Bearer pgs_x"}
        case "twice":
            headers["Signature"] += ", " + headers["Signature"].replace("gateway", "second")
        case "absolute":
            path = SITE + path
        case "label":
            headers["Signature"] = headers["Signature"].replace("gateway", "another")
    assert (
        read_plain(make_mocked_request("POST", path, headers), Address.of(SITE), has_body=bool(body)) is None
    )
