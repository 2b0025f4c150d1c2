"""A site's secrets are what was meant, whichever editor has saved them."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pagekit.settings import BadSettings, SiteSettings

SEAL = "s" * 40


def written(folder: Path, saved: str) -> Path:
    pem = Ed25519PrivateKey.from_private_bytes(bytes(32)).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "seal").write_bytes(saved.format(SEAL).encode())
    (folder / "key.pem").write_bytes(saved.format(pem.decode()).encode())
    file = folder / "portal.toml"
    file.write_text(
        'gateway_url = "https://gateway.example"\nkey_id = "portal"\npublic_url = "https://portal.example"\n'
        'key_file = "key.pem"\nseal_file = "seal"\n',
        "utf-8",
    )
    return file


@pytest.mark.parametrize(
    "saved", ["{}", "\ufeff{}\r\n", "\ufeff\ufeff{}", "{}\u200b\n", "\u00a0{}  ", "\n{}\x00"]
)
def test_what_nobody_sees_around_a_secret_is_no_part_of_it(tmp_path: Path, saved: str) -> None:
    settings = SiteSettings.load(written(tmp_path, saved))
    assert settings.seal_secret == SEAL.encode()
    assert settings.private_key.private_bytes_raw() == bytes(32)


def test_a_secret_that_is_not_in_utf_8_says_how_to_save_it(tmp_path: Path) -> None:
    file = written(tmp_path, "{}")
    (tmp_path / "seal").write_text(SEAL, "utf-16")
    with pytest.raises(BadSettings, match="is not in UTF-8; save it as UTF-8"):
        SiteSettings.load(file)


def test_a_clock_file_without_a_time_is_a_sentence_and_no_other_time(tmp_path: Path) -> None:
    file = written(tmp_path, "{}")
    file.write_text(file.read_text("utf-8") + 'clock_file = "clock"\n', "utf-8")
    (tmp_path / "clock").write_text("soon", "utf-8")
    with pytest.raises(BadSettings, match=r"clock_file: .*no time can be read; it holds one line such as"):
        SiteSettings.load(file)
