"""Roots are pinned; whatever is amiss with them stops the start-up with a sentence that names the file."""

import hashlib

import pytest
from cryptography import x509

from card.demo_ca import DemoCa, Leaf
from card.trust import TrustBroken, load_trust


def manifest_for(ca, path, **changes):
    root = ca.root
    fact = {
        "name": '"authca09"',
        "purpose": '"auth"',
        "serial": f'"{root.serial_number:x}"',
        "not_before": root.not_valid_before_utc.date(),
        "not_after": root.not_valid_after_utc.date(),
        "sha256": f'"{hashlib.sha256(ca.der).hexdigest()}"',
    } | changes
    lines = [f"{name} = {value}" for name, value in fact.items() if value is not None]
    path.write_text("\n".join(["[[root]]", *lines]))
    return path


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "roots").mkdir()
    return tmp_path / "roots"


@pytest.fixture(scope="module")
def ca():
    return DemoCa.create()


@pytest.mark.parametrize("ending", ["pem", "cer"])
def test_a_root_that_is_what_the_manifest_says_is_loaded(ca, folder, tmp_path, ending):
    (folder / f"authca09.{ending}").write_bytes(ca.pem if ending == "pem" else ca.der)
    (folder / "README.txt").write_text("not a root")
    trust = load_trust(folder, manifest=manifest_for(ca, tmp_path / "m.toml"))
    assert [root.name for root in trust.auth] == ["authca09"]
    assert not trust.auth[0].test
    assert trust.missing == ()


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"sha256": f'"{"0" * 64}"'}, "SHA-256"),
        ({"sha256": None}, "not known"),
        ({"serial": '"2"'}, "serial"),
        ({"not_before": "2018-01-01"}, "not_before"),
        ({"not_after": "2049-01-01"}, "not_after"),
        ({"key_id": f'"{"0" * 40}"'}, "key_id"),
        ({"name": '"authca10"'}, "not a root of the manifest"),
    ],
)
def test_a_root_that_differs_from_the_manifest_stops_the_start(ca, folder, tmp_path, changes, complaint):
    (folder / "authca09.cer").write_bytes(ca.der)
    with pytest.raises(TrustBroken, match=complaint) as broken:
        load_trust(folder, manifest=manifest_for(ca, tmp_path / "m.toml", **changes))
    assert "authca09.cer" in str(broken.value)


def test_a_missing_fingerprint_is_stated_by_the_operator(ca, folder, tmp_path):
    (folder / "authca09.cer").write_bytes(ca.der)
    manifest = manifest_for(ca, tmp_path / "m.toml", sha256=None)
    seen = hashlib.sha256(ca.der).digest()
    assert load_trust(folder, manifest=manifest, fingerprints={"authca09": seen.hex(":").upper()}).auth
    with pytest.raises(TrustBroken, match="SHA-256"):
        load_trust(folder, manifest=manifest, fingerprints={"authca09": "00" * 32})


def test_a_stated_fingerprint_does_not_overrule_a_known_one(ca, folder, tmp_path):
    impostor = DemoCa.create()
    (folder / "authca09.cer").write_bytes(impostor.der)
    stated = {"authca09": hashlib.sha256(impostor.der).hexdigest()}
    with pytest.raises(TrustBroken, match="contradicts"):
        load_trust(folder, manifest=manifest_for(ca, tmp_path / "m.toml"), fingerprints=stated)


def test_a_fingerprint_for_a_root_nobody_knows_is_a_slip(ca):
    with pytest.raises(TrustBroken, match="authca9"):
        load_trust(None, test_auth=[ca.pem], fingerprints={"authca9": "00"})


def test_an_empty_folder_lets_nobody_in(folder):
    with pytest.raises(TrustBroken, match="no authentication root"):
        load_trust(folder)
    with pytest.raises(TrustBroken, match="no authentication root"):
        load_trust(None)


def test_a_root_there_twice_is_a_slip(ca, folder, tmp_path):
    (folder / "authca09.cer").write_bytes(ca.der)
    (folder / "authca09.pem").write_bytes(ca.pem)
    with pytest.raises(TrustBroken, match="twice"):
        load_trust(folder, manifest=manifest_for(ca, tmp_path / "m.toml"))


def test_what_is_no_self_signed_root_is_refused(ca, card_key, folder, tmp_path):
    for wrong in (b"", b"-----BEGIN CERTIFICATE-----", ca.der[:-1], ca.issue(card_key, Leaf(ca=True))):
        (folder / "authca09.cer").write_bytes(wrong)
        with pytest.raises(TrustBroken, match="not a self-signed root"):
            load_trust(folder, manifest=manifest_for(ca, tmp_path / "m.toml"))


def test_one_key_is_never_both_an_authentication_and_a_signing_root(ca):
    with pytest.raises(TrustBroken, match="apart"):
        load_trust(None, test_auth=[ca.pem], test_sign=[ca.pem])


def test_the_shipped_manifest_names_three_generations_of_each_purpose(ca):
    trust = load_trust(None, test_auth=[ca.pem])
    assert trust.missing == ("authca01", "authca02", "authca03", "signca01", "signca02", "signca03")
    assert trust.auth[0].test


def test_the_issuer_is_found_by_signature_among_roots_with_one_name(card_key):
    generations = [DemoCa.create(serial=number) for number in (1, 2, 3)]
    trust = load_trust(None, test_auth=[ca.pem for ca in generations])
    assert len({root.certificate.subject for root in trust.auth}) == 1
    for place, ca in enumerate(generations):
        leaf = x509.load_der_x509_certificate(ca.issue(card_key))
        assert trust.issuer_of(leaf) is trust.auth[place]
