"""pyscard, pcscd and our card for real: found in any reader, held alone, powered off, every mishap named."""

import hashlib
import os
import subprocess
import sys

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from card import errors
from card.pcsc import jpki_card, readers
from card.pin import Pin

MESSAGE = "笠間応援ポイント".encode()
DIGEST = hashlib.sha256(MESSAGE).digest()


def log_in(pin="4649"):
    with jpki_card() as held:
        held.card.tries_left()
        held.card.verify(Pin.parse(pin))
        return held.card.auth_certificate(), held.card.sign(DIGEST)


def test_a_login_through_a_real_reader_stack_takes_eight_commands(pcsc, issue_card):
    card = issue_card()
    pcsc.insert(card)
    certificate, signature = log_in()
    key = x509.load_der_x509_certificate(certificate).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    key.verify(signature, MESSAGE, padding.PKCS1v15(), hashes.SHA256())
    assert len(card.commands) <= 8


def test_the_card_is_powered_off_at_the_end(pcsc, issue_card):
    card = issue_card()
    pcsc.insert(card)
    log_in()
    pcsc.wait(lambda: not card.auth_pin.verified, "the power to go")


def test_the_card_is_powered_off_when_the_work_breaks(pcsc, issue_card):
    card = issue_card()
    pcsc.insert(card)
    with pytest.raises(RuntimeError), jpki_card() as held:
        held.card.verify(Pin.parse("4649"))
        assert card.auth_pin.verified
        raise RuntimeError
    pcsc.wait(lambda: not card.auth_pin.verified, "the power to go")


def test_two_readers_are_searched_for_the_one_right_card(pcsc, issue_card):
    other, right = issue_card(), issue_card()
    other.aid = bytes.fromhex("A0000000031010")
    pcsc.insert(other, slot=0)
    pcsc.insert(right, slot=1)
    log_in()
    assert len(other.commands) == 1


def test_without_a_card_it_says_to_put_one_there(pcsc):
    assert len(readers()) >= 1
    with pytest.raises(errors.NoCard):
        log_in()


def test_another_kind_of_card_is_named(pcsc, issue_card):
    card = issue_card()
    card.aid = bytes.fromhex("A0000000031010")
    pcsc.insert(card)
    with pytest.raises(errors.NotJpkiCard):
        log_in()


def test_two_cards_are_one_too_many_and_neither_loses_a_try(pcsc, issue_card):
    cards = [issue_card(), issue_card()]
    for slot, card in enumerate(cards):
        pcsc.insert(card, slot=slot)
    with pytest.raises(errors.SeveralCards):
        log_in("0000")
    assert [card.auth_pin.left for card in cards] == [3, 3]


@pytest.mark.parametrize("at", range(8))
def test_a_card_pulled_at_any_command_is_named_and_works_when_put_back(pcsc, issue_card, at):
    fake = issue_card()
    card = pcsc.insert(fake)
    seen = []

    def pull(command):
        seen.append(command)
        if len(seen) == at + 1:
            card.remove()

    card.before = pull
    with pytest.raises((errors.CardRemoved, errors.NoCard, errors.CardMute)) as pulled:
        log_in()
    assert "カード" in pulled.value.sentence_ja
    pcsc.wait_for_none()
    pcsc.insert(fake)
    log_in()
    assert fake.auth_pin.left == 3


def test_a_card_taken_while_the_person_thinks_is_noticed(pcsc, issue_card):
    card = pcsc.insert(issue_card())
    with jpki_card() as held:
        held.check_presence()
        card.remove()

        def gone():
            try:
                held.check_presence()
            except errors.CardRemoved:
                return True
            return False

        pcsc.wait(gone, "the card to be missed")
        with pytest.raises(errors.CardRemoved):
            held.card.tries_left()


def test_a_wrong_pin_counts_down_to_the_lock(pcsc, issue_card):
    pcsc.insert(issue_card())
    for left in (2, 1):
        with pytest.raises(errors.PinWrong) as wrong:
            log_in("0000")
        assert wrong.value.tries_left == left
    for pin in ("0000", "4649"):
        with pytest.raises(errors.PinLocked):
            log_in(pin)


def test_a_stopped_pcscd_is_named_and_a_restarted_one_found_without_a_restart_here(pcsc, issue_card):
    pcsc.insert(issue_card())
    log_in()
    pcsc.empty()
    pcsc.stop_daemon()
    try:
        with pytest.raises(errors.PcscUnavailable):
            log_in()
    finally:
        pcsc.start_daemon()
    pcsc.insert(issue_card())
    log_in()


def test_a_pcscd_that_goes_while_the_card_is_held_is_named(pcsc, issue_card):
    pcsc.insert(issue_card())
    with jpki_card() as held:
        pcsc.stop_daemon()
        try:
            with pytest.raises(errors.ReaderError):
                held.card.tries_left()
        finally:
            pcsc.start_daemon()


OTHER_PROGRAM = """
import sys
from smartcard import scard
_, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
_, names = scard.SCardListReaders(context, [])
mode = scard.SCARD_SHARE_EXCLUSIVE if "exclusive" in sys.argv else scard.SCARD_SHARE_SHARED
result, card, protocol = scard.SCardConnect(context, names[0], mode, scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1)
assert result == 0, hex(result & 0xFFFFFFFF)
if "transaction" in sys.argv:
    assert scard.SCardBeginTransaction(card) == 0
print("holding", flush=True)
sys.stdin.read()
"""


class OtherProgram:
    def __init__(self, *how):
        self.process = subprocess.Popen(
            [sys.executable, "-c", OTHER_PROGRAM, *how],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ,
        )

    def __enter__(self):
        assert self.process.stdout.readline() == "holding\n"
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


@pytest.mark.parametrize("how", [("exclusive",), ("transaction",), ("idle",)], ids=lambda how: how[0])
def test_a_card_that_another_program_holds_is_named_as_busy(pcsc, issue_card, how):
    pcsc.insert(issue_card())
    with OtherProgram(*how), pytest.raises(errors.ReaderBusy):
        log_in()
    log_in()


def test_while_we_hold_the_card_no_other_program_gets_at_it(pcsc, issue_card):
    pcsc.insert(issue_card())
    with jpki_card() as held:
        held.card.verify(Pin.parse("4649"))
        other = subprocess.run(
            [sys.executable, "-c", OTHER_PROGRAM], capture_output=True, text=True, check=False
        )
        assert "0x8010000b" in other.stderr
        held.card.sign(DIGEST)
