"""Signature algorithms as data: today's card, and the one that has been announced.

Today: RSA-2048, e = 65537, PKCS #1 v1.5 over SHA-256. Announced for the next card: ECDSA on P-384 with SHA-384
(the Digital Agency's task force, 2024-03-18). The server takes the algorithm from the certified key, never from
the message. Nothing else in the package names a hash or a key size.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

Kind = Literal["rsa", "ecdsa"]

_HASHES: Final[dict[str, type[hashes.HashAlgorithm]]] = {"sha256": hashes.SHA256, "sha384": hashes.SHA384}


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One way to sign. `key_bits` is exact; `certificate_oid` names the same algorithm inside certificates.

    `digest_info_prefix` (hex) precedes the digest where the card pads PKCS #1 v1.5 itself (RFC 8017, 9.2, note 1).
    `signature_bytes` is the length of the signature; 0 where it varies (DER-coded ECDSA).
    """

    name: str
    kind: Kind
    key_bits: int
    digest: str
    certificate_oid: str
    signature_bytes: int
    digest_info_prefix: str = ""

    def digest_of(self, message: bytes) -> bytes:
        return hashlib.new(self.digest, message).digest()

    def to_be_signed(self, digest: bytes) -> bytes:
        """What the card gets: DigestInfo for RSA, the bare digest for ECDSA. Raises ValueError on a wrong length."""
        if len(digest) != hashlib.new(self.digest).digest_size:
            raise ValueError(f"{self.name} signs a {self.digest} digest")
        return bytes.fromhex(self.digest_info_prefix) + digest

    def fits(self, key: CertificatePublicKeyTypes) -> bool:
        if self.kind == "rsa":
            return (
                isinstance(key, rsa.RSAPublicKey)
                and key.key_size == self.key_bits
                and key.public_numbers().e == 65537
            )
        return isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == f"secp{self.key_bits}r1"

    def verifies(self, key: CertificatePublicKeyTypes, signature: bytes, message: bytes) -> bool:
        """Whether `signature` is `key`'s over `message`. `key` must be one that `fits`."""
        if self.signature_bytes and len(signature) != self.signature_bytes:
            return False
        chosen_hash = _HASHES[self.digest]()
        try:
            if isinstance(key, rsa.RSAPublicKey):
                key.verify(signature, message, padding.PKCS1v15(), chosen_hash)
            elif isinstance(key, ec.EllipticCurvePublicKey):
                key.verify(signature, message, ec.ECDSA(chosen_hash))
            else:
                return False
        except InvalidSignature:
            return False
        return True


RSA_2048_SHA256: Final = Algorithm(
    name="RSA-2048/SHA-256",
    kind="rsa",
    key_bits=2048,
    digest="sha256",
    certificate_oid="1.2.840.113549.1.1.11",
    signature_bytes=256,
    digest_info_prefix="3031300d060960864801650304020105000420",
)
ECDSA_P384_SHA384: Final = Algorithm(
    name="ECDSA-384/SHA-384",
    kind="ecdsa",
    key_bits=384,
    digest="sha384",
    certificate_oid="1.2.840.10045.4.3.3",
    signature_bytes=0,
)

ALGORITHMS: Final[tuple[Algorithm, ...]] = (RSA_2048_SHA256, ECDSA_P384_SHA384)


def algorithm_for(
    key: CertificatePublicKeyTypes, allowed: Sequence[Algorithm] = ALGORITHMS
) -> Algorithm | None:
    """The one algorithm this key may sign with, or None where the key is of no allowed kind or size."""
    return next((algorithm for algorithm in allowed if algorithm.fits(key)), None)
