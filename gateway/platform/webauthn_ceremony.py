"""Making and asking for a passkey (WebAuthn, level 2), with user verification, bound to one site's address.

The library is loaded when the first passkey is made or asked for: loading it takes as long as a tenth of a start.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


class CredentialRefused(Exception):
    """What the browser sent is no answer of this passkey to this challenge at this site."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyUser:
    """Whom a new passkey is for. `handle` (at most 64 bytes) names no person; the names are shown by the device."""

    handle: bytes
    name: str
    display_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCredential:
    """`credential_id` is base64url without padding."""

    credential_id: str
    public_key: bytes
    sign_count: int


def authentication_options(site: str, challenge: bytes, credential_ids: Collection[str] = ()) -> Any:
    """What `navigator.credentials.get` takes. Without `credential_ids` any discoverable passkey of the site answers."""
    import webauthn
    from webauthn.helpers.structs import UserVerificationRequirement

    options = webauthn.generate_authentication_options(
        rp_id=_rp_id(site),
        challenge=challenge,
        allow_credentials=_descriptors(credential_ids) or None,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return json.loads(webauthn.options_to_json(options))


def verify_authentication(
    site: str, challenge: bytes, credential: Mapping[str, Any], *, public_key: bytes, sign_count: int
) -> int:
    """The passkey's new count of signatures. Raises CredentialRefused."""
    import webauthn
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        verified = webauthn.verify_authentication_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=_rp_id(site),
            expected_origin=site,
            require_user_verification=True,
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as fault:
        raise CredentialRefused from fault
    return verified.new_sign_count


def registration_options(
    site: str,
    site_name: str,
    challenge: bytes,
    user: PasskeyUser,
    credential_ids: Collection[str],
    *,
    is_discoverable: bool,
) -> Any:
    """What `navigator.credentials.create` takes; a device that holds one of `credential_ids` makes no second one.

    `is_discoverable`: it must answer without being named; else it may.
    """
    import webauthn
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    resident_key = ResidentKeyRequirement.REQUIRED if is_discoverable else ResidentKeyRequirement.PREFERRED
    options = webauthn.generate_registration_options(
        rp_id=_rp_id(site),
        rp_name=site_name,
        user_id=user.handle,
        user_name=user.name,
        user_display_name=user.display_name,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=resident_key, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=_descriptors(credential_ids),
    )
    return json.loads(webauthn.options_to_json(options))


def verify_registration(site: str, challenge: bytes, credential: Mapping[str, Any]) -> NewCredential:
    """The passkey that the browser made. Raises CredentialRefused."""
    import webauthn
    from webauthn.helpers import bytes_to_base64url
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        verified = webauthn.verify_registration_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=_rp_id(site),
            expected_origin=site,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as fault:
        raise CredentialRefused from fault
    return NewCredential(
        credential_id=bytes_to_base64url(verified.credential_id),
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
    )


def _descriptors(credential_ids: Collection[str]) -> list[Any]:
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(each)) for each in credential_ids]


def _rp_id(site: str) -> str:
    return urlsplit(site).hostname or "localhost"
