"""A login in eight commands, whatever the card's habits; tries are counted, locks explained, nothing guessed."""

import hashlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from card.apdu import Command
from card.demo_ca import Leaf
from card.errors import (
    CardRemoved,
    NoAuthCertificate,
    NotJpkiCard,
    PinLocked,
    PinWrong,
    UnexpectedAnswer,
)
from card.fake import FakeConnection, Habits
from card.jpki import JpkiCard
from card.pin import Pin

MESSAGE = "笠間応援ポイント".encode()
DIGEST = hashlib.sha256(MESSAGE).digest()


def log_in(card, pin="4649", **how):
    with FakeConnection(card, **how) as line:
        jpki = JpkiCard(line)
        jpki.select()
        jpki.tries_left()
        jpki.verify(Pin.parse(pin))
        return jpki.auth_certificate(), jpki.sign(DIGEST)


def signature_is_good(certificate, signature):
    key = x509.load_der_x509_certificate(certificate).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    key.verify(signature, MESSAGE, padding.PKCS1v15(), hashes.SHA256())
    return True


def test_a_login_takes_at_most_eight_commands(issue_card, certificate):
    card = issue_card()
    read, signature = log_in(card)
    assert read == certificate
    assert signature_is_good(read, signature)
    assert len(card.commands) <= 8


def test_a_card_without_short_ids_is_served_by_selects(issue_card, certificate):
    card = issue_card(habits=Habits(short_ids=False))
    read, signature = log_in(card)
    assert read == certificate
    assert signature_is_good(read, signature)
    assert bytes.fromhex("00a4020c020018") in card.commands


def test_asking_a_card_without_short_ids_costs_no_try(issue_card):
    card = issue_card(habits=Habits(short_ids=False))
    with FakeConnection(card) as line:
        jpki = JpkiCard(line)
        jpki.select()
        jpki.verify(Pin.parse("4649"))
        assert jpki.tries_left() == 3
    assert (
        sum(command[1] == 0x20 and len(command) > 4 for command in card.commands) == 2
    )  # one refused as 6A86


def test_a_longer_certificate_is_read_whole_and_the_filler_left(issue_card, auth_ca, card_key):
    long_name = x509.SubjectAlternativeName([x509.DNSName(f"{i}.example") for i in range(100)])
    certificate = auth_ca.issue(card_key, Leaf(extra=((long_name, False),)))
    assert len(certificate) > 2 * 1024
    assert log_in(issue_card(certificate=certificate))[0] == certificate


@pytest.mark.parametrize("size", [255, 256, 257, 512, 513, 1024])
def test_a_certificate_that_ends_near_a_block_border_is_read_whole(issue_card, size):
    certificate = b"\x30\x82" + (size - 4).to_bytes(2) + b"x" * (size - 4)
    card = issue_card(certificate=certificate, habits=Habits(filler=b""))
    assert log_in(card)[0] == certificate
    assert len(card.commands) == 4 + -(-size // 256)


def test_a_wrong_pin_says_how_many_tries_are_left_and_the_third_locks(issue_card):
    card = issue_card()
    for left in (2, 1):
        with pytest.raises(PinWrong) as wrong:
            log_in(card, "0000")
        assert wrong.value.tries_left == left
        assert str(left) in wrong.value.sentence_ja
        assert str(left) in wrong.value.sentence_en
    with pytest.raises(PinLocked) as locked:
        log_in(card, "0000")
    assert "市区町村の窓口" in locked.value.sentence_ja
    with pytest.raises(PinLocked):
        log_in(card, "4649")


def test_a_right_pin_gives_the_tries_back(issue_card):
    card = issue_card()
    with pytest.raises(PinWrong):
        log_in(card, "0000")
    log_in(card)
    assert card.auth_pin.left == 3


@pytest.mark.parametrize("answer", [0x6983, 0x6984, 0x63C0])
def test_every_way_to_say_locked_is_zero_tries(issue_card, answer):
    card = issue_card(habits=Habits(locked_answer=answer))
    card.auth_pin.left = 0
    with FakeConnection(card) as line:
        jpki = JpkiCard(line)
        jpki.select()
        assert jpki.tries_left() == 0


def test_another_card_is_named_as_such(issue_card):
    card = issue_card()
    card.aid = bytes.fromhex("A0000000031010")
    with pytest.raises(NotJpkiCard):
        log_in(card)


def test_a_card_that_stumbles_over_its_first_command_is_asked_once_more(issue_card):
    log_in(issue_card(habits=Habits(first_answer=0x6F00)))


@pytest.mark.parametrize("content", [None, b"", b"\x00" * 300, b"\xff" * 300])
def test_a_card_without_the_certificate_is_sent_to_the_town_hall(issue_card, content):
    card = issue_card()
    if content is None:
        del card.files[0x000A]
    else:
        card.files[0x000A] = content
    with pytest.raises(NoAuthCertificate) as missing:
        log_in(card)
    assert "市区町村の窓口" in missing.value.sentence_ja


@pytest.mark.parametrize(
    "content", [b"\x31\x82\x03\x00" + b"x" * 800, b"\x30\x82\xff\xff" + b"x" * 800, b"\x30"]
)
def test_a_file_that_holds_no_certificate_is_not_read_on(issue_card, content):
    card = issue_card()
    card.files[0x000A] = content
    with pytest.raises(UnexpectedAnswer):
        log_in(card)


def test_a_truncated_certificate_is_not_passed_on(issue_card, certificate):
    card = issue_card()
    card.files[0x000A] = certificate[:-1]
    with pytest.raises(UnexpectedAnswer):
        log_in(card)


def test_signing_before_the_pin_is_refused_by_the_card(issue_card):
    with FakeConnection(issue_card()) as line:
        jpki = JpkiCard(line)
        jpki.select()
        with pytest.raises(UnexpectedAnswer, match="6982"):
            jpki.sign(DIGEST)


def test_a_verified_pin_outlives_a_reconnect_unless_the_power_goes(issue_card):
    card = issue_card()

    def sign_without_a_pin():
        with FakeConnection(card) as line:
            jpki = JpkiCard(line)
            jpki.select()
            return jpki.sign(DIGEST)

    log_in(card, unpower=False)
    assert len(sign_without_a_pin()) == 256
    log_in(card, unpower=True)
    with pytest.raises(UnexpectedAnswer, match="6982"):
        sign_without_a_pin()


@pytest.mark.parametrize("at", range(8))
def test_a_card_pulled_at_any_command_says_so_and_costs_no_try(issue_card, at):
    card = issue_card()
    with pytest.raises(CardRemoved):
        log_in(card, pull_at=at)
    assert card.auth_pin.left == 3
    assert not card.auth_pin.verified


def test_no_command_shows_its_data():
    command = Command(0x00, 0x20, 0x00, 0x98, b"4649")
    assert "4649" not in repr(command)
    assert "34363439" not in repr(command)


def test_what_the_applet_calls_itself_is_read(issue_card):
    with FakeConnection(issue_card()) as line:
        jpki = JpkiCard(line)
        jpki.select()
        assert jpki.token_kind() == "JPKIAPICCTOKEN2"


class Scripted:
    """A card that says what the script says; for answers no real card was seen to give."""

    def __init__(self, *answers):
        self.answers = [bytes.fromhex(answer) for answer in answers]
        self.heard = []

    def send_and_receive(self, command, /):
        self.heard.append(command.hex())
        return self.answers.pop(0)


def test_the_transport_protocol_t0_may_show_through():
    line = Scripted("9000", "6c20", "4a504b49" * 4 + "6110", "4a504b49" * 4 + "9000")
    jpki = JpkiCard(line)
    jpki.select()
    assert jpki.token_kind() == "JPKI" * 8
    assert line.heard[2:] == ["00b0860020", "00c0000010"]


@pytest.mark.parametrize("answer", ["9000", "6d00", "90", ""])
def test_an_answer_nobody_understands_is_not_taken_for_a_number_of_tries(answer):
    jpki = JpkiCard(Scripted("9000", answer))
    jpki.select()
    with pytest.raises(UnexpectedAnswer):
        jpki.tries_left()
