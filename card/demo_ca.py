"""A certification authority of our own, shaped like JPKI's, for tests and the demo; never for people.

Its names say JPKI-TEST, its root must be configured as a test root to be believed, and every departure from the
profile that a forger might try can be asked for through `Leaf`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID, ObjectIdentifier

AUTH_POLICY: Final = "1.2.392.200149.8.5.1.3.30"
SIGN_POLICY: Final = "1.2.392.200149.8.5.1.1.20"

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
_BEGINNING: Final = datetime(2019, 9, 14, tzinfo=UTC)
_END: Final = datetime(2039, 9, 14, tzinfo=UTC)


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def usage(
    *, digital_signature: bool = False, non_repudiation: bool = False, ca: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=non_repudiation,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """What a certificate says. The defaults are a good authentication certificate of 2026."""

    not_before: datetime = datetime(2024, 4, 1, tzinfo=UTC)
    not_after: datetime = datetime(2029, 4, 1, tzinfo=UTC)
    common_name: str = "997794E9AGCIEG13221003A"
    serial: int = 0x1234_5678
    policies: Sequence[str] = (AUTH_POLICY,)
    key_usage: x509.KeyUsage | None = field(default_factory=lambda: usage(digital_signature=True))
    ca: bool | None = None
    extended_usage: Sequence[ObjectIdentifier] = ()
    extra: Sequence[tuple[x509.ExtensionType, bool]] = ()
    authority_key_id: bytes | None = None
    digest: hashes.SHA256 | hashes.SHA384 | hashes.SHA512 = field(default_factory=hashes.SHA256)


@dataclass(frozen=True, slots=True)
class DemoCa:
    """A self-signed root and its key. Every CA of one purpose bears the same name, as JPKI's generations do."""

    root: x509.Certificate
    key: Key

    @classmethod
    def create(
        cls,
        purpose: str = "user authentication",
        *,
        key: Key | None = None,
        not_before: datetime = _BEGINNING,
        not_after: datetime = _END,
        serial: int = 1,
    ) -> Self:
        """A new root. `purpose` is part of its name: `user authentication` or `digital signature`."""
        key = key or new_key()
        name = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "JPKI-TEST"),
                x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, f"JPKI for {purpose}"),
            ]
        )
        root = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(serial)
            .not_valid_before(not_before)
            .not_valid_after(not_after)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage(ca=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256() if isinstance(key, rsa.RSAPrivateKey) else hashes.SHA384())
        )
        return cls(root, key)

    @property
    def pem(self) -> bytes:
        return self.root.public_bytes(Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.root.public_bytes(Encoding.DER)

    def issue(self, key: Key, leaf: Leaf | None = None) -> bytes:
        """A certificate for `key`, as DER."""
        leaf = leaf or Leaf()
        subject = [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
            x509.NameAttribute(NameOID.COMMON_NAME, leaf.common_name),
        ]
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name(subject))
            .issuer_name(self.root.subject)
            .public_key(key.public_key())
            .serial_number(leaf.serial)
            .not_valid_before(leaf.not_before)
            .not_valid_after(leaf.not_after)
        )
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        if leaf.authority_key_id is not None:
            authority = x509.AuthorityKeyIdentifier(leaf.authority_key_id, None, None)
        builder = builder.add_extension(authority, critical=False)
        if leaf.key_usage is not None:
            builder = builder.add_extension(leaf.key_usage, critical=True)
        if leaf.policies:
            policies = [x509.PolicyInformation(ObjectIdentifier(oid), None) for oid in leaf.policies]
            builder = builder.add_extension(x509.CertificatePolicies(policies), critical=True)
        if leaf.ca is not None:
            builder = builder.add_extension(
                x509.BasicConstraints(ca=leaf.ca, path_length=None), critical=True
            )
        if leaf.extended_usage:
            builder = builder.add_extension(x509.ExtendedKeyUsage(leaf.extended_usage), critical=False)
        for extension, critical in leaf.extra:
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(self.key, leaf.digest).public_bytes(Encoding.DER)

    def crl(
        self,
        revoked: Sequence[int] = (),
        *,
        at: datetime,
        next_update: datetime | None = None,
        extra: Sequence[tuple[x509.ExtensionType, bool]] = (),
        entries: Sequence[x509.RevokedCertificate] = (),
    ) -> bytes:
        """A revocation list of one day, issued an hour before `at`, as DER."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.root.subject)
            .last_update(at - timedelta(hours=1))
            .next_update(next_update or at + timedelta(hours=23))
            .add_extension(x509.CRLNumber(1), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
            )
        )
        for extension, critical in extra:
            builder = builder.add_extension(extension, critical=critical)
        for serial in revoked:
            entry = (
                x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at - timedelta(days=1))
            )
            builder = builder.add_revoked_certificate(entry.build())
        for given in entries:
            builder = builder.add_revoked_certificate(given)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def ocsp(
        self, leaf: bytes, *, at: datetime, revoked: bool = False, signer: DemoCa | None = None
    ) -> bytes:
        """An answer of a quarter of an hour about `leaf`, as DER; `signer` is for forgeries."""
        signer = signer or self
        builder = ocsp.OCSPResponseBuilder().add_response(
            cert=x509.load_der_x509_certificate(leaf),
            issuer=self.root,
            algorithm=hashes.SHA256(),
            cert_status=ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD,
            this_update=at - timedelta(minutes=1),
            next_update=at + timedelta(minutes=14),
            revocation_time=at - timedelta(days=1) if revoked else None,
            revocation_reason=None,
        )
        return (
            builder.responder_id(ocsp.OCSPResponderEncoding.HASH, signer.root)
            .sign(signer.key, hashes.SHA256())
            .public_bytes(Encoding.DER)
        )
