"""A passkey in software: makes and uses an ES256 key as an authenticator does (WebAuthn, level 2)."""

import base64
import hashlib
import json
import secrets
from urllib.parse import urlsplit

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class SoftPasskey:
    def __init__(self, origin, *, verifies=True):
        self.verifies = verifies
        self.origin = origin
        self.rp_id = urlsplit(origin).hostname
        self.id = secrets.token_bytes(16)
        self.count = 0
        self.new_key()

    def new_key(self):
        self.key = ec.generate_private_key(ec.SECP256R1())

    def create(self, options):
        numbers = self.key.public_key().public_numbers()
        cose = cbor2.dumps(
            {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        )
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cose
        data = self._authenticator_data(0x45) + attested
        return self._credential(
            clientDataJSON=self._client_data("webauthn.create", options),
            attestationObject=b64(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})),
            transports=["internal"],
        )

    def get(self, options):
        self.count += 1
        data = self._authenticator_data(0x05)
        client = self._client_data("webauthn.get", options)
        raw = base64.urlsafe_b64decode(client + "=" * (-len(client) % 4))
        signature = self.key.sign(data + hashlib.sha256(raw).digest(), ec.ECDSA(hashes.SHA256()))
        return self._credential(clientDataJSON=client, authenticatorData=b64(data), signature=b64(signature))

    def _authenticator_data(self, flags):
        flags &= 0xFF if self.verifies else ~0x04
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client_data(self, kind, options):
        values = {
            "type": kind,
            "challenge": options["challenge"],
            "origin": self.origin,
            "crossOrigin": False,
        }
        return b64(json.dumps(values).encode())

    def _credential(self, **response):
        return {
            "id": b64(self.id),
            "rawId": b64(self.id),
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
        }
