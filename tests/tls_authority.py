"""A private TLS authority for tests that need a server's or a client's certificate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.partners.loading.partner_settings import ClientIdentity


@dataclass(frozen=True)
class Authority:
    """A private authority, and what it has issued."""

    folder: Path
    name: str
    _key: ec.EllipticCurvePrivateKey = field(init=False)
    _subject: x509.Name = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _named(self.name)
        issued = _builder(subject, subject, key.public_key()).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        object.__setattr__(self, "_key", key)
        object.__setattr__(self, "_subject", subject)
        self.file.write_bytes(issued.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    @property
    def file(self) -> Path:
        return self.folder / "authority.pem"

    def issue(self, name: str, password: bytes = b"", hosts: Sequence[str] = ()) -> ClientIdentity:
        """A certificate of a day for 127.0.0.1 and `hosts`."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.DNSName(host) for host in hosts]
        address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1")), *names])
        issued = _builder(_named(name), self._subject, key.public_key()).add_extension(address, False)
        certificate, path = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        certificate.write_bytes(
            issued.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        )
        secret = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
        path.write_bytes(
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, secret)
        )
        return ClientIdentity(certificate=certificate, key=path)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
    )
