"""Files encrypted to public keys, in the age format (age-encryption.org/v1): who makes a backup cannot read it.

The library, pyrage, comes with the extra `backup`. Keys are written one a line, as `age-keygen` writes them; lines that
begin with `#` are comments.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from gateway.errors import GatewayError
from gateway.platform.plain_text import secret_text
from httpkit.named_files import FileUnusable, read_named_file

SUFFIX: Final = ".age"


class AgeFailed(GatewayError):
    """A file cannot be encrypted or decrypted; the text says why and what to do, and names no key."""


def read_recipients(file: Path) -> list[str]:
    """The public keys in a file: `age1…`, or ssh-ed25519 and ssh-rsa. Raises AgeFailed for what is none."""
    recipients = _lines_of(file)
    for recipient in recipients:
        _recipient(recipient)
    if not recipients:
        raise AgeFailed(f"{file}: names no public key; write one a line, as `age-keygen -y` prints it")
    return recipients


def encrypt_file(source: Path, target: Path, recipients: Sequence[str]) -> None:
    """Write `target`, for its owner alone, such that only who has a key of the recipients can read it."""
    keys = [_recipient(recipient) for recipient in recipients]
    _make_private(target)
    _library().encrypt_file(str(source), str(target), keys)


def decrypt_file(source: Path, target: Path, identity: Path | None) -> None:
    """Write `target`, for its owner alone. Raises AgeFailed where the identity file opens it not, or the file was changed."""
    if identity is None:
        raise AgeFailed(f"{source}: is encrypted; name the file with the private key by --identity")
    pyrage = _library()
    identities = []
    for line in _lines_of(identity):
        try:
            identities.append(pyrage.x25519.Identity.from_str(line))
        except pyrage.IdentityError:
            raise AgeFailed(
                f"{identity}: has a line that is no private key (AGE-SECRET-KEY-1…); see `age-keygen`"
            ) from None
    _make_private(target)
    try:
        pyrage.decrypt_file(str(source), str(target), identities)
    except (pyrage.DecryptError, OSError) as fault:  # the second where it was cut or changed
        target.unlink(missing_ok=True)
        raise AgeFailed(
            f"{source}: opens with no key of {identity} ({fault}); name the right identity, or take another backup"
        ) from None


def _recipient(text: str) -> Any:
    pyrage = _library()
    kind = pyrage.x25519 if text.startswith("age1") else pyrage.ssh
    try:
        return kind.Recipient.from_str(text)
    except pyrage.RecipientError:
        hint = ": that is a private key, which belongs nowhere near a backup" if "SECRET" in text else ""
        raise AgeFailed(f"a line is no public key (age1…){hint}; see `age-keygen -y`") from None


def _lines_of(file: Path) -> list[str]:
    try:
        text = secret_text(read_named_file(file).decode("utf-8"))
    except FileUnusable as fault:
        raise AgeFailed(f"{file}: {fault}") from None
    except ValueError as fault:
        raise AgeFailed(
            f"{file}: cannot be read ({type(fault).__name__}); name a file of keys, one a line"
        ) from None
    return [line for line in text.split("\n") if line and not line.startswith("#")]


def _make_private(target: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        target.unlink()
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _library() -> Any:
    try:
        import pyrage
    except ModuleNotFoundError:
        raise AgeFailed("encrypted backups need pyrage: pip install 'point-gateway[backup]'") from None
    return pyrage
