"""Is this a certificate that proves who holds the card? Chain by signature, then dates, then what it says of itself.

JPKI's hierarchy has one tier: a pinned root signs the card's certificate. So there is no path to build and no
certificate taken from the card or the message is ever believed. Revocation is asked in `revocation`.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from card.algorithms import Algorithm, algorithm_for
from card.refusals import (
    AlgorithmRefused,
    CertificateExpired,
    CertificateIsCa,
    CertificateMalformed,
    CertificateNotYetValid,
    CriticalExtensionUnknown,
    IssuerOutsideValidity,
    IssuerUntrusted,
    SignCertificateUsed,
    WrongKeyUsage,
    WrongPolicy,
)
from card.trust import PinnedRoot, TrustStore

MAX_CERTIFICATE_LENGTH: Final = 8192
E = TypeVar("E", bound=x509.ExtensionType)

_UNDERSTOOD: Final = {
    ExtensionOID.BASIC_CONSTRAINTS,
    ExtensionOID.KEY_USAGE,
    ExtensionOID.EXTENDED_KEY_USAGE,
    ExtensionOID.CERTIFICATE_POLICIES,
    ExtensionOID.CRL_DISTRIBUTION_POINTS,
    ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
    ExtensionOID.SUBJECT_KEY_IDENTIFIER,
}


@dataclass(frozen=True, slots=True, repr=False)
class CheckedCertificate:
    """A good authentication certificate with the root that vouches for it; the serial number stays inside."""

    leaf: x509.Certificate
    root: PinnedRoot
    algorithm: Algorithm

    def account_key(self, secret: bytes) -> str:
        """HMAC-SHA-256 over issuer and serial, as 64 hex digits; without `secret` nobody can search it by serial.

        The issuer goes in by its key as well as its name, for generations share the name and number on their own.
        `secret` has at least 32 bytes and can never change: every account hangs on it. Raises ValueError.
        """
        if len(secret) < 32:
            raise ValueError("the account key secret has at least 32 bytes")
        issuer = hashlib.sha256(self.leaf.issuer.public_bytes()).digest() + self.root.key_sha256
        serial = self.leaf.serial_number
        number = serial.to_bytes((serial.bit_length() + 7) // 8)
        return hmac.new(secret, b"point-gateway card account 1\x00" + issuer + number, "sha256").hexdigest()


def check_certificate(
    der: bytes, *, trust: TrustStore, at: datetime, algorithms: Sequence[Algorithm]
) -> CheckedCertificate:
    """Check everything a certificate can tell without asking anybody. Raises a CertificateRefused."""
    if len(der) > MAX_CERTIFICATE_LENGTH:
        raise CertificateMalformed(f"{len(der)} bytes")
    try:
        leaf = x509.load_der_x509_certificate(der)
        extensions = leaf.extensions
        key = leaf.public_key()
    except Exception as broken:  # noqa: BLE001 - whatever a parser says of a stranger's bytes, they are refused
        raise CertificateMalformed(type(broken).__name__) from None
    root = trust.issuer_of(leaf)
    if root is None:
        if trust.is_for_signing(leaf):
            raise SignCertificateUsed
        raise IssuerUntrusted
    algorithm = algorithm_for(key, algorithms)
    if algorithm is None:
        raise AlgorithmRefused("the certified key is of a kind or size that is not allowed")
    if leaf.signature_algorithm_oid.dotted_string not in {allowed.certificate_oid for allowed in algorithms}:
        raise AlgorithmRefused(f"the certificate is signed with {leaf.signature_algorithm_oid.dotted_string}")
    _check_dates(leaf, root, at)
    _check_role(extensions, root)
    return CheckedCertificate(leaf, root, algorithm)


def _check_dates(leaf: x509.Certificate, root: PinnedRoot, at: datetime) -> None:
    if at < leaf.not_valid_before_utc:
        raise CertificateNotYetValid
    if at > leaf.not_valid_after_utc:
        raise CertificateExpired
    if not root.certificate.not_valid_before_utc <= at <= root.certificate.not_valid_after_utc:
        raise IssuerOutsideValidity(root.name)


def _check_role(extensions: x509.Extensions, root: PinnedRoot) -> None:
    for extension in extensions:
        if extension.critical and extension.oid not in _UNDERSTOOD:
            raise CriticalExtensionUnknown(extension.oid.dotted_string)
    constraints = _find(extensions, x509.BasicConstraints)
    if constraints is not None and constraints.ca:
        raise CertificateIsCa
    usage = _find(extensions, x509.KeyUsage)
    if usage is None:
        raise WrongKeyUsage("no key usage")
    if usage.content_commitment:
        raise SignCertificateUsed("its key usage is non-repudiation")
    others = (
        usage.key_encipherment,
        usage.data_encipherment,
        usage.key_agreement,
        usage.key_cert_sign,
        usage.crl_sign,
    )
    if not usage.digital_signature or any(others):
        raise WrongKeyUsage("a card's authentication key is for digital signatures and nothing else")
    extended = _find(extensions, x509.ExtendedKeyUsage)
    if extended is not None and ExtendedKeyUsageOID.CLIENT_AUTH not in extended:
        raise WrongKeyUsage("an extended key usage without client authentication")
    policies = _find(extensions, x509.CertificatePolicies)
    stated = {policy.policy_identifier.dotted_string for policy in policies or ()}
    if not stated & root.policies:
        raise WrongPolicy(f"policies {', '.join(sorted(stated)) or 'none'}")


def _find(extensions: x509.Extensions, kind: type[E]) -> E | None:
    try:
        return extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
