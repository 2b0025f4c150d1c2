"""Secrets sealed for one purpose open for no other; a `state` comes back as it left or not at all."""

import base64
import pickle
import string
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ProblemError
from gateway.platform.encryption import Unreadable, Vault, derive_key

OLD, NEW, LOOK_UP = b"o" * 32, b"n" * 32, b"l" * 32
NOW = datetime(2018, 7, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def vault() -> Vault:
    return Vault([OLD], LOOK_UP)


def state_of(vault: Vault, expires_at: datetime = NOW + timedelta(minutes=10)) -> str:
    return vault.make_state(
        member_book="member:0164",
        exchange_id="exchange-1",
        partner_id="saison",
        nonce="once",
        expires_at=expires_at,
    )


def sealed_by_release_0_1(secret: str, key: bytes) -> bytes:
    """What that release wrote: Fernet under a key of the row."""
    return Fernet(base64.urlsafe_b64encode(derive_key(key, "seal/4/link/member:1"))).encrypt(secret.encode())


class TestWhatRelease01HasSealed:
    def test_opens_under_any_of_the_keys(self) -> None:
        sealed = sealed_by_release_0_1("token", OLD)
        rotated = Vault([NEW, OLD], LOOK_UP)
        assert rotated.decrypt(sealed, purpose="link", bound_to="member:1") == "token"
        assert rotated.age_of(sealed, purpose="link", bound_to="member:1") == 1
        with pytest.raises(Unreadable):
            rotated.decrypt(sealed, purpose="link", bound_to="member:2")

    def test_is_sealed_by_aes_gcm_when_it_is_sealed_anew(self, vault: Vault) -> None:
        moved = vault.reencrypt(sealed_by_release_0_1("token", OLD), purpose="link", bound_to="member:1")
        assert moved.startswith(b"g1-")
        assert vault.decrypt(moved, purpose="link", bound_to="member:1") == "token"


def test_a_value_that_was_cut_or_changed_anywhere_opens_no_more(vault: Vault) -> None:
    sealed = vault.encrypt("token", purpose="link")
    changed = [sealed[:at] for at in range(len(sealed))]
    changed += [
        sealed[:at] + (b"A" if sealed[at : at + 1] != b"A" else b"B") + sealed[at + 1 :]
        for at in range(len(sealed) - 1)
    ]
    for each in changed:
        with pytest.raises(Unreadable):
            vault.decrypt(each, purpose="link")


@given(st.text(max_size=200))
def test_what_is_sealed_is_opened_again(secret: str) -> None:
    vault = Vault([OLD], LOOK_UP)
    sealed = vault.encrypt(secret, purpose="link", bound_to="member:1")
    assert vault.decrypt(sealed, purpose="link", bound_to="member:1") == secret
    assert len(secret) < 4 or secret.encode() not in sealed


def test_half_a_character_is_sealed_and_hashed_like_any_other(vault: Vault) -> None:
    assert vault.decrypt(vault.encrypt("\ud800", purpose="link"), purpose="link") == "\ud800"
    assert len(vault.keyed_hash("\ud800", purpose="coupon")) == 64


@pytest.mark.parametrize(
    ("purpose", "bound_to"), [("coupon", "member:1"), ("link", "member:2"), ("link", "")]
)
def test_a_secret_opens_for_its_own_purpose_and_row_only(vault: Vault, purpose: str, bound_to: str) -> None:
    sealed = vault.encrypt("token", purpose="link", bound_to="member:1")
    with pytest.raises(Unreadable, match=purpose):
        vault.decrypt(sealed, purpose=purpose, bound_to=bound_to)


def test_purpose_and_row_do_not_run_into_each_other(vault: Vault) -> None:
    sealed = vault.encrypt("token", purpose="a/b", bound_to="c")
    with pytest.raises(Unreadable):
        vault.decrypt(sealed, purpose="a", bound_to="b/c")


def test_the_first_key_seals_and_older_ones_still_open() -> None:
    sealed = Vault([OLD], LOOK_UP).encrypt("token", purpose="link")
    rotated = Vault([NEW, OLD], LOOK_UP)

    assert rotated.decrypt(sealed, purpose="link") == "token"
    fresh = rotated.encrypt("token", purpose="link")
    assert Vault([NEW], LOOK_UP).decrypt(fresh, purpose="link") == "token"
    with pytest.raises(Unreadable):
        Vault([OLD], LOOK_UP).decrypt(fresh, purpose="link")


def test_resealing_moves_a_secret_under_the_first_key() -> None:
    sealed = Vault([OLD], LOOK_UP).encrypt("token", purpose="link")
    moved = Vault([NEW, OLD], LOOK_UP).reencrypt(sealed, purpose="link")

    assert Vault([NEW], LOOK_UP).decrypt(moved, purpose="link") == "token"
    with pytest.raises(Unreadable):
        Vault([NEW], LOOK_UP).reencrypt(sealed, purpose="link")


def test_a_keyed_hash_is_stable_and_belongs_to_its_purpose_and_key(vault: Vault) -> None:
    coupon = vault.keyed_hash("ABC-123", purpose="coupon")

    assert coupon == Vault([NEW], LOOK_UP).keyed_hash("ABC-123", purpose="coupon")
    assert set(coupon) <= set(string.hexdigits.lower())
    others = [
        vault.keyed_hash("ABC-124", purpose="coupon"),
        vault.keyed_hash("ABC-123", purpose="sign-in"),
        Vault([OLD], b"m" * 32).keyed_hash("ABC-123", purpose="coupon"),
    ]
    assert len({coupon, *others}) == 4


@pytest.mark.parametrize(
    ("sealing", "look_up"), [([], LOOK_UP), ([OLD, b"short"], LOOK_UP), ([OLD], b"l" * 31), ([b""], LOOK_UP)]
)
def test_short_or_missing_keys_are_refused(sealing: list[bytes], look_up: bytes) -> None:
    with pytest.raises(ValueError, match="32 random bytes"):
        Vault(sealing, look_up)


def test_a_vault_prints_no_key_and_is_not_pickled(vault: Vault) -> None:
    shown = f"{vault!r} {vault} {[vault]}"
    assert "1 sealing key" in shown
    assert "ooo" not in shown
    assert "lll" not in shown
    with pytest.raises(TypeError, match="never pickled"):
        pickle.dumps(vault)


def test_a_state_comes_back_as_it_left(vault: Vault) -> None:
    expires_at = NOW + timedelta(minutes=10, microseconds=7)
    came_back = vault.read_state(state_of(vault, expires_at), NOW)

    assert (came_back.member_book, came_back.exchange_id) == ("member:0164", "exchange-1")
    assert (came_back.partner_id, came_back.nonce) == ("saison", "once")
    assert came_back.expires_at == expires_at


def test_a_state_is_safe_in_a_url_and_tells_the_partner_nothing_of_the_member(vault: Vault) -> None:
    state = state_of(vault)
    assert set(state) <= set(string.ascii_letters + string.digits + "-_")
    assert len(state) < 512
    assert state_of(vault) != state


def test_a_state_ends_at_its_moment(vault: Vault) -> None:
    state = state_of(vault, NOW)
    assert vault.read_state(state, NOW - timedelta(microseconds=1)).nonce == "once"
    with pytest.raises(ProblemError) as refused:
        vault.read_state(state, NOW)
    assert refused.value.type == "state-expired"


def test_a_state_survives_a_new_key_while_the_old_one_is_kept(vault: Vault) -> None:
    assert Vault([NEW, OLD], LOOK_UP).read_state(state_of(vault), NOW).nonce == "once"


@pytest.mark.parametrize(
    "state", ["", "x", "あ", "A" * 2_048, "A" * 5_000, "=" * 8, "gAAAAA", "\ud800", "a b", "a\x00"]
)
def test_what_we_never_made_is_invalid(vault: Vault, state: str) -> None:
    with pytest.raises(ProblemError) as refused:
        vault.read_state(state, NOW)
    assert refused.value.type == "state-invalid"


def test_a_state_of_another_key_or_purpose_or_with_any_character_changed_is_invalid(vault: Vault) -> None:
    state = state_of(vault)
    forged = [
        state_of(Vault([NEW], LOOK_UP)),
        vault.encrypt(
            '["member:0164","exchange-1","saison","once",99999999999999999]', purpose="link"
        ).decode(),
    ]
    forged += [
        state[:at] + ("A" if state[at] != "A" else "B") + state[at + 1 :]
        for at in range(0, len(state) - 1, 7)
    ]
    for each in forged:
        with pytest.raises(ProblemError) as refused:
            vault.read_state(each, NOW)
        assert refused.value.type == "state-invalid"
