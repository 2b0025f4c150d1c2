"""A test CA, keys and cards. Keys are made once per run: RSA-2048 takes a tenth of a second each."""

from __future__ import annotations

import pytest

from card.demo_ca import SIGN_POLICY, DemoCa, Leaf, new_key, usage
from card.fake import FakeCard


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
        given = {
            "pin": "4649",
            "certificate": certificate,
            "key": card_key,
            "ca": auth_ca.der,
            "sign_certificate": sign_certificate,
            "sign_key": sign_key,
        }
        return FakeCard.issue(**(given | changes))

    return issue
