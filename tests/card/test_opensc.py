"""OpenSC, which nobody here wrote, takes our virtual card for a JPKI card, reads it and signs with it."""

import os
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding


@pytest.fixture
def opensc(pcsc, issue_card):
    pcsc.insert(issue_card())

    def run(*argv):
        done = subprocess.run(argv, capture_output=True, env=os.environ, check=False, timeout=60)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    return run


def test_opensc_says_it_is_a_jpki_card(opensc):
    assert opensc("opensc-tool", "-n").strip() == b"jpki"


def test_opensc_lists_both_pins_with_their_tries(opensc):
    listed = opensc("pkcs15-tool", "--list-pins").decode()
    assert "User Authentication PIN" in listed
    assert "Digital Signature PIN" in listed
    assert "Tries left     : 3" in listed


def test_opensc_reads_the_certificate_that_the_town_hall_put_there(opensc, certificate):
    pem = opensc("pkcs15-tool", "--read-certificate", "1")
    assert x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER) == certificate


def test_opensc_signs_with_the_card_and_openssl_verifies(opensc, certificate, tmp_path):
    message, signature, public = (tmp_path / name for name in ("message", "signature", "public.pem"))
    message.write_bytes("笠間応援ポイント".encode())
    opensc(
        *(
            "pkcs11-tool",
            "--login",
            "--pin",
            "4649",
            "--sign",
            "--mechanism",
            "SHA256-RSA-PKCS",
            "--id",
            "01",
        ),
        *("--input-file", str(message), "--output-file", str(signature)),
    )
    from cryptography.hazmat.primitives.serialization import PublicFormat

    key = x509.load_der_x509_certificate(certificate).public_key()
    public.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    verdict = opensc("openssl", "dgst", "-sha256", "-verify", public, "-signature", signature, message)
    assert verdict.strip() == b"Verified OK"


def test_opensc_is_told_how_many_tries_a_wrong_pin_left(pcsc, issue_card):
    card = issue_card()
    pcsc.insert(card)
    done = subprocess.run(
        ["pkcs11-tool", "--login", "--pin", "0000", "--list-objects"],
        capture_output=True,
        env=os.environ,
        check=False,
        timeout=60,
    )
    assert done.returncode != 0
    assert b"CKR_PIN_INCORRECT" in done.stderr
    assert card.auth_pin.left == 2
