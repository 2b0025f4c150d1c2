"""Keys under which chains are signed and which no database holds: who has the database alone can forge nothing.

A hash chain shows a change to whoever knows its head. Who can rewrite the whole database makes the chain anew, from
the published code. So each row carries a signature of its hash under a key from outside as well. The chain itself
stays without a key, so that a member can check a proof of their own history with no secret.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy.engine import Connection

OPTION = "chain_keys"
MIN_KEY_BYTES = 32
_ID_BYTES = 4
TURNING_US = 86_400_000_000
"""How long a key may still sign after the first use of a younger one."""


@dataclass(frozen=True, slots=True)
class ChainKeys:
    """The newest key signs; the others are for what was signed before it. `keys` begins with the newest."""

    keys: tuple[bytes, ...]
    _ids: tuple[bytes, ...]

    @classmethod
    def of(cls, keys: Sequence[bytes]) -> "ChainKeys":
        """Take keys of at least 32 bytes, the newest first. Raises ValueError."""
        if not keys or any(len(key) < MIN_KEY_BYTES for key in keys):
            raise ValueError(f"a chain key needs {MIN_KEY_BYTES} bytes or more, and there must be one")
        ids = tuple(hashlib.sha256(b"point chain key id" + key).digest()[:_ID_BYTES] for key in keys)
        return cls(tuple(keys), ids)

    def sign(self, content: bytes) -> bytes:
        """Sign with the newest key: 4 bytes that name the key, and an HMAC-SHA-256."""
        return self._ids[0] + hmac.digest(self.keys[0], content, "sha256")

    def age_of(self, content: bytes, signature: bytes | None) -> int | None:
        """Say which key signed `content`: 0 is the newest; None: none of these, so it is forged or damaged."""
        if not isinstance(signature, bytes) or signature[:_ID_BYTES] not in self._ids:
            return None
        age = self._ids.index(signature[:_ID_BYTES])
        expected = hmac.digest(self.keys[age], content, "sha256")
        return age if hmac.compare_digest(signature[_ID_BYTES:], expected) else None


@dataclass(slots=True)
class KeyOrder:
    """The keys of one chain in the order of their use: they only grow younger.

    Gateways are restarted one after the other, so for a day after a key's first use those before it may sign as well.
    """

    _since: dict[int, int] = field(default_factory=dict)
    _newest_at: int = 0

    def allows(self, age: int, at_us: int) -> bool:
        """Whether the next of the chain may be signed with the key of this age. `at_us` is its time, in microseconds."""
        turned_at = min((since for other, since in self._since.items() if other < age), default=None)
        self._since.setdefault(age, at_us)
        self._newest_at = max(self._newest_at, at_us)
        return turned_at is None or self._newest_at <= turned_at + TURNING_US


def keys_of(conn: Connection) -> ChainKeys | None:
    """The keys that the store of this connection was opened with."""
    keys: ChainKeys | None = conn.get_execution_options().get(OPTION)
    return keys
