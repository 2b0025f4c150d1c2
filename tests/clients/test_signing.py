"""Our own writing of a signature is what the library of RFC 9421 and the gateway take for one."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import (
    HTTPMessageVerifier,
    InvalidSignature,
    MappingKeyResolver,
    algorithms,
)

from point_gateway_client.signing import authority_of, sign_headers

KEY = Ed25519PrivateKey.generate()
VERIFIER = HTTPMessageVerifier(
    signature_algorithm=algorithms.ED25519,
    key_resolver=MappingKeyResolver(public_keys={"pgk_a": KEY.public_key()}, private_keys={}),
)


def signed(method: str, url: str, headers: dict[str, str], body: bytes | None) -> dict[str, str]:
    parts = urlsplit(url)
    return sign_headers(
        method,
        authority_of(parts.scheme, parts.netloc),
        f"{parts.path}?{parts.query}" if parts.query else parts.path,
        headers,
        body,
        key_id="pgk_a",
        private_key=KEY,
        created=datetime.now(UTC),
    )


def verify(method: str, url: str, headers: dict[str, str]) -> tuple[str, ...]:
    message = SimpleNamespace(method=method, url=url, headers=headers)
    (result,) = VERIFIER.verify(message, expect_tag="point-gateway")
    return tuple(result.covered_components)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000/v1/balances",
        "https://points.example/v1/point-services?prefecture=08&direct=true",
        "https://points.example:8443/v1/x?since=2018-07-01%2B09%3A00&q=%E7%AC%A0",
        "https://points.example/base/v1/me",
        "https://Points.Example:443/v1/me",
    ],
)
@pytest.mark.parametrize("body", [None, '{"points": 1, "name": "笠間"}'.encode()])
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer pgs_x"}])
def test_the_library_verifies_what_we_sign(url: str, body: bytes | None, headers: dict[str, str]) -> None:
    made = signed("POST" if body else "GET", url, headers, body)
    covered = verify("POST" if body else "GET", url, made)
    assert {'"@method"', '"@authority"', '"@path"', '"@query"'} <= set(covered)
    assert ('"authorization"' in covered) == bool(headers)
    assert ('"content-digest"' in covered) == (body is not None)


def test_a_signature_fits_no_other_request() -> None:
    url = "https://points.example/v1/me?x=1"
    made = signed("GET", url, {"Authorization": "Bearer pgs_x"}, None)
    for method, other, headers in (
        ("POST", url, made),
        ("GET", url.replace("x=1", "x=2"), made),
        ("GET", url.replace("/me", "/you"), made),
        ("GET", url.replace("points", "other"), made),
        ("GET", url, made | {"Authorization": "Bearer pgs_y"}),
    ):
        with pytest.raises(InvalidSignature):
            verify(method, other, headers)


def test_the_same_request_is_never_signed_the_same_way_twice() -> None:
    nonces = {signed("GET", "https://points.example/", {}, None)["Signature"] for _ in range(20)}
    assert len(nonces) == 20
