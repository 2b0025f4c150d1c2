"""A PC/SC stack of our own: pcscd with two virtual readers, in its own mount and network namespace where we may.

Outside, the daemon's socket is reached through /proc/<pid>/root. Where namespaces are not permitted (an ordinary
container) the daemon runs as it would on a desk, provided none runs there already.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

from virtual_card import VirtualCard, namespace_of

_SOCKET = "/run/pcscd/pcscd.comm"
_READER_LIBRARIES = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"
_DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL", "--")
_HOLD = "mkdir -p /run/pcscd && mount -t tmpfs tmpfs /run/pcscd && ip link set lo up && echo ready && exec sleep infinity"


def missing():
    """What this machine lacks for a PC/SC stack, in words; empty when nothing is missing."""
    for program, package in (
        ("pcscd", "pcscd"),
        ("opensc-tool", "opensc"),
        ("unshare", "util-linux"),
        ("ip", "iproute2"),
    ):
        if not shutil.which(program) and not Path(f"/usr/sbin/{program}").exists():
            return f"apt package {package}"
    if not Path(_READER_LIBRARIES).exists():
        return "apt package vsmartcard-vpcd"
    try:
        import smartcard.scard  # noqa: F401
    except ImportError:
        return "Python package pyscard (extra reader)"
    if os.geteuid() != 0:
        return "root (pcscd makes its socket in /run/pcscd)"
    return ""


class PcscStack:
    """One pcscd for the test run. `card(fake)` makes a card for the first reader, `slot=1` for the second."""

    def __init__(self):
        self._holder = None
        self._daemon = None
        self._log = None
        self._cards = []
        self.socket = _SOCKET

    def start(self):
        holder = subprocess.Popen(
            [*_DIES_WITH_US, "unshare", "-m", "-n", "sh", "-c", _HOLD],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        if holder.stdout.readline() == b"ready\n":
            self._holder = holder
            self.socket = f"/proc/{holder.pid}/root{_SOCKET}"
        else:
            holder.kill()
            holder.wait()
            if self._listens():
                raise RuntimeError(
                    "a pcscd runs here already, and namespaces are not permitted: stop it first"
                )
            Path("/run/pcscd").mkdir(exist_ok=True)
        holder.stdout.close()
        os.environ["PCSCLITE_CSOCK_NAME"] = self.socket
        self.start_daemon()

    def command(self, *argv):
        """`argv` as it must be run to land beside pcscd."""
        if self._holder is None:
            return list(argv)
        return ["nsenter", "-t", str(self._holder.pid), "-m", "-n", "--", *argv]

    def start_daemon(self):
        self._daemon = subprocess.Popen(
            [*_DIES_WITH_US, *self.command("pcscd", "--foreground", "--error")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.wait(self._listens, "pcscd to listen")

    def stop_daemon(self):
        self._daemon.terminate()
        self._daemon.wait(10)
        Path(self.socket).unlink(missing_ok=True)

    def stop(self):
        for card in self._cards:
            card.remove()
        self.stop_daemon()
        if self._holder is not None:
            self._holder.kill()
            self._holder.wait()
        os.environ.pop("PCSCLITE_CSOCK_NAME", None)

    def card(self, fake, *, slot=0):
        namespace = namespace_of(self._holder.pid) if self._holder else None
        card = VirtualCard(fake, port=35963 + slot, namespace=namespace)
        self._cards.append(card)
        return card

    def empty(self):
        """Take every card out and wait until pcscd has noticed."""
        for card in self._cards:
            card.remove()
        self._cards.clear()
        self.wait_for_none()

    def insert(self, fake, *, slot=0):
        """Put a card in and wait until pcscd has noticed.

        After a card vanished in the middle of something, vpcd 3.3 sometimes leaves the next one waiting at its door;
        so a card that is not noticed is taken out and put in again.
        """
        expected = self.cards_seen() + 1
        for _ in range(5):
            card = self.card(fake, slot=slot)
            card.insert()
            if self.notices_cards(expected):
                return card
            card.remove()
        raise TimeoutError("pcscd never noticed the card")

    def notices_cards(self, number):
        """Whether pcscd sees so many cards within three of its rounds."""
        try:
            self.wait_for_cards(number, patience_s=1.2)
        except TimeoutError:
            return False
        return True

    def cards_seen(self):
        from card.pcsc import readers

        return sum(reader.has_card and not reader.mute for reader in readers())

    def wait_for_none(self):
        """Until no reader holds anything, not even a card that has stopped answering."""
        from card.pcsc import readers

        self.wait(lambda: not any(reader.has_card for reader in readers()), "pcscd to see empty readers")

    def wait_for_cards(self, number, patience_s=10.0):
        self.wait(lambda: self.cards_seen() == number, f"pcscd to see {number} cards", patience_s)

    def _listens(self):
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as probe:
            try:
                probe.connect(self.socket)
            except OSError:
                return False
        return True

    @staticmethod
    def wait(happened, what, patience_s=10.0):
        """pcscd looks for cards every 400 ms and cannot be waited on from outside, so this asks until it is so."""
        end = time.monotonic() + patience_s
        while not happened():
            if time.monotonic() > end:
                raise TimeoutError(f"waited {patience_s} s for {what}")
            time.sleep(0.005)
