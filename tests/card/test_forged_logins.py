"""Forged card logins, each refused, and for the right reason; and the one honest login beside them."""

import base64
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric import padding as asymmetric_padding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from card import refusals
from card.client_data import ClientData
from card.demo_ca import SIGN_POLICY, DemoCa, Leaf, new_key, usage
from card.verify import CardResponse, Evidence, Purpose, load_trust

DAY = timedelta(days=1)


def test_an_honest_login_is_accepted(server, respond, certificate):
    verified = server.verify(respond())
    assert len(verified.account_key) == 64
    assert verified.certificate_not_after == x509.load_der_x509_certificate(certificate).not_valid_after_utc
    assert verified.test is True
    assert verified.algorithm == "RSA-2048/SHA-256"


def test_the_account_key_hides_the_serial_number_and_stays_the_same(server, respond, certificate):
    first, second = server.verify(respond()), server.verify(respond())
    serial = x509.load_der_x509_certificate(certificate).serial_number
    assert first.account_key == second.account_key
    assert f"{serial:x}" not in repr(first).lower()
    assert str(serial) not in repr(first)
    other = server.verify(respond(), account_key_secret=b"another secret, also long enough ")
    assert other.account_key != first.account_key


def test_the_same_serial_number_of_another_generation_is_another_account(
    server, respond, certificate, auth_ca, now
):
    next_ca = DemoCa.create(serial=2)
    server.trust = load_trust(None, test_auth=[auth_ca.pem, next_ca.pem])
    first = server.verify(respond())
    server.revocation.answer = Evidence(crls=(next_ca.crl(at=now),))
    key = new_key()
    second = server.verify(respond(certificate=next_ca.issue(key), key=key))
    assert first.account_key != second.account_key


def test_an_account_key_secret_that_is_too_short_is_refused(server, respond):
    with pytest.raises(ValueError, match="32 bytes"):
        server.verify(respond(), account_key_secret=b"short")


# The certificate.


def refused(server, response, reason, **changes):
    with pytest.raises(reason) as refusal:
        server.verify(response, **changes)
    assert type(refusal.value) is reason
    return refusal.value


@pytest.fixture(scope="module")
def other_key():
    return new_key()


def test_a_certificate_of_another_root_is_refused(server, respond, card_key):
    stranger = DemoCa.create("another purpose")
    refused(server, respond(certificate=stranger.issue(card_key)), refusals.IssuerUntrusted)


def test_a_root_with_the_same_name_but_another_key_is_refused(server, respond, card_key, auth_ca):
    impostor = DemoCa.create()
    assert impostor.root.subject == auth_ca.root.subject
    refused(server, respond(certificate=impostor.issue(card_key)), refusals.IssuerUntrusted)


def test_a_self_signed_certificate_is_refused(server, respond):
    own = DemoCa.create()
    refused(server, respond(certificate=own.der, key=own.key), refusals.IssuerUntrusted)


def test_the_pinned_root_itself_is_not_a_card(server, respond, auth_ca):
    refused(server, respond(certificate=auth_ca.der, key=auth_ca.key), refusals.CertificateIsCa)


def test_a_test_certificate_is_refused_where_no_test_root_is_configured(server, respond):
    server.trust = load_trust(None, test_auth=[DemoCa.create().pem])
    refused(server, respond(), refusals.IssuerUntrusted)


def test_a_certificate_below_a_card_is_refused(server, respond, auth_ca, card_key, other_key):
    as_issuer = DemoCa(x509.load_der_x509_certificate(auth_ca.issue(card_key)), card_key)
    refused(server, respond(certificate=as_issuer.issue(other_key), key=other_key), refusals.IssuerUntrusted)


def test_the_signing_certificate_of_the_same_card_is_refused(server, respond, sign_certificate, sign_key):
    refusal = refused(
        server, respond(certificate=sign_certificate, key=sign_key), refusals.SignCertificateUsed
    )
    assert "署名用電子証明書" in refusal.ja


def test_a_signing_certificate_is_refused_even_from_the_authentication_root(
    server, respond, auth_ca, sign_key
):
    both = usage(digital_signature=True, non_repudiation=True)
    leaf = auth_ca.issue(sign_key, Leaf(key_usage=both))
    refused(server, respond(certificate=leaf, key=sign_key), refusals.SignCertificateUsed)


def test_an_authentication_certificate_of_the_signing_root_is_refused(server, respond, sign_ca, card_key):
    refused(server, respond(certificate=sign_ca.issue(card_key)), refusals.SignCertificateUsed)


@pytest.mark.parametrize(
    ("leaf", "reason"),
    [
        pytest.param({"policies": (SIGN_POLICY,)}, refusals.WrongPolicy, id="policy of signing certificates"),
        pytest.param({"policies": ()}, refusals.WrongPolicy, id="no policy"),
        pytest.param({"policies": ("2.5.29.32.0",)}, refusals.WrongPolicy, id="any policy"),
        pytest.param({"key_usage": None}, refusals.WrongKeyUsage, id="no key usage"),
        pytest.param({"key_usage": usage(ca=True)}, refusals.WrongKeyUsage, id="usage of a CA"),
        pytest.param(
            {"key_usage": usage(digital_signature=True, ca=True)}, refusals.WrongKeyUsage, id="usage of both"
        ),
        pytest.param({"ca": True}, refusals.CertificateIsCa, id="a CA certificate"),
        pytest.param(
            {"extended_usage": (ExtendedKeyUsageOID.CODE_SIGNING,)},
            refusals.WrongKeyUsage,
            id="for signing code",
        ),
        pytest.param(
            {"extra": ((x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True),)},
            refusals.CriticalExtensionUnknown,
            id="an unknown critical extension",
        ),
        pytest.param({"digest": hashes.SHA512()}, refusals.AlgorithmRefused, id="signed with another hash"),
    ],
)
def test_a_certificate_that_says_something_else_is_refused(server, respond, auth_ca, card_key, leaf, reason):
    refused(server, respond(certificate=auth_ca.issue(card_key, Leaf(**leaf))), reason)


def test_a_certificate_for_client_authentication_is_accepted(server, respond, auth_ca, card_key):
    leaf = Leaf(extended_usage=(ExtendedKeyUsageOID.CLIENT_AUTH,))
    server.verify(respond(certificate=auth_ca.issue(card_key, leaf)))


def test_an_expired_certificate_is_refused(server, respond, auth_ca, card_key, now):
    leaf = Leaf(not_after=now - timedelta(seconds=1))
    refusal = refused(server, respond(certificate=auth_ca.issue(card_key, leaf)), refusals.CertificateExpired)
    assert "更新" in refusal.ja


def test_a_certificate_is_good_to_its_last_second(server, respond, auth_ca, card_key, now):
    server.verify(respond(certificate=auth_ca.issue(card_key, Leaf(not_after=now))))


def test_a_certificate_from_tomorrow_is_refused(server, respond, auth_ca, card_key, now):
    leaf = Leaf(not_before=now + timedelta(seconds=1))
    refused(server, respond(certificate=auth_ca.issue(card_key, leaf)), refusals.CertificateNotYetValid)


def test_a_certificate_of_an_expired_root_is_refused(server, respond, card_key, now):
    old = DemoCa.create(not_after=now - DAY)
    server.trust = load_trust(None, test_auth=[old.pem])
    refused(server, respond(certificate=old.issue(card_key)), refusals.IssuerOutsideValidity)


@pytest.mark.parametrize("size", [1024, 3072])
def test_a_key_of_another_size_is_refused(server, respond, auth_ca, size):
    key = rsa.generate_private_key(65537, size)
    refused(server, respond(certificate=auth_ca.issue(key), key=key), refusals.AlgorithmRefused)


def test_a_key_on_another_curve_is_refused(server, auth_ca):
    key = ec.generate_private_key(ec.SECP256R1())
    client_data = ClientData(Purpose.LOGIN, server.ask(), "https://portal.example").to_bytes()
    response = CardResponse(client_data, auth_ca.issue(key), key.sign(client_data, ec.ECDSA(hashes.SHA256())))
    refused(server, response, refusals.AlgorithmRefused)


def test_the_announced_card_with_a_p384_key_is_accepted(server, auth_ca):
    key = ec.generate_private_key(ec.SECP384R1())
    client_data = ClientData(Purpose.LOGIN, server.ask(), "https://portal.example").to_bytes()
    response = CardResponse(client_data, auth_ca.issue(key), key.sign(client_data, ec.ECDSA(hashes.SHA384())))
    assert server.verify(response).algorithm == "ECDSA-384/SHA-384"


@pytest.mark.parametrize("cut", [1, 10, 400, -1])
def test_a_truncated_certificate_is_refused(server, respond, certificate, cut):
    short = certificate[:-cut] if cut > 0 else certificate[:2]
    refused(server, respond(certificate=short), refusals.CertificateMalformed)


def test_a_certificate_with_something_behind_it_is_refused(server, respond, certificate):
    refused(server, respond(certificate=certificate + b"\x00"), refusals.CertificateMalformed)


def test_a_certificate_with_one_bit_turned_is_refused(server, respond, certificate):
    at = certificate.index(b"997794E9")
    altered = certificate[:at] + b"8" + certificate[at + 1 :]
    refused(server, respond(certificate=altered), refusals.IssuerUntrusted)


def test_a_huge_certificate_is_refused_unread(server, respond):
    refused(server, respond(certificate=b"\x30" * 9000), refusals.CertificateMalformed)


def test_a_certificate_with_an_extension_twice_is_refused(server, respond, auth_ca, card_key):
    twice = ObjectIdentifier("1.2.3.4"), ObjectIdentifier("1.2.3.5")
    extra = tuple((x509.UnrecognizedExtension(oid, b"\x05\x00"), False) for oid in twice)
    der = auth_ca.issue(card_key, Leaf(extra=extra))
    doubled = der.replace(b"\x06\x03\x2a\x03\x05", b"\x06\x03\x2a\x03\x04")
    assert doubled != der
    refused(server, respond(certificate=doubled), refusals.CertificateMalformed)


# The signature.


def test_the_signature_of_another_card_is_refused(server, respond, other_key):
    refused(server, respond(key=other_key), refusals.SignatureWrong)


def test_a_signature_over_another_hash_is_refused(server, respond, card_key):
    response = respond()
    signature = card_key.sign(response.client_data, asymmetric_padding.PKCS1v15(), hashes.SHA1())
    refused(server, replace(response, signature=signature), refusals.SignatureWrong)


def test_a_signature_with_pss_padding_is_refused(server, respond, card_key):
    response = respond()
    pss = asymmetric_padding.PSS(asymmetric_padding.MGF1(hashes.SHA256()), 32)
    signature = card_key.sign(response.client_data, pss, hashes.SHA256())
    refused(server, replace(response, signature=signature), refusals.SignatureWrong)


@pytest.mark.parametrize(
    "signature", [b"\x00" * 256, b"\x00", b"\x00" * 255 + b"\x01", b"\xff" * 256, b"\x01" * 512]
)
def test_a_signature_made_of_nothing_is_refused(server, respond, signature):
    refused(server, replace(respond(), signature=signature), refusals.SignatureWrong)


def test_a_signature_with_a_zero_in_front_is_refused(server, respond):
    response = respond()
    refused(server, replace(response, signature=b"\x00" + response.signature), refusals.SignatureWrong)


# What was signed.


def test_a_replayed_login_is_refused(server, respond):
    response = respond()
    server.verify(response)
    refused(server, response, refusals.ChallengeUnknown)


def test_a_challenge_we_never_made_is_refused(server, respond):
    refused(server, respond(challenge="A" * 43), refusals.ChallengeUnknown)


def test_a_login_after_two_minutes_is_refused(server, respond):
    response = respond()
    server.clock.now += timedelta(minutes=2)
    refused(server, response, refusals.ChallengeExpired)


def test_a_login_just_before_two_minutes_is_accepted(server, respond):
    response = respond()
    server.clock.now += timedelta(seconds=119, milliseconds=999)
    server.verify(response)


def test_a_refused_login_uses_its_challenge_up(server, respond, other_key):
    challenge = server.ask()
    refused(server, respond(challenge=challenge, key=other_key), refusals.SignatureWrong)
    refused(server, respond(challenge=challenge), refusals.ChallengeUnknown)


def test_another_browsers_login_is_refused(server, respond):
    refused(server, respond(), refusals.ChallengeOfAnotherSession, session="browser-2")


def test_a_signature_made_for_another_site_is_refused(server, respond):
    refusal = refused(server, respond(origin="https://portal.example.evil.test"), refusals.WrongOrigin)
    assert "サイト名" in refusal.ja


@pytest.mark.parametrize(
    ("origin", "reason"),
    [
        ("http://portal.example", refusals.ResponseMalformed),
        ("https://portal.example:8443", refusals.WrongOrigin),
        ("https://portal.exampl", refusals.WrongOrigin),
        ("https://portal.example/", refusals.ResponseMalformed),
        ("https://Portal.example", refusals.ResponseMalformed),
        ("null", refusals.ResponseMalformed),
    ],
)
def test_a_neighbouring_origin_is_not_ours(server, respond, origin, reason):
    refused(server, respond(origin=origin), reason)


def test_a_registration_does_not_pass_for_a_login(server, respond):
    refused(server, respond(purpose=Purpose.REGISTER), refusals.WrongPurpose)


def test_a_challenge_for_a_registration_does_not_pass_for_a_login(server, respond):
    refused(server, respond(challenge=server.ask(Purpose.REGISTER)), refusals.WrongPurpose)


def test_altered_client_data_are_refused(server, respond):
    response = respond()
    fresh = ClientData(Purpose.LOGIN, server.ask(), "https://portal.example").to_bytes()
    refused(server, replace(response, client_data=fresh), refusals.SignatureWrong)


def spellings(raw):
    fields = json.loads(raw)
    yield json.dumps(fields).encode()
    yield raw + b" "
    yield b"\xef\xbb\xbf" + raw
    yield raw[:-1] + b',"more":"x"}'
    yield raw[:-1] + b',"type":"point-gateway.login"}'
    yield raw.replace(b"point-gateway", b"\\u0070oint-gateway")
    yield json.dumps({**fields, "challenge": 1}, separators=(",", ":"), sort_keys=True).encode()
    yield json.dumps(
        {**fields, "type": "point-gateway.other"}, separators=(",", ":"), sort_keys=True
    ).encode()
    yield json.dumps({**fields, "challenge": "short"}, separators=(",", ":"), sort_keys=True).encode()
    yield json.dumps({**fields, "origin": "portal.example"}, separators=(",", ":"), sort_keys=True).encode()
    yield json.dumps([fields]).encode()
    yield b"[" * 1000
    yield b"\xff\xfe"
    yield b"x" * 5000


@pytest.mark.parametrize("number", range(14))
def test_client_data_in_any_other_spelling_are_refused(server, respond, card_key, certificate, number):
    raw = list(spellings(respond().client_data))[number]
    signature = card_key.sign(raw, asymmetric_padding.PKCS1v15(), hashes.SHA256())
    refused(server, CardResponse(raw, certificate, signature), refusals.ResponseMalformed)


# The envelope.


def test_a_response_travels_as_json_and_back(server, respond):
    response = respond()
    server.verify(CardResponse.from_json(response.to_json()))


def test_a_body_of_a_megabyte_is_refused_unread():
    with pytest.raises(refusals.ResponseTooLarge):
        CardResponse.from_json(b"[" * 1_000_000)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"\xff",
        b"[" * 10_000,
        b'{"client_data":"YQ","certificate":"YQ"}',
        b'{"client_data":"YQ","certificate":"YQ","signature":1}',
        b'{"client_data":"YQ","certificate":"YQ","signature":""}',
        b'{"client_data":"YQ","certificate":"YQ","signature":"YQ=="}',
        b'{"client_data":"YQ","certificate":"YQ","signature":"Y*"}',
        b'{"client_data":"YQ","certificate":"YQ","signature":"YR"}',
        '{"client_data":"YQ","certificate":"YQ","signature":"あ"}'.encode(),
        b'{"client_data":"YQ","certificate":"YQ","signature":"YQ","algorithm":"none"}',
    ],
)
def test_a_body_of_another_shape_is_refused(body):
    with pytest.raises(refusals.ResponseMalformed):
        CardResponse.from_json(body)


def test_a_refusal_shows_nothing_of_the_holder(server, respond, certificate):
    serial = str(x509.load_der_x509_certificate(certificate).serial_number)
    holder = (
        x509.load_der_x509_certificate(certificate)
        .subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0]
        .value
    )
    response = respond()
    shown = repr(response)
    for refusal in (
        refused(server, replace(response, signature=b"\x00" * 256), refusals.SignatureWrong),
        refused(server, response, refusals.ChallengeUnknown),
    ):
        shown += str(refusal) + repr(refusal)
    assert serial not in shown
    assert holder not in shown  # type: ignore[operator]
    assert base64.b64encode(certificate[:30]).decode() not in shown
