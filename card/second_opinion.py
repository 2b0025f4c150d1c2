"""The same question put to pyhanko-certvalidator, which shares no code with the checks of this package.

It gets all authentication roots, finds its own path (RFC 5280, policy processing included), reads the same
revocation evidence, and fetches nothing. One implementation's slip must be the other's too before a forgery passes.
"""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from datetime import datetime
from typing import Any

from asn1crypto import x509 as asn1_x509  # type: ignore[import-untyped]
from pyhanko_certvalidator import CertificateValidator, PKIXValidationParams, ValidationContext
from pyhanko_certvalidator.revinfo.validate_crl import verify_crl
from pyhanko_certvalidator.revinfo.validate_ocsp import verify_ocsp_response

from card.refusals import ValidatorsDisagree
from card.revocation import Evidence
from card.trust import PinnedRoot


def ask_second_opinion(leaf: bytes, roots: Sequence[PinnedRoot], evidence: Evidence, at: datetime) -> None:
    """Return if pyhanko-certvalidator, too, holds the certificate for good. Raises ValidatorsDisagree."""
    try:
        _run(_ask(leaf, roots, evidence, at))
    except Exception as no:
        raise ValidatorsDisagree(f"{type(no).__name__}") from no


async def _ask(leaf: bytes, roots: Sequence[PinnedRoot], evidence: Evidence, at: datetime) -> None:
    certificate = asn1_x509.Certificate.load(leaf, strict=True)
    context = ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(root.der) for root in roots],
        moment=at,
        allow_fetching=False,
        crls=list(evidence.crls),
        ocsps=list(evidence.ocsp_answers),
        revocation_mode="none",
    )
    policies = frozenset().union(*(root.policies for root in roots))
    rules = PKIXValidationParams(user_initial_policy_set=policies, initial_explicit_policy=True)
    validator = CertificateValidator(certificate, validation_context=context, pkix_params=rules)
    path = await validator.async_validate_usage({"digital_signature"}, extended_optional=True)  # type: ignore[no-untyped-call]
    # Asked for by hand: its own revocation step skips OCSP where the certificate names no responder, and we do not
    # know whether JPKI's do. Each raises on a revoked certificate as well as on evidence it does not believe.
    if evidence.ocsp_answers:
        await verify_ocsp_response(certificate, path, context)
    if evidence.crls or not evidence.ocsp_answers:
        await verify_crl(certificate, path, context)


def _run(answer: Coroutine[Any, Any, object]) -> None:
    """Drive the coroutine by hand: with nothing to fetch it never waits, and so needs no event loop of its own."""
    try:
        answer.send(None)
    except StopIteration:
        return
    answer.close()
    raise RuntimeError("the second opinion wanted to wait for something")
