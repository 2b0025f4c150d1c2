"""One request of a page, from the challenge to the signature: find the card, say the tries, ask the person, sign.

Everything here blocks and runs in one worker thread at a time. The card is held from before the question until after
the signature, so the PIN goes to the very card whose tries were shown, and to no other.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from card.client_data import ClientData, Purpose
from card.errors import PinLocked, PromptCancelled
from card.jpki import JpkiCard
from card.pin import Pin
from card.response import CardResponse


class HeldCard(Protocol):
    """A selected card nobody else can use; `check_presence` raises a ReaderError once it is gone."""

    @property
    def card(self) -> JpkiCard: ...

    def check_presence(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Question:
    """What the person is told before typing: for which site, for what, and how many tries are left."""

    origin: str
    purpose: Purpose
    tries_left: int


class Prompt(Protocol):
    """Asks a person for the PIN.

    `watch` is to be called a few times a second; what it raises ends the question and is passed on.
    Raises PromptCancelled, PromptTimedOut, NoPrompt, PinMalformed.
    """

    def ask(self, question: Question, watch: Callable[[], None], /) -> Pin: ...


class CardSession:
    """The reader and the person in front of it. `find_card` is `card.pcsc.jpki_card` outside of tests."""

    def __init__(self, find_card: Callable[[], AbstractContextManager[HeldCard]], prompt: Prompt) -> None:
        self._find_card = find_card
        self._prompt = prompt

    def status(self) -> int:
        """PIN tries left on the card that lies there, 0 when locked. Costs no try. Raises any CardError."""
        with self._find_card() as held:
            return held.card.tries_left()

    def sign(self, signed: ClientData, cancelled: threading.Event) -> CardResponse:
        """Have the card sign `signed`, if the person agrees. Raises any CardError; `cancelled` ends the question."""

        def watch() -> None:
            if cancelled.is_set():
                raise PromptCancelled("the page went away")
            held.check_presence()

        with self._find_card() as held:
            tries_left = held.card.tries_left()
            if not tries_left:
                raise PinLocked
            with self._prompt.ask(Question(signed.origin, signed.purpose, tries_left), watch) as pin:
                held.card.verify(pin)
            message = signed.to_bytes()
            certificate = held.card.auth_certificate()
            signature = held.card.sign(held.card.profile.algorithm.digest_of(message))
        return CardResponse(message, certificate, signature)
