"""Was the certificate revoked? Evidence comes through an interface; without believable evidence nobody gets in.

JPKI's CRLs and OCSP answers are for operators certified by the minister; everybody else asks such an operator.
So where the bytes come from is the gateway's choice (`RevocationSource`), and what they must prove is decided here:
signed by the very root that signed the certificate, in force at the moment of the login, about this certificate.
One piece of evidence that cannot be believed is an outage, not a reason to look at the next.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPublicKeyTypes
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from card.algorithms import ALGORITHMS, algorithm_for
from card.refusals import CertificateRevoked, RevocationUnknown
from httpkit.named_files import FileUnusable, read_named_file

_CRL_UNDERSTOOD: Final = {ExtensionOID.CRL_NUMBER, ExtensionOID.AUTHORITY_KEY_IDENTIFIER}
_SKEW: Final = timedelta(seconds=60)
MAX_CRL_BYTES: Final = 256 * 1024 * 1024
"""An authority of a whole country has listed millions of certificates."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a source knows about one certificate: complete CRLs and OCSP answers, each as DER."""

    crls: tuple[bytes, ...] = ()
    ocsp_answers: tuple[bytes, ...] = ()


class RevocationSource(Protocol):
    """Finds evidence for one certificate (DER) of one issuer (DER). May block; may raise OSError or TimeoutError.

    Give what there is and judge nothing: an empty Evidence refuses the login just as an error does.
    """

    def evidence(self, leaf: bytes, issuer: bytes, /) -> Evidence: ...


def ask_source(source: RevocationSource, leaf: bytes, issuer: bytes) -> Evidence:
    """The source's evidence. Raises RevocationUnknown where it cannot be had."""
    try:
        return source.evidence(leaf, issuer)
    except (OSError, TimeoutError) as outage:
        raise RevocationUnknown(f"the revocation source failed: {type(outage).__name__}") from outage


def check_revocation(
    leaf: x509.Certificate, issuer: x509.Certificate, evidence: Evidence, at: datetime
) -> None:
    """Return if the evidence proves the certificate good at `at`.

    Raises CertificateRevoked, or RevocationUnknown where evidence is missing, stale or not the issuer's.
    """
    if not evidence.crls and not evidence.ocsp_answers:
        raise RevocationUnknown("no evidence")
    revoked = [_crl_revokes(der, leaf, issuer, at) for der in evidence.crls]
    revoked += [_ocsp_revokes(der, leaf, issuer, at) for der in evidence.ocsp_answers]
    if any(revoked):
        raise CertificateRevoked


def _crl_revokes(der: bytes, leaf: x509.Certificate, issuer: x509.Certificate, at: datetime) -> bool:
    try:
        crl = x509.load_der_x509_crl(der)
        signed = crl.issuer == issuer.subject and crl.is_signature_valid(_signing_key(issuer))
        extensions = list(crl.extensions)
        entry = crl.get_revoked_certificate_by_serial_number(leaf.serial_number)
        if entry is not None:
            list(entry.extensions)
    except Exception:  # whatever a parser says of it, it proves nothing  # noqa: BLE001
        raise RevocationUnknown("a CRL that cannot be read") from None
    if not signed:
        raise RevocationUnknown("a CRL that the certificate's issuer did not sign")
    if crl.signature_algorithm_oid.dotted_string not in {allowed.certificate_oid for allowed in ALGORITHMS}:
        raise RevocationUnknown("a CRL signed with an algorithm that is not allowed")
    for extension in extensions:
        if isinstance(extension.value, x509.IssuingDistributionPoint):
            _check_scope(extension.value, leaf)
        elif isinstance(extension.value, x509.DeltaCRLIndicator) or (
            extension.critical and extension.oid not in _CRL_UNDERSTOOD
        ):
            raise RevocationUnknown(f"a CRL with {extension.oid.dotted_string}")
    _check_in_force(crl.last_update_utc, crl.next_update_utc, at, "a CRL")
    return entry is not None


def _check_scope(scope: x509.IssuingDistributionPoint, leaf: x509.Certificate) -> None:
    """A partial CRL counts only if the certificate itself names that part (RFC 5280, 6.3.3 b)."""
    if scope.only_contains_ca_certs or scope.only_contains_attribute_certs or scope.indirect_crl:
        raise RevocationUnknown("a CRL that is not about this kind of certificate")
    if scope.only_some_reasons:
        raise RevocationUnknown("a CRL of some reasons only")
    if scope.full_name is None and scope.relative_name is None:
        return
    try:
        points = leaf.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        points = x509.CRLDistributionPoints([])
    named = {name for point in points for name in point.full_name or ()}
    if not named.intersection(scope.full_name or ()):
        raise RevocationUnknown("a partial CRL that does not cover this certificate")


def _ocsp_revokes(der: bytes, leaf: x509.Certificate, issuer: x509.Certificate, at: datetime) -> bool:
    try:
        answer = ocsp.load_der_ocsp_response(der)
        if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise RevocationUnknown(f"OCSP answered {answer.response_status.name}")
        statements = [response for response in answer.responses if _is_about(response, leaf, issuer)]
        responder = _responder(answer, issuer, at)
        _verify_ocsp(answer, responder)
    except RevocationUnknown:
        raise
    except Exception:  # as above  # noqa: BLE001
        raise RevocationUnknown("an OCSP answer that cannot be read or believed") from None
    if not statements:
        raise RevocationUnknown("an OCSP answer about another certificate")
    for one in statements:
        _check_in_force(one.this_update_utc, one.next_update_utc, at, "an OCSP answer")
        if one.certificate_status is ocsp.OCSPCertStatus.UNKNOWN:
            raise RevocationUnknown("OCSP does not know this certificate")
    return any(statement.certificate_status is ocsp.OCSPCertStatus.REVOKED for statement in statements)


def _is_about(one: ocsp.OCSPSingleResponse, leaf: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Compare serial, issuer name and issuer key: same-named generations may use one serial number each."""
    request = ocsp.OCSPRequestBuilder().add_certificate(leaf, issuer, one.hash_algorithm).build()
    return (
        one.serial_number == request.serial_number
        and one.issuer_name_hash == request.issuer_name_hash
        and one.issuer_key_hash == request.issuer_key_hash
    )


def _responder(answer: ocsp.OCSPResponse, issuer: x509.Certificate, at: datetime) -> x509.Certificate:
    """The issuer itself, or a responder it certified for OCSP alone (RFC 6960, 4.2.2.2)."""
    key_hash = x509.SubjectKeyIdentifier.from_public_key(issuer.public_key()).digest
    if answer.responder_key_hash == key_hash or answer.responder_name == issuer.subject:
        return issuer
    for delegate in answer.certificates:
        try:
            delegate.verify_directly_issued_by(issuer)
            purposes = delegate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        except Exception:  # whatever is wrong with it, it is not a responder  # noqa: BLE001, S112
            continue
        in_force = delegate.not_valid_before_utc <= at <= delegate.not_valid_after_utc
        if in_force and ExtendedKeyUsageOID.OCSP_SIGNING in purposes:
            return delegate
    raise RevocationUnknown("an OCSP answer of a responder the issuer did not certify")


def _verify_ocsp(answer: ocsp.OCSPResponse, responder: x509.Certificate) -> None:
    key = responder.public_key()
    algorithm = algorithm_for(key)
    if algorithm is None or answer.signature_algorithm_oid.dotted_string != algorithm.certificate_oid:
        raise RevocationUnknown("an OCSP answer signed with an algorithm that is not allowed")
    if not algorithm.verifies(key, answer.signature, answer.tbs_response_bytes):
        raise RevocationUnknown("an OCSP answer with a wrong signature")


def _check_in_force(this: datetime, following: datetime | None, at: datetime, what: str) -> None:
    if following is None:
        raise RevocationUnknown(f"{what} without an end")
    if not this - _SKEW <= at <= following:
        raise RevocationUnknown(f"{what} in force {this:%Y-%m-%d %H:%M}..{following:%Y-%m-%d %H:%M} UTC")


def _signing_key(issuer: x509.Certificate) -> CertificateIssuerPublicKeyTypes:
    key = issuer.public_key()
    if algorithm_for(key) is None:
        raise ValueError("the issuer's key is of no allowed kind")
    return key  # type: ignore[return-value]  # the allowed kinds are RSA and P-384


class CachedRevocation:
    """Asks another source at most once per certificate and `keep`; safe between threads, bounded by `most`.

    What is kept is evidence, not a verdict: it is judged anew at every login, and asked for anew once any of it
    has passed its own next update. Failures are not kept.
    """

    def __init__(
        self,
        source: RevocationSource,
        clock: Callable[[], datetime],
        *,
        keep: timedelta = timedelta(minutes=15),
        most: int = 10_000,
    ) -> None:
        self._source = source
        self._clock = clock
        self._keep = keep
        self._most = most
        self._kept: OrderedDict[bytes, tuple[datetime, Evidence]] = OrderedDict()
        self._lock = threading.Lock()

    def evidence(self, leaf: bytes, issuer: bytes, /) -> Evidence:
        key = hashlib.sha256(hashlib.sha256(leaf).digest() + issuer).digest()
        with self._lock:
            until, kept = self._kept.get(key, (None, None))
        if until is not None and kept is not None and self._clock() < until:
            return kept
        fresh = self._source.evidence(leaf, issuer)
        until = min([self._clock() + self._keep, *_next_updates(fresh)])
        with self._lock:
            self._kept[key] = (until, fresh)
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return fresh


_AT_ONCE: Final = datetime.min.replace(tzinfo=UTC)


def _next_updates(evidence: Evidence) -> list[datetime]:
    """When each piece ends; at once for nothing at all and for what cannot be read."""
    try:
        ends = [x509.load_der_x509_crl(der).next_update_utc or _AT_ONCE for der in evidence.crls]
        for der in evidence.ocsp_answers:
            ends += [
                response.next_update_utc or _AT_ONCE
                for response in ocsp.load_der_ocsp_response(der).responses
            ]
    except Exception:  # noqa: BLE001  whatever a parser says of it
        return [_AT_ONCE]
    return ends or [_AT_ONCE]


class CrlFolder:
    """The CRLs in a folder (`*.crl`, DER), put there by whoever may fetch them; read anew at every question.

    Generations of a root share one name, so a CRL belongs to the issuer whose key signed it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def evidence(self, leaf: bytes, issuer: bytes, /) -> Evidence:
        del leaf  # a CRL speaks of all certificates of its issuer
        key = _signing_key(x509.load_der_x509_certificate(issuer))
        ours = []
        for path in sorted(self._folder.glob("*.crl")):
            try:
                der = read_named_file(path, most_bytes=MAX_CRL_BYTES)
            except FileUnusable as fault:
                raise OSError(f"{path.name} {fault}") from fault
            try:
                if x509.load_der_x509_crl(der).is_signature_valid(key):
                    ours.append(der)
            except Exception as broken:
                raise OSError(f"{path.name} is not a CRL in DER") from broken
        return Evidence(crls=tuple(ours))
