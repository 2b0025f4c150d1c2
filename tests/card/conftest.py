"""A test CA, keys and cards. Keys are made once per run: RSA-2048 takes a tenth of a second each."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from card.agent.prompt import window_command
from card.client_data import ClientData
from card.demo_ca import SIGN_POLICY, DemoCa, Leaf, new_key, usage
from card.fake import FakeCard
from card.verify import CardResponse, Evidence, MemoryNonces, Purpose, ask, load_trust, verify_login


@pytest.fixture(scope="session")
def auth_ca():
    return DemoCa.create()


@pytest.fixture(scope="session")
def sign_ca():
    return DemoCa.create("digital signature")


@pytest.fixture(scope="session")
def card_key():
    return new_key()


@pytest.fixture(scope="session")
def sign_key():
    return new_key()


@pytest.fixture(scope="session")
def certificate(auth_ca, card_key):
    return auth_ca.issue(card_key)


@pytest.fixture(scope="session")
def sign_certificate(sign_ca, sign_key):
    both = usage(digital_signature=True, non_repudiation=True)
    return sign_ca.issue(sign_key, Leaf(policies=(SIGN_POLICY,), key_usage=both, serial=77))


@pytest.fixture
def issue_card(auth_ca, card_key, certificate, sign_certificate, sign_key):
    """Hand out a fresh card with PIN 4649; keyword arguments replace what `FakeCard.issue` takes."""

    def issue(**changes):
        values = {
            "pin": "4649",
            "certificate": certificate,
            "key": card_key,
            "ca": auth_ca.der,
            "sign_certificate": sign_certificate,
            "sign_key": sign_key,
        }
        return FakeCard.issue(**(values | changes))

    return issue


sys.path.insert(0, str(Path(__file__).parent))

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
ORIGIN = "https://portal.example"
SECRET = b"a secret of thirty-two bytes .. " * 2


class Clock:
    def __init__(self, now):
        self.now = now

    def __call__(self):
        return self.now


class Told:
    """A revocation source that says what it is told to, and remembers being asked."""

    def __init__(self, evidence):
        self.answer = evidence
        self.asked = 0

    def evidence(self, leaf, issuer, /):
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Server:
    """The server half set up once per test; `login` goes from a signed response to the verdict."""

    def __init__(self, trust, revocation):
        self.clock = Clock(NOW)
        self.nonces = MemoryNonces(self.clock)
        self.trust = trust
        self.revocation = revocation

    def ask(self, purpose=Purpose.LOGIN, session="browser-1"):
        return ask(self.nonces, purpose=purpose, session=session, now=self.clock()).value

    def verify(self, response, **changes):
        values = {
            "purpose": Purpose.LOGIN,
            "session": "browser-1",
            "origin": ORIGIN,
            "nonces": self.nonces,
            "trust": self.trust,
            "revocation": self.revocation,
            "clock": self.clock,
            "account_key_secret": SECRET,
        }
        return verify_login(response, **(values | changes))


@pytest.fixture(scope="session")
def good_crl(auth_ca):
    return auth_ca.crl(at=NOW)


@pytest.fixture(scope="session")
def trust(auth_ca, sign_ca):
    return load_trust(None, test_auth=[auth_ca.pem], test_sign=[sign_ca.pem])


@pytest.fixture
def server(trust, good_crl):
    return Server(trust, Told(Evidence(crls=(good_crl,))))


def signed_response(client_data, certificate, key):
    signature = key.sign(client_data, padding.PKCS1v15(), hashes.SHA256())
    return CardResponse(client_data, certificate, signature)


@pytest.fixture
def respond(server, certificate, card_key):
    """A card's response to a fresh challenge; keyword arguments forge one part or another before signing."""

    def make(*, certificate=certificate, key=card_key, purpose=Purpose.LOGIN, challenge=None, origin=ORIGIN):
        challenge = server.ask(purpose) if challenge is None else challenge
        return signed_response(ClientData(purpose, challenge, origin).to_bytes(), certificate, key)

    return make


@pytest.fixture
def now():
    return NOW


@pytest.fixture(scope="session")
def pcsc_daemon():
    """A real pcscd with virtual readers, one per test process; skipped by name where a package is missing."""
    from pcsc_stack import PcscStack, missing

    if lacking := missing():
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI must have it: {lacking}")
        pytest.skip(f"needs {lacking}")
    stack = PcscStack()
    stack.start()
    yield stack
    stack.stop()


@pytest.fixture
def pcsc(pcsc_daemon):
    """The stack with empty readers."""
    pcsc_daemon.empty()
    yield pcsc_daemon
    pcsc_daemon.empty()


@pytest.fixture(scope="session")
def display():
    """A display of our own; skipped by name where Xvfb, xdotool or tkinter is missing."""
    lacking = [f"apt package {name.lower()}" for name in ("Xvfb", "xdotool") if not shutil.which(name)]
    reading, writing = os.pipe()
    if not lacking:
        server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1024x768x24", "-nolisten", "tcp"],
            pass_fds=[writing],
            stderr=subprocess.DEVNULL,
        )
        os.close(writing)
        os.environ["DISPLAY"] = f":{os.read(reading, 16).decode().strip()}"
        if window_command() is None:
            lacking.append("apt package python3-tk")
    if lacking:
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI must have it: {lacking}")
        pytest.skip(f"needs {', '.join(lacking)}")
    yield os.environ["DISPLAY"]
    os.environ.pop("DISPLAY")
    os.close(reading)
    server.terminate()
    server.wait()


@pytest.fixture
async def chromium(display):
    executable = shutil.which("chromium")
    if executable is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI must have it: apt package chromium")
        pytest.skip("needs apt package chromium")
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield browser
        await browser.close()
