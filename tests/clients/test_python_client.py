"""The Python client beside a gateway that really runs, and what its README promises."""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
import sys
import threading
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.demo.browser import Browser
from gateway.demo.environment import MEMBERS, RETURN_URL
from gateway.demo.scenario import AT_SAISON
from point_gateway_client import (
    AsyncClient,
    Client,
    GatewayError,
    Problem,
    UnexpectedAnswer,
    Unreachable,
    WrongKey,
    calls,
    errors,
    models,
    problems,
)
from point_gateway_client.call import Call, File

pytestmark = pytest.mark.xdist_group("clients")

END = Call(method="DELETE", target="/v1/sessions/current", answer=type(None), session=None)
ROOT = Path(__file__).parents[2] / "clients" / "python"
BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)


def pem(key, encryption=None):
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        encryption or serialization.NoEncryption(),
    )


class TestTheReadme:
    @pytest.mark.parametrize(
        ("number", "expected"),
        [
            (0, r"\['saison', 'airline_miles'\]\nnow send the browser to http://127"),
            (1, "47 prefectures"),
            (2, "401 The signing key is not known here Use a key"),
        ],
    )
    def test_its_code_runs_as_it_stands(self, running, number, expected):
        ran = subprocess.run(
            [sys.executable, "-c", BLOCKS[number]],
            env=running.environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        assert re.match(expected, ran.stdout), ran.stdout

    def test_every_block_is_run_above(self):
        assert len(BLOCKS) == 3

    def test_the_first_takes_ten_lines(self):
        lines = [line for line in BLOCKS[0].splitlines() if line]
        assert len([line for line in lines if not line.startswith(("import ", "from "))]) <= 10


class TestAnExchange:
    def test_the_example_goes_all_the_way(self, running):
        """Its code waits for the partner's return code, which a browser brings."""
        process = subprocess.Popen(
            [sys.executable, "-u", str(ROOT / "examples" / "exchange.py")],
            env=running.environment(0),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        opened = process.stdout.readline()
        assert opened.startswith("open http"), opened + process.stdout.read()
        code = running.loop.run(consent(opened.split()[1]))
        printed, _ = process.communicate(code + "\n", timeout=60)
        assert process.returncode == 0, printed
        assert re.search(r"2 units bring \d+ points\n(settled|open)", printed), printed

    def test_answers_have_their_types(self, running, client):
        member = running.member(client, 1)
        exchange = member.send(start_exchange())
        assert isinstance(exchange, models.ExchangeView)
        assert exchange.started_at.utcoffset() is not None
        listed = member.send(calls.list_exchanges(limit=1))
        assert [row.exchange_id for row in listed.exchanges] == [exchange.exchange_id]
        assert listed.exchanges[0] == member.send(calls.show_exchange(exchange.exchange_id))

    def test_the_same_call_twice_is_one_exchange(self, running, client):
        member = running.member(client, 1)
        call = start_exchange()
        assert member.send(call) == member.send(call)

    def test_an_empty_answer_is_none(self, running, client):
        member = running.member(client, 2)
        assert member.send(calls.sign_out()) is None
        with pytest.raises(problems.SessionEnded):
            member.send(calls.list_partners())


class TestRefusals:
    def test_a_wrong_key_has_a_name(self, running):
        stranger = pem(Ed25519PrivateKey.generate())
        with (
            Client(running.town.gateway_url, running.town.portal_key_id, stranger) as client,
            pytest.raises(problems.SignatureInvalid) as refused,
        ):
            client.send(calls.list_prefectures())
        assert isinstance(refused.value, errors.UnauthorizedProblem)
        assert refused.value.status == 401

    @pytest.mark.parametrize(
        "key",
        [
            b"not a key",
            pem(Ed448PrivateKey.generate()),
            pem(Ed25519PrivateKey.generate(), serialization.BestAvailableEncryption(b"x")),
        ],
    )
    def test_a_key_that_cannot_sign_is_refused_before_anything_is_sent(self, key):
        with pytest.raises(WrongKey):
            Client("http://127.0.0.1:1", "pgk_x", key)

    def test_a_problem_is_a_class_with_what_to_do(self, running, client):
        member = running.member(client, 1)
        with pytest.raises(problems.UnknownPartner) as refused:
            member.send(start_exchange(partner_id="nobody"))
        problem = refused.value
        assert isinstance(problem, errors.NotFoundProblem)
        assert (problem.word, problem.status) == ("unknown-partner", 404)
        assert problem.remedy == "協力会社の一覧から選んでください。"
        assert uuid.UUID(problem.request_id)
        assert not problem.outcome_unknown

    def test_the_language_of_the_sentences_can_be_chosen(self, running, client):
        member = running.member(client, 1)
        for language, title in (("ja", "その協力会社はありません"), ("en", "No such partner")):
            with pytest.raises(problems.UnknownPartner) as refused:
                member.send(start_exchange(partner_id="nobody"), language=language)
            assert refused.value.title == title

    def test_wrong_input_names_its_place(self, running, client):
        with pytest.raises(problems.BodyInvalid) as refused:
            running.member(client, 1).send(start_exchange(exchange_id="7"))
        assert refused.value.fields == ("exchange_id",)

    def test_a_clock_that_is_wrong_is_said(self, running):
        long_ago = datetime(2020, 1, 1, tzinfo=UTC)
        with (
            Client(
                running.town.gateway_url, running.town.portal_key_id, running.key, clock=lambda: long_ago
            ) as client,
            pytest.raises(problems.SignatureStale) as refused,
        ):
            client.send(calls.list_prefectures())
        assert refused.value.facts["server_time"] > long_ago.timestamp()

    def test_a_call_of_a_member_without_a_session_is_not_sent(self, client):
        with pytest.raises(ValueError, match="signed_in"):
            client.send(calls.list_partners())

    @pytest.mark.parametrize("part", ["", ".", ".."])
    def test_an_id_cannot_lead_to_another_path(self, part):
        with pytest.raises(ValueError, match="path"):
            calls.show_exchange(part)

    def test_an_id_is_escaped(self):
        assert calls.show_exchange("a/b?c").target == "/v1/exchanges/a%2Fb%3Fc"


class TestAsync:
    async def test_it_does_the_same(self, running):
        who = MEMBERS[1]
        async with AsyncClient(running.town.gateway_url, running.town.portal_key_id, running.key) as client:
            sign_in = calls.sign_in(mykey_id=running.town.mykey_ids[who.name], password=who.password)
            member = client.signed_in((await client.send(sign_in)).token)
            partners, balances = await asyncio.gather(
                member.send(calls.list_partners()), member.send(calls.balances())
            )
            assert {partner.partner_id for partner in partners.partners} == {"saison", "airline_miles"}
            assert balances.reserve.points == 0
            with pytest.raises(problems.UnknownPartner):
                await member.send(start_exchange(partner_id="nobody"))

    async def test_nobody_listens(self, running):
        async with AsyncClient("http://127.0.0.1:1", "pgk_x", running.key) as client:
            with pytest.raises(Unreachable) as fault:
                await client.send(calls.list_prefectures())
        assert not isinstance(fault.value, errors.ConnectionLost)


class TestWhatIsNoGateway:
    @pytest.mark.parametrize(
        "answer",
        [
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n<html",
            b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 5\r\n\r\n<html",
            b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n[]",
        ],
    )
    def test_it_is_an_error_of_its_own(self, answer):
        with (
            Listener(answer) as (url, _),
            a_client(url) as client,
            pytest.raises(UnexpectedAnswer) as fault,
        ):
            client.send(calls.list_prefectures())
        assert fault.value.outcome_unknown

    @pytest.mark.parametrize(
        ("head", "call"),
        [
            ("302 Found\r\nLocation: https://else.example/", END),
            ("302 Found\r\nLocation: https://else.example/", calls.list_prefectures()),
            ("304 Not Modified", END),
            ("200 OK", END),
            ("202 Accepted", END),
            ("204 No Content", calls.list_prefectures()),
        ],
    )
    def test_what_is_no_success_of_this_call_is_not_taken_for_one(self, head, call):
        length = "" if head.startswith(("304", "204")) else "\r\nContent-Length: 0"
        with (
            Listener(f"HTTP/1.1 {head}{length}\r\n\r\n".encode()) as (url, _),
            a_client(url) as client,
            pytest.raises(UnexpectedAnswer) as fault,
        ):
            client.send(call, token="t")
        assert fault.value.outcome_unknown

    def test_a_file_is_no_page_of_somebody_elses(self):
        answer = b"HTTP/1.1 302 Found\r\nLocation: https://else.example/\r\nContent-Length: 2\r\n\r\nhi"
        with (
            Listener(answer) as (url, _),
            a_client(url) as client,
            pytest.raises(UnexpectedAnswer),
        ):
            client.send(Call(method="GET", target="/v1/city/files/1/report", answer=File, session=None))

    def test_a_word_that_this_version_does_not_know_is_a_problem_of_its_status(self):
        body = b'{"type": "/docs/problems/news-of-tomorrow", "status": 409, "title": "t", "detail": "d"}'
        answer = b"HTTP/1.1 409 Conflict\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        with (
            Listener(answer) as (url, _),
            a_client(url) as client,
            pytest.raises(errors.ConflictProblem) as refused,
        ):
            client.send(calls.list_prefectures())
        assert refused.value.word == "news-of-tomorrow"

    def test_retry_after_is_read(self):
        body = b'{"type": "/docs/problems/busy"}'
        answer = b"HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        with (
            Listener(answer) as (url, _),
            a_client(url) as client,
            pytest.raises(problems.Busy) as refused,
        ):
            client.send(calls.list_prefectures())
        assert refused.value.retry_after_s == 7

    def test_a_get_whose_connection_broke_is_signed_anew_and_sent_once_more(self):
        with (
            Listener(b"") as (url, requests),
            a_client(url) as client,
            pytest.raises(errors.ConnectionLost),
        ):
            client.send(calls.list_prefectures())
        nonces = [re.findall(rb'nonce="([^"]+)"', request)[0] for request in requests]
        assert len(set(nonces)) == 2

    def test_a_post_whose_connection_broke_is_sent_once(self):
        with (
            Listener(b"") as (url, requests),
            a_client(url) as client,
            pytest.raises(errors.ConnectionLost) as fault,
        ):
            client.send(calls.sign_in(mykey_id="ABCD2345", password="x"))
        assert fault.value.outcome_unknown
        assert len(requests) == 1

    @pytest.mark.parametrize("url", ["points.example.jp", "ftp://x", "https://u:p@x", "https://x?a=b"])
    def test_an_address_that_is_none_is_refused(self, running, url):
        with pytest.raises(ValueError, match="address"):
            Client(url, "pgk_x", running.key)


def test_a_password_is_not_shown_by_a_call():
    call = calls.sign_in(mykey_id="ABCD2345", password="very-secret")
    assert isinstance(call, Call)
    assert "very-secret" not in repr(call)


def test_every_error_is_one_of_ours():
    assert all(issubclass(kind, Problem) for kind in problems.KINDS.values())
    assert issubclass(Problem, GatewayError)


def start_exchange(exchange_id="", partner_id="saison"):
    return calls.start_exchange(
        exchange_id=exchange_id or str(uuid.uuid4()), partner_id=partner_id, return_url=RETURN_URL
    )


def a_client(url):
    return Client(url, "pgk_x", Ed25519PrivateKey.generate())


async def consent(url):
    """At the partner's site, as the member's browser does; the code that it comes back with."""
    number, password = AT_SAISON[MEMBERS[0].name]
    async with Browser(stop_at=RETURN_URL) as browser:
        page = await browser.open(url)
        page = await browser.submit(
            page, page.form_with("number", "password"), number=number, password=password
        )
        page = await browser.submit(page, page.form_with("decision"), decision="agree")
    return str(re.findall(r"return_code=([^&]+)", page.location)[0])


class Listener:
    """A server that answers every connection with the same bytes, and keeps what it was sent."""

    def __init__(self, answer):
        self._answer = answer
        self._requests = []

    def __enter__(self):
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}", self._requests

    def _serve(self):
        while True:
            connection, _ = self._socket.accept()
            with connection:
                request = connection.recv(65536)
                if not request:
                    return
                self._requests.append(request)
                connection.sendall(self._answer)

    def __exit__(self, *_):
        with socket.create_connection(self._socket.getsockname()):
            pass
        self._thread.join()
        self._socket.close()
