"""The agent serves the pages of its list, one at a time, and tells nobody else anything."""

import asyncio
import contextlib
import threading
from contextlib import asynccontextmanager, contextmanager

import aiohttp
import pytest
import structlog

from card import errors
from card.agent.card_session import CardSession
from card.agent.server import Agent, serve
from card.fake import FakeConnection
from card.jpki import JpkiCard
from card.pin import Pin
from card.verify import CardResponse

SITE = "https://portal.example"
CHALLENGE = {"purpose": "point-gateway.login", "challenge": "A" * 43}


class Lying:
    """A fake card on the desk; `trouble` is raised when it is looked for, `gone` when it is looked at again."""

    def __init__(self, fake):
        self.fake = fake
        self.trouble = None
        self.gone = None
        self.released = 0

    @contextmanager
    def find(self):
        if self.trouble is not None:
            raise self.trouble
        with FakeConnection(self.fake) as line:
            card = JpkiCard(line)
            card.select()
            yield Held(card, self)
        self.released += 1


class Held:
    def __init__(self, card, desk):
        self.card = card
        self.desk = desk

    def check_presence(self):
        if self.desk.gone is not None:
            raise self.desk.gone


class Person:
    """Types what is on `types`; with `waits` set, thinks until the question is taken away."""

    def __init__(self, types="4649"):
        self.types = types
        self.waits = False
        self.asked = []
        self.thinking = threading.Event()

    def ask(self, question, watch):
        self.asked.append(question)
        self.thinking.set()
        while self.waits:
            watch()
        watch()
        return Pin.parse(self.types)


class Browser:
    def __init__(self, session, port):
        self.session = session
        self.address = f"http://127.0.0.1:{port}"

    async def call(self, method, path, *, origin=SITE, json=None, **more):
        headers = ({"Origin": origin} if origin else {}) | more.pop("headers", {})
        async with self.session.request(
            method, self.address + path, json=json, headers=headers, **more
        ) as answer:
            body = await answer.read()
            try:
                fields = await answer.json(content_type=None)
            except ValueError:
                fields = body
            return answer.status, fields, answer.headers

    async def sign(self, json=None, **more):
        return await self.call("POST", "/v1/sign", json=json or CHALLENGE, **more)


@pytest.fixture
def lying(issue_card):
    return Lying(issue_card())


@pytest.fixture
def person():
    return Person()


@pytest.fixture
def browser(lying, person, unused_tcp_port):
    @asynccontextmanager
    async def open_browser():
        agent = Agent(CardSession(lying.find, person), [SITE], port=unused_tcp_port)
        runner = await serve(agent, port=unused_tcp_port)
        try:
            async with aiohttp.ClientSession() as session:
                yield Browser(session, unused_tcp_port)
        finally:
            await runner.cleanup()

    return open_browser


async def test_what_is_not_http_is_answered_without_a_word_of_it(browser):
    async with browser() as page:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(page.address.rpartition(":")[2]))
        writer.write(b"tok-sesame\r\n\r\n")
        raw = await asyncio.wait_for(reader.read(), 20)
        writer.close()
    head = raw.partition(b"\r\n\r\n")[0]
    assert head.split(b" ", 2)[1] == b"400"
    assert b"application/problem+json" in head
    assert b"aiohttp" not in head
    assert b"sesame" not in raw


async def test_a_login_from_the_page_to_the_servers_verdict(browser, server):
    async with browser() as page:
        challenge = {"purpose": "point-gateway.login", "challenge": server.ask()}
        async with page.session.post(
            page.address + "/v1/sign", json=challenge, headers={"Origin": SITE}
        ) as answer:
            assert answer.status == 200
            body = await answer.read()
    verified = await asyncio.to_thread(server.verify, CardResponse.from_json(body))
    assert verified.test


async def test_another_sites_page_on_the_list_gets_a_signature_that_is_useless_here(
    lying, person, unused_tcp_port, server
):
    from card.refusals import WrongOrigin

    other = "https://shop.example"
    runner = await serve(
        Agent(CardSession(lying.find, person), [SITE, other], port=unused_tcp_port), port=unused_tcp_port
    )
    try:
        async with aiohttp.ClientSession() as session:
            page = Browser(session, unused_tcp_port)
            challenge = {"purpose": "point-gateway.login", "challenge": server.ask()}
            async with session.post(
                page.address + "/v1/sign", json=challenge, headers={"Origin": other}
            ) as answer:
                body = await answer.read()
    finally:
        await runner.cleanup()
    with pytest.raises(WrongOrigin):
        server.verify(CardResponse.from_json(body))


async def test_the_person_is_told_the_site_the_purpose_and_the_tries(browser, person, lying):
    lying.fake.auth_pin.left = 2
    async with browser() as page:
        assert (await page.sign())[0] == 200
    asked = person.asked[0]
    assert (asked.origin, asked.purpose, asked.tries_left) == (SITE, "point-gateway.login", 2)


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "https://portal.example.evil.example",
        "http://portal.example",
        "null",
        "",
        None,
    ],
)
async def test_a_page_that_is_not_on_the_list_learns_nothing(browser, person, lying, origin):
    async with browser() as page:
        for method, path in (("POST", "/v1/sign"), ("GET", "/v1/status"), ("OPTIONS", "/v1/sign")):
            status, fields, headers = await page.call(method, path, origin=origin, json=CHALLENGE)
            assert status == 403
            assert fields["code"] == "origin_refused"
            assert not [name for name in headers if name.lower().startswith("access-control")]
    assert person.asked == []
    assert lying.fake.commands == []


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:37650", "127.0.0.1", "127.0.0.1:1", "portal.example"]
)
async def test_a_name_rebound_to_the_loopback_is_refused(browser, host, lying):
    async with browser() as page:
        status, fields, _ = await page.sign(headers={"Host": host})
    assert (status, fields["code"]) == (403, "host_refused")
    assert lying.fake.commands == []


async def test_the_browsers_question_before_reaching_into_the_machine_is_answered(browser):
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    async with browser() as page:
        status, _, headers = await page.call(
            "OPTIONS", "/v1/sign", headers=asked | {"Access-Control-Request-Private-Network": "true"}
        )
        assert status == 204
        assert headers["Access-Control-Allow-Private-Network"] == "true"
        assert headers["Access-Control-Allow-Origin"] == SITE
        assert headers["Vary"] == "Origin"
        _, _, plain = await page.call("OPTIONS", "/v1/sign", headers=asked)
        assert "Access-Control-Allow-Private-Network" not in plain


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        "nonsense",
        "\\ud800",
        '{"purpose":"point-gateway.login"}',
        '{"purpose":"other","challenge":"%s"}' % ("A" * 43),
        '{"purpose":"point-gateway.login","challenge":"short"}',
        '{"purpose":"point-gateway.login","challenge":"%s","origin":"https://a.example"}' % ("A" * 43),
        "[" * 3000,
    ],
)
async def test_a_request_of_another_shape_is_refused_before_the_card(browser, lying, body):
    async with browser() as page:
        answer = await page.call("POST", "/v1/sign", data=body, headers={"Content-Type": "application/json"})
    assert (answer[0], answer[1]["code"]) == (400, "request_malformed")
    assert lying.fake.commands == []


async def test_a_form_that_a_browser_sends_without_asking_is_refused(browser, lying):
    async with browser() as page:
        status, fields, _ = await page.call(
            "POST", "/v1/sign", data='{"a":1}', headers={"Content-Type": "text/plain"}
        )
    assert (status, fields["code"]) == (400, "request_malformed")


async def test_a_large_body_and_an_unknown_path_are_refused(browser):
    async with browser() as page:
        status, _, _ = await page.call(
            "POST", "/v1/sign", data=b"x" * 10_000, headers={"Content-Type": "application/json"}
        )
        assert status == 413
        assert (await page.call("GET", "/pin"))[0] == 404


async def test_the_status_says_how_many_tries_are_left_and_asks_nobody(browser, person):
    async with browser() as page:
        status, fields, _ = await page.call("GET", "/v1/status")
    assert (status, fields) == (200, {"ready": True, "tries_left": 3})
    assert person.asked == []


@pytest.mark.parametrize(
    ("trouble", "status"),
    [
        (errors.PcscUnavailable(), 503),
        (errors.NoReader(), 503),
        (errors.NoCard(), 503),
        (errors.ReaderBusy(), 503),
        (errors.CardRemoved(), 503),
        (errors.CardMute(), 503),
        (errors.NotJpkiCard(), 422),
        (errors.SeveralCards(), 422),
    ],
    ids=lambda value: getattr(value, "code", value),
)
async def test_every_mishap_has_its_code_and_both_sentences_and_passes(browser, lying, trouble, status):
    async with browser() as page:
        lying.trouble = trouble
        answer = await page.sign()
        assert (answer[0], answer[1]["code"]) == (status, trouble.code)
        assert answer[1]["ja"]
        assert answer[1]["en"]
        lying.trouble = None
        assert (await page.sign())[0] == 200


async def test_a_wrong_pin_says_how_many_tries_are_left_until_the_lock(browser, person, lying):
    person.types = "0000"
    async with browser() as page:
        told = [(await page.sign())[1] for _ in range(4)]
        assert [one["tries_left"] for one in told] == [2, 1, 0, 0]
        assert [one["code"] for one in told] == ["pin_wrong", "pin_wrong", "pin_locked", "pin_locked"]
        assert len(person.asked) == 3, "a locked card asks nobody"
        assert (await page.call("GET", "/v1/status"))[1]["code"] == "pin_locked"
    assert not lying.fake.auth_pin.verified


async def test_a_malformed_pin_costs_no_try(browser, person, lying):
    person.types = "46495"
    async with browser() as page:
        assert (await page.sign())[1]["code"] == "pin_malformed"
    assert lying.fake.auth_pin.left == 3


async def test_a_card_pulled_while_the_person_thinks_ends_the_question(browser, person, lying):
    person.waits = True
    async with browser() as page:
        task = asyncio.create_task(page.sign())
        await asyncio.to_thread(person.thinking.wait)
        lying.gone = errors.CardRemoved()
        assert (await task)[1]["code"] == "card_removed"


async def test_a_second_request_is_told_to_wait(browser, person):
    person.waits = True
    async with browser() as page:
        first = asyncio.create_task(page.sign())
        await asyncio.to_thread(person.thinking.wait)
        for call in (page.sign(), page.call("GET", "/v1/status")):
            status, fields, _ = await call
            assert (status, fields["code"]) == (409, "agent_busy")
        person.waits = False
        assert (await first)[0] == 200


async def test_a_page_that_goes_away_takes_the_question_with_it(browser, person, lying):
    person.waits = True
    async with browser() as page:
        left = asyncio.create_task(page.sign())
        await asyncio.to_thread(person.thinking.wait)
        left.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await left
        person.waits = True
        for _ in range(1000):
            status, fields, _ = await page.call("GET", "/v1/status")
            if status != 409:
                break
        assert (status, fields["tries_left"]) == (200, 3)
    assert not lying.fake.auth_pin.verified


async def test_a_page_that_goes_away_while_the_card_is_looked_at_lets_nobody_in_beside_it(browser, lying):
    """The thread that holds the card cannot be stopped; until it lets go, the next page is told to wait."""
    looking, go_on = threading.Event(), threading.Event()
    find = lying.find

    @contextmanager
    def slowly_at_first():
        if not looking.is_set():
            looking.set()
            go_on.wait(5)
        with find() as held:
            yield held

    lying.find = slowly_at_first
    async with browser() as page:
        left = asyncio.create_task(page.call("GET", "/v1/status"))
        await asyncio.to_thread(looking.wait)
        left.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await left
        statuses = {(await page.call("GET", "/v1/status"))[0] for _ in range(100)}
        go_on.set()
    assert statuses == {409}


async def test_the_pin_is_in_no_log_line_and_no_answer(browser, person):
    with structlog.testing.capture_logs() as lines:
        async with browser() as page:
            answers = [await page.sign()]
            person.types = "1379"
            answers.append(await page.sign())
    shown = repr(lines) + repr(answers)
    assert lines
    assert "4649" not in repr(lines)
    assert "1379" not in shown


async def test_only_the_loopback_listens(browser):
    async with browser() as page:
        port = int(page.address.rpartition(":")[2])
        with pytest.raises(OSError):
            await asyncio.open_connection("127.0.0.2", port)


def test_an_origin_with_a_wildcard_is_not_taken(lying, person):
    for origin in ("*", "https://*.example", "http://portal.example", "null"):
        with pytest.raises(ValueError):
            Agent(CardSession(lying.find, person), [origin])
