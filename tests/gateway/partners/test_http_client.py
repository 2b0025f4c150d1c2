"""The client that plugins are given, against real sockets: what it says has left, and what it never does."""

from __future__ import annotations

import asyncio
import gzip
import logging
import socket
import ssl
import struct

import aiohttp
import httpx
import pytest
import respx

from gateway.errors import NotSent, OutcomeUnknown
from gateway.partners import http_client
from gateway.partners.calls.call_log import CallScope, call_scope
from gateway.partners.http_client import GuardedHttp

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture
async def http(log):
    client = GuardedHttp("acorn", log)
    yield client
    await client.aclose()


@pytest.fixture
async def respx_http(log):
    client = GuardedHttp("acorn", log, testing=True)
    yield client
    await client.aclose()


def free_port() -> str:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{closed.getsockname()[1]}"


def answering(*answers: bytes, seen: list[bytes] | None = None):
    async def serve(reader, writer):
        for answer in answers:
            head = await reader.readuntil(b"\r\n\r\n")
            if seen is not None:
                seen.append(head)
            writer.write(answer)
            await writer.drain()

    return serve


def resetting(*, after_request: bool, counted: list[int] | None = None):
    async def serve(reader, writer):
        if after_request:
            await reader.readuntil(b"\r\n\r\n")
        if counted is not None:
            counted.append(1)
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    return serve


async def ask(http, host, scope=None, **options):
    http.allow([host], timeout_s=options.pop("timeout_s", 2.0))
    with call_scope(scope or CallScope(partner="acorn", hook="debit")):
        return await http.request(options.pop("method", "POST"), f"http://{host}/pay", **options)


async def test_an_answer_comes_back_whole_with_lower_case_header_names(http, raw_server):
    host = await raw_server(
        answering(b'HTTP/1.1 409 Conflict\r\nX-Thing: A\r\nContent-Length: 9\r\n\r\n{"a": 12}')
    )
    answer = await ask(http, host, json={"a": 1})
    assert (answer.status, answer.headers["x-thing"], answer.json()) == (409, "A", {"a": 12})


async def test_a_refused_connection_is_not_sent(http):
    scope = CallScope(partner="acorn", hook="debit")
    with pytest.raises(NotSent, match="connect_refused"):
        await ask(http, free_port(), scope)
    assert not scope.may_have_left


async def test_a_name_that_does_not_resolve_is_not_sent(http):
    http.allow(["nowhere.invalid"], timeout_s=2)
    with pytest.raises(NotSent):
        await http.get("https://nowhere.invalid/")


async def test_a_refused_connection_after_an_earlier_request_left_is_unknown(http, raw_server):
    scope = CallScope(partner="acorn", hook="debit")
    await ask(http, await raw_server(answering(OK)), scope)
    with pytest.raises(OutcomeUnknown, match="an earlier request of debit"):
        await ask(http, free_port(), scope)


async def test_a_refused_connection_while_another_request_is_out_is_unknown(http, raw_server):
    arrived = asyncio.Event()

    async def silent(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        arrived.set()
        await reader.read()

    scope = CallScope(partner="acorn", hook="debit")
    host = await raw_server(silent)
    out = asyncio.create_task(ask(http, host, scope))
    await arrived.wait()
    with pytest.raises(OutcomeUnknown):
        await ask(http, free_port(), scope)
    out.cancel()
    with pytest.raises(asyncio.CancelledError):
        await out
    assert scope.may_have_left
    assert [request.error for request in scope.requests] == ["connect_refused", "cancelled"]


@pytest.mark.parametrize("after_request", [False, True])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
async def test_a_reset_is_unknown_and_the_request_is_sent_once(http, raw_server, method, after_request):
    counted: list[int] = []
    host = await raw_server(resetting(after_request=after_request, counted=counted))
    with pytest.raises(OutcomeUnknown, match="connection_lost"):
        await ask(http, host, method=method)
    assert len(counted) == 1


async def test_a_put_on_a_reused_connection_that_dies_is_unknown_and_not_repeated(http, raw_server):
    connections: list[int] = []
    heads: list[bytes] = []

    async def once_then_dead(reader, writer):
        connections.append(1)
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(OK)
        await writer.drain()
        heads.append(await reader.readuntil(b"\r\n\r\n"))

    host = await raw_server(once_then_dead)
    await ask(http, host, method="PUT")
    with pytest.raises(OutcomeUnknown):
        await ask(http, host, method="PUT")
    assert (len(connections), len(heads)) == (1, 2)


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (b"", "connection_lost"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "connection_lost"),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"half', "connection_lost"),
        (b"RUBBISH\r\n\r\n", "broken_answer"),
    ],
)
async def test_no_answer_half_an_answer_and_rubbish_are_unknown(http, raw_server, answer, word):
    with pytest.raises(OutcomeUnknown, match=word):
        await ask(http, await raw_server(answering(answer)))


async def test_a_slow_answer_is_unknown(http, raw_server):
    async def silent(reader, writer):
        await reader.read()

    with pytest.raises(OutcomeUnknown, match="timeout"):
        await ask(http, await raw_server(silent), timeout_s=0.05)


async def test_an_answer_that_trickles_is_cut_at_the_deadline(http, raw_server):
    async def trickle(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.005)

    with pytest.raises(OutcomeUnknown, match="timeout"):
        await ask(http, await raw_server(trickle), timeout_s=0.1)


async def test_a_connection_that_is_never_accepted_is_not_sent(http, monkeypatch):
    async def never(*args, **options):
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", never)
    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", never)
    with pytest.raises(NotSent, match="connect_timeout"):
        await ask(http, "127.0.0.1:9", timeout_s=0.1)


async def test_a_server_without_tls_behind_https_is_not_sent(http, raw_server):
    async def plain(reader, writer):
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()

    host = await raw_server(plain)
    http.allow([host], timeout_s=20)
    with pytest.raises(NotSent, match="tls_refused"):
        await http.get(f"https://{host}/")


async def test_a_redirect_is_an_answer_and_is_not_followed(http, raw_server):
    heads: list[bytes] = []
    elsewhere = await raw_server(answering(OK, seen=heads))
    moved = f"HTTP/1.1 302 Found\r\nLocation: http://{elsewhere}/\r\nContent-Length: 0\r\n\r\n".encode()
    answer = await ask(http, await raw_server(answering(moved)))
    assert (answer.status, heads) == (302, [])


async def test_a_packed_answer_that_nobody_asked_for_is_unpacked_and_its_limit_is_that_of_what_comes_out(
    http, log, raw_server
):
    packed = gzip.compress(b"x" * 2_000)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n".encode()
    answer = await ask(http, await raw_server(answering(head + packed)))
    assert answer.body == b"x" * 2_000
    client = GuardedHttp("acorn", log, answer_limit_bytes=1_000)
    with pytest.raises(OutcomeUnknown, match="answer_too_large"):
        await ask(client, await raw_server(answering(head + packed)))
    await client.aclose()


async def test_headers_of_one_name_are_one_with_commas_in_any_encoding(http, raw_server):
    head = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Told: a\r\nx-told: b\r\n"
    for more, told in (("", None), ("X-Name: 見本\r\n", "見本")):
        answer = await ask(http, await raw_server(answering(f"{head}{more}\r\n".encode())))
        assert (answer.headers["x-told"], answer.headers.get("x-name")) == ("a, b", told)


async def test_an_answer_over_the_limit_is_unknown(log, raw_server):
    client = GuardedHttp("acorn", log, answer_limit_bytes=1_000)
    big = b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + b"x" * 1_001
    with pytest.raises(OutcomeUnknown, match="answer_too_large"):
        await ask(client, await raw_server(answering(big)))
    await client.aclose()


async def test_a_cookie_set_for_one_member_never_travels_with_the_next_call(http, raw_server):
    heads: list[bytes] = []
    cookie = b"HTTP/1.1 200 OK\r\nSet-Cookie: session=of-member-1\r\nContent-Length: 2\r\n\r\n{}"
    host = await raw_server(answering(cookie, cookie, seen=heads))
    await ask(http, host)
    await ask(http, host)
    assert len(heads) == 2
    assert all(b"of-member-1" not in head for head in heads)


async def test_no_cookie_is_kept_for_a_host_with_a_name_either(http, raw_server):
    heads: list[bytes] = []
    cookie = b"HTTP/1.1 200 OK\r\nSet-Cookie: session=of-member-1\r\nContent-Length: 2\r\n\r\n{}"
    host = (await raw_server(answering(cookie, cookie, seen=heads))).replace("127.0.0.1", "localhost")
    await ask(http, host)
    await ask(http, host)
    assert len(heads) == 2
    assert all(b"of-member-1" not in head for head in heads)


async def test_a_cookie_is_not_kept_on_the_transport_that_respx_answers_for_either(respx_http):
    respx_http.allow(["acorn.example"], timeout_s=20)
    with respx.mock() as partner:
        route = partner.get("https://acorn.example/").respond(200, headers={"set-cookie": "s=of-member-1"})
        await respx_http.get("https://acorn.example/")
        await respx_http.get("https://acorn.example/")
        assert "cookie" not in route.calls.last.request.headers


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("https://stranger.example/", "not one of the profile's hosts"),
        ("https://acorn.example:8443/", "not one of the profile's hosts"),
        ("https://acorn.example.stranger.example/", "not one of the profile's hosts"),
        ("http://acorn.example/", "must be asked by https"),
        ("https://user:sesame@acorn.example/", "without credentials"),
        ("ftp://acorn.example/", "a URL is https://host/path"),
        ("/relative", "a URL is https://host/path"),
        ("https://acorn.example:port/", r"cannot be put together \(InvalidURL\)"),
    ],
)
async def test_only_the_profiles_hosts_are_spoken_to(http, url, sentence):
    http.allow(["acorn.example", "127.0.0.1:1"], timeout_s=20)
    with pytest.raises(NotSent, match=sentence) as refusal:
        await http.get(url)
    assert "sesame" not in str(refusal.value)


async def test_before_the_profile_is_known_nobody_is_spoken_to(http):
    with pytest.raises(NotSent, match="not one of the profile's hosts"):
        await http.get("https://acorn.example/")


async def test_http_is_allowed_to_this_machine_under_each_of_its_names(respx_http):
    respx_http.allow(["localhost:1", "[::1]:1"], timeout_s=20)
    with respx.mock() as partner:
        partner.get("http://localhost:1/").respond(200)
        partner.get("http://[::1]:1/").respond(201)
        assert (await respx_http.get("http://localhost:1/")).status == 200
        assert (await respx_http.get("http://[::1]:1/")).status == 201


async def test_two_bodies_are_refused_before_anything_leaves(http):
    http.allow(["acorn.example"], timeout_s=20)
    with pytest.raises(NotSent, match="one body"):
        await http.post("https://acorn.example/", json={}, form={})


async def test_a_body_that_is_no_json_is_refused_before_anything_leaves(http):
    http.allow(["acorn.example"], timeout_s=20)
    with pytest.raises(NotSent):
        await http.post("https://acorn.example/", json={"a": object()})


async def test_parameters_are_added_to_those_that_the_url_has(respx_http):
    respx_http.allow(["acorn.example"], timeout_s=20)
    with respx.mock() as partner:
        route = partner.get("https://acorn.example/").respond(200)
        await respx_http.get("https://acorn.example/?a=1", params={"b": "2"})
        assert str(route.calls.last.request.url) == "https://acorn.example/?a=1&b=2"


@pytest.mark.parametrize(
    "path", ["/a%2Fb/%7Ex?day=%2F&t=%7E+a%20b", "/a;b,c?x=%26&y=%2B", "/%E7%A9%8D?q=%E5%8F%A3"]
)
async def test_an_address_travels_letter_by_letter_as_the_plugin_signed_it(http, raw_server, path):
    seen: list[bytes] = []
    host = await raw_server(answering(OK, seen=seen))
    http.allow([host], timeout_s=20)
    await http.get(f"http://{host}{path}")
    assert seen[0].split(b"\r\n")[0] == f"GET {path} HTTP/1.1".encode()


async def test_a_form_and_raw_bytes_are_sent_as_they_are(respx_http):
    respx_http.allow(["acorn.example"], timeout_s=20)
    with respx.mock() as partner:
        route = partner.post("https://acorn.example/").respond(200)
        await respx_http.post("https://acorn.example/", form={"a": "1"})
        assert route.calls.last.request.content == b"a=1"
        await respx_http.post("https://acorn.example/", content=b"\x00", headers={"content-type": "x/y"})
        assert route.calls.last.request.content == b"\x00"


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout])
async def test_respx_can_play_a_connection_that_was_never_made(respx_http, error):
    respx_http.allow(["acorn.example"], timeout_s=20)
    with respx.mock() as partner:
        partner.post("https://acorn.example/").mock(side_effect=error)
        with pytest.raises(NotSent):
            await respx_http.post("https://acorn.example/")


@pytest.mark.parametrize(
    "error", [httpx.ReadError, httpx.ReadTimeout, httpx.WriteError, httpx.RemoteProtocolError]
)
async def test_respx_can_play_an_answer_that_was_lost(respx_http, error):
    respx_http.allow(["acorn.example"], timeout_s=20)
    with respx.mock() as partner:
        partner.post("https://acorn.example/").mock(side_effect=error)
        with pytest.raises(OutcomeUnknown):
            await respx_http.post("https://acorn.example/")


async def test_after_the_hook_has_ended_nothing_is_sent_any_more(http, raw_server):
    heads: list[bytes] = []
    host = await raw_server(answering(OK, seen=heads))
    scope = CallScope(partner="acorn", hook="debit", closed=True)
    with pytest.raises(NotSent, match="has ended"):
        await ask(http, host, scope)
    assert heads == []


async def test_logs_and_stories_hold_no_query_value_header_body_or_secret(http, raw_server, log, caplog):
    caplog.set_level(logging.DEBUG)
    scope = CallScope(partner="acorn", hook="coupon_value", secrets=("CPN/1 2",))
    host = await raw_server(answering(OK))
    http.allow([host], timeout_s=20)
    with call_scope(scope):
        await http.post(
            f"http://{host}/coupons/CPN%2F1%202?key=sesame",
            headers={"authorization": "Bearer sesame"},
            json={"p": "sesame"},
        )
    told = repr(log.lines) + repr(scope.requests) + caplog.text
    assert "sesame" not in told
    assert "CPN" not in told
    (request,) = scope.requests
    assert (request.method, request.url, request.status) == ("POST", f"http://{host}/coupons/***?key", 200)
    assert not log.named("partner_request")  # the line about the call says it in these words
    assert request.in_words() == f"POST http://{host}/coupons/***?key 200 {request.ms} ms"


async def test_a_request_that_belongs_to_no_call_has_a_line_of_its_own(http, raw_server, log):
    host = await raw_server(answering(OK))
    http.allow([host], timeout_s=20)
    await http.get(f"http://{host}/health?key=sesame")
    (line,) = log.named("partner_request")
    assert (line["host"], line["path"], line["status"]) == (host, "/health", 200)


@pytest.mark.parametrize("testing", [False, True])
async def test_the_environment_cannot_put_a_proxy_between(log, raw_server, monkeypatch, testing):
    monkeypatch.setenv("HTTP_PROXY", f"http://{free_port()}")
    monkeypatch.setenv("ALL_PROXY", f"http://{free_port()}")
    client = GuardedHttp("acorn", log, testing=testing)
    assert (await ask(client, await raw_server(answering(OK)))).status == 200
    await client.aclose()


async def test_a_connection_found_closed_while_writing_is_unknown(http, raw_server, monkeypatch):
    """httpx-aiohttp tells this one as ConnectTimeout, as if nothing could have left."""

    async def found_closed(request, connection):
        raise aiohttp.ClientConnectionResetError("Cannot write to closing transport")

    monkeypatch.setattr(aiohttp.ClientRequest, "send", found_closed)
    with pytest.raises(OutcomeUnknown, match="connection_lost"):
        await ask(http, await raw_server(answering(OK)))


async def test_a_private_authority_that_the_settings_name_is_trusted(log, raw_server, tmp_path):
    certificate, key = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    async def serve(reader, writer):
        await answering(OK)(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    trusting, strict = GuardedHttp("acorn", log, ca_file=certificate), GuardedHttp("acorn", log)
    for client in (trusting, strict):
        client.allow([host], timeout_s=20)
    assert (await trusting.get(f"https://{host}/")).status == 200
    with pytest.raises(NotSent, match="tls_refused"):
        await strict.get(f"https://{host}/")
    await trusting.aclose()
    await strict.aclose()
    server.close()
    await server.wait_closed()


def self_signed(folder):
    from datetime import UTC, datetime, timedelta
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "acorn")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "cert.pem", folder / "key.pem"


async def test_a_form_is_sent_in_the_charset_that_the_partner_reads(http, raw_server):
    got: list[bytes] = []

    async def serve(reader, writer):
        got.append(await reader.readuntil(b"\r\n\r\n"))
        got.append(await reader.readexactly(17))
        writer.write(OK)
        await writer.drain()

    host = await raw_server(serve)
    http.allow([host], timeout_s=20)
    await http.post(f"http://{host}/", form={"name": "髙橋"}, form_charset="shift_jis")
    assert b"content-type: application/x-www-form-urlencoded" in got[0].lower()
    assert got[1] == b"name=%EE%E0%8B%B4"
    for charset, name in (("shift_jis", "😀"), ("klingon", "a")):
        with pytest.raises(NotSent, match="cannot be put together"):
            await http.post(f"http://{host}/", form={"name": name}, form_charset=charset)


def test_a_fault_that_leads_back_to_itself_is_read_to_its_end() -> None:
    first, second = OSError("broken"), OSError("broken")
    first.__context__, second.__context__ = second, first
    assert http_client._alert(first) is None
