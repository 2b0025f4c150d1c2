"""The roots that may vouch for a card, pinned by fingerprint, in one store per purpose.

JPKI's roots sign certificates directly, and all generations of a purpose bear one name, so an issuer is found by
trying signatures, never by name. A root for signing certificates never vouches for a login. Loading fails closed:
a file that is unknown, altered or without a known fingerprint stops the start-up instead of being skipped.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from httpkit.named_files import FileUnusable, read_named_file

KindOfRoot = Literal["auth", "sign"]

AUTH_POLICY: Final = "1.2.392.200149.8.5.1.3.30"
"""Policy of JPKI's authentication certificates (jsrsasign's JPKI table; ZeroKeyMate). The signing ones have …1.1.20."""

_MANIFEST: Final = Path(__file__).parent / "roots" / "manifest.toml"
_FILE_ENDINGS: Final = (".pem", ".cer", ".crt", ".der")


class TrustBroken(Exception):
    """The roots cannot be believed as they lie there; the message names the file and what to do. Nobody can log in."""


@dataclass(frozen=True, slots=True)
class PinnedRoot:
    """One believed root. `test` roots exist only where an operator configured them."""

    name: str
    certificate: x509.Certificate
    policies: frozenset[str]
    test: bool = False

    @property
    def key_sha256(self) -> bytes:
        """Hash of the public key: what tells same-named generations apart."""
        info = self.certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return hashlib.sha256(info).digest()

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    def signed(self, leaf: x509.Certificate) -> bool:
        try:
            leaf.verify_directly_issued_by(self.certificate)
        except (ValueError, TypeError, InvalidSignature):
            return False
        return True


@dataclass(frozen=True, slots=True)
class TrustStore:
    """Roots for authentication certificates, and apart from them those for signing certificates.

    The second kind is only ever used to tell a member that the wrong certificate of the right card was sent.
    `missing` names the roots of the manifest for which no file was found.
    """

    auth: tuple[PinnedRoot, ...]
    sign: tuple[PinnedRoot, ...] = ()
    missing: tuple[str, ...] = ()

    def issuer_of(self, leaf: x509.Certificate) -> PinnedRoot | None:
        """The authentication root whose key signed this certificate."""
        return next((root for root in self.auth if root.signed(leaf)), None)

    def is_for_signing(self, leaf: x509.Certificate) -> bool:
        return any(root.signed(leaf) for root in self.sign)


def load_trust(
    folder: Path | None,
    *,
    fingerprints: Mapping[str, str] | None = None,
    test_auth: Sequence[bytes] = (),
    test_sign: Sequence[bytes] = (),
    manifest: Path = _MANIFEST,
) -> TrustStore:
    """Load the roots in `folder` against the manifest, and the test roots (PEM) that were configured on purpose.

    `fingerprints` (name → hex SHA-256 of the DER) states what the manifest does not know yet; it cannot overrule
    what the manifest knows. Raises TrustBroken if anything is amiss or if no authentication root is left.
    """
    facts = {entry["name"]: entry for entry in tomllib.loads(manifest.read_text())["root"]}
    stated = {name: value.replace(":", "").lower() for name, value in (fingerprints or {}).items()}
    if strangers := sorted(set(stated) - set(facts)):
        raise TrustBroken(
            f"fingerprints: no root is called {', '.join(strangers)}; known are {', '.join(facts)}"
        )
    roots: dict[str, PinnedRoot] = {}
    for path in sorted(folder.iterdir()) if folder else ():
        if path.suffix.lower() not in _FILE_ENDINGS:
            continue
        if path.stem not in facts:
            raise TrustBroken(f"{path.name}: not a root of the manifest; rename it or take it away")
        if path.stem in roots:
            raise TrustBroken(f"{path.name}: this root is there twice; take one file away")
        roots[path.stem] = _pinned(path, facts[path.stem], stated.get(path.stem))
    auth = [root for name, root in roots.items() if facts[name]["purpose"] == "auth"]
    sign = [root for name, root in roots.items() if facts[name]["purpose"] == "sign"]
    auth += [_test_root(pem, f"test-auth-{number}") for number, pem in enumerate(test_auth, 1)]
    sign += [_test_root(pem, f"test-sign-{number}") for number, pem in enumerate(test_sign, 1)]
    if not auth:
        raise TrustBroken(
            "no authentication root: put authca02.cer and authca03.cer from https://www.jpki.go.jp/ca/index.html "
            "into the roots folder"
        )
    if {root.key_sha256 for root in auth} & {root.key_sha256 for root in sign}:
        raise TrustBroken("one key is both an authentication and a signing root; they must be apart")
    return TrustStore(tuple(auth), tuple(sign), tuple(name for name in facts if name not in roots))


def read_root(path: Path) -> bytes:
    """A root's file. Raises TrustBroken, which names it."""
    try:
        return read_named_file(path)
    except FileUnusable as fault:
        raise TrustBroken(f"{path.name} {fault}") from None


def _pinned(path: Path, fact: Mapping[str, object], stated: str | None) -> PinnedRoot:
    certificate = _parse(read_root(path), path.name)
    der = certificate.public_bytes(Encoding.DER)
    known = fact.get("sha256")
    if known and stated and stated != known:
        raise TrustBroken(
            f"{path.name}: the stated fingerprint contradicts the manifest's; compare with J-LIS's page"
        )
    expected = known or stated
    if not expected:
        raise TrustBroken(
            f"{path.name}: its fingerprint is not known here; state the one that J-LIS publishes"
        )
    seen = hashlib.sha256(der).hexdigest()
    if seen != expected:
        raise TrustBroken(
            f"{path.name}: SHA-256 is {seen}, expected {expected}; download it again and compare"
        )
    checks: dict[str, tuple[object, object]] = {
        "serial": (certificate.serial_number, int(str(fact["serial"]), 16)),
        # J-LIS states days in Japan's time; comparing days in UTC may differ by one at either end.
        "not_before": (_near(certificate.not_valid_before_utc.date(), fact["not_before"]), True),
        "not_after": (_near(certificate.not_valid_after_utc.date(), fact["not_after"]), True),
    }
    if key_id := fact.get("key_id"):
        checks["key_id"] = (_key_id(certificate), key_id)
    if wrong := [name for name, (is_, should) in checks.items() if is_ != should]:
        raise TrustBroken(
            f"{path.name}: {', '.join(wrong)} differ from the manifest; this is not the root it claims"
        )
    return PinnedRoot(path.stem, certificate, frozenset({AUTH_POLICY}))


def _test_root(pem: bytes, name: str) -> PinnedRoot:
    certificate = _parse(pem, name)
    return PinnedRoot(name, certificate, frozenset({AUTH_POLICY}), test=True)


def _parse(raw: bytes, name: str) -> x509.Certificate:
    try:
        is_pem = raw.lstrip().startswith(b"-----")
        certificate = x509.load_pem_x509_certificate(raw) if is_pem else x509.load_der_x509_certificate(raw)
        certificate.verify_directly_issued_by(certificate)
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound) as broken:
        raise TrustBroken(f"{name}: not a self-signed root certificate ({type(broken).__name__})") from None
    if not constraints.ca:
        raise TrustBroken(f"{name}: not a CA certificate")
    return certificate


def _near(day: date, expected: object) -> bool:
    return isinstance(expected, date) and abs((day - expected).days) <= 1


def _key_id(certificate: x509.Certificate) -> str:
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest.hex()
    except x509.ExtensionNotFound:
        return ""
